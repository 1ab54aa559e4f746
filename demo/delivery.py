"""A phone's day on its way to the server: pushed until each thing is answered, then partly edited and taken back.

Called by demo/phones.py. Two phones in three push visits through /sync, the third through the batch endpoint; all else
goes by /sync and tus.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from demo import errands, replica, tus, workday
from demo.errands import Document
from demo.line import Answer, GaveUp
from demo.phone import Phone
from demo.tus import Load


def push(phone: Phone) -> None:
    """The signal is back: everything is pushed, photos partly before their visits, partly after; then some of it is
    edited, some taken back. What did not get through is counted in the phone's `failures`."""
    photos = list(phone.loads.values())
    acts: list[Callable[[Phone], object]] = [Phone.report, _push_attempts]
    acts += [partial(_upload, load=load) for load in photos[::2]]
    acts += [_push_visits]
    acts += [partial(_upload, load=load) for load in photos[1::2]]
    acts += [partial(_push_papers, kind=kind) for kind in phone.papers]
    acts += [_mend_visits, *(partial(_mend_papers, kind=kind) for kind in phone.papers), Phone.report]
    for act in acts:
        _noting(phone, partial(act, phone))


def offer_again(phone: Phone) -> dict[str, str]:
    """Every visit as it was first told once more, in a batch: the hash in the receipt that stands for each. GaveUp
    without answer."""
    return {
        said["submission_id"]: said["receipt"]["sha256"]
        for first in range(0, len(phone.items), 100)
        for said in _send(phone, phone.items[first : first + 100], noted=False)
        if "receipt" in said
    }


# -- pushing -------------------------------------------------------------------------------------------------------


def _push_visits(phone: Phone) -> None:
    """In small batches, each sent some times at once in different orders."""
    left = list(phone.items)
    while left:
        size = phone.rng.randint(4, 10)
        batch, left = left[:size], left[size:]
        copies = [phone.rng.sample(batch, len(batch)) for _ in range(phone.rng.randint(*phone.orders.repeat))]
        send = _send if phone.by_batch else _sync_visits
        with ThreadPoolExecutor(len(copies)) as senders:
            found = list(senders.map(partial(_noting, phone), [partial(send, phone, copy) for copy in copies]))
        if not phone.by_batch and any(found):
            hashes = {item["submission_id"]: workday.digest(item) for item in batch}
            _noting(phone, partial(_settle, phone, "visits", hashes))


def _sync_visits(phone: Phone, items: Sequence[Document]) -> None:
    phone.journal.sent(item["submission_id"] for item in items)
    rows = [replica.made({**item, "id": item["submission_id"]}) for item in items]
    replica.push(phone.line, "visits", rows, phone.now())


def _settle(phone: Phone, kind: str, hashes: dict[str, str]) -> None:
    """What the server has taken is acknowledged, what it keeps as refused is refused: its issues say which."""
    phone.replica.pull(["sync_issues"])
    open_ones = [row for row in phone.replica.of("sync_issues") if row["state"] == "open"]
    issues = {row["submission_id"]: row["problem"]["en"]["code"] for row in open_ones}
    refused = {key: issues[key] for key in hashes if key in issues}
    phone.journals[kind].refused(refused)
    phone.journals[kind].stored({key: value for key, value in hashes.items() if key not in refused})


def _push_attempts(phone: Phone) -> None:
    if phone.attempts:
        replica.push(phone.line, "quiz_attempts", [replica.made(row) for row in phone.attempts], phone.now())


def _push_papers(phone: Phone, kind: str) -> None:
    made = phone.papers[kind]
    if made:
        phone.journals[kind].sent(made)
        replica.push(phone.line, kind, [replica.made(row) for row in made.values()], phone.now())
        _settle(phone, kind, {key: errands.digest(kind, row) for key, row in made.items()})


def _upload(phone: Phone, load: Load) -> None:
    """By tus; one photo in four as one form."""
    journal = phone.journals["photos"]
    journal.sent([load.id])
    try:
        if phone.rng.random() < 0.25:
            tus.post(phone.line, load)
        else:
            phone.cuts += tus.upload(phone.line, load, phone.rng)
    except tus.Refused as refused:
        journal.refused({load.id: str(refused)})
    else:
        journal.stored({load.id: load.sha256})


# -- second thoughts -----------------------------------------------------------------------------------------------


def _mend_visits(phone: Phone) -> None:
    """One visit in six says more than before, one in twelve is taken back."""
    phone.replica.pull(["visits"])
    held = [doc for item in phone.items if (doc := phone.replica.get("visits", item["submission_id"]))]
    edits = [replica.changed(doc, note=f"{doc['note']}（补记）", tags=["补记"]) for doc in held[::6]]
    gone = [doc for doc in held[3::12] if not doc.get("photos")]
    rows = [row["newDocumentState"] for row in edits]
    if _mended(phone, "visits", edits):
        phone.edited = {row["id"]: {"note": row["note"], "tags": row["tags"]} for row in rows}
    _take_back(phone, "visits", gone)


def _mend_papers(phone: Phone, kind: str) -> None:
    """One in three is settled, one in five is taken back."""
    phone.replica.pull([kind])
    held = [doc for key in phone.papers[kind] if (doc := phone.replica.get(kind, key))]
    edits = [replica.changed(doc, **errands.ended(kind, doc, phone.rng)) for doc in held[::3]]
    if _mended(phone, kind, edits):
        states = [row["newDocumentState"] for row in edits]
        phone.journals[kind].said_anew({row["id"]: errands.digest(kind, row) for row in states})
    _take_back(phone, kind, held[1::5] if len(held) < 4 else held[2::5])


def _mended(phone: Phone, kind: str, rows: Sequence[dict[str, Any]]) -> bool:
    if rows and (conflicts := replica.push(phone.line, kind, rows, phone.now())):
        raise GaveUp(f"{len(conflicts)} edits of {kind} conflict")
    return bool(rows)


def _take_back(phone: Phone, kind: str, documents: Iterable[Document]) -> None:
    found = list(documents)
    if not found:
        return
    ids = [document["id"] for document in found]
    phone.journals[kind].leaving(ids)
    if conflicts := replica.push(phone.line, kind, [replica.deleted(row) for row in found], phone.now()):
        raise GaveUp(f"{len(conflicts)} deletions of {kind} conflict")
    phone.journals[kind].gone(ids)


# -- the batch endpoint -----------------------------------------------------------------------------------------------


def _send(phone: Phone, items: Sequence[Document], *, noted: bool = True) -> list[dict[str, Any]]:
    if noted:
        phone.journal.sent(item["submission_id"] for item in items)
    body = json.dumps([{**item, "sent_at": phone.now()} for item in items], ensure_ascii=False).encode()
    said = _ask_signed_in(phone, body)
    if said.status != 200:
        raise GaveUp(f"a batch was answered {said.status}: {str(said.body)[:160]}")
    outcomes: list[dict[str, Any]] = said.body["outcomes"]
    if noted:
        phone.journal.answered(outcomes)
    return outcomes


def _ask_signed_in(phone: Phone, body: bytes) -> Answer:
    said = phone.line.ask("POST", "/api/v1/visits/batch", body)
    if said.status == 401:
        phone.sign_in()
        said = phone.line.ask("POST", "/api/v1/visits/batch", body)
    return said


def _noting(phone: Phone, act: Callable[[], object]) -> bool:
    """Whether it got through; why not is counted."""
    try:
        act()
    except GaveUp as gave_up:
        phone.failures[str(gave_up)[:200]] += 1
        return False
    return True
