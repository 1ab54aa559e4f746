"""The phone over the local network: HTTPS at an address that is not loopback, by the certificate that LAN=1 makes.

Chromium knows the one key by its pin, as if the authority were installed on it; that the chain is good for the address
is asked of OpenSSL, which is given the authority and nothing else.
"""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Address
from urllib.request import urlopen

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import expect

from backend.door.network import AUTHORITY, SERVER, fingerprint
from backend.models import Device
from config import lan
from config.run import free_port
from tests.browser import server
from tests.browser.stage import Phone, Stage

WHERE = """() => new Promise((done) => navigator.geolocation.getCurrentPosition(
  ({ coords }) => done([coords.longitude, coords.latitude]), (error) => done(error.message)))"""


def walk(stage: Stage) -> None:
    """The steps are told over plain HTTP; over HTTPS the app is kept, told where it is, and opens without a network."""
    network = lan.prepare(stage.folder / "lan", free_port)
    assert network is not None, "this machine is on no network"
    assert not IPv4Address(network.address).is_loopback
    with server.served(network):
        trusted = ssl.create_default_context(cafile=network.folder / AUTHORITY)
        with urlopen(f"{network.origin}/healthz", context=trusted) as answer:
            assert answer.status == 200
        pin = f"--ignore-certificate-errors-spki-list={_pin(network)}"
        with replace(stage, address=network.origin, arguments=(pin,), has_radio=False).phone("lin") as phone:
            _reads_the_steps(phone, network)
            _uses_the_app(phone)
            _signs_in_to_the_pages(phone, network)


def _pin(network: lan.Network) -> str:
    key = x509.load_pem_x509_certificate((network.folder / SERVER).read_bytes()).public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


def _reads_the_steps(phone: Phone, network: lan.Network) -> None:
    page = phone.page
    page.goto(network.steps)
    assert page.evaluate("isSecureContext") is False  # what is true below is HTTPS's doing
    told = fingerprint((network.folder / AUTHORITY).read_bytes())
    expect(page.get_by_text(told)).to_be_visible()
    page.get_by_role("link", name=re.compile("^https:")).first.click()
    expect(page).to_have_url(f"{network.origin}/app/")


def _uses_the_app(phone: Phone) -> None:
    page = phone.page
    phone.sign_in("lin")
    phone.settle()
    assert page.evaluate("isSecureContext") is True
    assert page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.active.state)") == "activated"
    assert page.evaluate(WHERE) == [114.35, 30.55]
    page.goto("/app/unsent")
    expect(page.get_by_text(re.compile("更新$"))).to_be_visible()
    phone.cut()
    page.reload()
    expect(page.get_by_text("没有网络，照常工作；有网时自动发送。")).to_be_visible()
    expect(page.get_by_text("林小梅")).to_be_visible()
    phone.cut(is_cut=False)
    [device] = Device.objects.all()
    assert device.person.username == "lin"


def _signs_in_to_the_pages(phone: Phone, network: lan.Network) -> None:
    """The form is taken from this origin, and its cookies go over TLS only."""
    page, context = phone.page, phone.context
    assert context is not None
    page.goto("/login")
    page.locator("[name=username]").fill("zhao")
    page.locator("[name=password]").fill(server.PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page).not_to_have_url(re.compile("/login"))
    told = {cookie["name"]: (cookie["secure"], cookie["domain"]) for cookie in context.cookies()}
    assert told == dict.fromkeys(("sessionid", "csrftoken"), (True, network.address)), told
