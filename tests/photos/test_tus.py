"""tus 1.0.0 as its document says it, over HTTP: what stands after each request, what each refusal leaves as it was."""

from __future__ import annotations

import base64
import errno
import fcntl
import os
import shutil
from datetime import timedelta
from hashlib import sha1, sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend import clock, uploads
from backend.models import Device, DeviceState, Upload
from tests.cast import Cast
from tests.photos.pictures import create, declared, head, jpeg, metadata, patch, send
from visits import photo_store
from visits.models import StoredPhoto

PHOTO = jpeg(1)


def begin(client: APIClient, photo: dict[str, Any]) -> str:
    answer = create(client, photo)
    assert (answer.status_code, answer.headers["Tus-Resumable"]) == (201, "1.0.0")
    return str(answer.headers["Location"])


def raw(client: APIClient) -> Any:
    """A request as it is given; the stubs know text bodies only."""
    return client.generic


def stored(photo: dict[str, Any]) -> StoredPhoto | None:
    return StoredPhoto.objects.filter(pk=photo["id"]).first()


def test_the_server_says_what_it_can_do(as_lin: APIClient) -> None:
    answer = as_lin.options("/uploads")
    assert answer.status_code == 204
    assert {name: answer.headers[name] for name in answer.headers if name.startswith("Tus-")} == {
        "Tus-Resumable": "1.0.0",
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
        "Tus-Max-Size": "20000000",
        "Tus-Checksum-Algorithm": "sha1,sha256",
    }


def test_a_photo_arrives_in_three_pieces_and_is_kept_as_it_came(as_lin: APIClient, cast: Cast) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    assert head(as_lin, where).headers["Upload-Offset"] == "0"
    for start in range(0, len(PHOTO), 4_000):
        answer = patch(as_lin, where, start, PHOTO[start : start + 4_000])
        end = min(start + 4_000, len(PHOTO))
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        told = head(as_lin, where)
        assert (told.headers["Upload-Offset"], told.headers["Upload-Length"]) == (str(end), str(len(PHOTO)))
        assert told.headers["Cache-Control"] == "no-store"
        assert sorted(told.headers["Upload-Metadata"].split(",")) == sorted(metadata(photo).split(","))
    row = stored(photo)
    assert row is not None
    assert (bytes(row.sha256), row.size_bytes, row.person_id) == (sha256(PHOTO).digest(), len(PHOTO), cast.lin.pk)
    with storages["photos"].open(row.name) as file:
        assert file.read() == PHOTO
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []


def test_the_first_bytes_may_come_with_the_creation(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    answer = create(as_lin, photo, PHOTO[:100])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "100")
    assert patch(as_lin, answer.headers["Location"], 100, PHOTO[100:]).headers["Upload-Offset"] == str(len(PHOTO))
    assert stored(photo) is not None


def test_a_whole_photo_sent_with_its_creation_is_announced_and_taken_over_in_one_transaction(
    as_lin: APIClient,
) -> None:
    photo = declared(PHOTO)
    with CaptureQueriesContext(connection) as captured:
        answer = create(as_lin, photo, PHOTO)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 4  # the last two in one round trip
    assert head(as_lin, answer.headers["Location"]).headers["Upload-Offset"] == str(len(PHOTO))
    assert stored(photo) is not None
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []


