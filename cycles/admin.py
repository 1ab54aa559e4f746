"""Admin pages of the month: the working calendar to edit, the months to look at."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from backend.admin_site import ReadOnlyAdmin, ScopedAdmin
from cycles import calendar_days
from cycles.models import CalendarDay, Month


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    reads = "org.read"
    edits = "calendar.edit"
    list_display = ("day", "is_working", "name")
    list_filter = ("is_working",)
    date_hierarchy = "day"

    def after_save(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        calendar_days.changed()


@admin.register(Month)
class MonthAdmin(ReadOnlyAdmin):
    reads: ClassVar[str] = "org.read"
    list_display = ("month", "state", "opening_at", "opened_at")
