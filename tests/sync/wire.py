"""Asking as a phone does: pull from a checkpoint to the end, push rows; used by the tests of the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from tests.sync import shapes


def uid(number: int) -> UUID:
    return UUID(int=(0x135 << 112) + (4 << 76) + (8 << 60) + number)


@dataclass
class Phone:
    """What one phone holds of one collection, and where it stands."""

    client: APIClient
    collection: str = "notes"
    version: int = 1
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    checkpoint: dict[str, Any] = field(default_factory=lambda: {"id": "", "lwt": 0})
    told: list[dict[str, Any]] = field(default_factory=list)  # in the order told, deleted ones too

    def ask(self, **more: Any) -> Any:
        return self.client.get(f"/sync/{self.collection}/{self.version}/pull", {**self.checkpoint, **more})

    def page(self, limit: int = 200) -> list[dict[str, Any]]:
        """One page, taken over."""
        answer = self.ask(limit=limit)
        assert answer.status_code == 200, answer.content
        found = answer.json()
        for document in found["documents"]:
            shapes.check(self.collection, self.version, document)
            if document["_deleted"]:
                self.documents.pop(document["id"], None)
            else:
                self.documents[document["id"]] = document
        assert len({d["id"] for d in found["documents"]}) == len(found["documents"])
        self.told += found["documents"]
        self.checkpoint = found["checkpoint"]
        return found["documents"]

    def pull(self, limit: int = 200) -> dict[str, dict[str, Any]]:
        """Everything new, as a client does: until a page is shorter than it asked for."""
        while len(self.page(limit)) == limit:
            pass
        return self.documents

    def push(self, *rows: dict[str, Any], **headers: Any) -> list[dict[str, Any]]:
        answer = self.post(json.dumps(rows), **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, body: str, **headers: Any) -> Any:
        path = f"/sync/{self.collection}/{self.version}/push"
        return self.client.generic("POST", path, body, content_type="application/json", **headers)


def made(new: dict[str, Any], assumed: dict[str, Any] | None = None) -> dict[str, Any]:
    """A row of a push."""
    row: dict[str, Any] = {"newDocumentState": {"_deleted": False, **new}}
    return row if assumed is None else {"assumedMasterState": assumed, **row}
