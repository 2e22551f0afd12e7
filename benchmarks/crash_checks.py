"""
What must hold after whatever befell a service: nothing that was answered is lost (DESIGN, I1-I9).

The log is followed as it grows, beside the service: its chain, where goods are by the rules of the
simulator's ledger, each plan as it was published, and by which epoch. From time to time all tables
are compared with the fold of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from benchmarks.simulator_ledger import Ledger
from dispatch import schema
from dispatch.audit import parts
from dispatch.beside import beside
from dispatch.chain import START, link
from dispatch.checking import check_database
from dispatch.codec import to_json
from dispatch.stored import read_plan, read_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from benchmarks.crash_clients import Told
    from benchmarks.service import Service

SAMPLE = 5
"""Orders that are asked for by HTTP after each restart, of those told last."""


class Follower:
    """
    One zone's log as far as it was followed; ``lost`` and ``violations`` say what did not hold.

    Mutable: it follows.
    """

    def __init__(self, url: str, zone: str) -> None:
        self.lost: list[str] = []
        self.violations: list[str] = []
        self.version = self.seq = 0
        self._url, self._zone = url, zone
        self._hash, self._epoch, self._taps_before = START, 0, 0
        self._ledger = Ledger(self.check)
        self._deadlines: dict[str, int | None] = {}

    def check(self, name: str, holds: bool, text: str) -> None:
        """Notes by name that something does not hold, unless it does."""
        if not holds:
            self.violations.append(f"{name}: {text}")

    def _kept(self, name: str, holds: bool, text: str) -> None:
        if not holds:
            self.lost.append(f"{name}: {text}")

    def follow(self, told: Told) -> None:
        """Looks at what the log has by now, and at all that anybody was told."""
        with beside(self._url) as connection:
            self._follow_log(connection)
            stored = self._taps(connection)
        for name, placed in told.orders.items():
            self._look_at(name, placed)
        for name in told.cancelled:
            cancelled = name in self._ledger.orders and self._ledger.orders[name].cancelled
            self._kept("I1 cancelled stays cancelled", cancelled, name)
        for key, answer in told.taps.items():
            found = stored.get(key)
            self._kept("I4 answers to taps are kept", found == answer, f"{key}: {answer}, {found}")
        for text in told.unforeseen:
            self.check("answers are as foreseen", False, text)
        told.unforeseen.clear()

    def _follow_log(self, connection: Connection) -> None:
        zone = read_zone(connection, self._zone)
        self.check("I5 epochs rise", zone.epoch >= self._epoch, f"{zone.epoch}")
        there = zone.head_seq >= self.seq
        self._kept("I1 what was committed is there", there, f"{zone.head_seq} of {self.seq}")
        for part in parts(connection, self._zone, max(0, self.seq - 1)):
            for entry in part:
                self._take(connection, entry)
        ends = zone.head_seq, zone.head_hash, zone.plan_version
        mine = self.seq, self._hash, self.version
        self.check("I5 the zone is at the end of its log", ends == mine, f"{ends}, {mine}")

    def _take(self, connection: Connection, entry: Mapping[str, Any]) -> None:
        if entry["seq"] == self.seq:
            # Where it was followed to is there still, and the same.
            self._kept("I1 what was committed is there", entry["hash"] == self._hash, f"{self.seq}")
            return
        self.check("I5 no gap", entry["seq"] == self.seq + 1, f"{entry['seq']} after {self.seq}")
        found = link(self._hash, self._zone, entry)
        self.check("the chain holds", found == entry["hash"], f"entry {entry['seq']}")
        self.seq, self._hash = entry["seq"], entry["hash"]
        self._ledger.follow(entry["kind"], entry["body"])
        if entry["kind"] == "plan_published":
            self._judge(connection, entry["body"]["version"])

    def _judge(self, connection: Connection, version: int) -> None:
        plans = schema.plans.c
        epoch = connection.scalar(
            select(plans.epoch).where(plans.zone == self._zone, plans.version == version)
        )
        plan = read_plan(connection, self._zone, version)
        self.check("I5 plans rise", version > self.version, f"{version} after {self.version}")
        self.check("I5 plans are kept", plan is not None, f"{version}")
        if plan is None or epoch is None:
            return
        rises = epoch >= self._epoch
        self.check("I5 no plan of an old epoch", rises, f"{version}: {epoch}, {self._epoch}")
        self.version, self._epoch = version, epoch
        self._ledger.judge(to_json(plan))

    def _taps(self, connection: Connection) -> dict[tuple[str, str], tuple[str, str]]:
        taps = schema.courier_actions.c
        rows = connection.execute(select(taps.courier, taps.action_id, taps.result, taps.reason))
        stored = {(row[0], row[1]): (row[2], row[3]) for row in rows}
        effects = self._ledger.taps.total()
        self.check(
            "I4 each tap takes effect once",
            effects == len(stored),
            f"{effects} effects of {len(stored)} taps",
        )
        return stored

    def _look_at(self, name: str, placed: Mapping[str, Any]) -> None:
        found = self._ledger.orders.get(name)
        self._kept("I1 an order answered is there", found is not None, name)
        if found is None:
            return
        drops = tuple(drop["id"] for drop in placed["drops"])
        same = (found.external, found.drops) == (placed["external_id"], drops)
        self._kept("I1 as it was answered", same, f"{name}: {found}, {placed}")

    def restarted(self, service: Service, told: Told) -> None:
        """
        Looks at a service that came back, with nobody else asking: its plan is the last one that
        was committed, its orders have their promises, and taps sent again take no effect again.
        """
        plan = service.ask("GET", "/v1/plan")
        version = plan["version"]
        last = self.version >= told.version and version == self.version
        text = f"{version}, {self.version} was committed, {told.version} was told"
        self._kept("I2 the plan is the last one committed", last, text)
        same = not version or plan == service.ask("GET", f"/v1/plan/{version}")
        self._kept("I2 the plan is as it was published", same, f"{version}")
        for name in list(told.orders)[-SAMPLE:]:
            placed, answer = told.orders[name], service.http.get(f"/v1/orders/{name}")
            self._kept("I1 an order answered is shown", answer.is_success, answer.text)
            if not answer.is_success:
                continue
            found = answer.json()
            due = found["promise"]["due_at"] == placed["promise"]["due_at"]
            self._kept("I1 with its promise", due, f"{name}: {found['promise']}, {placed}")
            over = name not in told.cancelled or found["status"] == "cancelled"
            self._kept("I1 cancelled stays cancelled", over, f"{name}: {found['status']}")
        for key in list(told.taps)[-SAMPLE:]:
            self._send_again(service, key, told)

    def _send_again(self, service: Service, key: tuple[str, str], told: Told) -> None:
        courier, _ = key
        body = {"actions": [told.sent[key]]}
        heard = service.http.post(f"/v1/couriers/{courier}/actions", json=body)
        # 409: a tap before it is not known any more.
        self._kept("I4 sent again it is known", heard.is_success, f"{key}: {heard.text}")
        if not heard.is_success:
            return
        (result,) = heard.json()["results"]
        answer = result["first_result"], result["reason"] or ""
        same = result["result"] == "duplicate" and answer == told.taps[key]
        self.check("I4 sent again it is a duplicate", same, f"{key}: {result}")

    def audit(self) -> None:
        """Compares all there is with the log (I6), as ``dispatch check-db`` does."""
        self.violations += check_database(self._url).faults
