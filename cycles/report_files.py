"""The files of a report: made once for each kind of reader and version of its words, kept in the private store.

Called by cycles/report.py (all of a month) and cycles/report_api.py (one that is asked for). The name of a file holds
its content's hash, so that a file made twice is one file.
"""

from __future__ import annotations

from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from backend import clock
from backend.errors import Problem
from cycles import report_pdf
from cycles.models import MonthlyReport, ReportFile


def kinds(report: MonthlyReport) -> tuple[bool, ...]:
    """For which readers a report has a file of its own: one for everybody, and one where something is restricted."""
    return (False, True) if report.restricted else (False,)


def ensure(report: MonthlyReport, *, restricted: bool) -> ReportFile:
    """The file of the report as it is worded now stands in the store. Two queries where it stands already, then one
    compilation. Problem report_font_missing."""
    restricted = restricted and bool(report.restricted)
    held = ReportFile.objects.filter(report=report, is_restricted=restricted, of_version=report.version).first()
    return held or _make(report, restricted=restricted)


def _make(report: MonthlyReport, *, restricted: bool) -> ReportFile:
    content = report_pdf.pdf(report, restricted=restricted)
    digest = sha256(content).hexdigest()
    name = f"reports/{report.month:%Y/%m}/{report.pk}-{digest[:16]}.pdf"
    if not _store().exists(name):
        _store().save(name, ContentFile(content))
    told = {"name": name, "sha256": digest, "size_bytes": len(content), "made_at": clock.now()}
    found, _ = ReportFile.objects.get_or_create(
        report=report, is_restricted=restricted, of_version=report.version, defaults=told
    )
    return found


def read(file: ReportFile) -> bytes:
    """The bytes of a file, as they were made. Problem store_unavailable where they are not there or not the same."""
    try:
        with _store().open(file.name) as source:
            content = bytes(source.read())
    except FileNotFoundError:
        raise Problem("store_unavailable") from None
    if sha256(content).hexdigest() != file.sha256:
        raise Problem("store_unavailable")
    return content


def _store() -> Storage:
    return storages["reports"]
