"""What an interleaving must come to, asked of the tables and not of the feeds; for tests/clients/convergence.py."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

End = Mapping[str, Any]

# id and words of what a person's territories hold today: the shop's assignment decides.
_VISIBLE = {
    "visits": "SELECT v.id::text, v.note FROM visits_visit v JOIN retail_assignment a ON a.retailer_id = v.retailer_id"
    " WHERE a.during @> current_date_there AND a.territory_id = ANY(%s)",
    "needs": "SELECT n.id::text, n.text FROM retail_need n JOIN retail_assignment a ON a.retailer_id = n.retailer_id"
    " WHERE a.during @> current_date_there AND a.territory_id = ANY(%s)",
    "promises": "SELECT p.id::text, p.text FROM retail_promise p JOIN retail_assignment a"
    " ON a.retailer_id = p.retailer_id WHERE a.during @> current_date_there AND a.territory_id = ANY(%s)",
    "plan": "SELECT s.id::text, s.words FROM visits_plannedstop s JOIN retail_assignment a"
    " ON a.retailer_id = s.retailer_id WHERE a.during @> current_date_there AND a.territory_id = ANY(%s)",
}
_TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
_WORDS = {"visits": "note", "needs": "text", "promises": "text", "plan": "words"}
_KIND = {"visits": "visit"}
# Where an id may end, and every place in which words are kept.
_ENDS = """
SELECT id::text FROM visits_visit WHERE id = ANY(%(ids)s::uuid[])
UNION SELECT visit_id::text FROM visits_visitrevision WHERE act = 'withdraw' AND visit_id = ANY(%(ids)s::uuid[])
UNION SELECT id::text FROM retail_need WHERE id = ANY(%(ids)s::uuid[])
UNION SELECT id::text FROM retail_promise WHERE id = ANY(%(ids)s::uuid[])
UNION SELECT id::text FROM retail_withdrawn WHERE id = ANY(%(ids)s::uuid[])
UNION SELECT submission_id::text FROM backend_quarantined WHERE submission_id = ANY(%(ids)s::uuid[])
"""
_KEPT = """
SELECT id::text, note FROM visits_visit WHERE id = ANY(%(ids)s::uuid[])
UNION ALL SELECT visit_id::text, before::text || coalesce(after::text, '') FROM visits_visitrevision
WHERE visit_id = ANY(%(ids)s::uuid[])
UNION ALL SELECT id::text, text || ' ' || outcome FROM retail_need WHERE id = ANY(%(ids)s::uuid[])
UNION ALL SELECT id::text, text || ' ' || outcome FROM retail_promise WHERE id = ANY(%(ids)s::uuid[])
UNION ALL SELECT id::text, words FROM visits_plannedstop WHERE id = ANY(%(ids)s::uuid[])
UNION ALL SELECT id::text, content::text FROM retail_withdrawn WHERE id = ANY(%(ids)s::uuid[])
UNION ALL SELECT object_id, coalesce(before::text, '') || coalesce(after::text, '') || reason FROM backend_auditentry
WHERE object_id = ANY(%(ids)s)
UNION ALL SELECT submission_id::text, convert_from(payload, 'UTF8') FROM backend_quarantined
WHERE submission_id = ANY(%(ids)s::uuid[])
"""


def judge(end: End, territories: Mapping[str, Sequence[int]]) -> list[str]:
    """What is wrong with the end of an interleaving; nothing when it is as it must be."""
    if "error" in end:
        return [end["error"]]
    found = [f"an answer nobody asked for: {answer}" for answer in end["refused"]]
    for check in (_agreed, _in_scope, _nothing_lost, _words_kept, _conflicts_told):
        found += check(end, territories)
    return found


def _agreed(end: End, territories: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Every phone holds what a phone of its person that starts anew is told, but for what was never taken."""
    for device, collections in end["held"].items():
        fresh = end["fresh"][device.split("-")[0]]
        for name, held in collections.items():
            untaken = _untaken(end, name, device)
            for id_ in held.keys() - fresh[name].keys() - untaken:
                yield f"{device} still holds {name} {id_}"
            for id_ in fresh[name].keys() - held.keys():
                yield f"{device} lacks {name} {id_}"
            for id_ in held.keys() & fresh[name].keys():
                different = [
                    key
                    for key in held[id_].keys() | fresh[name][id_].keys()
                    if not _same(held[id_], fresh[name][id_], key)
                ]
                if different:
                    yield f"{device} holds {name} {id_} with another {sorted(different)}"


