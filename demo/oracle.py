"""What the server holds and shows of what simulated phones did, by its API and its tables; called by phones.py.

Visits by their list, their receipts and what a fresh phone pulls; photos by the bytes that a leader is served; needs
and promises by what is pulled. Whatever somebody is shown who may not see it is a leak.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from demo import delivery, errands
from demo.errands import TOLD, Document
from demo.guests import DEMO_PASSWORD
from demo.journal import Stored
from demo.line import Line
from demo.phone import KINDS, Phone, canary
from demo.replica import Replica

WRITTEN: Final = ("visits", "needs", "promises", "quiz_attempts")
SHOWN: Final = ("visits", "recent_visits", "needs", "promises", "sync_issues", "policy_questions")
READ_WITHIN_S: Final = 120
LEADER: Final = "zhao"
CANARY: Final = re.compile(r"〔(记|密)·([a-z0-9]+)〕")
MARK: Final = re.compile(r"〔([0-9a-f]{8})〕")
NOT_TOLD: Final = {"submission_id", "score", "sent_at"}  # of a visit: the score stands nowhere beside it
DEFAULTS: Final[tuple[Any, ...]] = (None, "", [], False)


def shown(phones: Sequence[Phone], market_managers: Sequence[str]) -> dict[str, Stored]:
    """By kind, what is held and whatever is wrong with it."""
    found = {kind: Stored() for kind in KINDS}
    persons = {phone.username: phone for phone in phones}
    since = min(phone.signed_in_at for phone in phones)
    for phone in persons.values():
        found["visits"].ids += _listed(phone, since)
    fresh = {name: _fresh(phone) for name, phone in persons.items()}
    for n, phone in enumerate(phones):
        other = next((p for p in [*phones[n:], *phones[:n]] if not p.territories & phone.territories), None)
        found["visits"].sha256 |= delivery.offer_again(phone)
        found["visits"].altered += _altered(phone, fresh[phone.username])
        found["visits"].leaked += _leaks(phone, fresh[phone.username], other)
        found["photos"].leaked += _photo_leaks(phone, other)
    for kind in TOLD:
        _papers(kind, phones, fresh, found[kind])
    found["visits"].leaked += sum(_overheard(phones[0].line, name) for name in market_managers)
    found["photos"] = _photos(phones, since, found["photos"])
    return found


# -- visits ------------------------------------------------------------------------------------------------------------


def _listed(phone: Phone, since: str) -> list[str]:
    """Ids of the visits of the phone's user that the server received since the phones signed in."""
    began = datetime.fromisoformat(since)
    after = (began - timedelta(days=2)).date()
    rows = phone.line.rows(f"/api/v1/visits?person={phone.person}&on_date_after={after}&page_size=200")
    return [row["id"] for row in rows if datetime.fromisoformat(row["received_at"]) >= began]


def _fresh(phone: Phone) -> Replica:
    replica = Replica(phone.line)
    replica.pull({*WRITTEN, *SHOWN})
    return replica


def _altered(phone: Phone, fresh: Replica) -> int:
    """Visits that read back otherwise than this phone told them last, and documents that it holds otherwise than a
    phone that has just begun."""
    wrong = 0
    for item in phone.items:
        document = fresh.get("visits", item["submission_id"])
        if document is not None:
            wrong += not same({**item, **phone.edited.get(item["submission_id"], {})}, document)
    phone.replica.pull(WRITTEN)
    for name in WRITTEN:
        if phone.replica.held[name] != fresh.held[name]:
            fresh.pull([name])  # something may have come between the two
            phone.replica.pull([name])
            wrong += phone.replica.held[name] != fresh.held[name]
    return wrong


