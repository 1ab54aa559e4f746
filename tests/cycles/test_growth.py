"""The growth formula in SQL is the one of docs/method.md, held against the same in fractions; exact at every edge."""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from cycles.rules.growth import Pair, falls_behind, ratio

Case = tuple[int, int, int, int]  # own now and before, peers' now and before
LIMIT, GAP = Fraction(8, 10), Fraction(5, 100)


def told_behind(case: Case) -> bool:
    """By the definition, with divisions: growth over growth where the peers grew, else (1 + g) / (1 + b)."""
    now, before, peers_now, peers_before = case
    if before <= 0 or peers_before <= 0 or peers_now <= 0:
        return False
    own, peers = Fraction(now, before) - 1, Fraction(peers_now, peers_before) - 1
    held = own / peers if peers > 0 else (1 + own) / (1 + peers)
    return held < LIMIT and peers - own >= GAP


def found_behind(cases: list[Case]) -> list[bool]:
    condition = falls_behind(Pair("a", "b"), Pair("p", "q"), limit="0.8", gap="0.05")
    values = ", ".join(f"({n}, {a}, {b}, {p}, {q})" for n, (a, b, p, q) in enumerate(cases))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce({condition}, false) FROM (VALUES {values}) AS v(n, a, b, p, q) ORDER BY n")
        return [row[0] for row in cursor.fetchall()]


quantities = st.integers(-5, 2000)
cases = st.tuples(quantities, quantities, quantities, quantities)


@pytest.mark.django_db
@settings(max_examples=60)
@given(st.lists(cases, min_size=1, max_size=40))
def test_sql_and_fractions_agree_on_who_falls_behind(many: list[Case]) -> None:
    assert found_behind(many) == [told_behind(case) for case in many]


@pytest.mark.django_db
@given(st.integers(1, 400), st.integers(1, 400))
def test_the_limits_themselves_are_met_exactly(before: int, peers_before: int) -> None:
    """Of peers that stand still 80 % is not behind and a hair less is; a gap of 5 points counts and a hair less not."""
    at_limit = (80 * before, 100 * before, peers_before, peers_before)
    under = (80 * before - 1, 100 * before, peers_before, peers_before)
    at_gap = (105 * before, 100 * before, 110 * peers_before, 100 * peers_before)
    nearly = (105 * before + 1, 100 * before, 110 * peers_before, 100 * peers_before)
    assert found_behind([at_limit, under, at_gap, nearly]) == [False, True, True, False]


@pytest.mark.django_db
def test_figures_of_growth_are_null_on_a_base_of_nothing() -> None:
    own, peers = Pair("a", "b"), Pair("p", "q")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {own.percent}, {ratio(own, peers)} FROM (VALUES (70, 100, 90, 100), (5, 0, 90, 100),"
            " (70, 100, 0, 100), (102, 100, 110, 100)) AS v(a, b, p, q)"
        )
        told = [tuple(None if x is None else float(x) for x in row) for row in cursor.fetchall()]
    assert told == [(-30.0, 0.78), (None, None), (-30.0, None), (2.0, 0.2)]
