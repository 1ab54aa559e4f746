"""Simulated phones that push a day's visits over HTTP, and the reckoning afterwards; run by hand and by the gauntlet.

    python -m demo.phones --phones 105 --visits 20 --repeat 1-8 --url http://127.0.0.1:8000

Each phone signs in as an account manager of the demo and keeps a journal. The end: lost, duplicated, invented,
corrupted and leaked, asked of the server through its API (and with --database of its tables); 0 only if all are 0.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from demo import organisation, people
from demo.journal import Item, Stored, Tally, read, tally
from demo.line import GaveUp, Line
from demo.phone import Orders, Phone

AT_WORK = 24  # phones at the same time; each may hold several connections


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the phones and print the numbers; 1 when one of them is not 0."""
    given = _parser().parse_args(arguments)
    journals = given.journal or Path(tempfile.mkdtemp(prefix="phones-"))
    phones = _phones(given, Orders(given.visits, given.repeat, journals, given.seed))
    print(f"{len(phones)} phones, {given.visits} visits each, journals in {journals}")
    try:
        _all(phones, Phone.sign_in, "signed in")
        _all(phones, Phone.sync, "synced")
    except GaveUp as gave_up:
        print(gave_up, file=sys.stderr)
        return 1
    _all(phones, Phone.push, "pushed")
    stored = _stored(phones)
    result = tally(_journalled(journals), stored)
    clean = _report(phones, result)
    if given.database:
        result = tally(_journalled(journals), _stored_rows(phones))
        print(f"tables: {result}")
        clean = clean and result.is_clean
    return 0 if clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo.phones", description=__doc__)
    parser.add_argument("--phones", type=int, default=12)
    parser.add_argument("--visits", type=int, default=20, help="by each phone")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--repeat", type=_span, default=(1, 1), metavar="N or A-B", help="times that a batch is sent")
    parser.add_argument("--seed", type=int, default=135, help="of what the visits say; their ids are new each time")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="an empty folder; default: a temporary one")
    parser.add_argument("--shops", type=int, default=2_000, help="of the demo that was loaded")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds for which one request is tried again")
    parser.add_argument("--database", action="store_true", help="also ask the tables of DATABASE_URL")
    return parser


def _span(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    span = int(low), int(high or low)
    if not 1 <= span[0] <= span[1] <= 32:
        raise argparse.ArgumentTypeError("between 1 and 32, such as 1-8")
    return span


def _phones(given: argparse.Namespace, orders: Orders) -> list[Phone]:
    """Account managers in turn; where there are fewer of them than phones, several phones are one manager's."""
    everybody = people.build(organisation.build(given.shops))
    managers = [person.username for person in everybody if person.role == "account_manager"]
    numbers = range(given.phones)
    return [
        Phone(
            number=n,
            username=managers[n % len(managers)],
            share=n // len(managers),
            of=len(range(n % len(managers), given.phones, len(managers))),
            line=Line(given.url, given.patience),
            orders=orders,
        )
        for n in numbers
    ]


def _all(phones: Sequence[Phone], act: Callable[[Phone], object], done: str) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(min(AT_WORK, len(phones))) as workers:
        list(workers.map(act, phones))
    print(f"{done}: {time.monotonic() - began:.1f} s", flush=True)


def _journalled(journals: Path) -> dict[str, Item]:
    """From the disk, as after a crash."""
    return {id_: item for path in sorted(journals.glob("*.jsonl")) for id_, item in read(path).items()}


def _stored(phones: Sequence[Phone]) -> Stored:
    """What the server shows through its API: first the lists as they stand, then the receipts of everything again."""
    began, stored = time.monotonic(), Stored()
    for phone in {phone.username: phone for phone in phones}.values():
        stored.ids += _listed(phone, min(other.signed_in_at for other in phones))
    for n, phone in enumerate(phones):
        stored.sha256 |= phone.offer_again()
        stored.altered += phone.altered()
        other = next((p for p in [*phones[n:], *phones[:n]] if not p.territories & phone.territories), None)
        stored.leaked += phone.leaks(other.shops[0]["id"]) if other else 0
    print(f"verified: {time.monotonic() - began:.1f} s", flush=True)
    return stored


def _listed(phone: Phone, since: str) -> list[str]:
    """Ids of the visits of the phone's user that the server received since the phones signed in."""
    began = datetime.fromisoformat(since)
    after = (began - timedelta(days=2)).date()
    rows = phone.line.rows(f"/api/v1/visits?person={phone.person}&on_date_after={after}&page_size=200")
    return [row["id"] for row in rows if datetime.fromisoformat(row["received_at"]) >= began]


def _stored_rows(phones: Sequence[Phone]) -> Stored:
    """The same from the tables: rows with their receipts."""
    import psycopg

    since = min(phone.signed_in_at for phone in phones)
    people_ids = list({phone.person for phone in phones})
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT id::text FROM visits_visit WHERE received_at >= %s AND person_id = ANY(%s::uuid[])",
            [since, people_ids],
        ).fetchall()
        receipts = connection.execute(
            "SELECT submission_id::text, encode(sha256, 'hex') FROM backend_receipt"
            " WHERE submission_id = ANY(%s::uuid[])",
            [[item["submission_id"] for phone in phones for item in phone.items]],
        ).fetchall()
    return Stored([row[0] for row in rows], dict(receipts))


def _report(phones: Sequence[Phone], result: Tally) -> bool:
    failures = sum((phone.failures for phone in phones), Counter())
    refusals = Counter(item.refused for phone in phones for item in phone.journal.items.values() if item.refused)
    for said, times in [*refusals.most_common(), *failures.most_common(5)]:
        print(f"  {times} x {said}")
    print(result)
    return result.is_clean


if __name__ == "__main__":
    sys.exit(main())
