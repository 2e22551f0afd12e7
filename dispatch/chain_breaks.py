"""
What is wrong where the chain of a log breaks, as far as the entries around the break tell.

Whoever tampers with a log may leave the hashes as they are, or make some anew; each leaves another
trace in the entries that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dispatch.chain import link

if TYPE_CHECKING:
    from collections.abc import Mapping

    Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    Something in a database that cannot be so: its kind, the number of the entry, and in words.

    ``seq`` None: it is about no single entry. ``means`` is what must have happened.
    """

    kind: str
    seq: int | None
    what: str
    means: str


@dataclass(frozen=True, slots=True)
class Links:
    """The end of what is sound: the number and hash of the last entry, the hash before it."""

    seq: int
    hash: str
    before: str


def broken(zone: str, sound: Links, entry: Entry, after: Entry | None) -> Fault | None:
    """
    Returns what is wrong with an entry that should follow, None if it does.

    ``after`` is the entry behind it, None where it is the last.
    """
    if entry["seq"] != sound.seq + 1:
        return _gap(sound.seq, entry["seq"])
    computed = link(sound.hash, zone, entry)
    if computed == entry["hash"]:
        return None
    return _unlinked(zone, sound, entry, after, computed)


def _gap(last: int, seq: int) -> Fault:
    if seq <= last:
        return Fault(
            "put-in", seq, f"There is an entry {seq} before number 1.", "An entry was put in."
        )
    missing = f"{last + 1}" if seq == last + 2 else f"{last + 1} to {seq - 1}"
    what = f"After {last} comes {seq}: {missing} missing."
    return Fault("taken-out", last + 1, what, "Entries were taken out of the log.")


def _unlinked(zone: str, sound: Links, entry: Entry, after: Entry | None, computed: str) -> Fault:
    seq = entry["seq"]
    what = f"The hash of entry {seq} is {entry['hash'][:12]}…, by its content {computed[:12]}…"
    # The same entry under the number below, behind the hash before: what is sound has one too many.
    if sound.seq and link(sound.before, zone, {**entry, "seq": seq - 1}) == entry["hash"]:
        means = (
            f"Entry {sound.seq} was put in, with a hash of its own, and what follows renumbered."
        )
        return Fault("put-in", sound.seq, what, means)
    if after is None:
        means = "The last entry was changed, or it is not the one that was written there."
        return Fault("changed", seq, what, means)
    if link(sound.hash, zone, {**after, "seq": after["seq"] - 1}) == after["hash"]:
        return Fault("put-in", seq, what, "The entry was put in and what follows renumbered.")
    if link(entry["hash"], zone, {**after, "seq": after["seq"] + 1}) == after["hash"]:
        return Fault(
            "taken-out", seq, what, "The entry here was taken out and what follows renumbered."
        )
    if link(computed, zone, after) == after["hash"]:
        means = "Only its hash was changed: the entry is the one that was written."
        return Fault("hash-changed", seq, what, means)
    if link(entry["hash"], zone, after) == after["hash"]:
        means = "The entry was changed" + (
            f", or entry {sound.seq} was and got a new hash." if sound.seq else "."
        )
        return Fault("changed", seq, what, means)
    return Fault("changed", seq, what, "This entry and others around it were changed.")