def test_a_photo_that_is_not_what_was_said_leaves_nothing_when_it_comes_with_its_creation(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    refused(create(as_lin, photo, PHOTO[:-1] + bytes([PHOTO[-1] ^ 1])), 460, "checksum_mismatch")
    assert not Upload.objects.exists()
    assert stored(photo) is None
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []


def test_more_than_was_announced_leaves_nothing_when_it_comes_with_the_creation(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    refused(create(as_lin, photo, PHOTO + b"more"), 413, "payload_too_large")
    assert not Upload.objects.exists()
    assert not Path(settings.UPLOADS_DIR).exists()


def test_a_whole_photo_that_the_store_did_not_take_with_its_creation_is_taken_by_the_tick(
    as_lin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = declared(PHOTO)

    def broken(*_: object) -> None:
        raise OSError("the store is away")

    with monkeypatch.context() as context:
        context.setattr(photo_store, "_put", broken)
        refused(create(as_lin, photo, PHOTO), 503, "store_unavailable")
    assert (stored(photo), Upload.objects.get().done_at) == (None, None)
    os.utime(uploads.part_of(Upload.objects.get().pk), (0, 0))
    assert uploads.sweep() == 1
    assert stored(photo) is not None


def test_pieces_that_no_upload_knows_of_go_after_a_day(as_lin: APIClient) -> None:
    """Of a process that was killed in the middle of a creation with bytes: its phone was told no address."""
    begin_with = create(as_lin, declared(PHOTO), PHOTO[:10])
    known = uploads.part_of(UUID(begin_with.headers["Location"].rpartition("/")[2]))
    stray = uploads.part_of(uuid4())
    stray.write_bytes(PHOTO[:10])
    assert uploads.sweep() == 0
    for part in (known, stray):
        os.utime(part, (0, 0))
    assert uploads.sweep() == 1
    assert (known.exists(), stray.exists()) == (True, False)


def test_an_upload_lasts_thirty_days_then_it_is_gone(as_lin: APIClient, held_clock: Any) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    patch(as_lin, where, 0, PHOTO[:10])
    assert head(as_lin, where).headers["Upload-Expires"] == "Wed, 15 Apr 2026 02:00:00 GMT"
    with clock.at(held_clock + timedelta(days=30)):
        Device.objects.update(expires_at=clock.now() + timedelta(days=1))
        assert head(as_lin, where).status_code == 410
        assert patch(as_lin, where, 10, PHOTO[10:]).status_code == 410
        assert uploads.sweep() == 1
        assert head(as_lin, where).status_code == 404
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []
    assert not Upload.objects.exists()


def test_an_upload_that_was_given_up_is_gone(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    patch(as_lin, where, 0, PHOTO[:10])
    assert as_lin.delete(where, HTTP_TUS_RESUMABLE="1.0.0").status_code == 204
    assert head(as_lin, where).status_code == 404
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []


def test_a_method_may_be_named_in_a_header(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    answer = raw(as_lin)(
        "POST", where, PHOTO[:7], content_type="application/offset+octet-stream", HTTP_TUS_RESUMABLE="1.0.0",
        HTTP_UPLOAD_OFFSET="0", HTTP_X_HTTP_METHOD_OVERRIDE="PATCH",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "7")


# -- refusals ----------------------------------------------------------------------------------------------------------


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_another_version_is_refused_with_ours(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    for version in ({"HTTP_TUS_RESUMABLE": "0.2.2"}, {}):
        answer = raw(as_lin)(
            "PATCH", where, PHOTO, content_type="application/offset+octet-stream", HTTP_UPLOAD_OFFSET="0", **version
        )
        refused(answer, 412, "tus_version")
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert head(as_lin, where).headers["Upload-Offset"] == "0"


def test_a_wrong_offset_is_a_conflict(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    patch(as_lin, where, 0, PHOTO[:50])
    for offset in (0, 49, 51, len(PHOTO)):
        refused(patch(as_lin, where, offset, PHOTO[50:60]), 409, "upload_offset")
    assert head(as_lin, where).headers["Upload-Offset"] == "50"


def test_another_media_type_is_refused(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    answer = raw(as_lin)(
        "PATCH", where, PHOTO, content_type="image/jpeg", HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_OFFSET="0"
    )
    refused(answer, 415, "unsupported_media_type")
    refused(patch(as_lin, where, 0, PHOTO, HTTP_CONTENT_ENCODING="gzip"), 415, "unsupported_media_type")
    assert head(as_lin, where).headers["Upload-Offset"] == "0"


def test_more_than_was_announced_is_refused_before_a_byte(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    refused(patch(as_lin, where, 0, PHOTO + b"x"), 413, "payload_too_large")
    assert head(as_lin, where).headers["Upload-Offset"] == "0"


def test_a_photo_that_is_too_large_is_refused_at_its_announcement(as_lin: APIClient) -> None:
    refused(create(as_lin, declared(PHOTO), length=20_000_001), 413, "payload_too_large")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_a_piece_whose_checksum_is_wrong_is_thrown_away(as_lin: APIClient, name: str) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    digest = {"sha1": sha1, "sha256": sha256}[name]
    good = f"{name} {base64.b64encode(digest(PHOTO[:1000]).digest()).decode()}"
    refused(patch(as_lin, where, 0, PHOTO[1:1001], HTTP_UPLOAD_CHECKSUM=good), 460, "checksum_mismatch")
    assert head(as_lin, where).headers["Upload-Offset"] == "0"
    assert patch(as_lin, where, 0, PHOTO[:1000], HTTP_UPLOAD_CHECKSUM=good).headers["Upload-Offset"] == "1000"


@pytest.mark.parametrize("value", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256", "sha256 ???", "sha256 AAAA"])
def test_a_checksum_that_we_cannot_check_is_refused(as_lin: APIClient, value: str) -> None:
    where = begin(as_lin, declared(PHOTO))
    refused(patch(as_lin, where, 0, PHOTO, HTTP_UPLOAD_CHECKSUM=value), 400, "bad_header")
    assert head(as_lin, where).headers["Upload-Offset"] == "0"


def test_a_whole_photo_with_another_hash_is_thrown_away_and_begins_again(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    refused(patch(as_lin, where, 0, PHOTO[:-1] + b"?"), 460, "checksum_mismatch")
    assert head(as_lin, where).status_code == 404
    assert stored(photo) is None
    assert list(Path(settings.UPLOADS_DIR).iterdir()) == []
    assert send(as_lin, photo, PHOTO).status_code == 201
    assert stored(photo) is not None


@pytest.mark.parametrize(
    "told",
    [
        "",
        "photo_id",
        "photo_id ???",
        f"sha256 {base64.b64encode(b'0' * 63).decode()}",
        f"photo_id {base64.b64encode(b'no-uuid').decode()},sha256 {base64.b64encode(b'0' * 64).decode()}",
        "x" * 5_000,
    ],
)
def test_metadata_that_say_no_photo_are_refused(as_lin: APIClient, told: str) -> None:
    answer = raw(as_lin)(
        "POST", "/uploads", b"", HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_LENGTH="10", HTTP_UPLOAD_METADATA=told
    )
    refused(answer, 400, "bad_header")
    assert not Upload.objects.exists()


@pytest.mark.parametrize("length", ["", "0", "-1", "ten", "1e3"])
def test_a_length_that_is_no_number_is_refused(as_lin: APIClient, length: str) -> None:
    answer = raw(as_lin)(
        "POST", "/uploads", b"", HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_LENGTH=length,
        HTTP_UPLOAD_METADATA=metadata(declared(PHOTO)),
    )  # fmt: skip
    refused(answer, 400, "bad_header")


def test_somebody_elses_upload_does_not_exist(as_lin: APIClient, as_wu: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    absent = f"/uploads/{uuid4()}"
    for address in (where, absent):
        assert head(as_wu, address).status_code == 404
        refused(patch(as_wu, address, 0, PHOTO), 404, "not_found")
        refused(as_wu.delete(address, HTTP_TUS_RESUMABLE="1.0.0"), 404, "not_found")
    assert head(as_lin, where).headers["Upload-Offset"] == "0"


def test_who_never_recorded_visits_sends_no_photos(sign_in: Any) -> None:
    refused(create(sign_in("shen"), declared(PHOTO)), 403, "forbidden")
    assert not Upload.objects.exists()


def test_an_ended_phone_sends_what_was_taken_before_its_end(as_lin: APIClient, cast: Cast) -> None:
    Device.objects.filter(person=cast.lin).update(state=DeviceState.ENDED, ended_at=clock.now(), unsent=2)
    before, after = (clock.now() - timedelta(minutes=1)).isoformat(), clock.now().isoformat()
    assert send(as_lin, declared(PHOTO), PHOTO, taken_at=before).status_code == 201
    refused(create(as_lin, declared(PHOTO), taken_at=after), 401, "device_ended")
    refused(create(as_lin, declared(PHOTO)), 401, "device_ended")


# -- when things go wrong ----------------------------------------------------------------------------------------------


def test_of_two_writers_at_once_one_is_told_to_wait(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    patch(as_lin, where, 0, PHOTO[:10])
    part = uploads.part_of(UUID(where.rpartition("/")[2]))
    with part.open("rb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        refused(patch(as_lin, where, 10, PHOTO[10:]), 423, "upload_locked")
    assert patch(as_lin, where, 10, PHOTO[10:]).status_code == 204


def test_what_a_killed_process_wrote_is_not_sent_again(as_lin: APIClient) -> None:
    """The size of the part file is the truth: no row has to agree with it."""
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    uploads.part_of(UUID(where.rpartition("/")[2])).write_bytes(PHOTO[:1234])
    assert head(as_lin, where).headers["Upload-Offset"] == "1234"
    assert patch(as_lin, where, 1234, PHOTO[1234:]).status_code == 204
    assert stored(photo) is not None


def test_a_process_killed_after_the_last_byte_leaves_a_photo_that_the_next_question_finishes(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    uploads.part_of(UUID(where.rpartition("/")[2])).write_bytes(PHOTO)
    assert stored(photo) is None
    assert head(as_lin, where).headers["Upload-Offset"] == str(len(PHOTO))
    assert stored(photo) is not None
    assert head(as_lin, where).headers["Upload-Offset"] == str(len(PHOTO))


def test_the_tick_finishes_a_whole_upload_that_nobody_asks_for(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    part = uploads.part_of(UUID(begin(as_lin, photo).rpartition("/")[2]))
    part.write_bytes(PHOTO)
    assert uploads.sweep() == 0  # it may still be written to
    os.utime(part, (0, 0))
    assert uploads.sweep() == 1
    assert stored(photo) is not None


def test_a_full_disk_is_said_before_a_byte_and_in_the_middle(
    as_lin: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)
    patch(as_lin, where, 0, PHOTO[:100])

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as context:
        context.setattr(os, "pwrite", full)
        answer = patch(as_lin, where, 100, PHOTO[100:])
        refused(answer, 507, "storage_full")
        assert answer.headers["Retry-After"] == "300"
        context.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
        refused(create(as_lin, declared(PHOTO)), 507, "storage_full")
    assert Upload.objects.count() == 1
    assert head(as_lin, where).headers["Upload-Offset"] == "100"
    assert patch(as_lin, where, 100, PHOTO[100:]).status_code == 204


def test_a_store_that_does_not_answer_loses_nothing(as_lin: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = declared(PHOTO)
    where = begin(as_lin, photo)

    def broken(*_: object) -> None:
        raise OSError("the store is away")

    with monkeypatch.context() as context:
        context.setattr(photo_store, "_put", broken)
        refused(patch(as_lin, where, 0, PHOTO), 503, "store_unavailable")
        assert head(as_lin, where).status_code == 503
    assert stored(photo) is None
    assert head(as_lin, where).headers["Upload-Offset"] == str(len(PHOTO))
    assert stored(photo) is not None


def test_a_client_that_lost_the_last_answer_may_send_nothing_once_more(as_lin: APIClient) -> None:
    where = begin(as_lin, declared(PHOTO))
    patch(as_lin, where, 0, PHOTO)
    answer = patch(as_lin, where, len(PHOTO), b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    refused(patch(as_lin, where, 0, PHOTO), 409, "upload_offset")


def test_the_same_photo_again_changes_nothing(as_lin: APIClient) -> None:
    photo = declared(PHOTO)
    assert send(as_lin, photo, PHOTO).status_code == 201
    before = StoredPhoto.objects.values().get()
    assert send(as_lin, photo, PHOTO).status_code == 201
    assert StoredPhoto.objects.values().get() == before
