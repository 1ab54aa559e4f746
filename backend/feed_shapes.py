"""The shapes of what the system tells one person: notices, and what was refused; for notices.py and quarantine.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from backend.documents import Told
from backend.models.wire import Quarantined


class Notices(Told, kw_only=True):
    """`params` holds `text` in both languages, and what its words name."""

    kind: str
    subject: UUID
    params: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class Standing(Struct, forbid_unknown_fields=True):
    """Both values of a conflict; null is what is not yours to see."""

    mine: dict[str, Any] | None
    theirs: dict[str, Any] | None
    mine_by: str | None
    mine_at: datetime | None
    theirs_by: str | None
    theirs_at: datetime | None


class SyncIssues(Told, kw_only=True):
    """`problem`: why, as a problem document by language (`en`, `zh-hans`)."""

    kind: str
    submission_id: UUID | None
    problem: dict[str, dict[str, Any]]
    conflict: Standing | None
    received_at: datetime
    state: Quarantined.State
    settled_at: datetime | None
