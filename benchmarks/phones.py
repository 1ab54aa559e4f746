"""Signed-in phones of a demo database, and HTTP that keeps every answer's time; for benchmarks of the door."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout


def load_demo(shops: int, *, with_months: bool) -> None:
    """The demo, in the benchmark's own database; its months of plans and reviews take a minute or two."""
    from django.core.management import call_command
    from django.test import override_settings

    with override_settings(DEMO_ALLOWED=True):
        tables = {} if with_months else {"tables": "policies,orders,visits,stock,rollups"}
        call_command("load_demo", shops=shops, verbosity=0, **tables)


def sign_in(role: str, count: int) -> list[str]:
    """Tokens of so many phones of the people who hold a role, in turns."""
    from backend import clock
    from backend.models import Device, Person

    people = list(Person.objects.filter(positions__role_id=role).distinct().order_by("username"))
    now, made, tokens = clock.now(), [], [secrets.token_urlsafe(32) for _ in range(count)]
    for n, token in enumerate(tokens):
        made.append(
            Device(
                person=people[n % len(people)],
                device_id=f"bench-{role}-{secrets.token_hex(8)}",
                name="bench",
                token_hash=sha256(token.encode()).digest(),
                signed_in_at=now,
                last_used_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    Device.objects.bulk_create(made)
    return tokens


def boards() -> list[str]:
    """Addresses of the market boards of the demo's prefecture, this month: what its leader looks at."""
    from backend import clock
    from backend.models import Position

    unit = Position.objects.filter(role_id="prefecture_leader").values_list("unit_id", flat=True).order_by("id")[0]
    asked = f"?unit={unit}&month={clock.today():%Y-%m}"
    return [f"/api/v1/boards/market{part}{asked}" for part in ("", "/children", "/products")]


def p(values: list[float], share: float) -> float:
    """A percentile, in ms; 0 of nothing."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000 if values else 0.0


def resident_mb(pid: int) -> float:
    """Resident memory of one process now. Linux."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class Desk:
    """Asks over HTTP as a well-behaved phone: waits as long as a 503 says; keeps times by kind and what went wrong."""

    address: str
    client: ClientSession
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    async def ask(self, kind: str, method: str, path: str, token: str, body: Any = None) -> Any:
        """The JSON of the answer; None where it was refused for good (then counted in `wrong`)."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        began = time.perf_counter()  # of the first try: what a person waits, 503 and all
        while True:
            try:
                async with self.client.request(method, self.address + path, json=body, headers=headers) as answer:
                    told = await answer.read()
                    self.statuses[answer.status] += 1
                    if answer.status == 200:
                        self.times[kind].append(time.perf_counter() - began)
                        return await answer.json() if told else None
                    wait = answer.headers.get("Retry-After")
                    if answer.status != 503 or wait is None:
                        self.wrong[f"{kind} {answer.status} {told[:200]!r}"] += 1
                        return None
                    await asyncio.sleep(float(wait))
            except (ClientError, TimeoutError) as error:
                self.wrong[f"{kind} {type(error).__name__}"] += 1
                return None


def client() -> ClientSession:
    """Without a limit of its own on connections, patient."""
    from aiohttp import TCPConnector

    return ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=120))
