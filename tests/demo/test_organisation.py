"""The org tree of the demo at any size, and who works in it."""

from __future__ import annotations

from collections import Counter

import pytest

from backend.roles import ROLES
from demo import organisation, people
from demo.organisation import COUNTY, OFFICE, PREFECTURE, TERRITORY, apportion


@pytest.mark.parametrize("shops", [400, 2_000, 20_000, 113_000, 500_000])
def test_every_size_is_a_whole_tree_whose_territories_add_up(shops: int) -> None:
    built = organisation.build(shops)
    level = {unit.code: unit.level for unit in built.units}
    assert len(level) == len(built.units)
    seen: set[str | None] = {None}
    for unit in built.units:
        assert unit.parent_code in seen
        assert unit.parent_code is None or level[unit.parent_code] == unit.level - 1
        seen.add(unit.code)
    children = Counter(unit.parent_code for unit in built.units)
    assert all(children[unit.code] >= 1 for unit in built.units if unit.level < TERRITORY)
    assert sum(territory.shops for territory in built.territories) == shops
    assert [territory.code for territory in built.territories] == [u.code for u in built.units if u.level == TERRITORY]
    assert built.lin_territory.shops == 186
    assert all(place.county_code == t.county_code for t in built.territories for place in t.places)


def test_the_default_is_one_prefecture_of_seven_counties_and_twelve_territories() -> None:
    built = organisation.build()
    assert Counter(unit.level for unit in built.units) == {
        0: 1,
        1: 1,
        PREFECTURE: 1,
        COUNTY: 7,
        OFFICE: 8,
        TERRITORY: 12,
    }
    sizes = [territory.shops for territory in built.territories if territory is not built.lin_territory]
    assert (min(sizes), max(sizes)) == (149, 181)


def test_offices_beside_each_other_have_different_names() -> None:
    offices = [(u.parent_code, u.name) for u in organisation.build(500_000).units if u.level == OFFICE]
    assert len(offices) == 1_082
    assert len(set(offices)) == len(offices)


@pytest.mark.parametrize("shops", [399, 500_001])
def test_a_size_out_of_range_is_refused(shops: int) -> None:
    with pytest.raises(ValueError, match="between 400 and 500000"):
        organisation.build(shops)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(3, [5, 1, 1], [1, 1, 1]), (10, [1, 1, 2], [3, 3, 4]), (12, [2.5, 1, 1], [6, 3, 3]), (5, [1, 1], [3, 2])],
)
def test_shares_are_whole_and_at_least_one(total: int, weights: list[float], shares: list[int]) -> None:
    assert apportion(total, weights) == shares


def test_the_cast_holds_the_posts_that_the_tests_and_the_readme_name() -> None:
    built = organisation.build()
    posts = {p.username: (p.name[0], p.role, p.unit_code) for p in people.build(built)}
    assert posts["lin"] == ("林", "account_manager", "420902-01-01")
    assert posts["chen"] == ("陈", "market_manager", "420902-01")
    assert posts["wu"] == ("吴", "account_manager", "420984-01-01")
    assert posts["zhao"] == ("赵", "prefecture_leader", "4209")
    assert posts["sun"] == ("孙", "administrator", "CN")


@pytest.mark.parametrize("shops", [2_000, 113_000])
def test_every_post_is_held_once_and_every_role_exists(shops: int) -> None:
    built = organisation.build(shops)
    found = people.build(built)
    assert len({person.username for person in found}) == len(found)
    assert len({person.phone for person in found}) == len(found)
    assert {person.role for person in found} == {role.code for role in ROLES}
    held = Counter((person.role, person.unit_code) for person in found)
    assert set(held.values()) == {1}
    role_of = {PREFECTURE: "prefecture_leader", COUNTY: "county_leader", OFFICE: "market_manager"}
    role_of[TERRITORY] = "account_manager"
    for unit in built.units:
        assert unit.level not in role_of or (role_of[unit.level], unit.code) in held


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    built = organisation.build()
    assert people.build(built) == people.build(built)
    assert people.build(built, seed=1) != people.build(built)
