"""Thresholds: the nearest ancestor wins, on the day asked for; nonsense counts as not set."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from backend import parameters
from backend.models import Parameter
from backend.parameters import Declared, UnknownParameter
from tests.cast import TODAY, Cast

FAR = Declared("test.far_m", int, 200, "距离", "distance", "test")


@pytest.fixture(autouse=True)
def one_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_declared", {})
    parameters.declare(FAR, Declared("test.share", float, 0.5, "比例", "share", "test"))


def test_the_default_holds_until_somebody_sets_a_value(cast: Cast) -> None:
    assert parameters.value("test.far_m", cast.territory.pk, TODAY) == 200


def test_the_nearest_ancestor_wins_on_the_day_asked_for(cast: Cast) -> None:
    since_march = DateRange(date(2026, 3, 1), None)
    Parameter.objects.create(unit=cast.hubei, key="test.far_m", during=since_march, value=300)
    Parameter.objects.create(unit=cast.county, key="test.far_m", during=since_march, value=500)
    units = [cast.territory.pk, cast.other_territory.pk]
    march = parameters.values(["test.far_m"], units, TODAY)
    february = parameters.values(["test.far_m"], units, date(2026, 2, 28))
    assert march == {cast.territory.pk: {"test.far_m": 500}, cast.other_territory.pk: {"test.far_m": 300}}
    assert february == {cast.territory.pk: {"test.far_m": 200}, cast.other_territory.pk: {"test.far_m": 200}}


@pytest.mark.parametrize("stored", ["300", True, [300], 300.5])
def test_a_value_of_the_wrong_type_counts_as_not_set(cast: Cast, stored: object) -> None:
    Parameter.objects.create(unit=cast.county, key="test.far_m", during=DateRange(date(2026, 1, 1), None), value=stored)
    assert parameters.value("test.far_m", cast.territory.pk, TODAY) == 200


def test_a_whole_number_fits_where_a_fraction_is_asked_for(cast: Cast) -> None:
    Parameter.objects.create(unit=cast.county, key="test.share", during=DateRange(date(2026, 1, 1), None), value=1)
    assert parameters.value("test.share", cast.territory.pk, TODAY) == 1.0


def test_an_undeclared_key_is_refused() -> None:
    with pytest.raises(UnknownParameter):
        parameters.values(["test.unheard_of"], [1], TODAY)
