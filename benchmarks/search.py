"""Search of 200,000 notes, beside reading them all: `python -m benchmarks.search [--quick]`.

Walls of single queries (best of 5), the size of the indexes, and what inserts of 100 notes cost, with each index and
without. The notes are the demo's phrases with some random characters, 52 characters on average.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import measure
from benchmarks.measure import figure, say

NEEDLES = ("进口雪茄", "玉溪货架", "缺货", "雪茄", "店", "茄")
PAGE = "ORDER BY at DESC LIMIT 50"
KINDS = {
    "none": None,
    "pg_trgm": "gin (note gin_trgm_ops)",
    "pairs": "gin (visits_pairs(note))",
}


def main() -> None:
    options = measure.arguments(__doc__ or "")
    count = 40_000 if options.quick else 200_000
    with measure.database("search"):
        from django.db import connection

        with connection.cursor() as cursor:
            notes = written(count)
            say(f"{count} notes, {sum(map(len, notes)) / count:.0f} characters on average")
            for name, index in KINDS.items():
                build(cursor, name, index, notes)
            gain = asked(cursor)
            costs = {name: inserted(cursor, name, notes) for name in KINDS}
        say(", ".join(f"{name}: {cost:.0f} us a note inserted" for name, cost in costs.items()))
        figure("search_rare_word_vs_reading_all", gain, 20)


def written(count: int) -> list[str]:
    from demo import visit_words as words

    rng = random.Random(135)
    products = ("黄鹤楼(软蓝)", "红金龙(硬神州腾龙)", "利群(新版)", "玉溪", "云烟(软珍品)", "中华(硬)")
    spread = "的一是了我不人在有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多"
    notes = [
        rng.choice(words.OPENINGS)
        + rng.choice(words.MIDDLES).replace("{p}", rng.choice(products))
        + rng.choice(words.CLOSINGS)
        + "".join(rng.choice(spread) for _ in range(rng.randrange(5, 30)))
        for _ in range(count)
    ]
    notes[777] += "店主想卖进口雪茄"
    return notes


def build(cursor: Any, name: str, index: str | None, notes: Sequence[str]) -> None:
    table = table_of(name)
    cursor.execute(f"CREATE TABLE {table} (id int, at timestamptz, note text)")
    cursor.execute(
        f"INSERT INTO {table} SELECT n, now() - n * interval '1 minute', t FROM unnest(%s::text[])"
        " WITH ORDINALITY AS w(t, n)",
        [list(notes)],
    )
    cursor.execute(f"CREATE INDEX ON {table} (at DESC)")
    if index:
        started = time.perf_counter()
        cursor.execute(f"CREATE INDEX {table}_words ON {table} USING {index}")
        built = time.perf_counter() - started
        cursor.execute(f"SELECT pg_relation_size('{table}_words') / 1e6, pg_relation_size('{table}') / 1e6")
        size, heap = cursor.fetchone()
        say(f"{name}: built in {built:.1f} s, {size:.0f} MB beside {heap:.0f} MB of notes")
    cursor.execute(f"VACUUM ANALYZE {table}")


def asked(cursor: Any) -> float:
    """Milliseconds of the newest 50 by each way; returns how much faster pairs are for a rare word."""
    from visits import search

    gain = 0.0
    for word in NEEDLES:
        like, pairs = f"%{word}%", search.pairs_of(word)
        ways: dict[str, tuple[str, list[str]]] = {
            "none": ("note LIKE %s", [like]),
            "pg_trgm": ("note LIKE %s", [like]),
            "pairs": ("visits_pairs(note) @@ %s::tsquery AND position(%s IN note) > 0", [pairs, word]),
        }
        took = {
            name: best(lambda n=name, w=where, v=values: ask(cursor, n, w, v))  # type: ignore[misc]
            for name, (where, values) in ways.items()
        }
        say(f"{word}: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in took.items()))
        if word == NEEDLES[0]:
            gain = took["none"] / took["pairs"]
    return gain


def ask(cursor: Any, name: str, where: str, values: list[str]) -> None:
    cursor.execute(f"SELECT id FROM {table_of(name)} WHERE {where} {PAGE}", values)
    cursor.fetchall()


def best(run: Callable[[], None]) -> float:
    took = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        took.append(time.perf_counter() - started)
    return min(took) * 1e3


def inserted(cursor: Any, name: str, notes: Sequence[str]) -> float:
    """Microseconds a note, in statements of 100, what is put off until the index is cleaned up included."""
    started, rounds = time.perf_counter(), 100
    for n in range(rounds):
        part = list(notes[n * 100 : n * 100 + 100])
        cursor.execute(f"INSERT INTO {table_of(name)} SELECT 0, now(), t FROM unnest(%s::text[]) t", [part])
    if name != "none":
        cursor.execute("SELECT gin_clean_pending_list(%s)", [f"{table_of(name)}_words"])
    return (time.perf_counter() - started) / (rounds * 100) * 1e6


def table_of(name: str) -> str:
    return f"said_{name}"


if __name__ == "__main__":
    main()
