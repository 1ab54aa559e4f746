"""Phones of RxDB in each other's way over a bad network, a fixed list of interleavings or fresh ones; run by run.py.

    python -m tests.clients.run convergence                       the fixed list
    CONVERGENCE=500 python -m tests.clients.run convergence       that many fresh ones, their first seed printed
    CONVERGENCE=seed:17,99 python -m tests.clients.run convergence

Each interleaving has an office, three people, three shops and a plan of its own. In the end everybody who may see a
document holds what the server holds, nobody else holds it, nothing that was written is lost, and every conflict is told
(tests/clients/convergence_oracle.py asks the tables). A seed that fails is to be added to convergence_seeds.json.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connections, transaction  # noqa: E402

from backend import clock, outbox, phones, retelling, ticks  # noqa: E402
from backend.models import Device, Level, OutboxItem, Person, Position, Unit  # noqa: E402
from tests.cast import ALWAYS, make_shops  # noqa: E402
from tests.clients import convergence_oracle as oracle  # noqa: E402
from tests.database import url_of  # noqa: E402
from tests.door import live  # noqa: E402
from visits.models import PlannedStop  # noqa: E402

FOLDER = Path(__file__).resolve().parent
SEEDS = FOLDER / "convergence_seeds.json"
NODE = str(Path(sys.executable).parent / "node")
AT_ONCE = 2  # processes of node; each keeps the phones of one interleaving
PEOPLE = (("lin", "account_manager"), ("ma", "account_manager"), ("chen", "market_manager"))


@dataclass(frozen=True)
class World:
    """What one interleaving plays with, and what node is told of it."""

    seed: int
    told: dict[str, Any]
    territories: dict[str, list[int]]  # of each person


def main() -> int:
    """Runs the interleavings; 0 when each ended as it must."""
    seeds = _seeds(os.environ.get("CONVERGENCE", ""))
    began = time.perf_counter()
    worlds = [_world(number, seed) for number, seed in enumerate(seeds)]
    with live.system(url_of(os.environ["CLIENTS_DATABASE"])) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        parts = [worlds[n::AT_ONCE] for n in range(AT_ONCE)]
        ended = [end for ends in pool.map(lambda part: _play(server.address, part), parts) for end in ends]
    by_seed = {world.seed: world for world in worlds}
    faults = {end["seed"]: oracle.judge(end, by_seed[end["seed"]].territories) for end in ended}
    _report(ended, faults, time.perf_counter() - began)
    return 1 if any(faults.values()) or len(ended) != len(seeds) else 0


def _seeds(wanted: str) -> list[int]:
    if wanted.startswith("seed:"):
        return [int(seed) for seed in wanted[5:].split(",")]
    if wanted:
        first = secrets.randbelow(2**31)
        print(f"convergence: {wanted} fresh interleavings from seed {first}", flush=True)
        return [first + n for n in range(int(wanted))]
    found: list[int] = json.loads(SEEDS.read_text())["seeds"]
    return found


# -- the world of an interleaving --------------------------------------------------------------------------------------


def _world(number: int, seed: int) -> World:
    county = Unit.objects.get(code="420222")
    made = [Unit(code=f"C{seed}", name=f"市场部{seed}", parent=county, level=Level.OFFICE, during=ALWAYS)]
    Unit.objects.bulk_create(made)
    office = Unit.objects.get(code=f"C{seed}")
    Unit.objects.bulk_create(
        Unit(code=f"C{seed}-{n}", name=f"{n}片区", parent=office, level=Level.TERRITORY, during=ALWAYS) for n in (1, 2)
    )
    own, other = Unit.objects.filter(parent=office).order_by("code")
    people = {
        name: _person(f"{name}-{seed}", role, unit)
        for (name, role), unit in zip(PEOPLE, (own, other, office), strict=True)
    }
    shops = make_shops(own, range(200 + 3 * number, 203 + 3 * number))
    return World(
        seed,
        {
            "seed": seed,
            "today": str(clock.today()),
            "people": people,
            "territories": [own.pk, other.pk],
            "shops": [str(shop.pk) for shop in shops],
            "foreign": [str(_foreign_shop())],
            "stops": [_stop(own, shop, n) for n, shop in enumerate(shops)],
        },
        {"lin": [own.pk], "ma": [other.pk], "chen": [own.pk, other.pk]},
    )


def _person(username: str, role: str, unit: Unit) -> dict[str, str]:
    person = Person(username=username, name=f"{username}女士")
    person.set_unusable_password()
    person.save()
    Position.objects.create(person=person, unit=unit, role_id=role, during=ALWAYS)
    token, now = secrets.token_urlsafe(32), clock.now()
    Device.objects.create(
        person=person,
        device_id=f"phone-of-{username}",
        name="phone",
        token_hash=sha256(token.encode()).digest(),
        signed_in_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=1),
    )
    return {"token": token, "name": person.name, "id": str(person.pk)}


def _foreign_shop() -> Any:
    """A shop of Wu's, in another county."""
    from retail.models import Retailer

    return Retailer.objects.filter(code="420200000100").values_list("pk", flat=True).get()


