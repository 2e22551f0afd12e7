"""
What kept answers quote of persons where they say what is wrong: cells of a table, or of a body.

Nobody is held for what was refused, so these are found by their words. Each function works in the
transaction of the connection it is given.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from dispatch.schema import idempotency
from dispatch.statements import erase_for_good

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from dispatch.subjects import Subject

ERASED = "It spoke of a person, and was erased."
"""What a kept answer says in place of a text."""

OF_PERSONS = ("contact_name", "contact_phone", "note")
"""Columns of tables that hold words about persons."""

CUT = 40
"""Characters from which on a quote may be a part only, and a name or number in it too."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A kept answer that quotes somebody; ``body`` is the same without them."""

    principal: str
    key: str
    body: dict[str, Any]


def quotes_of(
    connection: Connection, zone: str, subjects: Collection[Subject]
) -> tuple[Quote, ...]:
    """Returns the kept answers in whose faults one of some subjects is quoted, or may be."""
    table = idempotency.c
    faulty = (table.zone == zone) & table.body.contains('"errors":[{')
    rows = connection.execute(select(table.principal, table.key, table.body).where(faulty))
    found = []
    for principal, key, text in rows if subjects else ():
        told = json.loads(text)
        without = _without(told, subjects)
        if without != told:
            found.append(Quote(principal, key, without))
    return tuple(found)


def erase_quotes(connection: Connection, quotes: Collection[Quote]) -> int:
    """Takes what is quoted out of kept answers, which stay; returns how many they are."""
    erase_for_good(connection)
    table = idempotency.c
    for quote in quotes:
        mine = (table.principal == quote.principal) & (table.key == quote.key)
        text = json.dumps(quote.body, ensure_ascii=False, separators=(",", ":"))
        connection.execute(update(idempotency).where(mine).values(body=text))
    return len(quotes)


def _without(told: dict[str, Any], subjects: Collection[Subject]) -> dict[str, Any]:
    errors = [_fault_without(fault, subjects) for fault in told["errors"]]
    if errors == told["errors"]:
        return told
    # A refusal says its first fault in its detail too.
    return told | {"errors": errors} | ({"detail": ERASED} if "detail" in told else {})


def _fault_without(fault: dict[str, Any], subjects: Collection[Subject]) -> dict[str, Any]:
    quote, texts = str(fault.get("input")), tuple(_texts(fault))
    is_cut = fault.get("column") in OF_PERSONS and len(quote) >= CUT
    for subject in subjects:
        if any(map(subject.is_in, texts)) or (is_cut and subject.may_end(quote)):
            return fault | {"input": None, "message": ERASED}
    return fault


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, int | float):
        # A telephone of a spreadsheet may have become a number.
        yield str(value)
