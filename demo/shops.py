"""Generates the demo's retailers, territory by territory, as rows ready for COPY; called by the loader and benchmarks.

Proportions are those of a real prefecture of 15,020 licensed retailers (demo/data/README.md). A shop depends only
on the seed, the as-of day and its territory, so that 2,000 and 500,000 shops are made the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, pi, sin
from random import Random
from typing import Final, NamedTuple, TypeVar

from demo.geography import DATUM, Township, centres, region, scatter
from demo.names import full_name
from demo.organisation import LIN_SHOPS, Organisation, Territory
from demo.regions import Point, Region
from demo.shop_words import address, opening_hours, shop_name

T = TypeVar("T")

LICENCE_DAYS: Final = 5 * 365
FIRST_PHONE: Final = 12_910_000_000

BUSINESS_TYPES: Final = {"B": 0.87, "Z": 0.06, "S": 0.025, "Y": 0.025, "F": 0.01, "N": 0.005, "Q": 0.005}
MARKET_TYPES: Final = {"C": 0.74, "X": 0.26}
ORDER_WEEKDAYS: Final = {1: 0.23, 2: 0.22, 3: 0.22, 4: 0.22, 5: 0.11}
INTEGRITY_GRADES: Final = {"A": 0.97, "B": 0.02, "C": 0.008, "W": 0.002}
STATES: Final = {"active": 0.956, "suspended": 0.016, "closed": 0.028}
LIN_VISIT_CLASSES: Final = {"A": 30, "B": 80, "C": 76}
TOWN_TRADE: Final = {
    "residential": 40,
    "market": 18,
    "school": 10,
    "transport": 9,
    "hotel": 8,
    "tourist": 8,
    "hospital": 7,
}
COUNTRY_TRADE: Final = {"residential": 60, "market": 16, "transport": 10, "industrial": 8, "tourist": 6}
# Bell over the 30 tiers: about 1 % of the shops at either end, 5 % in the middle.
TIER_SHARES: Final = {tier: (1 + 4 * sin(pi * (tier - 0.5) / 30) ** 1.3) / 100 for tier in range(1, 31)}


class Shop(NamedTuple):
    """One retailer as of a day. Point in degrees; `weekly_cartons` is its mean demand a week in a normal month."""

    code: str
    licence_no: str
    licence_valid_until: date
    name: str
    holder: str
    phone: str
    address: str
    county_code: str
    territory_code: str
    township_code: str
    lon: float
    lat: float
    datum: str
    opens_at: str
    closes_at: str
    order_weekday: int
    opened_on: date
    state: str
    state_since: date
    business_type: str
    market_type: str
    scale: int
    tier: int
    integrity_grade: str
    terminal_type: str
    trade_area: str
    visit_class: str
    weekly_cartons: float


@dataclass(frozen=True, slots=True)
class _Decks:
    """The classes of one territory's shops: each list has the exact proportions, in a shuffled order."""

    business: list[str]
    market: list[str]
    weekday: list[int]
    integrity: list[str]
    state: list[str]
    tier: list[int]
    visit: list[str]


def generate(organisation: Organisation, as_of: date, seed: int = 135) -> Iterator[Shop]:
    """All shops of the organisation in territory order, streamed; the same arguments give the same rows.

    Lin's LIN_SHOPS shops are all active, 30 of them visited weekly, 80 fortnightly and 76 monthly, and 4 licences
    run out within 30 days. Codes and licence numbers are unique over the organisation.
    """
    lin = organisation.lin_territory.code
    serials: dict[str, int] = {}
    for number, territory in enumerate(organisation.territories):
        first = serials.get(territory.county_code, 0) + 1
        serials[territory.county_code] = first + territory.shops - 1
        rng = Random(f"{seed}/shops/{territory.code}")
        yield from _Territory(territory, as_of, rng, lin == territory.code).shops(first, FIRST_PHONE + number * 1_000)


