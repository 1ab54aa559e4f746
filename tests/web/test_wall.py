"""The wall of grids: which unit comes first, and which cell it says has moved most."""

from __future__ import annotations

import re
from datetime import timedelta

from backend import clock
from cycles import month as months
from cycles.models import RetailerCycle
from tests.cast import NOW, TODAY, Cast
from tests.web import forms

MARCH, FEBRUARY = TODAY.replace(day=1), TODAY.replace(month=2, day=1)


def test_the_unit_whose_cells_moved_most_is_first_and_names_the_cell(cast: Cast) -> None:
    """Yangxin moved by 33.3 points of one cell; Daye by 50 of one and 50 of another, the first of the grid is named."""
    for month in (FEBRUARY, MARCH):
        months.open_month(month)
    RetailerCycle.objects.filter(month=MARCH, retailer=cast.shops[0]).update(client_execute=2)
    theirs = RetailerCycle.objects.filter(retailer=cast.wu_shops[0])
    theirs.filter(month=FEBRUARY).update(client_execute=2, brand_execute=2)
    wall = _wall(cast)
    assert [one.split()[0] for one in wall] == ["大冶市", "阳新县"]
    assert "变化最大 客户 · 实施 ▼ 50 个百分点" in wall[0]
    assert "变化最大 客户 · 实施 ▲ 33 个百分点" in wall[1]


def test_units_that_did_not_move_stand_by_their_code_and_name_no_cell(cast: Cast) -> None:
    for month in (FEBRUARY, MARCH):
        months.open_month(month)
    wall = _wall(cast)
    assert [one.split()[0] for one in wall] == ["阳新县", "大冶市"]
    assert not any("变化最大" in one for one in wall)


def test_what_follows_a_month_is_no_change_while_it_runs(cast: Cast) -> None:
    for month in (FEBRUARY, MARCH):
        months.open_month(month)
    RetailerCycle.objects.filter(month=FEBRUARY).update(client_evaluate=2)
    RetailerCycle.objects.filter(month=MARCH).update(client_evaluate=1)
    assert not any("变化最大" in one for one in _wall(cast))
    with clock.at(NOW + timedelta(days=20)):
        assert all("变化最大 客户 · 评估 ▼ 100 个百分点" in one for one in _wall(cast))


def _wall(cast: Cast) -> list[str]:
    page = forms.of(cast, "zhao").read("/?month=2026-03")
    wall = re.findall(r'<ul class="wall">(.*?)</ul>', page, re.DOTALL)[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<li>(.*?)</li>", wall, re.DOTALL)]