def same(made: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether the document says what the phone has told, however defaults and times are spelt."""
    return all(_equal(value, document.get(name)) for name, value in made.items() if name not in NOT_TOLD)


def _equal(here: Any, there: Any) -> bool:
    if here in DEFAULTS:
        return there in DEFAULTS
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        return all(_equal(value, there.get(name)) for name, value in here.items())
    if isinstance(here, list) and isinstance(there, list):
        return len(here) == len(there) and all(map(_equal, here, there))
    if isinstance(here, str) and isinstance(there, str) and here != there:
        return _moment(here) is not None and _moment(here) == _moment(there)
    return bool(here == there)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# -- leaks -------------------------------------------------------------------------------------------------------------


def _leaks(phone: Phone, fresh: Replica, other: Phone | None) -> int:
    """What this phone is shown that is not its user's: shops of other territories, one asked for by id, words of
    others' visits, and a score that a retailer gave."""
    found = sum(shop["territory_id"] not in phone.territories for shop in phone.replica.of("retailers"))
    found += sum(name != phone.username for _, name in CANARY.findall(fresh.text(SHOWN)))
    found += sum("score" in visit for visit in fresh.of("visits"))
    if other is not None:
        shop, visit = other.items[0]["retailer_id"], other.items[0]["submission_id"]
        found += phone.line.ask("GET", f"/api/v1/retailers/{shop}").status != 404
        found += phone.line.ask("GET", f"/api/v1/visits/{visit}").status != 404
    return found


def _overheard(line: Line, market_manager: str) -> int:
    """Restricted words of account managers on the phone of the market manager above them."""
    theirs = _signed_in(line, market_manager, "00000000-0000-4000-8000-0000000c1001")
    replica = Replica(theirs)
    replica.pull(SHOWN)
    return replica.text(SHOWN).count(canary("", secret=True)[:2])


def _photo_leaks(phone: Phone, other: Phone | None) -> int:
    if other is None or not other.loads:
        return 0
    foreign = next(iter(other.loads))
    shown = phone.line.ask("GET", f"/api/v1/photos/{foreign}").status != 404
    listed = phone.line.ask("GET", f"/api/v1/photos?visit={other.items[0]['submission_id']}")
    return shown + (len(listed.body["results"]) if listed.status == 200 else 0)


# -- photos ------------------------------------------------------------------------------------------------------------


def _photos(phones: Sequence[Phone], since: str, found: Stored) -> Stored:
    """Every photo of these people that came since, with the hash of the bytes that a leader is served."""
    leader = _signed_in(phones[0].line, LEADER, "00000000-0000-4000-8000-0000000c1002")
    persons, until = {phone.person for phone in phones}, time.monotonic() + READ_WITHIN_S
    began = datetime.fromisoformat(since)
    while True:
        rows = [row for row in _photo_rows(leader, began) if row["person"] in persons]
        unread = sum(row["state"] == "arrived" for row in rows)
        if not unread or time.monotonic() > until:
            break
        time.sleep(2)
    if unread:
        print(f"  {unread} photos were not read by the worker in {READ_WITHIN_S} s: known by their stored hash only")
    for row in rows:
        found.ids.append(row["id"])
        found.sha256[row["id"]] = _served(leader, row)
    found.leaked += sum(_opens_others(leader, row) for row in rows[:1])
    return found


def _photo_rows(leader: Line, since: datetime) -> list[Document]:
    rows = []
    for row in leader.rows("/api/v1/photos?page_size=200"):
        if datetime.fromisoformat(row["arrived_at"]) < since:
            break
        rows.append(row)
    return rows


def _served(leader: Line, row: Document) -> str:
    """The hash of the original's bytes; of one that nobody has read yet the stored one."""
    address = row["addresses"]["original"]
    if address is None:
        return str(row["sha256"])
    return sha256(leader.raw("GET", _path(address)).content).hexdigest()


def _opens_others(leader: Line, row: Document) -> int:
    """A key that was given out for one photo and size opens no other."""
    address = row["addresses"]["small"]
    if address is None:
        return 0
    place = _path(address)
    turned = place.replace(row["id"], "00000000-0000-4000-8000-000000000000")
    larger = place.replace("/320?", "/original?")
    nobody = Line(leader.url, leader.patience_s)
    return sum(nobody.raw("GET", path).status == 200 for path in (turned, larger, place.partition("?")[0]))


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def _signed_in(line: Line, username: str, device: str) -> Line:
    found = Line(line.url, line.patience_s)
    body = {"username": username, "password": DEMO_PASSWORD, "device_id": device, "device_name": "demo.phones"}
    said = found.ask("POST", "/api/v1/auth/login", json.dumps(body).encode())
    found.token = said.body["token"]
    return found


# -- needs and promises ------------------------------------------------------------------------------------------------


def _papers(kind: str, phones: Sequence[Phone], fresh: Mapping[str, Replica], found: Stored) -> None:
    """What came since the day began, known by the mark in its words: two documents of one mark are a duplicate."""
    by_mark = {key[:8]: key for phone in phones for key in phone.papers[kind]}
    for username, replica in fresh.items():
        before = next(phone.before[kind] for phone in phones if phone.username == username)
        for document in replica.of(kind):
            if document["id"] not in before:
                mark = MARK.search(document["text"])
                key = str(by_mark.get(mark[1], document["id"]) if mark else document["id"])
                found.ids.append(key)
                found.sha256[key] = errands.digest(kind, document)


# -- tables ------------------------------------------------------------------------------------------------------------

_ROWS: Final = {
    "visits": "SELECT id::text FROM visits_visit WHERE received_at >= %s AND person_id = ANY(%s::uuid[])",
    "photos": "SELECT id::text FROM visits_storedphoto WHERE arrived_at >= %s AND person_id = ANY(%s::uuid[])",
    "needs": "SELECT id::text FROM retail_need WHERE id = ANY(%s::uuid[])",
    "promises": "SELECT id::text FROM retail_promise WHERE id = ANY(%s::uuid[])",
}
_HASHES: Final = {
    "visits": "SELECT submission_id::text, encode(sha256, 'hex') FROM backend_receipt"
    " WHERE submission_id = ANY(%s::uuid[])",
    "photos": "SELECT photo_id::text, encode(sha256, 'hex') FROM visits_photo WHERE photo_id = ANY(%s::uuid[])",
}


def rows(phones: Sequence[Phone]) -> dict[str, Stored]:
    """The same from the tables of DATABASE_URL: rows, receipts, and the hashes that visits declare of their photos."""
    import psycopg

    since = min(phone.signed_in_at for phone in phones)
    people = list({phone.person for phone in phones})
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        found = {}
        for kind in KINDS:
            ids = [key for phone in phones for key in phone.journals[kind].items]
            asked: list[Any] = [ids] if kind in TOLD else [since, people]
            stands = connection.execute(_ROWS[kind], asked).fetchall()
            hashes = connection.execute(_HASHES[kind], [ids]).fetchall() if kind in _HASHES else []
            found[kind] = Stored([row[0] for row in stands], dict(hashes))
    return found
