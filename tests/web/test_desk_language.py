"""The desk speaks Chinese: every label, heading and column of every page that an administrator's desk shows."""

from __future__ import annotations

import re
from html import unescape

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.walk.principals import browser

NAMED = re.compile(
    r"(?s)<(label|th|h1|h2|h3|caption|summary|legend)\b[^>]*>(.*?)</\1>|<input type=\"submit\" value=(\")([^\"]*)\""
)
HAN = re.compile(r"[\u4e00-\u9fff]")
DATA = re.compile(r'<h2>[^<]*</h2>|<th class="field-.*?</th>', re.S)  # an object's own name; a row's first cell
READERS = ("sun", "qian", "zhou")
OURS = {"backend", "retail", "brands", "visits", "market", "cycles"}


def pages(client: Client, model: type[Model]) -> dict[str, str]:
    """The pages of a model that the reader's desk shows, by address; objects' own names taken out."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    asked = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
    row = model._default_manager.first()
    if row is not None:
        asked += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]
    answers = {address: client.get(address) for address in asked}
    return {a: DATA.sub("", answer.content.decode()) for a, answer in answers.items() if answer.status_code == 200}


def untranslated(html: str) -> list[str]:
    """What a page calls its parts without a Chinese character."""
    found = []
    for part in NAMED.finditer(html):
        words = unescape(re.sub(r"<[^>]*>", " ", part[2] or part[4] or "")).strip()
        if re.search(r"[A-Za-z]{2}", words) and not HAN.search(words):
            found.append(words)
    return found


def test_every_label_of_the_desk_is_chinese(cast: Cast) -> None:
    clients = [browser(cast.people[who]) for who in READERS]
    shown: dict[str, dict[str, str]] = {}
    for model in admin.site._registry:
        shown[model._meta.label] = next((told for client in clients if (told := pages(client, model))), {})
    assert {name for name, by_address in shown.items() if by_address} == {
        model._meta.label for model in admin.site._registry if model._meta.app_label in OURS
    }  # what libraries registered is on nobody's desk
    found = {address: untranslated(html) for by_address in shown.values() for address, html in by_address.items()}
    assert {address: words for address, words in found.items() if words} == {}


def test_the_first_page_of_the_desk_is_chinese(cast: Cast) -> None:
    for who in READERS:
        html = browser(cast.people[who]).get(reverse("admin:index")).content.decode()
        assert untranslated(html) == []


def test_a_label_without_chinese_would_be_noticed() -> None:
    assert untranslated('<label for="x">Successor:</label><th scope="col">单位</th>') == ["Successor:"]
