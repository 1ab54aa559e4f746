"""The display schemes that ship: brought to a unit by command, as drafts or in force, and scored as the sources say."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast
from tests.visits.checks import check, day, score, visited
from visits import schemes, scoring, templates
from visits.models import DisplayTemplate, TemplateVersion


def bring(*codes: str, by: str = "zhou", release: bool = True) -> str:
    said = StringIO()
    call_command("bring_display_schemes", *codes, unit="4202", by=by, release=release, stdout=said)
    return said.getvalue()


def test_three_schemes_ship_and_each_comes_to_100_points() -> None:
    assert [(scheme["code"], scoring.scheme(scheme["items"]).points) for scheme in schemes.shipped()] == [
        ("five-degrees", 100), ("modern-terminal", 100), ("six-principles", 100),
    ]  # fmt: skip


def test_they_come_as_drafts_until_they_are_released(cast: Cast) -> None:
    assert bring(release=False) == "five-degrees-4202 v1\nmodern-terminal-4202 v1\nsix-principles-4202 v1\n"
    assert set(TemplateVersion.objects.exclude(pk=cast.template.pk).values_list("during", flat=True)) == {None}
    with pytest.raises(CommandError):
        bring("five-degrees")
    assert DisplayTemplate.objects.count() == 4


@pytest.mark.parametrize(("by", "code"), [("lin", "five-degrees"), ("nobody", "five-degrees"), ("zhou", "no-scheme")])
def test_nobody_else_brings_them_and_nothing_else_is_brought(cast: Cast, by: str, code: str) -> None:
    with pytest.raises(CommandError):
        bring(code, by=by)
    assert DisplayTemplate.objects.count() == 1


def test_five_degrees_of_the_key_products(cast: Cast) -> None:
    bring("five-degrees")
    version = TemplateVersion.objects.get(template__code="five-degrees-4202")
    [named] = [item for item in version.items if item["kind"] == "product_list"]
    assert (named["products"], named["pass_at"]) == ([cast.products[0].pk], 1)
    assert templates.applicable([cast.shops[0].pk], day(16).date()) == {cast.shops[0].pk: version.pk}
    asked = {"visible": True, "clean": True, "full": True, "standard": [cast.products[1].pk]}
    assert score(visited(cast, day(16, 9), check=check(version, **asked))) == Decimal("80.00")
    asked["standard"] = [cast.products[0].pk]
    assert score(visited(cast, day(16, 10), check=check(version, **asked))) == Decimal("80.00")
