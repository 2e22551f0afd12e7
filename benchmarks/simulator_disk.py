"""
The disk under a simulated service: commits that fail, a disk that is full, the moment of a crash.

Whatever the program does with its database goes through the connections it opens, so that nothing
has to be known here of how its store is made.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.simulator_loop import LIFE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.simulator_world import World

UNBOUNDED = 1_073_741_823
"""SQLite's own limit of a database, in pages."""


class Disk(sqlite3.Connection):
    """A connection of a simulated program: each of its commits may fail, or be its last."""

    world: World

    def __init__(self, database: str, *args: Any, **rest: Any) -> None:
        super().__init__(database, *args, **rest)
        self.life = LIFE.get()
        self.writes = "mode=ro" not in database
        if self.writes:
            self.world.service.opened(self)

    def commit(self) -> None:
        """Commits, unless the disk refuses, or the program is killed before; or right after."""
        is_dead = self.life is None or self.life.ended
        if self.life is None or is_dead or not self.writes or not self.in_transaction:
            super().commit()
            return
        self.world.service.strikes("before the commit", self.life)
        if self.world.service.is_broken:
            raise sqlite3.OperationalError("disk I/O error")
        super().commit()
        self.world.checks.committed(self.life)
        self.world.service.strikes("after the commit", self.life)

    def fill(self, *, full: bool) -> None:
        """Lets the file grow no more, or again."""
        pages = self.execute("PRAGMA page_count").fetchone()[0] if full else UNBOUNDED
        self.execute(f"PRAGMA max_page_count = {pages}")


@contextmanager
def simulated(world: World) -> Iterator[None]:
    """Lets the databases that are opened inside be those of a world, and secrets its seed's."""
    connect = sqlite3.connect
    drawn = world.rng("secrets").randbytes
    of_world = type("DiskOfWorld", (Disk,), {"world": world})

    def opened(*args: Any, **rest: Any) -> Any:
        return connect(*args, **{"factory": of_world, **rest})

    with (
        patch.object(sqlite3, "connect", opened),
        patch.object(secrets, "token_hex", lambda size: drawn(size).hex()),
        patch.object(secrets, "token_bytes", drawn),
    ):
        yield
