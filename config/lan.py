"""`LAN=1 make run`: HTTPS on the local network, so that phones may keep the app, tell their position and take photos.

config.run asks for it and prints it; backend/door/network.py serves it by the certificate of config/lan_certificate.py.
"""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import segno

from backend.door.network import AUTHORITY, fingerprint
from config import lan_certificate

TLS_PORT = 8443
STEPS_PORT = 8480


@dataclass(frozen=True)
class Network:
    """Where phones find this machine: the app over HTTPS, and over plain HTTP nothing but the steps to trust it."""

    address: str
    tls_port: int
    steps_port: int
    folder: Path

    @property
    def origin(self) -> str:
        return f"https://{self.address}:{self.tls_port}"

    @property
    def steps(self) -> str:
        return f"http://{self.address}:{self.steps_port}/"

    def options(self) -> list[str]:
        """How the door is told."""
        ports = ["--lan-tls-port", str(self.tls_port), "--lan-steps-port", str(self.steps_port)]
        return ["--lan-address", self.address, *ports, "--lan-folder", str(self.folder)]

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What the settings read: this address is a name of ours, and its pages may post to us."""
        hosts, origins = given.get("ALLOWED_HOSTS", ""), given.get("CSRF_TRUSTED_ORIGINS", "")
        return {
            "ALLOWED_HOSTS": ",".join(filter(None, [hosts, self.address])),
            "CSRF_TRUSTED_ORIGINS": ",".join(filter(None, [origins, self.origin])),
        }


def prepare(folder: Path, free_port: Callable[[str, int], int]) -> Network | None:
    """The network of this machine with a certificate that is good for it; None when it is on none.

    LAN_ADDRESS names one of several addresses, LAN_PORT another port than 8443. Raises ValueError for an address that
    is no IPv4 address, OSError for one that this machine does not have.
    """
    address = os.environ.get("LAN_ADDRESS") or own_address()
    if address is None:
        return None
    IPv4Address(address)
    lan_certificate.ensure(folder, address)
    tls_port = free_port(address, int(os.environ.get("LAN_PORT", TLS_PORT)))
    return Network(address, tls_port, free_port(address, STEPS_PORT), folder)


def own_address() -> str | None:
    """The address that other machines of the network see; None without a network. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("198.51.100.1", 9))  # any address elsewhere: the system only chooses the way
        except OSError:
            return None
        found = str(asking.getsockname()[0])
    return None if IPv4Address(found).is_loopback or IPv4Address(found).is_unspecified else found


def text(network: Network) -> str:
    """What is printed: the address, the steps, the authority's fingerprint, and the steps' address as a QR code."""
    drawn = io.StringIO()
    segno.make(network.steps, micro=False, error="m").terminal(drawn, compact=True)
    return "\n".join(
        [
            "",
            f"同一网络的手机 · phones on the same network:  {network.origin}/app/",
            f"  1. 第一次先扫码，或打开 {network.steps} ，下载并安装证书",
            "     the first time scan the code, or open that address, and install the certificate it offers",
            "  2. 核对证书指纹（SHA-256）· compare the certificate's fingerprint:",
            f"     {fingerprint((network.folder / AUTHORITY).read_bytes())}",
            f"  3. 打开 {network.origin}/app/ ，登录，添加到主屏幕 · open it, sign in, add it to the home screen",
            "",
            drawn.getvalue().rstrip("\n"),
        ]
    )


NO_NETWORK = (
    "LAN=1：这台机器没有连接网络，或用 LAN_ADDRESS 指定地址 · "
    "LAN=1: this machine is on no network; LAN_ADDRESS may name its address"
)
