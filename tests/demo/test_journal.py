"""The arithmetic of loss: every kind of damage shows as its own number, and a journal survives a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.journal import Item, Journal, Stored, read, tally

A, B, C = "a" * 8, "b" * 8, "c" * 8
CLEAN = {A: Item("1", sent=1, acknowledged="1"), B: Item("2", sent=3, acknowledged="2")}
NUMBERS = ("lost", "duplicated", "invented", "corrupted", "leaked", "undecided")


def test_what_is_acknowledged_and_stored_once_is_clean() -> None:
    found = tally(CLEAN, Stored([A, B], {A: "1", B: "2"}))
    assert [getattr(found, name) for name in NUMBERS] == [0, 0, 0, 0, 0, 0]
    assert (found.made, found.acknowledged, found.refused, found.is_clean) == (2, 2, 0, True)


@pytest.mark.parametrize(
    ("journalled", "stored", "number"),
    [
        (CLEAN, Stored([A]), "lost"),
        (CLEAN, Stored([A, B, B]), "duplicated"),
        (CLEAN, Stored([A, B, C]), "invented"),
        (CLEAN, Stored([A, B], {A: "9"}), "corrupted"),
        (CLEAN | {A: Item("1", acknowledged="9")}, Stored([A, B]), "corrupted"),
        (CLEAN, Stored([A, B], altered=1), "corrupted"),
        (CLEAN, Stored([A, B], leaked=1), "leaked"),
        (CLEAN | {C: Item("3", sent=1)}, Stored([A, B]), "undecided"),
    ],
)
def test_each_damage_shows_as_its_own_number(journalled: dict[str, Item], stored: Stored, number: str) -> None:
    found = tally(journalled, stored)
    assert {name: getattr(found, name) for name in NUMBERS} == {name: int(name == number) for name in NUMBERS}
    assert not found.is_clean


def test_what_was_sent_without_an_answer_and_is_stored_all_the_same_is_undecided_but_not_invented() -> None:
    found = tally(CLEAN | {C: Item("3", sent=1)}, Stored([A, B, C]))
    assert (found.undecided, found.invented, found.lost) == (1, 0, 0)


def test_a_refused_visit_is_neither_lost_nor_undecided() -> None:
    found = tally(CLEAN | {C: Item("3", sent=1, refused="not_your_shop")}, Stored([A, B]))
    assert (found.refused, found.is_clean) == (1, True)


def test_a_journal_reads_back_as_it_was_written_also_after_a_cut(tmp_path: Path) -> None:
    path = tmp_path / "phone-000.jsonl"
    journal = Journal(path)
    journal.made({A: "1", B: "2"})
    journal.sent([A, B])
    journal.sent([A])
    journal.answered([{"outcome": "created", "submission_id": A, "receipt": {"sha256": "1"}}])
    journal.answered([{"outcome": "rejected", "submission_id": B, "problem": {"code": "too_old"}}])
    journal.close()
    expected = {A: Item("1", 2, "1", None), B: Item("2", 1, None, "too_old")}
    assert read(path) == journal.items == expected
    with path.open("a") as file:
        file.write('{"event": "sent", "id"')
    assert read(path) == expected


def test_a_receipt_once_given_stays_when_a_later_try_conflicts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "phone.jsonl")
    journal.made({A: "1"})
    journal.answered([{"outcome": "created", "submission_id": A, "receipt": {"sha256": "1"}}])
    journal.answered([{"outcome": "conflict", "submission_id": A, "problem": {"code": "submission_conflict"}}])
    journal.close()
    found = tally(journal.items, Stored([A]))
    assert (found.acknowledged, found.refused, found.is_clean) == (1, 0, True)


def test_what_was_taken_back_is_not_lost_but_may_not_stand_any_more(tmp_path: Path) -> None:
    path = tmp_path / "phone.jsonl"
    journal = Journal(path)
    journal.made({A: "1", B: "2"})
    journal.stored({A: "1", B: "2"})
    journal.leaving([A])
    asked = read(path)
    for rows in ([B], [A, B]):  # the server may have heard, or not
        assert tally(asked, Stored(rows)).is_clean
    journal.gone([A])
    journal.close()
    assert tally(read(path), Stored([B])).is_clean
    back = tally(read(path), Stored([A, B]))
    assert (back.invented, back.is_clean) == (1, False)


def test_what_was_said_anew_must_stand_with_its_new_hash_and_a_refusal_decides(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "phone.jsonl")
    journal.made({A: "1", B: "2"})
    journal.stored({A: "1"})
    journal.refused({B: "bad_date"})
    journal.said_anew({A: "3"})
    journal.close()
    assert tally(journal.items, Stored([A], {A: "3"})).is_clean
    old = tally(journal.items, Stored([A], {A: "1"}))
    assert (old.corrupted, old.refused) == (1, 1)
