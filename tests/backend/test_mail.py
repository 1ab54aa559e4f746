"""E-mail: chosen by each person, sent once by the outbox through a real SMTP server, ended from a mail's link."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from backend import clock, mail, outbox
from backend.mail import Letter, Words
from backend.models import MailChoice, MailLine, OutboxItem
from config import mailing
from tests.cast import Cast

pytestmark = pytest.mark.django_db

MONDAY_9 = datetime(2026, 3, 16, 9, 0, tzinfo=clock.BUSINESS_ZONE)
URL = "/api/v1/me/mail"


class Letters:
    """What a mail server took; it refuses while `is_shut`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.to: list[str] = []
        self.is_shut = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.is_shut:
            return "451 try later"
        self.taken.append(message_from_bytes(cast(bytes, envelope.content), policy=policy.default))
        self.to += envelope.rcpt_tos
        return "250 taken"


@pytest.fixture
def letters(settings: LazySettings) -> Iterator[Letters]:
    """A mail server of our own on a free port, and the settings that name it."""
    box = Letters()
    port = _free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        for name, value in mailing.settings_from(f"smtp://127.0.0.1:{port}", settings.VAR_DIR / "mail").items():
            setattr(settings, name, value)
        yield box
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def letter(cast: Cast, key: str = "alert:1", name: str = "lin", subject: str = "走访覆盖率低于目标") -> Letter:
    words = Words(subject, "城东片区 62.0 %，目标 100 %。"), Words("Visit coverage below target", "62.0 % of 100 %.")
    return Letter(cast.people[name].pk, key, *words)


def tell(*told: Letter) -> int:
    with transaction.atomic():
        return mail.tell(told)


def choose(client: APIClient, wanted: str, address: str = "lin@example.cn") -> Any:
    return client.put(URL, {"address": address, "wanted": wanted}, format="json")


def test_without_a_choice_nothing_is_sent(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    assert as_lin.get(URL).json() == {"address": "", "wanted": "none"}
    assert tell(letter(cast)) == 0
    assert (outbox.run_due(), letters.taken) == (0, [])


def test_each_as_it_comes_goes_out_once(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    assert choose(as_lin, "each").json() == {"address": "lin@example.cn", "wanted": "each"}
    assert tell(letter(cast)) == 1
    assert tell(letter(cast)) == 0  # the same key
    assert outbox.run_due() == 1
    [taken] = letters.taken
    assert letters.to == ["lin@example.cn"]
    assert taken["Subject"] == "走访覆盖率低于目标"
    assert "城东片区 62.0 %，目标 100 %。" in taken.get_content()
    assert taken["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert MailLine.objects.get().sent_at is not None


def test_a_mail_is_in_the_readers_language(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    lin = cast.people["lin"]
    lin.language = "en"
    lin.save()
    choose(as_lin, "each")
    tell(letter(cast))
    outbox.run_due()
    assert letters.taken[0]["Subject"] == "Visit coverage below target"


def test_a_server_that_refuses_loses_nothing_and_the_mail_keeps_its_id(
    cast: Cast, as_lin: APIClient, letters: Letters
) -> None:
    choose(as_lin, "each")
    tell(letter(cast))
    letters.is_shut = True
    with clock.at(MONDAY_9):
        OutboxItem.objects.update(due_at=MONDAY_9)
        assert outbox.run_due() == 0
    assert MailLine.objects.get().sent_at is None
    letters.is_shut = False
    with clock.at(MONDAY_9 + timedelta(hours=1)):
        assert outbox.run_due() == 1
    assert len(letters.taken) == 1
    again = mail._message(cast.people["lin"], "lin@example.cn", list(MailLine.objects.all()), None)
    assert letters.taken[0]["Message-ID"] == again.extra_headers["Message-ID"]


def test_one_mail_each_working_morning_holds_what_came_before_eight(
    cast: Cast, as_lin: APIClient, letters: Letters
) -> None:
    choose(as_lin, "daily")
    with clock.at(MONDAY_9 - timedelta(hours=2)):
        tell(letter(cast, "alert:1"), letter(cast, "alert:2", subject="价签到位率低于目标"))
        assert mail.gather() == 0  # seven o'clock
    with clock.at(MONDAY_9):
        tell(letter(cast, "alert:3"))
        assert (mail.gather(), mail.gather()) == (1, 0)
        OutboxItem.objects.update(due_at=MONDAY_9)
        assert outbox.run_due() == 1
    [taken] = letters.taken
    assert taken["Subject"] == "2 条消息"
    assert "2. 价签到位率低于目标" in taken.get_content()
    assert MailLine.objects.get(key="alert:3").queued_at is None  # tomorrow's


def test_on_a_day_off_the_morning_waits(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    choose(as_lin, "daily")
    with clock.at(MONDAY_9 - timedelta(days=2)):  # a Saturday
        tell(letter(cast))
    with clock.at(MONDAY_9 - timedelta(days=1)):
        assert mail.gather() == 0
    with clock.at(MONDAY_9):
        assert mail.gather() == 1


def test_what_was_to_come_is_not_sent_after_the_link_ended_it(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    choose(as_lin, "each")
    tell(letter(cast))
    path = mail.stop_link(cast.people["lin"].pk).split("8000", 1)[1]
    reader = Client()
    assert reader.get(path).status_code == 200
    assert MailChoice.objects.get().wanted == "each"  # looking ends nothing
    assert reader.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert outbox.run_due() == 1
    assert letters.taken == []
    assert as_lin.get(URL).json()["wanted"] == "none"


def test_a_link_that_is_not_ours_ends_nothing(cast: Cast, as_lin: APIClient) -> None:
    choose(as_lin, "each")
    assert Client().post("/mail/stop/forged").status_code == 404
    assert MailChoice.objects.get().wanted == "each"


def test_who_may_not_sign_in_gets_no_mail(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    choose(as_lin, "each")
    tell(letter(cast))
    lin = cast.people["lin"]
    lin.is_active = False
    lin.save()
    outbox.run_due()
    assert letters.taken == []


def test_a_subject_stays_one_line(cast: Cast, as_lin: APIClient, letters: Letters) -> None:
    choose(as_lin, "each")
    tell(letter(cast, subject="王记\r\nBcc: all@example.cn"))
    outbox.run_due()
    assert letters.taken[0]["Subject"] == "王记 Bcc: all@example.cn"
    assert letters.taken[0]["Bcc"] is None


def test_an_address_outside_the_companys_domains_is_refused(as_lin: APIClient, settings: LazySettings) -> None:
    settings.MAIL_DOMAINS = ("example.cn",)
    assert choose(as_lin, "each", "lin@elsewhere.cn").status_code == 400
    assert choose(as_lin, "each", "").json()["errors"][0]["pointer"] == "/address"
    assert not MailChoice.objects.exists()
    assert choose(as_lin, "each", "lin@EXAMPLE.cn").status_code == 200


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail.example.cn"])
def test_an_email_url_that_names_no_server_is_refused_at_start(url: str, settings: LazySettings) -> None:
    with pytest.raises(ValueError, match="EMAIL_URL"):
        mailing.settings_from(url, settings.VAR_DIR)
