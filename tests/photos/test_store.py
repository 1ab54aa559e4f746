"""The photo store on S3: a moto server of our own; private, with addresses that S3 signs for five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer
from rest_framework.test import APIClient

from config import photo_store as wiring
from tests.cast import Cast
from tests.photos.pictures import declared, jpeg, send
from tests.photos.test_photos import missing, visit_with
from visits import photo_processing
from visits.models import StoredPhoto


@pytest.fixture
def s3(settings: Any, stores: Any) -> Iterator[dict[str, str]]:
    """The environment of a server whose photos are on S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "PHOTOS_S3_BUCKET": "photos", "PHOTOS_S3_ENDPOINT": f"http://{host}:{port}", "PHOTOS_S3_REGION": "us-east-1",
        "PHOTOS_S3_KEY": "key", "PHOTOS_S3_SECRET": "secret",
    }  # fmt: skip
    settings.STORAGES = {**settings.STORAGES, "photos": wiring.backend(stores, environment)}
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST"), timeout=10).close()
    _client(environment).create_bucket(Bucket="photos")
    yield environment
    server.stop()


def _client(environment: dict[str, str]) -> Any:
    return boto3.client(
        "s3", endpoint_url=environment["PHOTOS_S3_ENDPOINT"], region_name="us-east-1", aws_access_key_id="key",
        aws_secret_access_key="secret",
    )  # fmt: skip


def test_photos_on_s3_arrive_are_read_and_shown_by_addresses_that_s3_signs(
    as_lin: APIClient, cast: Cast, s3: dict[str, str]
) -> None:
    content = jpeg(1)
    photo = declared(content)
    entry = visit_with(as_lin, cast, photo)
    assert send(as_lin, photo, content).status_code == 201
    assert missing(entry) == (1, 0)
    assert photo_processing.process_due() == 1
    name = StoredPhoto.objects.get().name
    kept = {row["Key"]: row["Size"] for row in _client(s3).list_objects_v2(Bucket="photos")["Contents"]}
    assert set(kept) == {name, f"{name}-320.webp", f"{name}-1280.webp"}
    assert kept[name] == len(content)
    [row] = as_lin.get("/api/v1/photos").json()["results"]
    address = row["addresses"]["small"]
    assert address.startswith(s3["PHOTOS_S3_ENDPOINT"])
    assert "X-Amz-Expires=300" in address
    with urlopen(address, timeout=10) as answer:
        assert answer.read()[8:12] == b"WEBP"


def test_while_s3_does_not_answer_the_visit_is_taken_and_the_photo_waits(
    as_lin: APIClient, cast: Cast, s3: dict[str, str]
) -> None:
    content = jpeg(2)
    photo = declared(content)
    _client(s3).delete_bucket(Bucket="photos")
    answer = send(as_lin, photo, content)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "300"
    entry = visit_with(as_lin, cast, photo)
    assert (missing(entry), StoredPhoto.objects.count()) == ((1, 1), 0)


def test_pages_may_show_images_of_the_store_and_of_no_other() -> None:
    environment = {"PHOTOS_S3_BUCKET": "photos", "PHOTOS_S3_ENDPOINT": "https://s3.example.cn/path"}
    assert wiring.image_sources(environment) == ["https://s3.example.cn"]
    assert wiring.image_sources({}) == []


def test_an_address_of_the_folder_is_not_guessed(client: Any, db: None) -> None:
    for path in ("/photos/0190aaaa-0000-7000-8000-000000000000/320", "/photos/0190aaaa-0000-7000-8000-000000000000/x"):
        assert client.get(path).status_code == 404
