"""Admin pages of the month: the working calendar to edit, the months to look at."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from backend.admin_site import ReadOnlyAdmin, ScopedAdmin
from cycles.models import CalendarDay, Month


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    reads = "org.read"
    edits = "calendar.edit"
    list_display = ("day", "is_working", "name")
    list_filter = ("is_working",)
    date_hierarchy = "day"


@admin.register(Month)
class MonthAdmin(ReadOnlyAdmin):
    reads: ClassVar[str] = "org.read"
    list_display = ("month", "state", "opening_at", "opened_at")
