"""
Whether the log of a zone is whole, and everything else in the database follows from it.

The log is a chain (`dispatch.chain`): its head, noted elsewhere, tells later whether its end was
cut off or all of it written anew. The tables of the state must be what folding the log gives, and
each plan the one that its entry names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from dispatch import schema
from dispatch.audit_plans import Plans
from dispatch.audit_tables import table_faults
from dispatch.beside import check_zone
from dispatch.chain import START
from dispatch.chain_breaks import Fault, Links, broken
from dispatch.errors import InvalidRequest
from dispatch.folding import Folding
from dispatch.stored import read_entries, read_zone
from dispatch.storing import UNLINKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from dispatch.stored import Zone

PART = 2000
"""Entries read at a time."""

RECHAINED = "log_rechained"
"""The kind of the entry by which an upgrade tells that it made the hashes anew."""

Tell = Callable[[int, int], None]
"""Is told how many entries of how many are done."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: how many entries, and the hash of the last."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Head:
        """Returns the head that ``SEQ:HASH`` names; raises InvalidRequest for another text."""
        seq, _, digest = text.strip().partition(":")
        is_hash = len(digest) == 64 and set(digest) <= set("0123456789abcdef")
        if not (seq.isascii() and seq.isdigit() and int(seq) > 0 and is_hash):
            raise InvalidRequest(
                f"{text!r} is no head of a log.",
                at="--head",
                cure="Give what `dispatch audit head` printed: SEQ:HASH.",
                value=text,
            )
        return cls(int(seq), digest)


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what is wrong with it; nothing where there are no faults."""

    zone: str
    entries: int
    plans: int
    head: Head
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Walk:
    """How far a log was found sound; mutable because it goes on."""

    links: Links = field(default_factory=lambda: Links(0, START, START))
    entries: int = 0
    linked: int = 0
    folding: Folding = field(default_factory=Folding)
    plans: Plans = field(default_factory=Plans)
    unreadable: Fault | None = None
    rewritten: Fault | None = None
    broken_before: Fault | None = None


def audit(
    connection: Connection,
    zone: str,
    noted: Head | None = None,
    tell: Tell = lambda done, of: None,
) -> Audit:
    """
    Returns what is wrong with a zone: the first break of its log, or all that contradicts the log.

    ``noted`` is the head of an earlier day. Reads the log in parts; memory is that of the orders
    still open, and a line for each closed one. Raises InvalidRequest for a zone that is not there.
    """
    check_zone(connection, zone)
    found = read_zone(connection, zone)
    walk = _Walk()
    break_ = _walked(connection, zone, found, walk, noted, tell)
    faults: tuple[Fault, ...] = (break_,) if break_ else ()
    if break_ is None:
        faults = tuple(_contradictions(connection, zone, found, walk))
    head = Head(walk.links.seq, walk.links.hash)
    return Audit(zone, walk.entries, walk.plans.published, head, faults)


def head_of(connection: Connection, zone: str) -> Head:
    """Returns the end of a zone's log; raises InvalidRequest for a zone that is not there."""
    check_zone(connection, zone)
    found = read_zone(connection, zone)
    return Head(found.head_seq, found.head_hash)


def parts(connection: Connection, zone: str, after: int = -1) -> Iterator[list[dict[str, Any]]]:
    """Yields the entries of a log in parts; from before number 1, where nothing should be."""
    while part := read_entries(connection, zone, after, PART):
        yield part
        after = part[-1]["seq"]


def _walked(
    connection: Connection, zone: str, found: Zone, walk: _Walk, noted: Head | None, tell: Tell
) -> Fault | None:
    """Returns the first break of the log, None for a whole one."""
    for part in parts(connection, zone):
        fault = _linked(connection, zone, walk, part, noted)
        if fault is not None:
            return fault
        _folded(walk, part)
        walk.plans.take(connection, zone, part)
        tell(walk.entries, max(walk.entries, found.head_seq))
    return walk.broken_before or walk.rewritten or _cut(walk.links, found, noted)


