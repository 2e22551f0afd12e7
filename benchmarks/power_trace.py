"""
What a program told the disk, and what of it a disk without power may have.

The trace is that of ``strace -y -xx``. Until a file is synced each write to it may be on the disk
or not, in any order, and one that is under way may be there in part, by sectors.

References
----------
T. S. Pillai et al. (2014). *All File Systems Are Not Created Equal: On the Complexity of Crafting
Crash-Consistent Applications*, OSDI 14, 433-448: states from a trace of calls, unsynced writes
dropped, reordered and torn.
https://www.sqlite.org/testing.html, section 3.3: the same for SQLite by a file system in between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""

CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+=\s+(-?\d+)")
FILE = re.compile(r"^\d+<([^>]*)>")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Kind(StrEnum):
    """What a call does."""

    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    UNLINK = "unlink"
    SAY = "say"


@dataclass(frozen=True, slots=True)
class Call:
    """One call: ``data`` at ``at`` of a file by name, a new length in ``at``, or what was said."""

    kind: Kind
    name: str = ""
    at: int = 0
    data: bytes = b""


def read_trace(lines: Iterable[str], folder: str) -> Iterator[Call]:
    """
    Yields the calls about files of a folder, and what was written to standard output.

    Raises ValueError for a call on such a file that is not understood.
    """
    for line in lines:
        match = CALL.match(line)
        if match is None or int(match[3]) < 0:
            continue
        name, arguments = match[1], match[2]
        if name == "unlink":
            path = _plain(TEXT.search(arguments))
            if path.startswith(folder):
                yield Call(Kind.UNLINK, path)
            continue
        file = FILE.match(arguments)
        if file is None:
            continue
        path = bytes.fromhex(file[1].replace("\\x", "")).decode()
        if path.startswith(folder):
            yield _call(name, path, arguments, line)
        elif name == "write" and arguments.startswith("1<"):
            yield Call(Kind.SAY, data=_plain(TEXT.search(arguments)).encode())


def _call(name: str, path: str, arguments: str, line: str) -> Call:
    if name in ("fdatasync", "fsync"):
        return Call(Kind.SYNC, path)
    last = int(arguments.rsplit(", ", 1)[1])
    if name == "ftruncate":
        return Call(Kind.TRUNCATE, path, last)
    text = TEXT.search(arguments)
    if name == "pwrite64" and text is not None:
        return Call(Kind.WRITE, path, last, bytes.fromhex(text[1].replace("\\x", "")))
    raise ValueError(f"Not understood: {line[:200]}")


def _plain(match: re.Match[str] | None) -> str:
    return "" if match is None else bytes.fromhex(match[1].replace("\\x", "")).decode()


@dataclass
class Disk:
    """
    Files as they surely are on the disk, and what may be, in order; changes call by call.

    ``said`` are the lines that somebody outside has read.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    open: dict[str, list[Call]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def do(self, call: Call) -> None:
        """Takes in a call that returned."""
        if call.kind is Kind.SAY:
            self.said += call.data.decode().split("\n")[:-1]
        elif call.kind is Kind.SYNC:
            self.files[call.name] = played(self._file(call.name), self.open.pop(call.name, ()))
        elif call.kind is Kind.UNLINK:
            self.files.pop(call.name, None)
            self.open.pop(call.name, None)
        else:
            self.open.setdefault(call.name, []).append(call)

    def states(self, rng: random.Random, mixed: int) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yields what may be there after a crash now, and what happened to the unsynced writes."""
        yield "dropped", self._with({})
        if not any(self.open.values()):
            return
        yield "kept", self._with(self.open)
        for _ in range(mixed):
            some = {name: [c for c in calls if rng.random() < 0.5] for name, calls in self._sorted}
            yield "reordered", self._with(some)
            yield "torn", self._with({name: torn(calls, rng) for name, calls in self._sorted})

    @property
    def _sorted(self) -> list[tuple[str, list[Call]]]:
        return sorted(self.open.items())

    def _with(self, some: Mapping[str, Sequence[Call]]) -> Mapping[str, bytes]:
        names = self.files.keys() | some.keys()
        return {name: played(self._file(name), some.get(name, ())) for name in names}

    def _file(self, name: str) -> bytes:
        return self.files.get(name, b"")


def torn(calls: Sequence[Call], rng: random.Random) -> list[Call]:
    """Returns calls up to one of them, of which some sectors are there."""
    if not calls:
        return []
    last = rng.randrange(len(calls))
    call, whole = calls[last], list(calls[:last])
    if call.kind is not Kind.WRITE:
        return whole
    parts = range(0, len(call.data), SECTOR)
    there = [at for at in parts if rng.random() < 0.5]
    return whole + [
        Call(Kind.WRITE, call.name, call.at + at, call.data[at : at + SECTOR]) for at in there
    ]


def played(data: bytes, calls: Sequence[Call]) -> bytes:
    """Returns a file's bytes after writes and truncations; a gap is zeros."""
    if not calls:
        return data
    bytes_ = bytearray(data)
    for call in calls:
        if call.kind is Kind.TRUNCATE:
            del bytes_[call.at :]
            bytes_.extend(bytes(call.at - len(bytes_)))
        else:
            bytes_.extend(bytes(max(0, call.at - len(bytes_))))
            bytes_[call.at : call.at + len(call.data)] = call.data
    return bytes(bytes_)
