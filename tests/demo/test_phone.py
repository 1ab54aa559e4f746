"""A phone's day is in the wire's shape, hashes as the server hashes it, and a broken line is tried again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from backend.clock import BUSINESS_ZONE
from demo import captures, errands, oracle, policies, tus, workday
from demo.line import GaveUp, Line, Raw
from demo.phones import _parser
from demo.workday import Known
from retail import places
from tests.cast import NOW, SHOP_LAT, SHOP_LON
from visits import quiz, wire

SHOP = {"id": str(uuid4()), "holder": "王桂英", "lon": SHOP_LON, "lat": SHOP_LAT, "datum": "WGS-84"}
STOP = {"id": str(uuid4()), "retailer_id": SHOP["id"], "on_date": "2026-03-14", "state": "planned"}
KNOWN = Known(
    shops=[SHOP],
    products=[{"id": n, "name": f"样品{n}", "guide_carton_fen": 10_000 * n} for n in range(1, 21)],
    templates=[{"id": n, "items": items} for n, (_, _, items) in enumerate(policies.TEMPLATES, start=1)],
    policies=[{"id": 5, "policy_id": 2, "shop_quiz": policies.SHOP_QUIZ}],
)


def made(count: int, seed: int = 135) -> list[dict[str, Any]]:
    return workday.day(KNOWN, count, NOW, Random(seed))


def test_every_visit_of_a_day_is_one_that_the_intake_can_read_with_all_four_captures() -> None:
    for item in made(200):
        raw = json.dumps({**item, "sent_at": NOW.isoformat()}, ensure_ascii=False).encode()
        read = wire.read(raw)
        assert read.problem is None
        assert read.visit is not None
        assert read.sha256.hex() == workday.digest(item)
        assert all((read.visit.note, read.visit.check, read.visit.observations, read.visit.briefings))


def test_a_days_visits_carry_all_that_a_visit_can_and_say_why_they_were_made() -> None:
    items = made(300)
    carried = {name for item in items for name, value in item.items() if value}
    assert carried >= {"compliance", "trainings", "score", "left", "tags", "typed_s", "purposes", "unplanned_reason"}
    assert {remark["kind"] for item in items for remark in item["remarks"]} == set(captures.KINDS)
    day = NOW.astimezone(BUSINESS_ZONE).date().isoformat()
    planned = replace(KNOWN, stops=[{**STOP, "on_date": day}])
    assert [item.get("stop_id") for item in workday.day(planned, 2, NOW, Random(1))] == [STOP["id"]] * 2


def test_photos_are_declared_with_the_hash_of_their_bytes_and_show_what_was_put_right() -> None:
    items = made(30)
    taking = errands.Camera(Random(1), left=20)
    loads = {load.id: load for item in items for load in taking.photograph(item)}
    declared = {photo["id"]: photo for item in items for photo in item.get("photos", [])}
    assert len(loads) == 20
    assert {key: sha256(load.content).hexdigest() for key, load in loads.items()} == {
        key: photo["sha256"] for key, photo in declared.items()
    }
    assert {photo["kind"] for photo in declared.values()} >= {"shop", "before", "after", "signature"}
    for item in items:
        assert wire.read(json.dumps(item).encode()).problem is None
    fixed = [answer for item in items for answer in item["check"]["answers"] if answer.get("fixed")]
    assert fixed
    assert {declared[answer["after"]]["kind"] for answer in fixed} == {"after"}


def test_a_phone_without_a_signal_finds_the_answers_that_pass_a_quiz() -> None:
    shown = {"version_id": 3, "quiz_salt": "salt", "quiz": quiz.shown(policies.QUIZ, "salt")}
    answers = errands.attempt(shown, NOW)["answers"]
    assert [answer["choice"] for answer in answers] == [question["right"] for question in policies.QUIZ]


def test_a_document_is_the_same_however_it_spells_times_and_defaults_and_not_otherwise() -> None:
    item = {"started_at": "2026-03-14T10:00:00.500+08:00", "note": "", "tags": [], "observations": [{"product_id": 1}]}
    told = {"started_at": "2026-03-14T02:00:00.5Z", "observations": [{"product_id": 1, "facings": 2}], "revision": 1}
    assert oracle.same(item, told)
    for damaged in (
        {**told, "started_at": "2026-03-14T02:00:01Z"},
        {**told, "note": "x"},
        {**told, "observations": []},
        {**told, "observations": [{"product_id": 2}]},
    ):
        assert not oracle.same(item, damaged)


def test_a_photo_goes_on_where_the_network_left_it_and_begins_again_when_the_server_forgot(waits: list[float]) -> None:
    load = tus.Load(str(uuid4()), "0" * 64, bytes(range(256)) * 100, NOW.isoformat())
    cuts = 0
    for seed in range(20):
        server = Tusd(forgets=seed % 2 == 1)
        cuts += tus.upload(server, load, Random(seed))  # type: ignore[arg-type]
        assert server.content == load.content
        assert server.made == 1 + server.forgot
    assert cuts > 3


class Tusd:
    """A server that keeps half of a piece that was cut off, and may forget the first upload after its first piece."""

    patience_s = 5.0

    def __init__(self, *, forgets: bool) -> None:
        self.content, self.made, self.forgets, self.forgot = b"", 0, forgets, 0

    def raw(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> Raw:
        if method == "POST":
            self.content, self.made = b"", self.made + 1
            return Raw(201, {"location": f"/uploads/{self.made}"}, b"")
        if self.forgets and self.content and self.made == 1:
            self.forgot = 1
            return Raw(404, {}, b"")
        if method == "PATCH":
            if int(headers["Upload-Offset"]) != len(self.content):
                return Raw(409, {}, b"")
            self.content += body or b""
        return Raw(204, {"upload-offset": str(len(self.content))}, b"")

    def cut(self, method: str, path: str, body: bytes, headers: Any, after: int) -> None:
        if int(headers["Upload-Offset"]) == len(self.content):
            self.content += body[: after // 2]


def test_a_days_visits_follow_one_another_and_are_over_by_its_end() -> None:
    found = [(item["started_at"], item["ended_at"]) for item in made(20)]
    assert found == sorted(found)
    assert max(end for _, end in found) < NOW.isoformat(timespec="milliseconds")
    assert min(start for start, _ in found) >= (NOW - timedelta(minutes=400)).isoformat(timespec="milliseconds")


def test_most_positions_lie_at_the_shop_and_some_far_away_or_mocked() -> None:
    spots = [item["place"] for item in made(400)]
    away = [places.distance_m((spot["lon"], spot["lat"]), (SHOP_LON, SHOP_LAT)) for spot in spots]
    assert sum(metres < 100 for metres in away) + sum(metres > 950 for metres in away) == 400
    assert 4 <= sum(metres > 950 for metres in away) <= 24
    assert 1 <= sum(spot["mock"] for spot in spots) <= 12


def test_the_seed_decides_the_content_but_never_the_id() -> None:
    first, second = made(5), made(5)
    assert not {item.pop("submission_id") for item in first} & {item.pop("submission_id") for item in second}
    assert first == second
    other = made(5, seed=1)
    assert [item["note"] for item in other] != [item["note"] for item in first]


@contextmanager
def server(answers: list[tuple[int, dict[str, str], bytes] | None]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers requests in turn, the last answer for ever; None cuts the connection."""
    seen: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer is None:
                self.connection.close()
                return
            self.send_response(answer[0])
            for name, value in answer[1].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer[2])

        def log_message(self, *_: Any) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", seen
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a line would have made."""
    found: list[float] = []
    monkeypatch.setattr("demo.line.time.sleep", found.append)
    return found


def test_a_cut_connection_a_503_and_half_an_answer_are_tried_again_with_the_same_bytes(waits: list[float]) -> None:
    half = (200, {"Content-Length": "50"}, b"{")
    with server([None, (503, {"Retry-After": "3"}, b""), half, (200, {}, b'{"a": 1}')]) as (url, seen):
        answer = Line(url, rng=Random(1)).ask("POST", "/x", b'{"b": 2}')
    assert (answer.status, answer.body) == (200, {"a": 1})
    assert seen == [b'{"b": 2}'] * 4
    assert len(waits) == 3
    assert waits[1] >= 1.5  # half of Retry-After at least


def test_a_refusal_is_an_answer_and_not_tried_again(waits: list[float]) -> None:
    with server([(422, {}, b'{"code": "invalid"}')]) as (url, seen):
        answer = Line(url).ask("POST", "/x", b"{}")
    assert (answer.status, answer.body, len(seen), waits) == (422, {"code": "invalid"}, 1, [])


def test_a_phone_gives_up_when_its_patience_ends(waits: list[float]) -> None:
    with server([(503, {"Retry-After": "60"}, b"")]) as (url, seen), pytest.raises(GaveUp, match="503 after 1 tries"):
        Line(url, patience_s=20).ask("POST", "/x", b"{}")
    assert (len(seen), waits) == (1, [])


def test_the_number_of_repeats_is_one_number_or_a_span() -> None:
    assert _parser().parse_args(["--repeat", "1-8"]).repeat == (1, 8)
    assert _parser().parse_args(["--repeat", "3"]).repeat == (3, 3)
    for wrong in ("0", "8-1", "1-99", "x"):
        with pytest.raises(SystemExit):
            _parser().parse_args(["--repeat", wrong])