def _linked(
    connection: Connection,
    zone: str,
    walk: _Walk,
    part: Sequence[Mapping[str, Any]],
    noted: Head | None,
) -> Fault | None:
    for i, entry in enumerate(part):
        last = i + 1 == len(part)
        # Looked up only where it is needed: at a break.
        fault = broken(zone, walk.links, entry, None if last else part[i + 1])
        if fault is not None and last:
            after = read_entries(connection, zone, entry["seq"], 1)
            fault = broken(zone, walk.links, entry, after[0] if after else None)
        if fault is not None:
            return fault
        walk.links = Links(entry["seq"], entry["hash"], walk.links.hash)
        walk.entries += 1
        walk.linked += 0 if entry["kind"] in UNLINKED else len(entry["subjects"])
        if noted is not None and noted.seq == entry["seq"] and noted.hash != entry["hash"]:
            what = f"The hash of entry {noted.seq} is {entry['hash'][:12]}…, noted was another."
            means = "An entry up to there was changed and all hashes after it made anew."
            walk.rewritten = Fault("rewritten", noted.seq, what, means)
        if entry["kind"] == RECHAINED:
            _rechained(walk, entry, noted)
    return None


def _rechained(walk: _Walk, entry: Mapping[str, Any], noted: Head | None) -> None:
    """Takes note of an upgrade that made the hashes up to here anew, and told what they were."""
    told = entry["body"]
    if told.get("broken") is not None:
        what = f"Entry {told['broken']} did not fit its hash before entry {entry['seq']}."
        means = "An entry there was changed before an upgrade made all hashes anew."
        walk.broken_before = Fault("changed", told["broken"], what, means)
    if walk.rewritten is not None and noted is not None and noted.seq <= told["seq"]:
        # Whoever rewrote the log could have put this entry in as well: it excuses nothing.
        same = "this very head" if noted == Head(told["seq"], told["head"]) else "another head"
        means = (
            f"Entry {entry['seq']} says that an upgrade of the program did it, and names {same} "
            f"({told['seq']}:{told['head']}): if you upgraded then, note the head of now."
        )
        walk.rewritten = replace(walk.rewritten, means=means)


def _cut(links: Links, found: Zone, noted: Head | None) -> Fault | None:
    """Returns what is wrong with the end of a log whose entries are sound."""
    if noted is not None and noted.seq > links.seq:
        what = f"The log ends with {links.seq}; noted was {noted.seq}."
        return Fault("cut-off", links.seq + 1, what, "The end of the log was cut off.")
    if found.head_seq > links.seq:
        what = f"The log ends with {links.seq}; the zone counted {found.head_seq}."
        return Fault("cut-off", links.seq + 1, what, "The end of the log was cut off.")
    if found.head_seq < links.seq:
        what = f"The log ends with {links.seq}; the zone counted {found.head_seq}."
        return Fault("put-in", found.head_seq + 1, what, "Entries were put in at the end.")
    if found.head_hash != links.hash:
        what = f"The last entry's hash is {links.hash[:12]}…, the zone's {found.head_hash[:12]}…"
        means = "The last entry was changed together with its hash, or the zone's note of it."
        return Fault("changed", links.seq or None, what, means)
    return None


def _folded(walk: _Walk, part: Sequence[Mapping[str, Any]]) -> None:
    if walk.unreadable is None:
        try:
            walk.folding.take(part)
        except (KeyError, ValueError) as error:
            what = f"Between {part[0]['seq']} and {part[-1]['seq']}: {error}."
            means = "An entry is about what no entry brought, or of a kind not known here."
            walk.unreadable = Fault("unreadable", part[0]["seq"], what, means)


def _contradictions(connection: Connection, zone: str, found: Zone, walk: _Walk) -> Iterator[Fault]:
    yield from walk.plans.faults(connection, zone, found)
    linked = connection.scalar(
        select(func.count())
        .select_from(schema.event_subjects)
        .where(schema.event_subjects.c.zone == zone)
    )
    if linked != walk.linked:
        what = f"The entries name {walk.linked} subjects, the index of them has {linked}."
        yield Fault("index", None, what, "Histories of orders and couriers are not complete.")
    if walk.unreadable is not None:
        yield walk.unreadable
    else:
        yield from table_faults(connection, zone, found, walk.folding)
