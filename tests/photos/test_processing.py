"""Photos are read in a capped child: only whole, decodable ones are shown; bombs end the child and nothing else."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pillow_heif
import pytest
from django.core.files.storage import storages
from PIL import Image
from rest_framework.test import APIClient

from backend import clock, ticks
from backend.models import Notice, Position
from tests.cast import ALWAYS, Cast
from tests.photos.pictures import declared, encoded, exif, jpeg, send, shelf
from tests.photos.test_photos import visit_with
from visits import photo_child, photo_notices, photo_processing, photo_signals
from visits.models import PhotoExif, Signal, StoredPhoto, Visit

SECRET = "zQX7J9-make-of-camera"


def arrive(client: APIClient, content: bytes) -> UUID:
    photo = declared(content)
    assert send(client, photo, content).status_code == 201
    return UUID(photo["id"])


def end_of(photo_id: UUID) -> tuple[str, str]:
    row = StoredPhoto.objects.get(pk=photo_id)
    return str(row.state), row.reason


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int) -> bytes:
    """A white picture of side x side pixels, a few kilobytes long."""
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * side
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animation(kind: str) -> bytes:
    frames = [shelf(seed, (40, 30)) for seed in range(3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(shelf(5)).save(out, quality=80)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (jpeg(3), "image/jpeg"),
        (jpeg(3, progressive=True), "image/jpeg"),
        (encoded(shelf(3), "PNG"), "image/png"),
        (encoded(shelf(3).convert("P"), "PNG"), "image/png"),
        (encoded(shelf(3), "WEBP"), "image/webp"),
        (heic(), "image/heic"),
    ],
    ids=["jpeg", "progressive", "png", "palette", "webp", "heic"],
)
def test_every_kind_that_phones_make_is_read_and_gets_its_copies(
    as_lin: APIClient, content: bytes, media_type: str
) -> None:
    photo_id = arrive(as_lin, content)
    assert photo_processing.process_due() == 1
    row = StoredPhoto.objects.get(pk=photo_id)
    assert (row.state, row.media_type, row.width, row.height) == ("ready", media_type, 400, 300)
    assert row.phash is not None
    for size, expected in (("320", (320, 240)), ("1280", (400, 300))):
        with storages["photos"].open(f"{row.name}-{size}.webp") as file, Image.open(file) as copy:
            assert (copy.format, copy.size) == ("WEBP", expected)
    assert photo_processing.process_due() == 0


def test_a_photo_is_turned_upright_and_its_copies_say_nothing_of_themselves(as_lin: APIClient) -> None:
    photo_id = arrive(as_lin, jpeg(4, exif=exif(orientation=6, make=SECRET)))
    photo_processing.process_due()
    row = StoredPhoto.objects.get(pk=photo_id)
    assert (row.width, row.height) == (300, 400)
    for size in ("320", "1280"):
        with storages["photos"].open(f"{row.name}-{size}.webp") as file:
            content = file.read()
        assert SECRET.encode() not in content
        with Image.open(io.BytesIO(content)) as copy:
            assert (copy.size, dict(copy.getexif())) == ((240, 320) if size == "320" else (300, 400), {})
    assert PhotoExif.objects.get(photo_id=photo_id).tags["Make"] == SECRET


def test_exif_is_for_those_who_may_read_what_is_restricted(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, sign_in: Any, cast: Cast
) -> None:
    content = jpeg(4, exif=exif(make=SECRET))
    photo = declared(content)
    visit_with(as_lin, cast, photo)
    send(as_lin, photo, content)
    photo_processing.process_due()
    for client in (as_lin, as_chen, as_wu, sign_in("zhao")):
        for path in ("/api/v1/photos", f"/api/v1/photos/{photo['id']}"):
            assert SECRET not in client.get(path).content.decode()
    said = sign_in("zhao").get(f"/api/v1/photos/{photo['id']}/exif")
    assert (said.status_code, said.json()["tags"]["Make"]) == (200, SECRET)
    assert as_lin.get(f"/api/v1/photos/{photo['id']}/exif").status_code == 403
    Position.objects.create(person=cast.chen, unit=cast.other_county, role_id="county_leader", during=ALWAYS)
    for client in (as_lin, as_chen):  # Chen may elsewhere, and not here
        assert client.get(f"/api/v1/photos/{photo['id']}").json()["addresses"]["original"] is None
    assert sign_in("zhao").get(f"/api/v1/photos/{photo['id']}").json()["addresses"]["original"] is not None


def test_a_camera_that_tells_a_year_that_there_is_not_holds_nothing_up(as_lin: APIClient, cast: Cast) -> None:
    odd = jpeg(5, exif=exif(taken_at=datetime(1, 1, 1, tzinfo=clock.BUSINESS_ZONE)))
    photo = declared(odd)
    visit_with(as_lin, cast, photo)
    send(as_lin, photo, odd)
    assert photo_processing.process_due() == 1
    assert StoredPhoto.objects.get().state == "ready"
    assert PhotoExif.objects.get().taken_at is None


# -- what cannot be shown ----------------------------------------------------------------------------------------------


def test_of_a_batch_each_bad_photo_is_refused_with_its_reason_and_the_others_go_on(as_lin: APIClient) -> None:
    whole = jpeg(6)
    bad = {
        arrive(as_lin, png_bomb(20_000)): "too_large",
        arrive(as_lin, encoded(Image.new("L", (7_000, 6_000)), "WEBP")): "too_large",
        arrive(as_lin, encoded(Image.new("L", (7_000, 6_000)), "JPEG")): "too_large",
        arrive(as_lin, animation("WEBP")): "animated",
        arrive(as_lin, animation("PNG")): "animated",
        arrive(as_lin, animation("GIF")): "unknown_type",
        arrive(as_lin, b"<svg xmlns='http://www.w3.org/2000/svg'/>"): "unknown_type",
        arrive(as_lin, whole[: len(whole) // 2]): "truncated",
        arrive(as_lin, b"\xff\xd8\xff\xe0" + b"\x00" * 200 + b"\xff\xd9"): "unreadable",
        arrive(as_lin, encoded(shelf(7), "PNG")[:-12]): "truncated",
        arrive(as_lin, encoded(shelf(7), "WEBP")[:-12]): "truncated",
        arrive(as_lin, heic()[:-400]): "unreadable",
    }
    good = arrive(as_lin, whole)
    assert photo_processing.process_due() == 13
    assert {photo: end_of(photo)[1] for photo in bad} == bad
    assert {end_of(photo)[0] for photo in bad} == {"refused"}
    assert end_of(good) == ("ready", "")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_off_anywhere_is_refused(progressive: bool) -> None:
    """201 cuts, the last of them by one byte, read in this process: the child's own verdict."""
    whole = jpeg(8, progressive=progressive)
    cuts = {len(whole) * n // 201 for n in range(1, 200)} | {len(whole) - 1, len(whole) - 2}
    assert len(cuts) == 201
    accepted = [cut for cut in sorted(cuts) if "refused" not in said_of(whole[:cut])]
    assert accepted == []
    assert "refused" not in said_of(whole)


def said_of(content: bytes) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return photo_child.outcome({"path": file.name, "copies": {}})


def test_a_photo_that_kills_the_child_is_refused_and_the_others_are_read(
    as_lin: APIClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The child is replaced by one that dies on a marked photo, as by a fault in a decoder."""
    deadly = jpeg(9) + b"kill"
    first, killer, last = arrive(as_lin, jpeg(10)), arrive(as_lin, deadly), arrive(as_lin, jpeg(11))
    source = open(photo_child.__file__).read()  # noqa: SIM115
    fatal = "    if Path(path).read_bytes().endswith(b'kill'): import os; os.kill(os.getpid(), 9)\n"
    child = tmp_path / "child.py"
    reading = "    content = Path(path).read_bytes()\n"
    child.write_text(source.replace(reading, fatal + reading))
    monkeypatch.setattr(photo_child, "__file__", str(child))
    assert photo_processing.process_due() == 3
    assert [end_of(photo) for photo in (first, killer, last)] == [
        ("ready", ""), ("refused", "too_costly"), ("ready", ""),
    ]  # fmt: skip


def test_a_child_that_needs_too_much_memory_refuses_the_photo_alone(
    as_lin: APIClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    plain = encoded(Image.new("RGB", (6_000, 6_000)), "PNG")  # unpacked it is as large as any other of its size
    small, large = arrive(as_lin, jpeg(10)), arrive(as_lin, plain)
    source = open(photo_child.__file__).read()  # noqa: SIM115
    child = tmp_path / "child.py"
    child.write_text(source.replace("MEMORY_BYTES = 1024 *", "MEMORY_BYTES = 220 *"))
    monkeypatch.setattr(photo_child, "__file__", str(child))
    assert photo_processing.process_due() == 2
    assert (end_of(small), end_of(large)) == (("ready", ""), ("refused", "too_costly"))


def test_the_tick_reads_photos(as_lin: APIClient) -> None:
    photo = arrive(as_lin, jpeg(12))
    assert ticks.run_one("visits.photos")
    assert end_of(photo) == ("ready", "")


# -- signals -----------------------------------------------------------------------------------------------------------


def visited(client: APIClient, cast: Cast, content: bytes, **changes: Any) -> tuple[UUID, UUID]:
    photo = declared(content)
    entry = visit_with(client, cast, photo, **changes)
    send(client, photo, content)
    photo_processing.process_due()
    return UUID(photo["id"]), UUID(entry["submission_id"])


def signals(photo_id: UUID) -> dict[str, dict[str, Any]]:
    return {row.kind: row.figures for row in Signal.objects.filter(photo_id=photo_id)}


def test_a_photo_taken_where_and_when_the_visit_was_raises_nothing(as_lin: APIClient, cast: Cast) -> None:
    taken = clock.now() - timedelta(minutes=25)
    photo, _ = visited(as_lin, cast, jpeg(13, exif=exif(taken_at=taken, north_m=30)))
    assert signals(photo) == {}
    said = PhotoExif.objects.get(photo_id=photo)
    assert said.taken_at == taken.replace(microsecond=0)


def test_a_photo_taken_elsewhere_at_another_time_is_signalled_with_its_figures(as_lin: APIClient, cast: Cast) -> None:
    taken = clock.now() - timedelta(hours=5)
    photo, _ = visited(as_lin, cast, jpeg(14, exif=exif(taken_at=taken, north_m=3_000)))
    assert signals(photo) == {
        "photo_far": {"distance_m": 3_000, "limit_m": 500},
        "photo_time": {"minutes": 270, "limit_min": 30},
    }


def test_the_photo_of_an_earlier_visit_is_signalled_naming_it(as_lin: APIClient, cast: Cast, held_clock: Any) -> None:
    """The very same bytes; and the same picture made smaller and compressed anew."""
    content = jpeg(15)
    with Image.open(io.BytesIO(content)) as image:
        again = encoded(image.resize((300, 225)), "JPEG", quality=60)
    earlier, visit = visited(as_lin, cast, content)
    with clock.at(held_clock + timedelta(seconds=1)):
        same, _ = visited(as_lin, cast, content, retailer_id=str(cast.shops[1].pk))
    with clock.at(held_clock + timedelta(seconds=2)):
        alike, _ = visited(as_lin, cast, again)
        other, _ = visited(as_lin, cast, jpeg(16))
    assert (signals(earlier), signals(other)) == ({}, {})
    assert signals(same)["photo_reuse"] == {
        "earlier_photo": str(earlier),
        "earlier_visit": str(visit),
        "earlier_at": "2026-03-16T02:00:00+00:00",
        "bits": 0,
    }
    assert signals(alike)["photo_reuse"]["bits"] <= 4


def test_a_photo_sent_for_two_months_is_signalled_once_naming_the_earlier_one(
    as_lin: APIClient, as_chen: APIClient, cast: Cast, held_clock: Any
) -> None:
    """The same bytes under two ids, a month apart."""
    content = jpeg(17)
    with clock.at(held_clock - timedelta(days=28)):
        earlier, visit = visited(as_lin, cast, content)
    later, last = visited(as_lin, cast, content)
    assert earlier != later
    assert list(Visit.objects.order_by("month").values_list("month", flat=True)) == [date(2026, 2, 1), date(2026, 3, 1)]
    [told] = as_chen.get("/api/v1/signals", {"kind": "photo_reuse"}).json()["results"]
    assert (told["visit_id"], told["photo_id"], told["state"]) == (str(last), str(later), "open")
    assert {name: told["figures"][name] for name in ("earlier_photo", "earlier_visit", "bits")} == {
        "earlier_photo": str(earlier), "earlier_visit": str(visit), "bits": 0,
    }  # fmt: skip
    assert Visit.objects.get(pk=last).presence == "valid"


def test_an_earlier_visit_that_the_reader_may_not_open_is_not_named(
    as_lin: APIClient, as_wu: APIClient, as_chen: APIClient, as_zhao: APIClient, cast: Cast, held_clock: Any
) -> None:
    content = jpeg(19)
    with clock.at(held_clock - timedelta(days=28)):
        earlier, visit = visited(as_wu, cast, content, retailer_id=str(cast.wu_shops[0].pk))
    visited(as_lin, cast, content)
    prefecture = {"id": cast.prefecture.pk, "code": "4202", "name": "黄石市"}
    for reader in (as_lin, as_chen):
        [row] = reader.get("/api/v1/signals", {"kind": "photo_reuse"}).json()["results"]
        one = reader.get(f"/api/v1/signals/{row['id']}").json()
        assert row["figures"] == one["figures"] == {
            "earlier_photo": None, "earlier_visit": None, "earlier_month": "2026-02", "earlier_unit": prefecture,
            "bits": 0,
        }  # fmt: skip
        assert str(visit) not in json.dumps(one)
        assert str(earlier) not in json.dumps(one)
    [row] = as_zhao.get("/api/v1/signals", {"kind": "photo_reuse"}).json()["results"]
    assert (row["figures"]["earlier_visit"], row["figures"]["earlier_photo"]) == (str(visit), str(earlier))


def test_the_answer_to_an_answered_signal_does_not_name_it_either(
    as_lin: APIClient, as_wu: APIClient, cast: Cast, held_clock: Any
) -> None:
    content = jpeg(20)
    with clock.at(held_clock - timedelta(days=28)):
        _, visit = visited(as_wu, cast, content, retailer_id=str(cast.wu_shops[0].pk))
    visited(as_lin, cast, content)
    key = Signal.objects.get(kind="photo_reuse").pk
    said = as_lin.post(
        f"/api/v1/signals/{key}/answer", {"answer": "旧照片"}, format="json", headers={"Idempotency-Key": "a"}
    )
    assert (said.status_code, said.json()["state"], said.json()["figures"]["earlier_visit"]) == (200, "answered", None)
    assert Signal.objects.get(pk=key).figures["earlier_visit"] == str(visit)


def test_a_signal_that_somebody_spoke_to_stays_and_another_goes_with_its_reason(as_lin: APIClient, cast: Cast) -> None:
    content = jpeg(17, exif=exif(taken_at=clock.now() - timedelta(hours=5), north_m=3_000))
    photo, _ = visited(as_lin, cast, content)
    Signal.objects.filter(kind="photo_far").update(state="answered", answer="上级要求")
    PhotoExif.objects.filter(photo_id=photo).update(lon=None, lat=None, taken_at=None)
    assert photo_signals.examine([photo]) == []
    assert set(signals(photo)) == {"photo_far"}


def test_a_visit_that_comes_after_its_photo_is_examined_by_the_tick(as_lin: APIClient, cast: Cast) -> None:
    content = jpeg(18, exif=exif(north_m=3_000))
    photo = declared(content)
    send(as_lin, photo, content)
    photo_processing.process_due()
    visit_with(as_lin, cast, photo)
    assert signals(UUID(photo["id"])) == {}
    assert photo_signals.follow() == 1
    assert set(signals(UUID(photo["id"]))) == {"photo_far"}


# -- what does not come ------------------------------------------------------------------------------------------------


def test_after_a_day_both_managers_are_told_once_of_a_photo_that_did_not_come(
    as_lin: APIClient, as_chen: APIClient, as_wu: APIClient, cast: Cast, held_clock: Any
) -> None:
    first, second = declared(jpeg(1)), declared(jpeg(2))
    entry = visit_with(as_lin, cast, first, second)
    send(as_lin, first, jpeg(1))
    assert photo_notices.reconcile() == 0
    with clock.at(held_clock + timedelta(hours=24)):
        assert photo_notices.reconcile() == 2
        assert photo_notices.reconcile() == 0
        assert set(Notice.objects.values_list("person_id", flat=True)) == {cast.lin.pk, cast.chen.pk}
        [told] = as_chen.get("/api/v1/notices", HTTP_ACCEPT_LANGUAGE="en").json()["results"]
        assert (told["kind"], told["subject"]) == ("photos_missing", entry["submission_id"])
        assert told["text"] == (
            "The visit to 便民商店0 (2026-03-16) declares 2 photos; 1 have not come within 24 hours. "
            "The phone of 林小梅 reports 0 items unsent."
        )
        [mine] = as_lin.get("/api/v1/notices").json()["results"]
        assert "声明了 2 张照片，1 张超过 24 小时仍未上传" in mine["text"]
        assert as_wu.get("/api/v1/notices").json()["results"] == []
        assert as_wu.post(f"/api/v1/notices/{mine['id']}/read").status_code == 404
        assert as_lin.post(f"/api/v1/notices/{mine['id']}/read").json()["read_at"] is not None
        pulled = as_chen.get("/sync/notices/1/pull?lwt=0&id=").json()["documents"]
        assert [document["id"] for document in pulled if not document["_deleted"]] == [told["id"]]
