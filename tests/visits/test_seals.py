"""Receipts of briefings, readings and quiz attempts are chained; a later change shows, an edit is explained."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from rest_framework.test import APIClient

from backend import marks
from backend.models import Person
from tests.cast import NOW, TODAY, Cast
from tests.visits.items import item, receive
from visits import matrix, proof, quiz, sealing
from visits.models import Briefing, PolicyReading, PolicyVersion, QuizAttempt, Seal, Visit, VisitRevision

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(cast: Cast) -> list[str]:
    """Three briefings of Lin's, one reading and one attempt, all sealed: the ids of the visits."""
    told = [{"policy_version_id": cast.policy.pk, "understanding": 4}]
    items = [item(cast, retailer_id=str(shop.pk), briefings=told) for shop in cast.shops]
    receive(cast.actor("lin"), *items)
    questions = [{"question": "?", "choices": ["a", "b"], "right": 0}]
    version = PolicyVersion.objects.create(
        policy=cast.policy.policy, number=2, body="x", quiz=questions, released_at=NOW
    )
    given = quiz.Given(cast.shops[0].pk, version.pk, [(0, 0)], NOW - timedelta(minutes=5), NOW)
    quiz.attempt(actor=cast.actor("lin"), given=given, arrival=quiz.Arrival(NOW))
    proof.follow()
    return [one["submission_id"] for one in items]


def again() -> None:
    """Something else of that territory and day arrives: what is sealed is looked at once more."""
    with transaction.atomic():
        marks.mark("visits", [(Visit.objects.first().territory_id, TODAY)])  # type: ignore[union-attr]
    proof.follow()


def found() -> list[tuple[str, str]]:
    return [(fault.what, fault.record) for fault in sealing.verify()[0]]


def test_every_receipt_has_one_link_and_the_chain_holds(sealed: list[str]) -> None:
    assert list(Seal.objects.values_list("sequence", "kind")) == [
        (1, "attempt"), (2, "briefing"), (3, "briefing"), (4, "briefing"), (5, "reading"),
    ]  # fmt: skip
    again()
    faults, (sequence, head) = sealing.verify()
    assert (faults, sequence, len(head)) == ([], 5, 64)
    told = StringIO()
    call_command("verify_seals", "--held", f"5:{head}", stdout=told)
    assert head in told.getvalue()


def test_a_later_change_shows_and_names_the_receipt_and_is_not_sealed_over(sealed: list[str]) -> None:
    Briefing.objects.filter(visit_id=sealed[1]).update(understanding=5)
    QuizAttempt.objects.update(passed=False)
    again()
    assert sorted(found()) == sorted([("changed", str(QuizAttempt.objects.get().pk)), ("changed", sealed[1])])
    with pytest.raises(CommandError, match="2"):
        call_command("verify_seals", stdout=StringIO())


def test_what_was_taken_out_or_put_in_by_hand_shows(cast: Cast, sealed: list[str]) -> None:
    Briefing.objects.filter(visit_id=sealed[0]).delete()
    put_in = Briefing.objects.get(visit_id=sealed[1])
    put_in.policy_version_id, put_in.line_no = PolicyVersion.objects.get(number=2).pk, 2
    put_in.save(force_insert=True)
    again()
    assert sorted(found()) == sorted([("gone", sealed[0]), ("added", sealed[1])])


def test_a_drain_looks_only_at_what_is_new_and_marks_it(as_lin: APIClient, cast: Cast, sealed: list[str]) -> None:
    unsealed = PolicyReading.objects.filter(is_sealed=False)
    assert (unsealed.count(), QuizAttempt.objects.filter(is_sealed=False).count()) == (0, 0)
    said = as_lin.post(f"/api/v1/policy-versions/{cast.policy.pk}/read", format="json", HTTP_IDEMPOTENCY_KEY="a")
    assert (said.status_code, unsealed.count()) == (200, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sealing._DUE, matrix.places([]))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert ("reading_unsealed" in plan, "quiz_attempt_unsealed" in plan) == (True, True)
    again()
    assert (unsealed.count(), Seal.objects.count(), found()) == (0, 6, [])


def test_what_is_marked_as_sealed_and_has_no_link_shows(sealed: list[str]) -> None:
    reading = PolicyReading.objects.get()
    reading.pk = uuid4()
    PolicyReading.objects.update(person=Person.objects.get(username="ma"))
    PolicyReading.objects.bulk_create([reading])
    again()
    assert (Seal.objects.count(), ("added", str(reading.pk)) in found()) == (5, True)


def test_an_edit_is_sealed_anew_and_explains_the_old_link(cast: Cast, sealed: list[str]) -> None:
    revise(sealed[0], 2, "edit")
    Briefing.objects.filter(visit_id=sealed[0]).update(understanding=2)
    again()
    assert found() == []
    revised = Seal.objects.filter(record=sealed[0]).order_by("sequence")
    assert list(revised.values_list("revision", flat=True)) == [1, 2]
    again()
    assert Seal.objects.count() == 6


def test_a_withdrawal_is_sealed_as_nothing(sealed: list[str]) -> None:
    revise(sealed[0], 2, "withdraw")
    Briefing.objects.filter(visit_id=sealed[0]).delete()
    Visit.objects.filter(pk=sealed[0]).delete()
    again()
    assert found() == []
    assert Seal.objects.filter(record=sealed[0]).order_by("-sequence").first().content is None  # type: ignore[union-attr]
    again()
    assert Seal.objects.count() == 6


def revise(visit_id: str, number: int, act: str) -> None:
    """What visits/revising.py leaves of an edit or a withdrawal."""
    visit = Visit.objects.get(pk=visit_id)
    columns: dict[str, Any] = {
        "visit_id": visit.pk, "month": visit.month, "number": number, "act": act, "retailer_id": visit.retailer_id,
        "territory_id": visit.territory_id, "county_id": visit.county_id, "person_id": visit.person_id,
        "made_at": NOW, "before": {}, "sha256": bytes(32),
    }  # fmt: skip
    VisitRevision.objects.create(**columns)
    Visit.objects.filter(pk=visit_id).update(revision=number)


def test_links_taken_out_swapped_or_rewritten_show(sealed: list[str]) -> None:
    Seal.objects.filter(sequence=3).update(content=bytes(32))
    assert [(f.sequence, f.what) for f in sealing.verify()[0]] == [(3, "chain"), (3, "changed")]
    Seal.objects.filter(sequence=3).delete()
    assert (4, "missing link") in [(f.sequence, f.what) for f in sealing.verify()[0]]


def test_a_chain_that_was_made_anew_differs_from_the_head_that_was_kept(sealed: list[str]) -> None:
    _, (sequence, head) = sealing.verify()
    Briefing.objects.filter(visit_id=sealed[1]).update(understanding=5)
    Seal.objects.all().delete()
    for sealed_once in (PolicyReading, QuizAttempt):
        sealed_once._default_manager.update(is_sealed=False)
    again()
    assert found() == []  # the chain holds in itself
    with pytest.raises(CommandError, match="5"):
        call_command("verify_seals", "--held", f"{sequence}:{head}", stdout=StringIO())


def test_sealing_twice_at_once_adds_nothing(as_lin: APIClient, sealed: list[str]) -> None:
    again()
    again()
    assert Seal.objects.count() == 5
