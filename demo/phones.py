"""Simulated phones that live a day and push it over HTTP, and the reckoning; run by hand and by the gauntlet.

    python -m demo.phones --phones 105 --visits 20 --repeat 1-8 --url http://127.0.0.1:8000

Each phone signs in as an account manager of the demo, pulls every collection, works for hours without a signal (visits
with all they carry, photos, needs, promises) and pushes, edits and takes back. It keeps journals on the disk. The end:
lost, duplicated, invented, corrupted and leaked of each kind, asked of the server through its API (and with --database
of its tables); 0 only if all are 0.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo import delivery, oracle, organisation, people
from demo.journal import Item, Stored, Tally, read, tally
from demo.line import GaveUp, Line
from demo.phone import KINDS, Orders, Phone, journal_of

AT_WORK = 24  # phones at the same time; each may hold several connections


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the phones and print the numbers; 1 when one of them is not 0, or something did not get through."""
    given = _parser().parse_args(arguments)
    journals = given.journal or Path(tempfile.mkdtemp(prefix="phones-"))
    orders = Orders(given.visits, given.repeat, journals, given.seed, given.photos, given.images)
    phones = _phones(given, orders)
    print(f"{len(phones)} phones, {given.visits} visits and up to {given.photos} photos each, journals in {journals}")
    try:
        _all(phones, Phone.sign_in, "signed in")
        _all(phones, Phone.sync, "synced")
    except GaveUp as gave_up:
        print(gave_up, file=sys.stderr)
        return 1
    print(f"  {sum(phone.replica.pulled for phone in phones)} documents pulled")
    _all(phones, delivery.push, "pushed")
    print(f"  {sum(phone.cuts for phone in phones)} times the network went in the middle of a photo")
    began = time.monotonic()
    stored = oracle.shown(phones, _above(given, phones))
    print(f"verified: {time.monotonic() - began:.1f} s", flush=True)
    clean = _report(phones, _tallies(journals, stored))
    if given.database:
        for kind, result in _tallies(journals, oracle.rows(phones)).items():
            print(f"tables, {kind}: {result}")
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
    parser.add_argument("--photos", type=int, default=3, help="at most, by each phone")
    parser.add_argument(
        "--images", type=Path, default=_images(), metavar="DIR", help="real photos, where there are any"
    )
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


def _above(given: argparse.Namespace, phones: Sequence[Phone]) -> list[str]:
    """A market manager over some of the phones' users."""
    tree = organisation.build(given.shops)
    everybody = {person.username: person for person in people.build(tree)}
    office_of = {territory.code: territory.office_code for territory in tree.territories}
    office = office_of[everybody[phones[0].username].unit_code]
    return [p.username for p in everybody.values() if p.role == "market_manager" and p.unit_code == office]


def _images() -> Path | None:
    """Real photos of shelves beside the checkout, for those who have them."""
    folder = Path(os.environ.get("REAL_DATA_DIR", Path(__file__).parents[2] / "shared" / "data")) / "images_in_store"
    return folder if folder.is_dir() else None


def _journalled(journals: Path, kind: str) -> dict[str, Item]:
    """From the disk, as after a crash."""
    paths = sorted(journal_of(journals, kind, 0).parent.glob("*.jsonl"))
    return {id_: item for path in paths for id_, item in read(path).items()}


def _tallies(journals: Path, stored: Mapping[str, Stored]) -> dict[str, Tally]:
    return {kind: tally(_journalled(journals, kind), stored[kind]) for kind in KINDS}


def _report(phones: Sequence[Phone], results: Mapping[str, Tally]) -> bool:
    failures = sum((phone.failures for phone in phones), Counter())
    refusals = Counter(
        f"{kind}: {item.refused}"
        for phone in phones
        for kind in KINDS
        for item in phone.journals[kind].items.values()
        if item.refused
    )
    for said, times in [*refusals.most_common(), *failures.most_common(5)]:
        print(f"  {times} x {said}")
    for kind, result in results.items():
        print(f"{kind}: {result}")
    return not failures and all(result.is_clean for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
