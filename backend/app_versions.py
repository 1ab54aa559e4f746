"""Which version of the phone's app is too old to sync; asked where a device is authenticated and by the door.

A request says its version in `X-App-Version`. Below the minimum in force for the person's units, sync and uploads are
answered 426 and the app stops replicating; signing in and reporting always work, so that it learns why.
"""

from __future__ import annotations

import re

from backend import clock
from backend.errors import Problem
from backend.parameters import Declared, declare, values
from backend.scope import Actor

HEADER = "X-App-Version"
MIN_APP_VERSION = "phones.min_app_version"
GATED = ("/sync/", "/uploads")
SHAPE = re.compile(r"^\d{1,5}(?:\.\d{1,5}){0,3}\Z", re.ASCII)

declare(
    Declared(
        key=MIN_APP_VERSION,
        kind=str,
        default="",
        title="手机应用最低版本（空为不限）",
        title_en="oldest version of the phone app that may sync (empty: any)",
        source="our proposal; docs/operations.md",
    )
)


def is_one(text: str) -> bool:
    """Whether a text is a version: one to four numbers with dots between them."""
    return SHAPE.fullmatch(text) is not None


def number(text: str) -> tuple[int, ...]:
    """1.4.2 as numbers to compare, without trailing zeros; what is no version at all counts as the oldest."""
    if not is_one(text):
        return ()
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def minimum(actor: Actor) -> str:
    """The highest minimum in force today at the units where the actor holds a position; "" when there is none.

    One query.
    """
    units = sorted({position.unit_id for position in actor.held})
    found = [told[MIN_APP_VERSION] for told in values([MIN_APP_VERSION], units, clock.today()).values()]
    return max(found, key=number, default="")


def require(actor: Actor, path: str, told: str | None) -> None:
    """Problem app_outdated on a gated path when the version that the request told is below the minimum.

    No query unless the path is gated and a version was told: other programs tell none.
    """
    if told is None or not path.startswith(GATED):
        return
    least = minimum(actor)
    if number(told) < number(least):
        raise Problem("app_outdated", headers={"X-Min-App-Version": least})
