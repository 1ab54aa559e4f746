"""Identifiers that the server mints, for models and set-based writes: UUID version 7 (RFC 9562), ordered by time."""

from __future__ import annotations

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """48 bits of Unix milliseconds, then 74 random bits: new rows sit together in an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


# The same in SQL that PostgreSQL 15 runs (18 has a function of its own): milliseconds laid over random bytes, then the
# bits of the version.
UUID7_SQL = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid"""


def numbered_uuid7_sql(number: str) -> str:
    """In SQL, UUIDs version 7 for the rows of one statement, which ascend with the rows' numbers: the number, 4,096 of
    them a millisecond, stands where RFC 9562 allows a counter. An index takes rows in this order more cheaply."""
    milliseconds = f"(extract(epoch FROM statement_timestamp()) * 1000)::bigint + (({number}) >> 12)"
    return (
        f"(lpad(to_hex({milliseconds}), 12, '0') || '7' || lpad(to_hex(({number}) & 4095), 3, '0')"
        " || '8' || right(gen_random_uuid()::text, 16))::uuid"
    )


def numbered_sql(series: int, column: str) -> str:
    """The UUID of a row that is known by a number, as phones know it, in SQL: its last twelve digits are the number in
    hexadecimal. `series` (0-9) tells the kinds of rows of one collection apart."""
    return f"('0000000{series}-0000-4000-8000-' || lpad(to_hex({column}), 12, '0'))::uuid"
