"""What one phone holds of the server's collections, pulled over /sync page by page; for phone.py and oracle.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from demo.line import GaveUp, Line

Document = dict[str, Any]

COLLECTIONS: Final = (
    "retailers", "shop_months", "recent_visits", "products", "policies", "templates", "findings", "actions",
    "improvements", "cycles", "settings", "display_tasks", "sync_issues", "plan", "visits", "needs", "promises",
    "cell_words", "quiz_attempts", "policy_questions", "notices",
)  # fmt: skip
PAGE: Final = 200
START: Final = ("", 0)


@dataclass
class Replica:
    """Documents by collection and id, as of the checkpoint of each collection."""

    line: Line
    held: dict[str, dict[str, Document]] = field(default_factory=dict)
    checkpoints: dict[str, tuple[str, int]] = field(default_factory=dict)
    pulled: int = 0  # documents, deleted ones too

    def pull(self, collections: Iterable[str] = COLLECTIONS) -> None:
        """These collections are as the server has them. GaveUp when a pull is refused."""
        for name in collections:
            while self._page(name) >= PAGE:
                pass

    def of(self, collection: str) -> list[Document]:
        """Its documents."""
        return list(self.held.get(collection, {}).values())

    def get(self, collection: str, document: str) -> Document | None:
        """One of them."""
        return self.held.get(collection, {}).get(document)

    def text(self, collections: Iterable[str] = COLLECTIONS) -> str:
        """All that is held of these, to look for what should not be there."""
        return json.dumps([self.held.get(name, {}) for name in collections], ensure_ascii=False)

    def _page(self, name: str) -> int:
        opaque, number = self.checkpoints.get(name, START)
        asked = urlencode({"lwt": number, "id": opaque, "limit": PAGE})
        said = self.line.ask("GET", f"/sync/{name}/1/pull?{asked}")
        if said.status != 200:
            raise GaveUp(f"pull {name}: {said.status} {str(said.body)[:160]}")
        documents: list[Document] = said.body["documents"]
        held = self.held.setdefault(name, {})
        for document in documents:
            if document["_deleted"]:
                held.pop(document["id"], None)
            else:
                held[document["id"]] = document
        self.checkpoints[name] = said.body["checkpoint"]["id"], said.body["checkpoint"]["lwt"]
        self.pulled += len(documents)
        return len(documents)


def push(line: Line, collection: str, rows: Sequence[Mapping[str, Any]], sent_at: str) -> set[str]:
    """The rows are with the server; ids of those that conflict with what stands there. GaveUp when it says no."""
    body = json.dumps(rows, ensure_ascii=False).encode()
    said = line.ask("POST", f"/sync/{collection}/1/push", body, {"X-Sent-At": sent_at})
    if said.status != 200:
        raise GaveUp(f"push {collection}: {said.status} {str(said.body)[:160]}")
    return {document["id"] for document in said.body}


def made(document: Document) -> dict[str, Any]:
    """A row for what the phone made."""
    return {"newDocumentState": {**document, "_deleted": False}}


def changed(assumed: Document, **values: Any) -> dict[str, Any]:
    """A row for what the phone changed of a document that it holds."""
    return {"assumedMasterState": assumed, "newDocumentState": {**assumed, **values, "_deleted": False}}


def deleted(assumed: Document) -> dict[str, Any]:
    """A row for what the phone deleted."""
    return {"assumedMasterState": assumed, "newDocumentState": {**assumed, "_deleted": True}}
