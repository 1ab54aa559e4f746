"""The shapes of a manager's month on the wire; used by cycles/manager_api.py."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend import kpis
from backend.http import etags
from backend.http.problems import language_of
from backend.http.serializers import OutSerializer, StrictSerializer, WholeNumberField
from backend.language import is_english
from cycles import drafting, scorecard
from cycles.grid import COLUMNS, Dimension, Step
from cycles.manager_month import WORDS_MAX
from cycles.manager_review import Outcome
from cycles.models import ManagerCycle, PrefectureMonth
from cycles.papers import CellPaper, Paper
from market.boards.shapes import MonthField

MAX_REVIEWS = 200
VERBS = ("words", "submit", "withdraw", "approve", "send_back")
# Where the records of a kind are listed, and which words of the evidence that list can be narrowed by.
LISTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "findings": ("/api/v1/findings", ("month", "unit", "dimension", "rule")),
    "actions": ("/api/v1/actions", ("month", "unit", "dimension")),
    "results": ("/api/v1/actions", ("month", "unit", "dimension")),
    "improvements": ("/api/v1/improvements", ("unit", "dimension")),
    "stops": ("/api/v1/stops", ("month", "unit")),
    "visits": ("/api/v1/visits", ("month", "unit")),
    "forecast": ("/api/v1/forecasts", ("month", "unit")),  # there a unit is asked for as `under`
    "advice_sheets": ("/api/v1/advice-sheets", ("month", "unit")),
}


class PaperWordsIn(StrictSerializer):
    words = serializers.CharField(max_length=WORDS_MAX, allow_blank=True)


class PaperSendBackIn(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class PaperNothingIn(StrictSerializer):
    """No body is asked for."""


class PaperSubmitIn(StrictSerializer):
    step = serializers.ChoiceField(choices=[str(s) for s in Step], required=False, help_text="Default: all 15 cells.")


class PaperReviewIn(StrictSerializer):
    cycle = serializers.UUIDField()
    cell = serializers.ChoiceField(choices=COLUMNS)
    act = serializers.ChoiceField(choices=["approve", "send_back"])
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")
    version = WholeNumberField(required=False, help_text="That of the cell as it was read.")


class PaperReviewsIn(StrictSerializer):
    items = serializers.ListField(child=PaperReviewIn(), min_length=1, max_length=MAX_REVIEWS)


class PaperEvidenceOut(OutSerializer):
    kind = serializers.ChoiceField(choices=sorted(LISTED))
    rows = serializers.IntegerField(help_text="How many records prove the sentence.")
    ids = serializers.ListField(child=serializers.CharField(), help_text="At most 50 of them.")
    query = serializers.DictField(help_text="What finds all of them again.")
    href = serializers.CharField(help_text="The list that they stand in.")


class PaperSentenceOut(OutSerializer):
    text = serializers.CharField()
    template = serializers.CharField()
    version = serializers.IntegerField()
    flagged = serializers.BooleanField(help_text="It asks for words of the manager's own.")
    evidence = PaperEvidenceOut()


class PaperReviewerOut(OutSerializer):
    role = serializers.CharField()
    people = serializers.ListField(child=serializers.CharField())


class PaperCellOut(OutSerializer):
    cell = serializers.ChoiceField(choices=COLUMNS)
    dimension = serializers.ChoiceField(choices=[str(d) for d in Dimension])
    step = serializers.ChoiceField(choices=[str(s) for s in Step])
    name = serializers.CharField()
    asks = serializers.CharField()
    due_on = serializers.DateField()
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=ManagerCycle.State.choices)
    version = serializers.IntegerField()
    etag = serializers.CharField(help_text="For If-Match of an act on this cell.")
    sentences = PaperSentenceOut(many=True)
    needs_words = serializers.BooleanField()
    words = serializers.CharField()
    new_findings = serializers.IntegerField(help_text="Found since the cell was submitted.")
    submitted_at = serializers.DateTimeField(allow_null=True)
    reviewers = PaperReviewerOut(allow_null=True)
    reviewed_by = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Why it was sent back.")
    may = serializers.ListField(child=serializers.ChoiceField(choices=VERBS), help_text="What you may do with it.")


class PaperScoreOut(OutSerializer):
    kpi = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, coerce_to_string=False)
    why_empty = serializers.CharField(allow_null=True)


class PaperOut(OutSerializer):
    id = serializers.UUIDField()
    month = MonthField()
    month_state = serializers.ChoiceField(choices=PrefectureMonth.State.choices)
    provisional = serializers.BooleanField(help_text="The due dates may move: the calendar is not published yet.")
    role = serializers.CharField()
    unit = serializers.IntegerField()
    unit_name = serializers.CharField()
    person = serializers.UUIDField()
    person_name = serializers.CharField()
    etag = serializers.CharField(help_text="For If-Match when several cells are submitted at once.")
    cells = PaperCellOut(many=True)
    scorecard = PaperScoreOut(many=True)
    scorecard_is_frozen = serializers.BooleanField()


@extend_schema_field({"type": "object", "description": "A problem document (RFC 9457)."})
class ProblemField(serializers.JSONField):
    pass


class PaperReviewOutcomeOut(OutSerializer):
    cycle = serializers.UUIDField()
    cell = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["approved", "sent_back", "rejected"])
    version = serializers.IntegerField(allow_null=True)
    problem = ProblemField(required=False)


class PaperReviewOutcomesOut(OutSerializer):
    outcomes = PaperReviewOutcomeOut(many=True)


def paper_out(paper: Paper) -> dict[str, Any]:
    """The whole month as it is sent, in the reader's language."""
    cycle = paper.cycle
    return {
        "id": str(cycle.pk),
        "month": f"{cycle.month:%Y-%m}",
        "month_state": paper.prefecture_state,
        "provisional": paper.dates.provisional,
        "role": cycle.role_id,
        "unit": cycle.unit_id,
        "unit_name": cycle.unit.name,
        "person": str(cycle.person_id),
        "person_name": cycle.person.name,
        "etag": tag(cycle, paper.digest),
        "cells": [_cell_out(one, paper) for one in paper.cells],
        "scorecard": [_score_out(kpi.id, paper) for kpi in scorecard.SCORES],
        "scorecard_is_frozen": cycle.scorecard is not None,
    }