def _stop(territory: Unit, shop: Any, number: int) -> str:
    """The first is planned for today, so that a visit makes it done; the others for a later day of the month."""
    today = clock.today()
    later = min(
        today + timedelta(days=number), clock.month_of(today + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    )
    on_date = later if later.month == today.month else today
    stop = PlannedStop.objects.create(
        month=clock.month_of(on_date),
        retailer=shop,
        territory=territory,
        county_id=territory.ancestors[3],
        on_date=on_date,
        position=number + 1,
    )
    return str(stop.pk)


# -- playing -----------------------------------------------------------------------------------------------------------


def _play(address: str, worlds: Sequence[World]) -> list[dict[str, Any]]:
    """What each interleaving came to, as one process of node tells; it asks for the server's ticks."""
    process = subprocess.Popen(
        [NODE, "convergence.mjs"],
        cwd=FOLDER,
        env={**os.environ, "BASE_URL": address},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    try:
        for world in worlds:
            process.stdin.write(json.dumps(world.told) + "\n")
            process.stdin.flush()
            while "tick" in (said := json.loads(process.stdout.readline() or '{"error": "node ended"}')):
                _minutes_later(world)
                _tick()
                process.stdin.write("\n")
                process.stdin.flush()
            found.append({"seed": world.seed, **said})
        process.stdin.close()
        process.wait(20)
    finally:
        process.kill()
        connections.close_all()
    return found


def _minutes_later(world: World) -> None:
    """What the phones of this interleaving pushed is told once more. Those of the other are online at this moment."""
    people = [person["id"] for person in world.told["people"].values()]
    for item in OutboxItem.objects.filter(topic=retelling.TOPIC, payload__person__in=people):
        with transaction.atomic():
            retelling.retell(item.payload)
            item.delete()


def _tick() -> None:
    """What the tick does for phones: the stops that visits serve, then what feeds tell."""
    outbox.run_due()
    for name in ("visits.stops", "phones"):
        while not ticks.run_one(name):
            time.sleep(0.005)  # the other process' tick runs
    phones.follow()


def _report(ended: Sequence[dict[str, Any]], faults: dict[int, list[str]], took: float) -> None:
    suffered: Counter[str] = Counter()
    for end in ended:
        suffered.update(end.get("suffered", {}))
        for fault in faults[end["seed"]]:
            print(f"convergence: seed {end['seed']}: {fault}")
        if faults[end["seed"]]:
            print("  " + "\n  ".join(end.get("log", ())))
    rows = [row for end in ended for push in end.get("pushes", ()) for row in push["rows"]]
    rounds = max((end.get("rounds", 0) for end in ended), default=0)
    conflicts = sum(len(push["answer"]) for end in ended for push in end.get("pushes", ()))
    refused = sum(1 for end in ended for _ in end.get("refused", ()))
    print(
        f"convergence: {len(ended)} interleavings, {len(rows)} rows pushed, {conflicts} conflicts,"
        f" {sum(end.get('moves', 0) for end in ended)} transfers, faults {dict(sorted(suffered.items()))},"
        f" {refused} other refusals, at most {rounds} rounds to settle,"
        f" {sum(map(bool, faults.values()))} failed, {took:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
