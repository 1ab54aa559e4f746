"""Who goes first: a request's lane by its address, and admission of so many at a time, lane before lane.

Used by backend/door/forwarding.py. What phones push goes before what they pull, and that before boards and pages;
health is never held up.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Lane(IntEnum):
    """The lower, the sooner. FREE is not counted at all."""

    FREE = 0
    PUSH = 1
    PULL = 2
    PAGE = 3


FREE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_PUSH = re.compile(r"/api/v1/visits(?:/batch)?|/sync/[^/]+/[^/]+/push|/uploads(?:/.*)?")
_PULL = re.compile(r"/sync/.*|/api/v1/(?:auth/.*|me|devices/heartbeat)")


def lane_of(method: str, path: str) -> Lane:
    """The lane of a request; asking how much of an upload arrived (HEAD) goes with the pushes."""
    if path in FREE_PATHS:
        return Lane.FREE
    if _PUSH.fullmatch(path) and (method not in {"GET", "HEAD"} or path.startswith("/uploads")):
        return Lane.PUSH
    return Lane.PULL if _PULL.fullmatch(path) else Lane.PAGE


@dataclass(frozen=True)
class Rule:
    """Of one lane: how many of it and of those behind it may run at once, how many may wait, and for how long."""

    running: int
    waiting: int
    patience_s: float


def rules(capacity: int) -> dict[Lane, Rule]:
    """Shares of so many requests at a time: pulls and pages leave a quarter free for pushes, pages half.

    While pulls wait, no page is begun: in a storm pages are the first to be told to come back.
    """
    return {
        Lane.PUSH: Rule(capacity, 512, 30),
        Lane.PULL: Rule(max(capacity * 3 // 4, 1), 256, 20),
        Lane.PAGE: Rule(max(capacity // 2, 1), 128, 15),
    }


class Full(Exception):
    """Too many wait in the lane already, or this one has waited too long: 503 with Retry-After."""


class Admission:
    """At most `capacity` requests behind the door at once; whoever waits is let in by lane, then in order of arrival.

    `enter` and `leave` come in pairs; both run in the event loop.
    """

    def __init__(self, capacity: int, lanes: Mapping[Lane, Rule] | None = None) -> None:
        self.capacity = capacity
        self.rules = dict(lanes or rules(capacity))
        self.running = dict.fromkeys(self.rules, 0)
        self.turned_away = dict.fromkeys(self.rules, 0)
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in self.rules}

    def waiting(self, lane: Lane) -> int:
        """How many of the lane wait now."""
        return len(self._waiting[lane])

    async def enter(self, lane: Lane) -> None:
        """Returns when the request may go on; raises `Full` at once, or when its patience is over."""
        if lane is Lane.FREE:
            return
        if not self._waiting[lane] and self._has_room(lane):
            self.running[lane] += 1
            return
        if len(self._waiting[lane]) >= self.rules[lane].waiting:
            self.turned_away[lane] += 1
            raise Full(lane.name)
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting[lane].append(turn)
        alarm = loop.call_later(self.rules[lane].patience_s, self._give_up, lane, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(lane)
            else:
                self._forget(lane, turn)
            raise
        finally:
            alarm.cancel()

    def leave(self, lane: Lane) -> None:
        """The request is done behind the door: the next one may go."""
        if lane is Lane.FREE:
            return
        self.running[lane] -= 1
        for waiting in sorted(self.rules):
            while self._waiting[waiting] and self._has_room(waiting):
                turn = self._waiting[waiting].popleft()
                if not turn.done():
                    self.running[waiting] += 1
                    turn.set_result(None)

    def _has_room(self, lane: Lane) -> bool:
        """A lane's share is of itself and all behind it: what is kept free of pulls is not there for pages either."""
        return sum(self.running.values()) < self.capacity and all(
            sum(n for other, n in self.running.items() if other >= first) < rule.running
            for first, rule in self.rules.items()
            if first <= lane
        )

    def _give_up(self, lane: Lane, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self.turned_away[lane] += 1
            self._forget(lane, turn)
            turn.set_exception(Full(lane.name))

    def _forget(self, lane: Lane, turn: asyncio.Future[None]) -> None:
        if turn in self._waiting[lane]:
            self._waiting[lane].remove(turn)