def _in_scope(end: End, territories: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """What a person is told is what the tables say of his or her territories: no more, no less, the same words."""
    for person, fresh in end["fresh"].items():
        for name in fresh.keys() & _VISIBLE.keys():
            stands = dict(_rows(_VISIBLE[name].replace("current_date_there", _TODAY), [list(territories[person])]))
            told = {id_: document.get(_WORDS[name]) or "" for id_, document in fresh[name].items()}
            if told != stands:
                odd = sorted(id_ for id_ in told.keys() | stands.keys() if told.get(id_) != stands.get(id_))
                yield f"{person} is told other {name} than the tables hold: {odd}"


def _nothing_lost(end: End, territories: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """What a phone made is stored, withdrawn or refused with its reason; or deleted before it was ever sent."""
    rows = [row["newDocumentState"] for push in end["pushes"] for row in push["rows"]]
    pushed = {new["id"] for new in rows if not new.get("_deleted")}
    made = {id_: (name, device) for name, id_, device in end["made"]}
    ended = {id_ for (id_,) in _rows(_ENDS, {"ids": list(made)})}
    for id_, (name, device) in made.items():
        if id_ in pushed and id_ not in ended:
            yield f"{name} {id_} of {device} is lost"
        if id_ not in pushed and id_ in end["held"][device][name]:
            yield f"{name} {id_} was never pushed by {device}"


def _words_kept(end: End, territories: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Whatever words came, they are in the tables, in the history or in quarantine: no edit went under silently."""
    said = {
        (row["newDocumentState"]["id"], row["newDocumentState"].get(_WORDS[push["collection"]]))
        for push in end["pushes"]
        for row in push["rows"]
        if not row["newDocumentState"].get("_deleted")
    }
    kept: dict[str, str] = {}
    for id_, text in _rows(_KEPT, {"ids": [id_ for id_, _ in said]}):
        kept[id_] = kept.get(id_, "") + "\n" + text
    for id_, words in said:
        if words and words not in kept.get(id_, "") and json.dumps(words)[1:-1] not in kept.get(id_, ""):
            yield f"the words {words!r} of {id_} went under"


def _conflicts_told(end: End, territories: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Each conflict is on its author's phones with both values, who wrote them and when."""
    for push in end["pushes"]:
        answered = {document["id"]: document for document in push["answer"]}
        person = push["device"].split("-")[0]
        issues = [
            i
            for i in end["fresh"][person]["sync_issues"].values()
            if i["kind"] == _KIND.get(push["collection"], push["collection"])
        ]
        for row in push["rows"]:
            new = row["newDocumentState"]
            if new["id"] not in answered:
                continue
            told = [
                i["conflict"]
                for i in issues
                if i["submission_id"] == new["id"] and i["problem"]["en"]["code"] == "sync_conflict"
            ]
            mine = [conflict for conflict in told if conflict["mine"] == new]
            if not mine:
                yield f"no issue tells of the conflict over {push['collection']} {new['id']} of {push['device']}"
                continue
            yield from _incomplete(mine[0], answered[new["id"]], f"{push['collection']} {new['id']}")


def _incomplete(conflict: Mapping[str, Any], answered: Mapping[str, Any], what: str) -> Iterator[str]:
    if not conflict["mine_by"] or not conflict["mine_at"]:
        yield f"the conflict over {what} does not say whose it is, or when"
    # What a visit made so, or its withdrawal, or a day that went by, nobody wrote; who writes on a stop leaves words.
    is_stop = what.startswith("plan ")
    if answered.get("_deleted") or (
        is_stop and (answered.get("state") in ("done", "missed") or not answered.get("words"))
    ):
        return
    if conflict["theirs"] is None:
        yield f"the conflict over {what} does not say what stands"
    elif not conflict["theirs_by"] or not conflict["theirs_at"]:
        yield f"the conflict over {what} does not say who wrote what stands, or when"


def _untaken(end: End, name: str, device: str) -> set[str]:
    """Made by this phone, refused, and not stored since."""
    issues = end["fresh"][device.split("-")[0]]["sync_issues"].values()
    refused = {issue["submission_id"] for issue in issues if issue["problem"]["en"]["code"] != "sync_conflict"}
    return {id_ for of, id_, by in end["made"] if of == name and by == device and id_ in refused}


def _same(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    return bool(one.get(key) == other.get(key))


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
