"""The phone app's door at /app/: one page for every path, without data or anything inline, and its worker."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

BUILT = {
    "version": "1.0.0",
    "release": "0123456789ab",
    "script": "phone/main-AAAA.js",
    "style": "phone/main-BBBB.css",
    "files": [],
}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As `python -m config.faces` leaves it."""
    folder = tmp_path / "phone"
    folder.mkdir()
    (folder / "built.json").write_text(json.dumps(BUILT))
    (folder / "sw.js").write_text("self.x = 1;")
    monkeypatch.setattr(finders, "find", lambda path, **_: str(tmp_path / path) if (tmp_path / path).exists() else None)
    return tmp_path


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finders, "find", lambda path, **_: None)


def answer(address: str, **more: Any) -> Any:
    return Client().get(address, **more)


@pytest.mark.usefixtures("built")
def test_every_path_of_the_app_is_the_same_page_for_everybody() -> None:
    pages = [answer(path) for path in ("/app/", "/app/shop/0192f0a0-0000-7000-8000-000000000001", "/app/unsent")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert len({page.content for page in pages}) == 1
    text = pages[0].content.decode()
    assert re.findall(r'(?:src|href)="([^"]+)"', text) == [
        "/static/phone/manifest.webmanifest",
        "/static/phone/icons/sign.svg",
        "/static/phone/icons/sign-192.png",
        "/static/phone/main-BBBB.css",
        "/static/phone/main-AAAA.js",
    ]


@pytest.mark.usefixtures("built")
def test_the_page_of_the_app_holds_nothing_inline_and_its_policy_allows_none() -> None:
    page = answer("/app/")
    text = page.content.decode()
    assert re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", text) is None
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert (policy["script-src"], policy["style-src"], policy["worker-src"]) == ("'self'", "'self'", "'self'")
    assert page.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert page.cookies == {}


@pytest.mark.usefixtures("built")
def test_the_worker_is_served_where_it_may_rule_the_app() -> None:
    found = answer("/app/sw.js")
    assert (found.status_code, found.content, found.headers["Content-Type"]) == (
        200,
        b"self.x = 1;",
        "text/javascript; charset=utf-8",
    )


def test_a_new_build_is_served_without_a_restart(built: Path) -> None:
    assert "main-AAAA.js" in answer("/app/").content.decode()
    file = built / "phone" / "built.json"
    file.write_text(json.dumps({**BUILT, "script": "phone/main-CCCC.js"}))
    assert "main-CCCC.js" in answer("/app/").content.decode()


@pytest.mark.usefixtures("unbuilt")
def test_an_app_that_was_not_built_says_how_to_build_it() -> None:
    page = answer("/app/month")
    assert page.status_code == 503
    assert "make run" in page.content.decode()
    assert answer("/app/sw.js").status_code == 404


def test_the_address_without_its_slash_leads_to_the_app() -> None:
    found = answer("/app")
    assert (found.status_code, found.headers["Location"]) == (302, "/app/")
