"""
What must always hold, checked after each commit, each restart and each event that somebody heard.

All of it is read from the database by a connection of its own, or from what clients were answered.
"""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from benchmarks.simulator_ledger import OPEN, Ledger
from dispatch.chain import COVERED, START, link
from dispatch.codec import dumps, loads, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.zone import Room, Zone
    from benchmarks.simulator_loop import Life
    from benchmarks.simulator_world import World

UNTOLD = frozenset({"quote_given", "hold_lapsed", "desks_replaced", "desk_put"})
"""Kinds of events that no stream tells."""

OWN_NAMES = frozenset({"breach_foreseen", "webhook_disabled"})
"""Kinds of events that webhooks are told of by their own name."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a client was answered about an order."""

    external: str
    deadline: int | None
    drops: tuple[str, ...]


class Checks:
    """What was seen of a zone so far. Mutable: it grows with the log, and outlives all crashes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._check = world.journal.check
        self.ledger = Ledger(self._check)
        self.kinds = [""]
        self.names = [""]
        self.orders: dict[str, Told] = {}
        self.cancelled: set[str] = set()
        self.answers: dict[tuple[str, str], tuple[str, str]] = {}
        self.taps: dict[tuple[str, str], tuple[str, str]] = {}
        self.commits = 0
        self._hash, self._hashes = START, [START]
        self._version, self._plan = 0, ""
        self._epoch, self._holder = 0, 0
        self._rowid = 0
        self._reader: sqlite3.Connection | None = None

    @property
    def head(self) -> int:
        """The number of the last event that was committed."""
        return len(self.kinds) - 1

    def begin(self, _: Life) -> None:
        """A process begins: its database may be another file."""
        self.close()

    def close(self) -> None:
        """Ends the use of the database."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """Returns what is committed now; nothing where there are no tables yet."""
        if self._reader is None:
            url = f"file:{self._world.service.path}?mode=ro"
            self._reader = sqlite3.Connection(url, uri=True, isolation_level=None)
            self._reader.row_factory = sqlite3.Row
        try:
            return self._reader.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "no such column" in str(error):
                return []
            raise

    def committed(self, life: Life) -> None:
        """Looks at what a commit of a process brought, right after it."""
        self.commits += 1
        if not self.rows("SELECT 1 FROM alembic_version"):
            return
        rows = self.rows("SELECT epoch, head_seq, head_hash, plan_version FROM zone")
        if not rows:
            return
        zone = rows[0]
        self._check("I5 epochs rise", zone["epoch"] >= self._epoch, f"{zone['epoch']}")
        if zone["epoch"] > self._epoch:
            self._epoch, self._holder = zone["epoch"], life.number
        brought = self._log(life)
        self._taps()
        ends = (zone["head_seq"], zone["head_hash"], zone["plan_version"])
        mine = (self.head, self._hash, self._version)
        self._check("I5 the zone is at the end of its log", ends == mine, f"{ends}, {mine}")
        if brought:
            self._world.journal.note("commit", f"{life.number} {self.head} {self._hash[:12]}")

    def _log(self, life: Life) -> bool:
        names = ", ".join(("hash", *COVERED))
        rows = self.rows(f"SELECT {names} FROM event WHERE seq > ? ORDER BY seq", self.head)  # noqa: S608
        # One that was paused may go on until the next has its epoch; nobody may without one.
        fits = life.number == self._holder or not rows
        newest = life is self._world.service.life
        self._check("I5 an old process writes no more", newest or fits, str(life.number))
        self._check("I5 an epoch for each life", fits, str(life.number))
        for row in rows:
            entry = {name: row[name] for name in COVERED}
            entry |= {name: loads(row[name]) for name in ("body", "subjects")}
            follows = row["seq"] == self.head + 1
            self._check("I5 no gap", follows, f"{row['seq']} after {self.head}")
            found = link(self._hash, self._world.zone, entry)
            self._check("the chain holds", found == row["hash"], f"entry {row['seq']}")
            self._hash = row["hash"]
            self._hashes.append(row["hash"])
            self.kinds.append(row["kind"])
            self.names.append(_fact(row["kind"], entry["subjects"]))
            self._world.journal.note("event", f"{row['seq']} {row['kind']}")
            self.ledger.follow(row["kind"], entry["body"])
            if row["kind"] == "plan_published":
                self._plan_of(entry["body"]["version"])
        return bool(rows)

    def _taps(self) -> None:
        rows = self.rows(
            "SELECT rowid, courier, action_id, result, reason FROM courier_action WHERE rowid > ?",
            self._rowid,
        )
        for row in rows:
            self._rowid = row["rowid"]
            self.taps[row["courier"], row["action_id"]] = row["result"], row["reason"]
            self.ledger.taps[row["courier"]] -= 1
        for courier, more in self.ledger.taps.items():
            text = f"{courier}: {more} more effects than taps"
            self._check("I4 each tap takes effect once", more == 0, text)
        self.ledger.taps.clear()

    def _plan_of(self, version: int) -> None:
        rows = self.rows("SELECT epoch, body FROM plan WHERE version = ?", version)
        self._check("I5 plans rise", version > self._version, f"{version} after {self._version}")
        self._check("I5 plans are kept", len(rows) == 1, f"{version}")
        for row in rows:
            mine = row["epoch"] == self._epoch
            self._check("I5 plans of this epoch", mine, f"{version}: epoch {row['epoch']}")
            plan = loads(zlib.decompress(row["body"]))
            self._version, self._plan = version, _digest(plan)
            self.ledger.judge(plan)
            self._world.journal.note("plan", f"{version} {self._plan[:12]}")

    async def restarted(self, zone: Zone) -> None:
        """Looks at a process that just opened the zone: it must go on where the last one was."""

        def look(room: Room) -> None:
            state = room.dispatcher.state
            self._check(
                "I2 the plan is the last one committed",
                not self._version or _digest(to_json(room.dispatcher.plan)) == self._plan,
                f"version {room.dispatcher.plan.version}, {self._version} was committed",
            )
            fold = room.database.fold(room.zone, zone.settings.stores())
            same = replace(state, services=fold.services) == fold
            self._check("I6 the tables are the fold of the log", same, "")
            self.look_back()

        await zone.ask(look, wake=False)

    def look_back(self) -> None:
        """Checks that all that was committed, and all that was answered, is there as it was."""
        hashes = [row["hash"] for row in self.rows("SELECT hash FROM event ORDER BY seq")]
        there = hashes[: self.head] == self._hashes[1:]
        self._check("I1 what was committed is there", there, f"{len(hashes)} of {self.head}")
        stored = self.rows("SELECT courier, action_id, result, reason FROM courier_action")
        now = {(r["courier"], r["action_id"]): (r["result"], r["reason"]) for r in stored}
        self._check("I4 stored answers never change", now == self.taps, "")
        for key, answer in self.answers.items():
            self._check("I4 answers to taps are kept", now.get(key) == answer, f"{key}: {answer}")
        orders = {r["id"]: loads(r["body"]) for r in self.rows("SELECT id, body FROM orders")}
        for name, told in self.orders.items():
            self._look_at(name, told, orders.get(name))
        self._world.hooks.look_back()

    def _look_at(self, name: str, told: Told, found: dict[str, Any] | None) -> None:
        self._check("I1 an order answered is there", found is not None, f"{name} {told}")
        if found is None:
            return
        same = (found["external_id"], tuple(found["drops"])) == (told.external, told.drops)
        kept = self.ledger.orders[name].moved or found["deadline"] == told.deadline
        self._check("I1 with its promise", same and kept, f"{name}: {told}, {found['deadline']}")
        cancelled = name not in self.cancelled or found["cancelled_at"] is not None
        self._check("I1 cancelled stays cancelled", cancelled, name)

    def answered_tap(self, courier: str, action: str, result: str, reason: str) -> None:
        """Hears what a phone was answered about a tap, of a duplicate what it was at first."""
        key = courier, action
        self._check("I1 answers are durable", key in self.taps, f"{key} {result}")
        stored = self.taps.get(key, ("", ""))
        self._check("I4 one answer", stored == (result, reason), f"{key}: {result}, {stored}")
        self.answers.setdefault(key, (result, reason))

    def answered_order(self, name: str, told: Told) -> None:
        """Hears what somebody was answered about an order."""
        self._check("I1 answers are durable", name in self.ledger.orders, name)
        before = self.orders.setdefault(name, told)
        same = (before.external, before.drops) == (told.external, told.drops)
        self._check("I1 one order for one external id", same, f"{before}, {told}")

    def heard(self, who: str, seq: int, last: int) -> None:
        """Hears that a stream told of an event after another."""
        self._check("I5 told after its commit", seq <= self.head, f"{who}: {seq}")
        self._check("I5 told once, in order", seq > last, f"{who}: {seq} after {last}")
        missed = [n for n in range(last + 1, min(seq, self.head)) if self.kinds[n] not in UNTOLD]
        self._check("I5 nothing untold", not missed, f"{who}: {missed} before {seq}")

    def stands(self, who: str, seq: int, last: int) -> None:
        """Hears that a stream stands at an event, with nothing to tell since another."""
        untold = [n for n in range(last + 1, min(seq, self.head) + 1) if self.kinds[n] in UNTOLD]
        self._check("I5 nothing untold", len(untold) == seq - last, f"{who}: {last} to {seq}")

    def last_told(self) -> int:
        """Returns the number of the last event that streams tell."""
        return max(n for n, kind in enumerate(self.kinds) if kind not in UNTOLD)

    def unsettled(self) -> list[str]:
        """Returns the orders that are not over yet."""
        drops = self.ledger.drops
        return [
            name
            for name, order in self.ledger.orders.items()
            if any(drops[drop].status in OPEN for drop in order.drops)
        ]

    def settled(self) -> None:
        """At the end: each promise was kept, or broken with a word, or its order cancelled."""
        for name, order in self.ledger.orders.items():
            ends = [self.ledger.drops[drop].closed_at for drop in order.drops]
            late = order.deadline is not None and any(
                end is not None and end > order.deadline for end in ends
            )
            # A clock that was stopped in time, and stands when all is over, never came to it.
            stood = order.paused_at is not None and order.paused_at <= (order.deadline or 0)
            spoken = not late or order.breached or order.cancelled or stood
            self._check("I9 late with an event", spoken, f"{name}: {ends} {order}")
        (verdict,) = self.rows("PRAGMA integrity_check")
        self._check("the file is whole", verdict[0] == "ok", verdict[0])
        self.look_back()


def _fact(kind: str, subjects: Sequence[str]) -> str:
    """Returns what webhooks call an event, empty where they are not told."""
    if kind in UNTOLD or kind in OWN_NAMES:
        return "" if kind in UNTOLD else kind
    if kind == "plan_published":
        return "plan"
    about = {subject[:2] for subject in subjects}
    return "order" if "o_" in about else "traffic" if "t_" in about else "courier"


def _digest(plan: object) -> str:
    return sha256(dumps(plan).encode()).hexdigest()
