"""The people of the demo and the posts they hold; called by the loader, README's first minutes and the phones."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from demo.geography import DEMO_PREFECTURE
from demo.names import full_name, username
from demo.organisation import COUNTY, HOME_COUNTY, OFFICE, OTHER_COUNTY, PREFECTURE, TERRITORY, Organisation, Unit


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in with `username` and holds one role (backend/roles.py) at one unit."""

    username: str
    name: str
    name_en: str
    phone: str
    role: str
    unit_code: str


# Log-in name, name, its pinyin, role, and for the posts above the market offices the unit.
PREFECTURE_CAST: Final = (
    ("zhao", "赵国栋", "Zhao Guodong", "prefecture_leader", DEMO_PREFECTURE),
    ("he", "何雨桐", "He Yutong", "data_steward", DEMO_PREFECTURE),
    ("xu", "许文博", "Xu Wenbo", "policy_editor", DEMO_PREFECTURE),
    ("luo", "罗思远", "Luo Siyuan", "brand_manager", DEMO_PREFECTURE),
    ("tang", "唐卫东", "Tang Weidong", "enforcement", DEMO_PREFECTURE),
    ("feng", "冯静宜", "Feng Jingyi", "auditor", DEMO_PREFECTURE),
    ("cao", "曹慧敏", "Cao Huimin", "analyst", DEMO_PREFECTURE),
    ("deng", "邓晓燕", "Deng Xiaoyan", "service_desk", DEMO_PREFECTURE),
    ("wen", "温海生", "Wen Haisheng", "logistics", DEMO_PREFECTURE),
    ("qian", "钱海波", "Qian Haibo", "county_leader", HOME_COUNTY),
    ("peng", "彭立群", "Peng Liqun", "province_leader", "42"),
    ("shao", "邵文清", "Shao Wenqing", "policy_editor", "42"),
    ("sun", "孙立新", "Sun Lixin", "administrator", "CN"),
)


def build(organisation: Organisation, seed: int = 135) -> tuple[Person, ...]:
    """Everybody: the named cast first, then one account manager per territory, one market manager per office,
    one leader per county and per prefecture that the cast leaves open.

    The same organisation and seed give the same people; usernames are unique, telephone numbers are of a range
    (129) that no operator has.
    """
    cast = _cast(organisation)
    taken = {(role, unit) for _, _, _, role, unit in cast}
    rows = [*cast]
    usernames = {row[0] for row in cast}
    rng = Random(f"{seed}/people")
    for unit in organisation.units:
        role = _open_post(unit)
        if role is None or (role, unit.code) in taken:
            continue
        name, name_en = full_name(rng)
        rows.append((_unique(username(name_en), usernames), name, name_en, role, unit.code))
    return tuple(
        Person(login, name, name_en, f"129{number:08d}", role, unit)
        for number, (login, name, name_en, role, unit) in enumerate(rows, start=1)
    )


def _cast(organisation: Organisation) -> list[tuple[str, str, str, str, str]]:
    lin = organisation.lin_territory
    wu = next(territory for territory in organisation.territories if territory.county_code == OTHER_COUNTY)
    return [
        ("lin", "林晓梅", "Lin Xiaomei", "account_manager", lin.code),
        ("chen", "陈志强", "Chen Zhiqiang", "market_manager", lin.office_code),
        ("wu", "吴建华", "Wu Jianhua", "account_manager", wu.code),
        *PREFECTURE_CAST,
    ]


def _open_post(unit: Unit) -> str | None:
    return {
        PREFECTURE: "prefecture_leader",
        COUNTY: "county_leader",
        OFFICE: "market_manager",
        TERRITORY: "account_manager",
    }.get(unit.level)


def _unique(wanted: str, taken: set[str]) -> str:
    login, number = wanted, 1
    while login in taken:
        number += 1
        login = f"{wanted}{number}"
    taken.add(login)
    return login
