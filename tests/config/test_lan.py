"""`LAN=1`: the certificate that phones trust, when it is made anew, and what is printed."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from backend.door.network import AUTHORITY, SERVER
from config import lan, lan_certificate

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
HOME, OFFICE = "192.168.1.20", "10.4.0.9"


def read(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def test_the_certificate_is_of_the_address_and_by_the_authority_that_phones_install(tmp_path: Path) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    authority, server = read(tmp_path, AUTHORITY), read(tmp_path, SERVER)
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address(HOME), IPv4Address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert server.not_valid_after_utc - server.not_valid_before_utc == timedelta(days=397)
    assert server.not_valid_before_utc == NOW - timedelta(days=1)


def test_the_authority_speaks_for_private_addresses_only(tmp_path: Path) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    found = read(tmp_path, AUTHORITY).extensions.get_extension_for_class(x509.NameConstraints)
    permitted = found.value.permitted_subtrees or []
    assert found.critical
    assert [one.value for one in permitted if isinstance(one, x509.DNSName)] == ["localhost"]
    networks = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    assert networks == [IPv4Network(one) for one in lan_certificate.PRIVATE]


def test_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    folder = tmp_path / "lan"
    lan_certificate.ensure(folder, HOME, NOW)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {"authority.pem": 0o600, "ca.crt": 0o600, "server.pem": 0o600}


def test_what_is_good_stays_as_it_is(tmp_path: Path) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    lan_certificate.ensure(tmp_path, HOME, NOW + timedelta(days=365))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("address", "later"), [(OFFICE, timedelta()), (HOME, timedelta(days=366))])
def test_another_address_or_the_last_month_renews_the_certificate_by_the_same_authority(
    tmp_path: Path, address: str, later: timedelta
) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    authority, before = read(tmp_path, AUTHORITY), read(tmp_path, SERVER)
    lan_certificate.ensure(tmp_path, address, NOW + later)
    after = read(tmp_path, SERVER)
    assert read(tmp_path, AUTHORITY) == authority
    assert after != before
    after.verify_directly_issued_by(authority)
    names = after.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress)[0] == IPv4Address(address)


@pytest.mark.parametrize(("address", "later"), [("203.0.113.7", timedelta()), (HOME, timedelta(days=3_650 - 397))])
def test_an_authority_that_may_not_speak_for_the_address_or_ends_too_soon_is_made_anew(
    tmp_path: Path, address: str, later: timedelta
) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    before = read(tmp_path, AUTHORITY)
    lan_certificate.ensure(tmp_path, address, NOW + later)
    authority = read(tmp_path, AUTHORITY)
    assert authority != before
    read(tmp_path, SERVER).verify_directly_issued_by(authority)


@pytest.mark.parametrize("name", ["authority.pem", "server.pem"])
def test_a_file_that_was_cut_is_made_anew(tmp_path: Path, name: str) -> None:
    lan_certificate.ensure(tmp_path, HOME, NOW)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:100])
    lan_certificate.ensure(tmp_path, HOME, NOW)
    read(tmp_path, SERVER).verify_directly_issued_by(read(tmp_path, AUTHORITY))


def test_the_steps_and_the_fingerprint_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAN_ADDRESS", "127.0.0.1")
    network = lan.prepare(tmp_path, lambda host, wanted: wanted)
    assert network == lan.Network("127.0.0.1", 8443, 8480, tmp_path)
    told = lan.text(network)
    der = read(tmp_path, AUTHORITY).public_bytes(serialization.Encoding.DER)
    assert sha256(der).hexdigest().upper() in told.replace(":", "")
    assert "https://127.0.0.1:8443/app/" in told
    assert "http://127.0.0.1:8480/" in told
    assert len(told.rpartition("\n\n")[2].splitlines()) >= 12  # the code, two rows of it in each line


def test_the_settings_learn_the_address_beside_what_was_given(tmp_path: Path) -> None:
    network = lan.Network(HOME, 8443, 8480, tmp_path)
    assert network.environment({}) == {
        "ALLOWED_HOSTS": HOME,
        "CSRF_TRUSTED_ORIGINS": f"https://{HOME}:8443",
    }
    given = {"ALLOWED_HOSTS": "a.example", "CSRF_TRUSTED_ORIGINS": "https://a.example"}
    assert network.environment(given) == {
        "ALLOWED_HOSTS": f"a.example,{HOME}",
        "CSRF_TRUSTED_ORIGINS": f"https://a.example,https://{HOME}:8443",
    }


def test_an_address_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAN_ADDRESS", "my-laptop")
    with pytest.raises(ValueError, match="my-laptop"):
        lan.prepare(tmp_path / "lan", lambda host, wanted: wanted)
    assert not (tmp_path / "lan").exists()
