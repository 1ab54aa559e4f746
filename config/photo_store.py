"""Where photos are kept: a folder, or any S3-compatible store named by the environment; read by config/settings.py.

PHOTOS_S3_BUCKET switches to S3; PHOTOS_S3_ENDPOINT, PHOTOS_S3_REGION, PHOTOS_S3_KEY, PHOTOS_S3_SECRET go with it. The
bucket stays private: what is shown are addresses signed for five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def backend(folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The entry of Django's STORAGES."""
    bucket = environment.get("PHOTOS_S3_BUCKET")
    if not bucket:
        options = {"location": str(folder), "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    from botocore.config import Config  # only where it is used: it takes a while to load

    # A store that is slow or away costs a request seconds, not minutes: the phone keeps the photo and comes again.
    patience = Config(
        s3={"addressing_style": "path"},
        signature_version="s3v4",
        connect_timeout=3,
        read_timeout=20,
        retries={"max_attempts": 2, "mode": "standard"},
    )
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": environment.get("PHOTOS_S3_ENDPOINT") or None,
            "region_name": environment.get("PHOTOS_S3_REGION") or None,
            "access_key": environment.get("PHOTOS_S3_KEY") or None,
            "secret_key": environment.get("PHOTOS_S3_SECRET") or None,
            "client_config": patience,
            "default_acl": None,
            "querystring_auth": True,
            "querystring_expire": 300,
            "file_overwrite": True,
        },
    }


def image_sources(environment: Mapping[str, str]) -> list[str]:
    """Origins besides our own that pages may show images from: the S3 store's, where it is one."""
    if not environment.get("PHOTOS_S3_BUCKET"):
        return []
    parts = urlsplit(environment.get("PHOTOS_S3_ENDPOINT") or "https://*.amazonaws.com")
    return [f"{parts.scheme}://{parts.netloc}"]
