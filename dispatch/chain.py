"""
The chain of a zone's log: each entry's hash covers the hash before it.

Whoever changes, takes out or puts in an entry has to change every hash after it; whoever cuts the
end off, the head that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COVERED = ("seq", "at", "recorded_at", "kind", "body", "subjects", "actor")
"""The columns of an entry that its hash covers, besides the zone and the hash before."""

START = ""
"""The hash before the first entry."""


def link(before: str, zone: str, entry: Mapping[str, Any]) -> str:
    """
    Returns the hash of an entry that follows one with the hash ``before``, 64 hexadecimal digits.

    SHA-256 (FIPS 180-4) of the JSON of all that is covered, in the order of :data:`COVERED`.
    """
    covered = [before, zone, *(entry[name] for name in COVERED)]
    # Sorted: what a database gives back need not keep the order of keys.
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def chained(before: str, zone: str, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns entries that follow one with the hash ``before``, each with its own."""
    linked = []
    for entry in entries:
        before = link(before, zone, entry)
        linked.append({**entry, "hash": before})
    return linked