class _Territory:
    """Makes the shops of one territory."""

    def __init__(self, territory: Territory, as_of: date, rng: Random, is_lin: bool) -> None:
        self.territory, self.as_of, self.rng, self.is_lin = territory, as_of, rng, is_lin
        self.area: Region = region(territory.county_code)
        self.centres: dict[str, Point] = centres(territory.county_code)
        self.urban = [place for place in territory.places if place.kind == "street"] or [territory.places[0]]
        self.rural = [place for place in territory.places if place.kind != "street"] or self.urban
        self.decks = self._decks()

    def shops(self, first_serial: int, first_phone: int) -> Iterator[Shop]:
        """Shops numbered within the county from `first_serial`, telephone numbers from `first_phone`."""
        county = self.territory.county_code
        expiring = set(self.rng.sample(range(LIN_SHOPS), 4)) if self.is_lin else set()
        for i in range(self.territory.shops):
            numbers = (f"{county}{first_serial + i:06d}", f"{county}1{first_serial + i:05d}", str(first_phone + i))
            yield self._shop(i, numbers, i in expiring)

    def _shop(self, i: int, numbers: tuple[str, str, str], expiring: bool) -> Shop:
        rng, decks = self.rng, self.decks
        market, business, tier = decks.market[i], decks.business[i], decks.tier[i]
        place = self._place(market)
        lon, lat = scatter(rng, self.area, self.centres[place.code], 0.9 if market == "C" else 2.8)
        holder, _ = full_name(rng)
        opened_on = self._opened_on()
        state = "active" if opened_on > self.as_of - timedelta(days=120) else decks.state[i]
        opens_at, closes_at = opening_hours(rng, business)
        return Shop(
            code=numbers[0],
            licence_no=numbers[1],
            licence_valid_until=self._licence_end(opened_on, expiring),
            name=shop_name(rng, business, holder, place),
            holder=holder,
            phone=numbers[2],
            address=address(rng, market, place),
            county_code=self.territory.county_code,
            territory_code=self.territory.code,
            township_code=place.code,
            lon=lon,
            lat=lat,
            datum=DATUM,
            opens_at=opens_at,
            closes_at=closes_at,
            order_weekday=decks.weekday[i],
            opened_on=opened_on,
            state=state,
            state_since=self._since(state, opened_on),
            business_type=business,
            market_type=market,
            scale=1 if tier >= 24 else 2 if tier >= 10 else 3,
            tier=tier,
            integrity_grade=decks.integrity[i],
            terminal_type=self._terminal(tier, business),
            trade_area=_weighted(rng, TOWN_TRADE if market == "C" else COUNTRY_TRADE),
            visit_class=decks.visit[i],
            weekly_cartons=round(5.0 * exp(0.115 * tier) * rng.lognormvariate(0.0, 0.18), 1),
        )

    def _place(self, market: str) -> Township:
        """Town shops stand in streets, one in three in the core of a country town; country shops never in a street."""
        places = self.urban if market == "C" and self.rng.random() < 0.67 else self.rural
        return places[int(len(places) * self.rng.random())]

    def _opened_on(self) -> date:
        """One shop in 16 within the last 14 months, the others up to 25 years ago, most of them within ten."""
        if self.rng.random() < 0.0625:
            return self.as_of - timedelta(days=20 + int(400 * self.rng.random()))
        return self.as_of - timedelta(days=430 + int(8_700 * self.rng.random() ** 1.8))

    def _licence_end(self, opened_on: date, expiring: bool) -> date:
        """Five years after issue or renewal. About 1 in 150 shops let it lapse; Lin's four expire within 30 days."""
        if expiring:
            return self.as_of + timedelta(days=3 + int(27 * self.rng.random()))
        age = (self.as_of - opened_on).days % LICENCE_DAYS
        if not self.is_lin and self.rng.random() < 0.0067:
            return self.as_of - timedelta(days=1 + int(45 * self.rng.random()))
        left = LICENCE_DAYS - age
        return self.as_of + timedelta(days=left + 31 if self.is_lin and left <= 30 else left)

    def _since(self, state: str, opened_on: date) -> date:
        if state == "active":
            return opened_on
        days = 5 + int((80 if state == "suspended" else 300) * self.rng.random())
        return max(self.as_of - timedelta(days=days), opened_on + timedelta(days=60))

    def _terminal(self, tier: int, business: str) -> str:
        """Better shops are modern oftener: 4 % franchise and about a third modern overall."""
        roll = self.rng.random() + (tier - 15.5) * 0.012 + (0.1 if business in "SN" else 0.0)
        return "franchise" if roll > 1.0 else "modern" if roll > 0.64 else "ordinary"

    def _decks(self) -> _Decks:
        rng, count = self.rng, self.territory.shops
        tiers = _deck(rng, TIER_SHARES, count)
        return _Decks(
            business=_deck(rng, BUSINESS_TYPES, count),
            market=_deck(rng, MARKET_TYPES, count),
            weekday=_deck(rng, ORDER_WEEKDAYS, count),
            integrity=_deck(rng, INTEGRITY_GRADES, count),
            state=["active"] * count if self.is_lin else _deck(rng, STATES, count),
            tier=tiers,
            visit=self._visit_classes(tiers),
        )

    def _visit_classes(self, tiers: Sequence[int]) -> list[str]:
        """The best tiers weekly, the next fortnightly, the others monthly; a little noise, exact counts."""
        count = len(tiers)
        ladder = [name for name, n in LIN_VISIT_CLASSES.items() for _ in range(round(n * count / LIN_SHOPS))]
        ladder = [*ladder, "C"][:count]  # two halves may both have been rounded down
        best_first = sorted(range(count), key=lambda i: -tiers[i] - self.rng.gauss(0.0, 2.0))
        classes = [""] * count
        for rank, i in enumerate(best_first):
            classes[i] = ladder[rank]
        return classes


def _deck(rng: Random, shares: dict[T, float], count: int) -> list[T]:
    """`count` values in shuffled order, each as often as its share says (to within one, unbiased over territories)."""
    total, offset = sum(shares.values()), rng.random()
    deck: list[T] = []
    reached = 0.0
    for value, share in shares.items():
        reached += share * count / total
        deck.extend([value] * (int(reached + offset) - len(deck)))
    deck.extend([next(iter(shares))] * (count - len(deck)))  # a rounding error in the last sum
    rng.shuffle(deck)
    return deck[:count]


def _weighted(rng: Random, weights: dict[T, int]) -> T:
    roll = rng.random() * sum(weights.values())
    for value, weight in weights.items():
        roll -= weight
        if roll < 0:
            return value
    return value
