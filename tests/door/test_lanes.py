"""Who goes first: pushes before pulls before pages, so many at a time, and 503 at once where too many wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession

from backend.door.lanes import Admission, Full, Lane, Rule, lane_of, rules
from tests.door.behind import door, run

LANES = (
    ("POST", "/api/v1/visits/batch", Lane.PUSH),
    ("POST", "/api/v1/visits", Lane.PUSH),
    ("GET", "/api/v1/visits", Lane.PAGE),
    ("POST", "/sync/plan/1/push", Lane.PUSH),
    ("GET", "/sync/plan/1/pull", Lane.PULL),
    ("PATCH", "/uploads/7", Lane.PUSH),
    ("HEAD", "/uploads/7", Lane.PUSH),
    ("POST", "/api/v1/auth/login", Lane.PULL),
    ("POST", "/api/v1/devices/heartbeat", Lane.PULL),
    ("GET", "/api/v1/boards/market", Lane.PAGE),
    ("GET", "/", Lane.PAGE),
    ("GET", "/healthz", Lane.FREE),
    ("GET", "/metrics", Lane.FREE),
)


@pytest.mark.parametrize(("method", "path", "lane"), LANES)
def test_every_address_has_its_lane(method: str, path: str, lane: Lane) -> None:
    assert lane_of(method, path) is lane


def test_pulls_leave_room_for_pushes_and_pages_for_both() -> None:
    assert [(lane, rule.running) for lane, rule in rules(16).items()] == [
        (Lane.PUSH, 16),
        (Lane.PULL, 12),
        (Lane.PAGE, 8),
    ]
    assert all(rule.running >= 1 for rule in rules(1).values())


def test_whoever_waits_is_let_in_by_lane_and_then_by_arrival() -> None:
    async def scenario() -> None:
        admission, order = Admission(1), []

        async def come(name: str, lane: Lane) -> None:
            await admission.enter(lane)
            order.append(name)
            await asyncio.sleep(0)
            admission.leave(lane)

        await admission.enter(Lane.PAGE)
        waiting = [("page 1", Lane.PAGE), ("pull", Lane.PULL), ("push 1", Lane.PUSH), ("page 2", Lane.PAGE)]
        tasks = [asyncio.create_task(come(*one)) for one in [*waiting, ("push 2", Lane.PUSH)]]
        await asyncio.sleep(0)
        assert [admission.waiting(lane) for lane in (Lane.PUSH, Lane.PULL, Lane.PAGE)] == [2, 1, 2]
        admission.leave(Lane.PAGE)
        await asyncio.gather(*tasks)
        assert order == ["push 1", "push 2", "pull", "page 1", "page 2"]
        assert sum(admission.running.values()) == 0

    run(scenario)


def test_while_pulls_wait_no_page_is_begun_and_a_push_is() -> None:
    async def scenario() -> None:
        admission = Admission(4)
        for _ in range(3):
            await admission.enter(Lane.PULL)
        waiting = [asyncio.create_task(admission.enter(lane)) for lane in (Lane.PAGE, Lane.PULL)]
        await asyncio.sleep(0)
        await admission.enter(Lane.PUSH)
        assert [admission.waiting(lane) for lane in (Lane.PULL, Lane.PAGE)] == [1, 1]
        admission.leave(Lane.PULL)
        await asyncio.sleep(0)
        assert [task.done() for task in waiting] == [False, True]
        admission.leave(Lane.PULL)
        await asyncio.gather(*waiting)
        assert admission.running == {Lane.PUSH: 1, Lane.PULL: 2, Lane.PAGE: 1}

    run(scenario)


def test_a_full_lane_refuses_at_once_and_a_long_wait_ends() -> None:
    async def scenario() -> None:
        admission = Admission(1, {Lane.PUSH: Rule(1, 1, 0.05), Lane.PULL: Rule(1, 0, 1), Lane.PAGE: Rule(1, 0, 1)})
        await admission.enter(Lane.PUSH)
        with pytest.raises(Full):
            await admission.enter(Lane.PULL)
        with pytest.raises(Full):
            await admission.enter(Lane.PUSH)  # waits, and nothing leaves in time
        assert (admission.turned_away[Lane.PUSH], admission.turned_away[Lane.PULL]) == (1, 1)
        admission.leave(Lane.PUSH)
        await admission.enter(Lane.PUSH)
        assert (admission.running[Lane.PUSH], admission.waiting(Lane.PUSH)) == (1, 0)

    run(scenario)


def test_one_who_gives_up_waiting_leaves_no_place_taken() -> None:
    async def scenario() -> None:
        admission = Admission(1)
        await admission.enter(Lane.PULL)
        waiting = asyncio.create_task(admission.enter(Lane.PUSH))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        admission.leave(Lane.PULL)
        assert (sum(admission.running.values()), admission.waiting(Lane.PUSH)) == (0, 0)

    run(scenario)


def test_a_reader_that_went_away_while_it_waited_is_not_asked_for_and_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with door(tmp_path, capacity=2) as (opened, behind, port):
            lines = []
            for waiting in range(2):  # the first is at work, the second waits
                lines.append(await asyncio.open_connection("127.0.0.1", port))
                lines[-1][1].write(b"GET /board?wait=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
                while (behind.at_work, opened.admission.waiting(Lane.PAGE)) != (1, waiting):
                    await asyncio.sleep(0.01)
            lines[1][1].transport.abort()
            lines_kept = [line for runner in opened._runners if runner.server for line in runner.server.connections]
            while all(line.transport for line in lines_kept):  # the door notices, while the first is at work
                await asyncio.sleep(0.01)
            assert opened.admission.waiting(Lane.PAGE) == 1
            behind.gate("a").set()
            await lines[0][0].readuntil(b"\r\n\r\n")
            lines[0][1].close()
            while opened.admission.waiting(Lane.PAGE):
                await asyncio.sleep(0.01)
            while any(opened.admission.running.values()):  # given back after the answer, or `run` ends it
                await asyncio.sleep(0.01)
            assert len(behind.asked) == 1
        assert [r for r in caplog.records if r.levelname in {"ERROR", "CRITICAL"}] == []

    run(scenario)


def test_behind_the_door_are_never_more_than_its_capacity_and_health_passes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, capacity=4) as (opened, behind, port), ClientSession() as client:

            async def ask(path: str) -> int:
                async with client.get(f"http://127.0.0.1:{port}{path}") as answer:
                    return answer.status

            pages = [asyncio.create_task(ask("/board?wait=a")) for _ in range(6)]
            while (behind.at_work, opened.admission.waiting(Lane.PAGE)) != (2, 4):  # or `run` ends it
                await asyncio.sleep(0.01)
            assert opened.admission.running[Lane.PAGE] == 2
            assert await ask("/healthz") == 200
            assert await ask("/sync/plan/1/pull") == 200
            behind.gate("a").set()
            assert await asyncio.gather(*pages) == [200] * 6
            assert behind.most_at_work == 3

    run(scenario)
