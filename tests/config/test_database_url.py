"""What a DATABASE_URL means."""

from __future__ import annotations

import pytest

from config.database import settings_from


def test_a_url_with_host_port_and_password_is_read() -> None:
    entry = settings_from("postgresql://an%40a:p%2Fw@db.example:6432/retail?sslmode=require")
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == ("an@a", "p/w", "db.example", "6432")
    assert entry["NAME"] == "retail"
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["CONN_MAX_AGE"] == 60


def test_a_url_may_name_a_socket_folder() -> None:
    entry = settings_from("postgresql://postgres@/retail?host=/run/my%20sockets")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("/run/my sockets", "", "retail")
    assert "host" not in entry["OPTIONS"]


def test_a_pool_replaces_kept_connections() -> None:
    entry = settings_from("postgres://u@h/n", pool_size=8)
    assert entry["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 8, "timeout": 5}
    assert entry["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize("url", ["sqlite:///x", "mysql://h/n", "h/n", "postgresql://u@h"])
def test_another_engine_or_no_name_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        settings_from(url)
