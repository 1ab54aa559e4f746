"""The floor's facts, one file per idea; imported by Django and by every app above."""

from backend.models.audit import AuditEntry
from backend.models.exports import Export
from backend.models.imports import ImportProfile, ImportReject, ImportRun
from backend.models.mail import MailChoice, MailLine
from backend.models.org import Level, Position, Role, Unit
from backend.models.parameter import Parameter
from backend.models.people import Device, DeviceState, Person
from backend.models.saved import SavedFilter
from backend.models.uploads import Notice, Upload
from backend.models.wire import IdempotencyKey, Quarantined, Receipt, SyncCounter, SyncEntry
from backend.models.work import ChangeMark, OutboxItem

__all__ = [
    "AuditEntry",
    "ChangeMark",
    "Device",
    "DeviceState",
    "Export",
    "IdempotencyKey",
    "ImportProfile",
    "ImportReject",
    "ImportRun",
    "Level",
    "MailChoice",
    "MailLine",
    "Notice",
    "OutboxItem",
    "Parameter",
    "Person",
    "Position",
    "Quarantined",
    "Receipt",
    "Role",
    "SavedFilter",
    "SyncCounter",
    "SyncEntry",
    "Unit",
    "Upload",
]
