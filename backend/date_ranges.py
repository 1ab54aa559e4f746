"""From when to when, as people read and enter it at the desk; for every admin.py with a range of days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.postgres.forms import DateRangeField, RangeWidget
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def told(during: DateRange | None) -> str:
    """The days in words, the last one included: "since 2022-01-01", "2022-01-01 to 2022-03-31". Pure."""
    if during is None or during.isempty:
        return "–"
    first, after = during.lower, during.upper
    if after is None:
        return gettext("since %(day)s") % {"day": first} if first else gettext("always")
    last = after.fromordinal(after.toordinal() - 1)
    if first is None:
        return gettext("until %(day)s") % {"day": last}
    return gettext("%(first)s to %(last)s") % {"first": first, "last": last}


class FromTo(RangeWidget):
    """Two dates of the browser's own, each with its name. A date input holds ISO dates only, whatever the language."""

    def __init__(self) -> None:
        forms.MultiWidget.__init__(self, [_date(_("from (included)")), _date(_("to (excluded)"))])


def _date(name: Any) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "aria-label": name})


def range_field(**kwargs: Any) -> DateRangeField:
    """From (included) and to (excluded) as two date inputs."""
    return DateRangeField(
        label=_("in force"), help_text=_("from (included) - to (excluded)"), widget=FromTo(), **kwargs
    )
