"""Forms that are sent twice: one effect, one answer; a page fetched again is another form."""

from __future__ import annotations

import re
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from backend.models import Export, IdempotencyKey, ImportRun
from tests.cast import Cast
from tests.market import importing
from tests.web import forms

ROW = "O1,S1,2026-03-10,P1,5,,4,800.00"


def token(client: Client, address: str) -> str:
    """The token of this one rendering of the page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(address).content.decode())
    assert found is not None
    return found[1]


def send_file(client: Client, key: str, row: str = ROW) -> HttpResponse:
    file = SimpleUploadedFile("三月.csv", importing.orders(row).encode())
    sent = {"act": "send", "kind": "orders", "mode": "dry_run", "file": file, "csrfmiddlewaretoken": key}
    answer = client.post("/imports", sent)
    assert isinstance(answer, HttpResponse)
    return answer


def ask(client: Client, key: str, **fields: str) -> HttpResponse:
    sent = {"act": "ask", "kind": "visits", "format": "csv", "since": "2026-03-01", "until": "2026-03-31", **fields}
    answer = client.post("/exports", {**sent, "csrfmiddlewaretoken": key})
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_file_that_is_sent_twice_from_one_page_is_one_import_and_leads_to_it_twice(cast: Cast) -> None:
    client = forms.of(cast, "qian").client
    key = token(client, "/imports")
    led = [send_file(client, key) for _ in range(2)]
    run = ImportRun.objects.get()
    assert [(one.status_code, one.headers["Location"]) for one in led] == [(302, f"/imports/{run.pk}")] * 2
    assert IdempotencyKey.objects.get().person_id == cast.people["qian"].pk


def test_the_same_file_from_a_page_that_was_fetched_again_is_another_import(cast: Cast) -> None:
    client = forms.of(cast, "qian").client
    assert [send_file(client, token(client, "/imports")).status_code for _ in range(2)] == [302, 302]
    assert ImportRun.objects.count() == 2


def test_another_file_of_the_same_name_from_the_same_page_is_another_import(cast: Cast) -> None:
    client = forms.of(cast, "qian").client
    key = token(client, "/imports")
    send_file(client, key)
    send_file(client, key, ROW.replace("800", "900"))
    assert ImportRun.objects.count() == 2


def test_an_export_asked_for_twice_is_made_once_and_both_are_told_the_same(cast: Cast) -> None:
    client = forms.of(cast, "zhao").client
    key = token(client, "/exports")
    said = []
    for _ in range(2):
        answer = ask(client, key)
        assert answer.status_code == 302
        said.append(forms.told(client.get(answer.headers["Location"]).content.decode()))
    assert Export.objects.count() == 1
    assert said == [["文件正在生成，可以离开本页。"]] * 2


def test_a_refusal_is_not_remembered_and_the_form_may_be_sent_again(cast: Cast) -> None:
    client = forms.of(cast, "zhao").client
    key = token(client, "/exports")
    assert ask(client, key, format="abacus").status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert ask(client, key).status_code == 302
    assert Export.objects.count() == 1


def test_the_token_of_somebody_else_brings_nobody_elses_answer(cast: Cast) -> None:
    zhao, chen = (forms.of(cast, name).client for name in ("zhao", "chen"))
    key = token(zhao, "/exports")
    assert [ask(one, key).status_code for one in (zhao, chen)] == [302, 302]
    assert sorted(Export.objects.values_list("person__username", flat=True)) == ["chen", "zhao"]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_export(cast: Cast) -> None:
    clients = [forms.of(cast, "zhao").client for _ in range(2)]
    key, statuses = token(clients[0], "/exports"), list[int]()

    def click(client: Client) -> None:
        statuses.append(ask(client, key).status_code)
        connection.close()

    clicks = [Thread(target=click, args=[client]) for client in clients]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert statuses == [302, 302]
    assert Export.objects.count() == 1
