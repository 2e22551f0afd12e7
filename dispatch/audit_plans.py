"""
Whether the plans of a zone are those that its log says were published.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from dispatch import schema
from dispatch.chain_breaks import Fault
from dispatch.records import PLAN_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from dispatch.stored import Zone


@dataclass(slots=True)
class Plans:
    """The plans seen so far in a log; mutable because it goes on."""

    version: int = 0
    epoch: int = 0
    published: int = 0
    wrong: list[Fault] = field(default_factory=list)

    def take(self, connection: Connection, zone: str, entries: Sequence[Mapping[str, Any]]) -> None:
        """Looks at the plans that rows of the log tell of."""
        table = schema.plans.c
        within = select(table.version, table.seq, table.epoch).where(
            table.zone == zone, table.seq >= entries[0]["seq"], table.seq <= entries[-1]["seq"]
        )
        stored = {row.seq: (row.version, row.epoch) for row in connection.execute(within)}
        for entry in entries:
            if entry["kind"] == PLAN_PUBLISHED:
                self._see(entry["seq"], entry["body"]["version"], stored.get(entry["seq"]))

    def _see(self, seq: int, version: int, stored: tuple[int, int] | None) -> None:
        self.published += 1
        if version <= self.version:
            what = f"Entry {seq} publishes plan {version} after plan {self.version}."
            self.wrong.append(Fault("version", seq, what, "Versions of plans did not rise."))
        if stored is None or stored[0] != version:
            what = f"Entry {seq} publishes plan {version}, which is not stored with that number."
            self.wrong.append(Fault("plan", seq, what, "A plan was taken out or changed."))
        elif stored[1] < self.epoch:
            what = f"Plan {version} is of epoch {stored[1]}, the one before of {self.epoch}."
            means = "A program that was superseded wrote over a newer one."
            self.wrong.append(Fault("epoch", seq, what, means))
        self.version = version
        self.epoch = max(self.epoch, stored[1] if stored else 0)

    def faults(self, connection: Connection, zone: str, found: Zone) -> Iterator[Fault]:
        """Yields what is wrong with the plans, once the whole log was seen."""
        yield from self.wrong
        of_zone = schema.plans.c.zone == zone
        stored = connection.scalar(select(func.count()).select_from(schema.plans).where(of_zone))
        if stored != self.published and not self.wrong:
            what = f"{stored} plans are stored, the log publishes {self.published}."
            yield Fault("plan", None, what, "A plan was put in without an entry.")
        if found.plan_version != self.version:
            what = f"The zone is at plan {found.plan_version}, its log at {self.version}."
            yield Fault("plan", None, what, "The zone's note of its last plan was changed.")
        if self.epoch > found.epoch:
            what = f"A plan is of epoch {self.epoch}, the zone of {found.epoch}."
            yield Fault("epoch", None, what, "The zone's epoch was set back.")
