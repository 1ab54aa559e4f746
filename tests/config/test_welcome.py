"""What `make run` prints at its end: log-ins only where the demo may stand behind them."""

from __future__ import annotations

import pytest

from config import welcome


@pytest.mark.parametrize(
    ("database_url", "demo", "has_log_ins"),
    [
        (None, None, True),
        (None, "0", False),
        ("postgresql://db/field", None, False),
        ("postgresql://db/field", "1", True),
        ("postgresql://db/field", "0", False),
    ],
)
def test_demo_log_ins_are_told_only_where_the_demo_loads(
    monkeypatch: pytest.MonkeyPatch, database_url: str | None, demo: str | None, has_log_ins: bool
) -> None:
    for name, value in (("DATABASE_URL", database_url), ("DEMO", demo)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    told = welcome.text("http://127.0.0.1:8000", 7.4)
    assert "ready after 7 s:  http://127.0.0.1:8000" in told
    assert ("demo-135" in told, "createsuperuser" in told) == (has_log_ins, not has_log_ins)
