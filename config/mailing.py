"""Turn an EMAIL_URL into Django's e-mail settings; called by config.settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

FILES = "django.core.mail.backends.filebased.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TIMEOUT_S = 20


def settings_from(url: str, folder: Path) -> dict[str, Any]:
    """The EMAIL_* settings of `smtp://user:pw@host:port`, `smtp+starttls://...` or `smtps://...`; of no address: mails
    become files of the folder, so that a fresh machine shows what it would send. ValueError for any other scheme."""
    if not url:
        return {"EMAIL_BACKEND": FILES, "EMAIL_FILE_PATH": str(folder)}
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"EMAIL_URL must name a host after one of {', '.join(PORTS)}")
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": unquote(parts.hostname),
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_S,
    }
