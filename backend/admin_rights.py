"""Who may open which admin page: each page names its capabilities, and Person.has_perm asks here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.scope import Actor, actor_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


@dataclass(frozen=True)
class Rights:
    """The capabilities behind one model's admin pages; `edits` "" = read-only, `acts` = what may be done besides."""

    reads: str
    edits: str = ""
    acts: frozenset[str] = frozenset({"add", "change"})


_pages: dict[str, Rights] = {}


def open_page(label: str, rights: Rights) -> None:
    """Names the capabilities of a model ("app.model"); called by ScopedAdmin when it is registered."""
    _pages[label] = rights


def admin_actor(person: AbstractBaseUser) -> Actor:
    """The person with today's positions. One query per person object, that is one per request."""
    known: Actor | None = getattr(person, "_admin_actor", None)
    if known is None:
        known = actor_of(person)
        person._admin_actor = known  # type: ignore[attr-defined]
    return known


def may(person: AbstractBaseUser, perm: str) -> bool:
    """Whether `app.act_model` (act: view, add, change, delete) is open to the person; rows are narrowed by scope.

    False for a page that nobody opened, for the inactive, and without `admin.site`.
    """
    label, act = _split(perm)
    rights = _pages.get(label)
    if rights is None or not person.is_active:
        return False
    actor = admin_actor(person)
    if not actor.can("admin.site"):
        return False
    if act == "view":
        return actor.can(rights.reads)
    return act in rights.acts and bool(rights.edits) and actor.can(rights.edits)


def _split(perm: str) -> tuple[str, str]:
    app, _, rest = perm.partition(".")
    act, _, model = rest.partition("_")
    return f"{app}.{model}", act
