"""The certificate of this machine on the local network, by an authority of its own; made and renewed for config/lan.py.

Kept in `var/lan` (0700): the authority for ten years, so that a phone installs it once, the server's for 397 days and
one address. The authority may speak for private addresses and localhost only (RFC 5280, 4.2.1.10): whoever steals its
key can pretend to be this machine, and nobody else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.door.network import AUTHORITY, SERVER

AUTHORITY_KEY = "authority.pem"  # key and certificate together: written at once, so that they always belong together
AUTHORITY_LASTS = timedelta(days=3_650)
SERVER_LASTS = timedelta(days=397)  # phones refuse longer ones
RENEWED_BEFORE = timedelta(days=30)
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """Both, the key first."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + self.certificate.public_bytes(serialization.Encoding.PEM)


def ensure(folder: Path, address: str, now: datetime | None = None) -> None:
    """The folder holds an authority and a certificate for `address` that lasts a month at least; what does stays."""
    moment = now or datetime.now(UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = IPv4Address(address)
    authority = _read(folder / AUTHORITY_KEY)
    if authority is None or not _may_sign(authority.certificate, own, moment):
        authority = _authority(own, moment)
        _write(folder / AUTHORITY_KEY, authority.pem())
    _write(folder / AUTHORITY, authority.certificate.public_bytes(serialization.Encoding.PEM))
    server = _read(folder / SERVER)
    if server is None or not _serves(server.certificate, authority, own, moment):
        _write(folder / SERVER, _server(authority, own, moment).pem())


def _read(path: Path) -> Issued | None:
    """What stands in the file; None when it is not there or was cut short."""
    try:
        text = path.read_bytes()
        key = serialization.load_pem_private_key(text, None)
        certificate = x509.load_pem_x509_certificate(text)
    except (OSError, ValueError):
        return None
    return Issued(key, certificate) if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _write(path: Path, content: bytes) -> None:
    """In one piece, readable by its owner only."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    beside.replace(path)


def _may_sign(authority: x509.Certificate, address: IPv4Address, now: datetime) -> bool:
    """Whether it outlives a certificate that it signs now, and may speak for this address."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    named = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    lasts = authority.not_valid_after_utc > now + SERVER_LASTS
    return lasts and any(address in network for network in named if isinstance(network, IPv4Network))


def _serves(server: x509.Certificate, authority: Issued, address: IPv4Address, now: datetime) -> bool:
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        server.verify_directly_issued_by(authority.certificate)
    except (ValueError, InvalidSignature):
        return False
    return address in names.get_values_for_type(x509.IPAddress) and server.not_valid_after_utc > now + RENEWED_BEFORE


def _authority(address: IPv4Address, now: datetime) -> Issued:
    networks = [IPv4Network(one) for one in PRIVATE]
    if not any(address in network for network in networks):
        networks.append(IPv4Network(address))
    permitted: list[x509.GeneralName] = [x509.IPAddress(network) for network in networks]
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"135 LAN CA {now:%Y-%m-%d %H:%M}")  # phones list it by this
    builder = (
        _begun(name, name, key, now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([*permitted, x509.DNSName("localhost")], None), critical=True)
    )
    return Issued(key, builder.sign(key, hashes.SHA256()))


def _server(authority: Issued, address: IPv4Address, now: datetime) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.IPAddress(address), x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost")]
    issuer = authority.certificate
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = (
        _begun(_name("135 LAN"), issuer.subject, key, now, SERVER_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(signer, critical=False)
    )
    return Issued(key, builder.sign(authority.key, hashes.SHA256()))


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """Valid since yesterday: a phone's clock may be behind."""
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now - timedelta(days=1) + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