def tag(row: Any, digest: str) -> str:
    """The ETag of a row with what was drafted into it: `p` and the digest of the sentences as they were read."""
    return f'"{etags.row_tag(row)}.p{digest}"'


def _cell_out(one: CellPaper, paper: Paper) -> dict[str, Any]:
    row, cell = one.row, one.cell
    due_at = cell.due_at(paper.dates)
    return {
        "cell": cell.column,
        "dimension": str(cell.dimension),
        "step": str(cell.step),
        "name": str(cell.name),
        "asks": str(cell.asks),
        "due_on": f"{cell.due_on(paper.dates)}",
        "due_at": due_at.isoformat() if due_at else None,
        "state": row.state,
        "version": row.version,
        "etag": tag(row, one.digest),
        "sentences": [_sentence_out(sentence) for sentence in one.sentences],
        "needs_words": one.asks,
        "words": row.words,
        "new_findings": one.new_findings,
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
        "reviewers": (
            {"role": one.reviewers.role, "people": [name for _, name in one.reviewers.people]}
            if one.reviewers.role
            else None
        ),
        "reviewed_by": row.reviewer.name if row.reviewer else None,
        "reviewed_at": row.reviewed_at.isoformat() if row.reviewed_at else None,
        "reason": row.reason,
        "may": list(one.may),
    }


def _sentence_out(sentence: dict[str, Any]) -> dict[str, Any]:
    evidence = sentence["evidence"]
    address, words = LISTED[evidence["kind"]]
    told = {name: evidence["query"][name] for name in words if name in evidence["query"]}
    if evidence["kind"] == "forecast":
        told["under"] = told.pop("unit")
    return {
        "text": drafting.text_of(sentence),
        "template": sentence["template"],
        "version": sentence["version"],
        "flagged": sentence["flagged"],
        "evidence": {**evidence, "href": f"{address}?{urlencode(told)}"},
    }


def _score_out(kpi_id: str, paper: Paper) -> dict[str, Any]:
    kpi, value, english = kpis.kpi(kpi_id), paper.scores.get(kpi_id), is_english()
    return {
        "kpi": kpi.id,
        "version": kpi.version,
        "name": kpi.name_en if english else kpi.name,
        "formula": kpi.formula,
        "unit": kpi.unit,
        "value": None if value is None else float(value),
        "why_empty": scorecard.why_empty(kpi_id)[english] if value is None else None,
    }


def outcome_out(outcome: Outcome, request: Any) -> dict[str, Any]:
    """What became of one review."""
    row, problem = outcome.row, outcome.problem
    refused = {} if problem is None else {"problem": problem.document(language_of(request._request))}
    return {
        "cycle": str(outcome.review.cycle_id),
        "cell": outcome.review.cell,
        "outcome": "rejected" if row is None else row.state,
        "version": None if row is None else row.version,
        **refused,
    }
