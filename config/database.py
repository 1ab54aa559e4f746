"""Turn a DATABASE_URL into Django's DATABASES entry; called by config.settings and tests.settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")
POOL_TIMEOUT_S = 5  # a request that finds no connection in this time is answered 503, not kept waiting


def settings_from(url: str, *, pool_size: int = 0) -> dict[str, Any]:
    """Return the DATABASES entry of `postgresql://user:pw@host:port/name?option=value`.

    `?host=/folder` names a unix socket. `pool_size` > 0 turns on psycopg's own pool (threads of one web process);
    without it each thread keeps its connection for a minute. Raises ValueError for any other scheme or no name.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"DATABASE_URL must start with postgresql:// and not {parts.scheme or 'nothing'!r}")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ValueError("DATABASE_URL names no database")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    port = options.pop("port", None) or parts.port or ""
    options.setdefault("connect_timeout", 5)
    options.setdefault("application_name", "field135")
    if pool_size:
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": POOL_TIMEOUT_S}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "CONN_MAX_AGE": 0 if pool_size else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
