"""What one person may have begun: over it photos wait on the phone, nothing is lost, and others are not held up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.db import connections
from rest_framework.test import APIClient

from backend import clock
from backend.metrics import exposition
from backend.models import Device, Upload
from tests.cast import Cast, phone_of
from tests.photos.pictures import create, declared, head, jpeg, patch
from visits.models import StoredPhoto

PHOTO = jpeg(1)


@pytest.fixture
def three(settings: Any) -> int:
    settings.UPLOADS_OPEN_COUNT = 3
    return 3


def refused_until_later(answer: Any) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["Content-Type"]) == (507, "application/problem+json")
    assert (answer.headers["Retry-After"], answer.headers["Tus-Resumable"]) == ("300", "1.0.0")
    said: dict[str, Any] = answer.json()
    assert said["code"] == "upload_quota"
    return said


def figure(name: str) -> float:
    lines = [line for line in exposition().decode().splitlines() if line.startswith(name)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def test_by_default_two_hundred_uploads_and_five_hundred_megabytes_may_be_open() -> None:
    assert (live.UPLOADS_OPEN_COUNT, live.UPLOADS_OPEN_BYTES) == (200, 500_000_000)


def test_over_the_count_a_photo_waits_and_goes_on_once_one_is_done(as_lin: APIClient, three: int) -> None:
    begun = [declared(PHOTO) for _ in range(three)]
    where = [create(as_lin, photo).headers["Location"] for photo in begun]
    before = figure('uploads_refused_total{code="upload_quota"}')
    late = declared(PHOTO)
    said = refused_until_later(create(as_lin, late))
    assert (said["title"], said["detail"].partition("；")[0]) == ("未完成的上传过多", "请先续传已开始的照片")
    as_lin.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    english = refused_until_later(create(as_lin, late, PHOTO[:5]))
    assert english["title"] == "Too many unfinished uploads"
    assert figure('uploads_refused_total{code="upload_quota"}') == before + 2
    assert (Upload.objects.count(), figure("uploads_open ")) == (3, 3)
    assert list(Path(live.UPLOADS_DIR).iterdir()) == []
    assert patch(as_lin, where[0], 0, PHOTO).status_code == 204  # what was begun goes on
    assert create(as_lin, late).status_code == 201
    refused_until_later(create(as_lin, declared(PHOTO)))


def test_over_the_bytes_a_photo_waits(as_lin: APIClient, settings: Any) -> None:
    settings.UPLOADS_OPEN_BYTES = 2 * len(PHOTO)
    where = create(as_lin, declared(PHOTO)).headers["Location"]
    refused_until_later(create(as_lin, declared(PHOTO), length=len(PHOTO) + 1))
    assert create(as_lin, declared(PHOTO)).status_code == 201
    refused_until_later(create(as_lin, declared(PHOTO), length=1))
    assert as_lin.delete(where, HTTP_TUS_RESUMABLE="1.0.0").status_code == 204
    assert create(as_lin, declared(PHOTO), length=1).status_code == 201


def test_a_photo_that_comes_whole_is_never_open(as_lin: APIClient, three: int) -> None:
    for _ in range(three):
        create(as_lin, declared(PHOTO))
    whole = declared(PHOTO)
    assert create(as_lin, whole, PHOTO).status_code == 201
    assert StoredPhoto.objects.filter(pk=whole["id"]).exists()


def test_others_are_not_held_up_and_what_expired_does_not_count(
    as_lin: APIClient, as_wu: APIClient, three: int, held_clock: Any
) -> None:
    where = [create(as_lin, declared(PHOTO)).headers["Location"] for _ in range(three)]
    assert create(as_wu, declared(PHOTO)).status_code == 201
    with clock.at(held_clock + timedelta(days=30)):
        Device.objects.update(expires_at=clock.now() + timedelta(days=1))
        assert create(as_lin, declared(PHOTO)).status_code == 201
    assert head(as_lin, where[0]).headers["Upload-Offset"] == "0"


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_do_not_pass_the_limit_together(cast: Cast, three: int) -> None:
    phones = [phone_of(cast.lin, device_id=f"phone-{n}") for n in range(6)]

    def begin(phone: APIClient) -> int:
        try:
            return int(create(phone, declared(PHOTO)).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(phones)) as pool:
        answers = sorted(one.result() for one in [pool.submit(copy_context().run, begin, phone) for phone in phones])
    assert (answers, Upload.objects.count()) == ([201] * three + [507] * 3, three)
