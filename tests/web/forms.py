"""A browser that reads pages and sends the forms that stand on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.cast import Cast


@dataclass
class Browser:
    """Somebody's session in Chinese, or in another language."""

    client: Client

    def read(self, address: str, status: int = 200) -> str:
        answer = self.client.get(address)
        assert answer.status_code == status, answer.content.decode()
        return unescape(answer.content.decode())

    def send(self, address: str, act: str, row: Any = None, **fields: Any) -> HttpResponse:
        """The form as the page shows it at this moment: the id and version of a row come with it."""
        known = {} if row is None else {"id": str(row.pk), "version": str(row.version)}
        answer = self.client.post(address, {"act": act, **known, **fields})
        assert isinstance(answer, HttpResponse)
        return answer

    def done(self, address: str, act: str, row: Any = None, **fields: Any) -> str:
        """Sends the form, follows the way back, and returns the line that says what was done."""
        answer = self.send(address, act, row, **fields)
        assert answer.status_code == 302, answer.content.decode()
        [said] = told(self.read(answer.headers["Location"]))
        return said

    def refused(self, address: str, act: str, row: Any = None, **fields: Any) -> tuple[int, str]:
        """Sends a form that is refused: the status, and the sentence on the page."""
        answer = self.send(address, act, row, **fields)
        [sentence] = told(unescape(answer.content.decode()))
        return answer.status_code, sentence


def of(cast: Cast, name: str, language: str = "zh-hans") -> Browser:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(cast.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return Browser(client)


def told(page: str) -> list[str]:
    """What a page says above its content: what was done, or why it was not."""
    found = re.findall(r'<p class="said"[^>]*>(.*?)</p>|<div class="refusal"[^>]*><p>(.*?)</p>', page, re.S)
    return [re.sub(r"<[^>]+>", "", said or refused).strip() for said, refused in found]


def words(page: str) -> str:
    """The page's own text, without its marks and with single blanks."""
    body = page.split('<main id="content">')[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()
