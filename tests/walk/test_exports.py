"""What one could not list is not in one's export: tokens of Lin's county, in every kind, for every principal."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.exports import kinds, store, working
from backend.models import Export
from tests.walk import canaries
from tests.walk.asking import Ask
from tests.walk.policy import HOLDERS
from tests.walk.world import TOKEN, World

CODES = [kind.code for kind in kinds.catalogue()]
HELD = sorted(HOLDERS["exports.run"])


@pytest.fixture(scope="module")
def secrets(world: World) -> list[bytes]:
    canaries.put(world)
    return canaries.secrets_of(world)


def exported(client: APIClient, kind: str) -> bytes | None:
    """The bytes of the export; None where it is refused."""
    asked = Ask("POST", "/api/v1/exports", {"kind": kind, "format": "csv"}).send(client)
    if asked.status_code == 403:
        return None
    assert asked.status_code == 201, asked.content  # type: ignore[attr-defined]
    export_id = asked.json()["id"]  # type: ignore[attr-defined]
    assert working.make(export_id)
    export = Export.objects.get(pk=export_id)
    assert (export.state, export.error) == ("ready", "")
    with store.opened(export.name) as file:
        return file.read()


@pytest.mark.parametrize("kind", CODES)
def test_the_other_county_exports_nothing_of_lins(
    kind: str, world: World, clients: dict[str, APIClient], secrets: list[bytes]
) -> None:
    content = exported(clients["tang"], kind)  # the only one over there who exports at all
    if content is not None:
        assert [secret for secret in secrets if secret in content] == []


@pytest.mark.parametrize("kind", ["visits", "retailers", "intelligence", "findings", "orders"])
def test_those_above_lin_export_what_their_lists_show(
    kind: str, world: World, clients: dict[str, APIClient], secrets: list[bytes]
) -> None:
    """Were the tokens never there, the test above could not fail."""
    content = exported(clients["he"], kind)
    assert content is not None
    assert TOKEN.encode() in content


@pytest.mark.parametrize("who", HELD)
def test_a_restricted_remark_is_for_those_who_may_read_it(
    who: str, world: World, clients: dict[str, APIClient], secrets: list[bytes]
) -> None:
    content = exported(clients[who], "intelligence")
    listed = clients[who].get("/api/v1/intelligence", {"kind": "irregular"})
    shown = listed.status_code == 200 and len(listed.json()["results"]) > 0
    assert (content is not None and ",irregular," in content.decode()) == shown


@pytest.mark.parametrize("who", ["lin", "ma", "wu", "sun", "shen", "jiang", "bai", "mo", "zhou", "luo", "yuan"])
def test_others_export_nothing_at_all(who: str, world: World, clients: dict[str, APIClient]) -> None:
    assert [kind for kind in CODES if exported(clients[who], kind) is not None] == []
