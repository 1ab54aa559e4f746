"""Photos and their visits: linked in any order, complete exactly when all are here, refused when another came first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock
from backend.models import Quarantined, SyncEntry
from retail.models import Assignment
from tests.cast import Cast
from tests.photos.pictures import create, declared, jpeg, send
from tests.visits.items import item
from visits import photo_processing, photos
from visits.models import Photo, StoredPhoto, Visit

ONE, TWO = jpeg(1), jpeg(2)


def visit_with(client: APIClient, cast: Cast, *declare: dict[str, Any], **changes: Any) -> dict[str, Any]:
    entry = item(cast, photos=list(declare), **changes)
    answer = client.post("/api/v1/visits", entry)
    assert answer.status_code == 201, answer.json()
    return entry


def missing(entry: dict[str, Any]) -> tuple[int, int]:
    row = Visit.objects.get(pk=entry["submission_id"])
    return row.photos_declared, row.photos_missing


def test_a_visit_is_complete_when_its_last_photo_is_here(as_lin: APIClient, cast: Cast) -> None:
    first, second = declared(ONE), declared(TWO)
    entry = visit_with(as_lin, cast, first, second)
    assert missing(entry) == (2, 2)
    send(as_lin, first, ONE)
    assert missing(entry) == (2, 1)
    assert Photo.objects.get(photo_id=first["id"]).arrived_at == clock.now()
    assert Photo.objects.get(photo_id=second["id"]).arrived_at is None
    told = SyncEntry.objects.get(collection="visits", document_id=entry["submission_id"]).sequence
    send(as_lin, second, TWO)
    assert missing(entry) == (2, 0)
    assert SyncEntry.objects.get(collection="visits", document_id=entry["submission_id"]).sequence == told + 1
    row = StoredPhoto.objects.get(pk=first["id"])
    assert (str(row.visit_id), row.retailer_id, row.territory_id, row.kind) == (
        entry["submission_id"], cast.shops[0].pk, cast.territory.pk, "display",
    )  # fmt: skip


def test_photos_that_came_before_their_visit_are_not_missing(as_lin: APIClient, cast: Cast) -> None:
    first, second = declared(ONE), declared(TWO)
    send(as_lin, second, TWO)
    assert StoredPhoto.objects.get().visit_id is None
    entry = visit_with(as_lin, cast, first, second)
    assert missing(entry) == (2, 1)
    assert str(StoredPhoto.objects.get().visit_id) == entry["submission_id"]


def test_each_answer_lists_what_is_still_missing(as_lin: APIClient, cast: Cast) -> None:
    first, second = declared(ONE), declared(TWO)
    entry = item(cast, photos=[first, second])
    assert as_lin.post("/api/v1/visits", entry).json()["missing_photos"] == [first["id"], second["id"]]
    send(as_lin, first, ONE)
    assert as_lin.post("/api/v1/visits", entry).json()["missing_photos"] == [second["id"]]
    send(as_lin, second, TWO)
    assert as_lin.post("/api/v1/visits", entry).json()["missing_photos"] == []


def test_another_photo_under_a_known_id_is_refused_and_kept_as_an_issue(as_lin: APIClient, cast: Cast) -> None:
    first = declared(ONE)
    entry = visit_with(as_lin, cast, first)
    other = declared(TWO, UUID(first["id"]))
    for _ in range(2):
        answer = create(as_lin, other)
        assert (answer.status_code, answer.json()["code"]) == (409, "photo_conflict")
    kept = Quarantined.objects.get()
    assert (kept.kind, str(kept.submission_id), kept.person_id) == ("photo", first["id"], cast.lin.pk)
    assert kept.problem["en"]["code"] == "photo_conflict"
    assert SyncEntry.objects.filter(collection="sync_issues", document_id=kept.pk).exists()
    assert (missing(entry), StoredPhoto.objects.count()) == ((1, 1), 0)


def test_a_visit_that_declares_another_hash_does_not_get_the_photo(as_lin: APIClient, cast: Cast) -> None:
    photo = declared(ONE)
    send(as_lin, photo, ONE)
    entry = visit_with(as_lin, cast, {**photo, "sha256": "0" * 64})
    assert missing(entry) == (1, 1)
    assert StoredPhoto.objects.get().visit_id is None


def test_an_edit_that_drops_a_photo_and_a_withdrawal_let_it_go(as_lin: APIClient, cast: Cast) -> None:
    first, second = declared(ONE), declared(TWO)
    entry = visit_with(as_lin, cast, first, second)
    send(as_lin, first, ONE)
    where = f"/api/v1/visits/{entry['submission_id']}"
    answer = as_lin.put(where, {**entry, "photos": [second]}, HTTP_IF_MATCH="*")
    assert answer.status_code == 200, answer.json()
    assert missing(entry) == (1, 1)
    assert StoredPhoto.objects.get().visit_id is None
    assert as_lin.put(where, {**entry, "photos": [first]}, HTTP_IF_MATCH="*").status_code == 200
    assert missing(entry) == (1, 0)
    gone = as_lin.post(f"{where}/withdraw", {"reason": "误录"}, HTTP_IF_MATCH="*", HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    assert gone.status_code == 200, gone.json()
    assert StoredPhoto.objects.get().visit_id is None


def test_linking_costs_four_queries_and_none_without_photos(as_lin: APIClient, cast: Cast) -> None:
    declare = [declared(jpeg(n)) for n in range(5)]
    visit_with(as_lin, cast, *declare)
    for ids, queries in (([], 0), ([declare[0]["id"]], 4), ([photo["id"] for photo in declare], 4)):
        with CaptureQueriesContext(connection) as captured:
            photos.link(map(UUID, ids))
        assert len(captured) == queries


# -- reading them ------------------------------------------------------------------------------------------------------


def test_who_sees_the_visit_sees_its_photos_by_addresses_that_end(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, anonymous: APIClient, cast: Cast, held_clock: Any
) -> None:
    photo = declared(ONE)
    entry = visit_with(as_lin, cast, photo)
    send(as_lin, photo, ONE)
    query = f"/api/v1/photos?visit={entry['submission_id']}"
    [row] = as_chen.get(query).json()["results"]
    assert (row["id"], row["state"], row["addresses"]["small"]) == (photo["id"], "arrived", None)
    assert photo_processing.process_due() == 1
    assert as_wu.get(query).json()["results"] == []
    assert as_wu.get(f"/api/v1/photos/{photo['id']}").status_code == 404
    for reader in (as_lin, as_chen):
        [row] = reader.get(query).json()["results"]
        assert (row["state"], row["width"], row["height"], row["media_type"]) == ("ready", 400, 300, "image/jpeg")
        for name in ("small", "large"):
            answer = anonymous.get(row["addresses"][name])
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
            assert b"".join(answer.streaming_content)[8:12] == b"WEBP"  # type: ignore[attr-defined]
    address = row["addresses"]["large"]
    for wrong in (
        address[:-3] + "abc",
        address.replace("/1280?", "/320?"),
        address.replace("/1280?", "/original?"),
        address.replace(photo["id"], str(uuid4())),
        address.partition("?")[0],
    ):
        assert anonymous.get(wrong).status_code == 404
    with clock.at(held_clock + timedelta(seconds=300)):
        assert anonymous.get(address).status_code == 200
    with clock.at(held_clock + timedelta(seconds=301)):
        assert anonymous.get(address).status_code == 403


def test_the_photos_go_with_the_shop(as_lin: APIClient, sign_in: Any, cast: Cast) -> None:
    photo = declared(ONE)
    visit_with(as_lin, cast, photo)
    send(as_lin, photo, ONE)
    Assignment.objects.filter(retailer=cast.shops[0]).update(territory=cast.next_territory)
    assert as_lin.get("/api/v1/photos").json()["results"] == []
    assert [row["id"] for row in sign_in("ma").get("/api/v1/photos").json()["results"]] == [photo["id"]]


# -- a whole photo by multipart ----------------------------------------------------------------------------------------


def whole(client: APIClient, photo: dict[str, Any], content: bytes, **more: str) -> Any:
    form = {"photo": SimpleUploadedFile("a.jpg", content), "photo_id": photo["id"], **more}
    return client.post("/api/v1/photos", form, format="multipart")


def test_a_whole_photo_by_multipart_ends_the_same(as_lin: APIClient, cast: Cast) -> None:
    photo = declared(ONE)
    entry = visit_with(as_lin, cast, photo)
    answer = whole(as_lin, photo, ONE, sha256=photo["sha256"])
    assert (answer.status_code, answer.json()["sha256"], answer.json()["visit_id"]) == (
        201, photo["sha256"], entry["submission_id"],
    )  # fmt: skip
    assert missing(entry) == (1, 0)
    again = whole(as_lin, photo, ONE, sha256=photo["sha256"])
    assert (again.status_code, again.json()) == (200, answer.json())


def test_what_multipart_sends_wrongly_is_refused_and_nothing_is_kept(as_lin: APIClient) -> None:
    photo = declared(ONE)
    for form, status in (
        ({"sha256": declared(TWO)["sha256"]}, 460),
        ({"sha256": "zz"}, 400),
        ({"photo_id": "no"}, 400),
        ({"colour": "red"}, 400),
        ({"photo": SimpleUploadedFile("a.jpg", b"")}, 400),
        ({"photo": SimpleUploadedFile("a.jpg", b"x" * 20_000_001)}, 413),
    ):
        data = {"photo": SimpleUploadedFile("a.jpg", ONE), "photo_id": photo["id"], **form}
        answer = as_lin.post("/api/v1/photos", data, format="multipart")
        assert answer.status_code == status, answer.json()
    assert not StoredPhoto.objects.exists()


def test_whoever_declares_somebody_elses_photo_neither_has_it_nor_takes_it_away(
    as_lin: APIClient, as_wu: APIClient, cast: Cast
) -> None:
    photo = declared(ONE)
    mine = visit_with(as_lin, cast, photo, submission_id="ffffffff-ffff-4fff-bfff-ffffffffffff")
    send(as_lin, photo, ONE)
    theirs = visit_with(
        as_wu, cast, photo, submission_id="00000000-0000-4000-8000-000000000001",
        retailer_id=str(cast.wu_shops[0].pk),
    )  # fmt: skip
    assert (missing(mine), missing(theirs)) == ((1, 0), (1, 1))
    assert str(StoredPhoto.objects.get().visit_id) == mine["submission_id"]
    assert as_wu.get("/api/v1/photos").json()["results"] == []
    assert [row["id"] for row in as_lin.get("/api/v1/photos").json()["results"]] == [photo["id"]]


def test_a_photo_whose_visit_comes_while_it_is_being_kept_is_not_missing(
    as_lin: APIClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, kept, visits = declared(ONE), photos._keep, list[dict[str, Any]]()

    def keep(*told: Any) -> None:
        if not visits:  # the photo was unknown when it was judged
            visits.append(visit_with(as_lin, cast, photo))
        kept(*told)

    monkeypatch.setattr(photos, "_keep", keep)
    assert create(as_lin, photo, ONE).status_code == 201
    assert missing(visits[0]) == (1, 0)
    assert str(StoredPhoto.objects.get().visit_id) == visits[0]["submission_id"]


def test_of_two_photos_under_one_id_at_once_the_later_is_kept_as_an_issue(
    as_lin: APIClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, kept, others = declared(ONE), photos._keep, list[int]()

    def keep(*told: Any) -> None:
        if not others:
            others.append(0)
            others.append(create(as_lin, declared(TWO, UUID(photo["id"])), TWO).status_code)
        kept(*told)

    monkeypatch.setattr(photos, "_keep", keep)
    assert create(as_lin, photo, ONE).status_code == 201
    assert others == [0, 201]
    assert bytes(StoredPhoto.objects.get().sha256).hex() == declared(TWO)["sha256"]
    assert str(Quarantined.objects.get().submission_id) == photo["id"]
