"""
Couriers and their phones in a simulated world: often without a network, never without a memory.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.simulator_net import Lost, Request
from dispatch.codec import dumps

if TYPE_CHECKING:
    from benchmarks.simulator_world import World

KINDS = ("departed", "arrived", "loaded", "delivered", "failed", "paused", "resumed")
REASONS = ("closed", "absent", "refused", "wrong_desk", "no_access")
DAY_S = 86_400


class Phone:
    """
    One courier and the phone, which keeps every tap until it was answered.

    Mutable because that is what a phone is: taps queue up, its screen shows the last route heard.
    """

    def __init__(self, world: World, courier: str) -> None:
        self.courier = courier
        self.queue: list[dict[str, Any]] = []
        self._world, self._rng = world, world.rng(f"phone {courier}")
        self._sent: list[dict[str, Any]] = []
        self._stops: list[dict[str, Any]] = []
        self._done: set[str] = set()
        self._seen: list[str] = []
        self._etag = ""
        self._seq = 0
        self._online = True
        # A clock may be wrong by a day, or by seconds.
        self._skew = self._rng.choice((0, 0, 3, -40, 700, -DAY_S, DAY_S))

    def start(self) -> None:
        """Begins to work."""
        for life in (self._work(), self._look(), self._send(), self._roam()):
            self._world.loop.create_task(life)

    async def _roam(self) -> None:
        """Now and then there is no network for some minutes."""
        while True:
            await asyncio.sleep(self._rng.uniform(30, 90))
            every = self._world.faults.offline_s
            if every and self._rng.random() < 60 / every:
                self._online = False
                self._world.journal.note("offline", self.courier)
                await asyncio.sleep(self._rng.expovariate(1 / 300))
                self._online = True

    async def _look(self) -> None:
        """Fetches the route every some seconds."""
        path = f"/v1/couriers/{self.courier}/route"
        while True:
            await asyncio.sleep(self._rng.uniform(15, 60))
            if not self._online and not self._world.calm:
                continue
            headers = (("If-None-Match", self._etag),) if self._etag else ()
            try:
                answer = await self._world.network.ask(
                    Request(self.courier, "GET", path, headers=headers)
                )
            except Lost:
                continue
            if answer.status == 200:
                self._etag = answer.headers["etag"]
                self._stops = answer.json()["stops"]
                self._seen += [s["id"] for s in self._stops if s["id"] not in self._seen]
            elif answer.status not in (304, 503):
                self._world.journal.violated("a route is told", f"{answer.status}")

    async def _work(self) -> None:
        """Does what the screen shows, one stop after the other; now and then something else."""
        while True:
            await asyncio.sleep(self._rng.uniform(2, 10))
            if self._rng.random() < self._world.faults.wrong_tap:
                self._tap_wrongly()
            stop = next((s for s in self._stops if s["id"] not in self._done), None)
            if stop is not None and is_work(stop):
                await self._serve(stop)

    async def _serve(self, stop: dict[str, Any]) -> None:
        name, kind, rng = stop["id"], stop["kind"], self._rng
        self._done.add(name)
        self._tap("departed", name)
        there = datetime.fromisoformat(stop["arrival"]).timestamp() - self._world.now()
        await asyncio.sleep(min(600.0, max(5.0, there)) * rng.uniform(0.5, 1.1))
        self._tap("arrived", name)
        ready = datetime.fromisoformat(stop["start"]).timestamp() - self._world.now()
        await asyncio.sleep(min(600.0, max(0.0, ready)) + rng.uniform(5, 60))
        if kind == "load":
            named = stop["drops"] if rng.random() < 0.3 else None
            if rng.random() < self._world.faults.wrong_tap:
                # One is left behind, or another taken along: it lay there, or did a while ago.
                others = self._world.drops[-6:]
                more = [rng.choice(others)] if others and rng.random() < 0.7 else []
                named = [*stop["drops"][len(more) == 0 :], *more]
            self._tap("loaded", name, drops=named)
        elif kind == "deliver" and rng.random() < 0.08:
            self._tap("failed", name, reason=rng.choice(REASONS))
        else:
            self._tap("delivered", name)

    def _tap_wrongly(self) -> None:
        rng = self._rng
        kind = rng.choice(KINDS)
        stop = rng.choice(self._seen) if self._seen and rng.random() < 0.8 else None
        drop = rng.choice(self._world.drops) if self._world.drops and rng.random() < 0.3 else None
        rest: dict[str, Any] = {"reason": rng.choice(REASONS)} if kind == "failed" else {}
        self._tap(kind, stop, drop=drop, **rest)
        if kind == "paused":
            self._world.loop.call_later(rng.uniform(30, 600), self._tap, "resumed")

    def _tap(self, kind: str, stop: str | None = None, **rest: Any) -> None:
        self._seq += 1
        tap = {
            "action_id": f"{self.courier}-{self._seq}",
            "seq": self._seq,
            "kind": kind,
            "stop": stop,
            "occurred_at": self._clock(),
            **{name: value for name, value in rest.items() if value is not None},
        }
        self.queue.append(tap)
        self._sent.append(tap)
        self._world.journal.note("tap", f"{tap['action_id']} {kind} {stop}")

    def _clock(self) -> str:
        return datetime.fromtimestamp(int(self._world.now()) + self._skew, UTC).isoformat()

    async def _send(self) -> None:
        """Sends what queues up, in batches, each again until it was answered."""
        while True:
            await asyncio.sleep(self._rng.uniform(1, 15))
            if not self.queue or not (self._online or self._world.calm):
                continue
            batch = self.queue[: self._rng.randint(1, 5)]
            if self._rng.random() < 0.05:
                # The answer came, but the phone was switched off before it noted that.
                batch = self._sent[max(0, batch[0]["seq"] - 3) : batch[-1]["seq"]]
            elif len(batch) > 1 and self._rng.random() < self._world.faults.wrong_tap:
                # The first of them was forgotten.
                batch = batch[1:]
            await self._send_batch(batch)

    async def _send_batch(self, batch: list[dict[str, Any]]) -> None:
        body = dumps({"actions": batch, "device_now": self._clock()}).encode()
        path = f"/v1/couriers/{self.courier}/actions"
        try:
            answer = await self._world.network.ask(Request(self.courier, "POST", path, body))
        except Lost:
            return
        if answer.status == 503:
            return
        if answer.status == 409:
            # A tap before these is missing: what was not answered is sent again, from that on.
            expected = answer.json()["expected_seq"]
            known = {tap["seq"] for tap in self.queue}
            missed = [tap for tap in self._sent[expected - 1 :] if tap["seq"] not in known]
            self.queue = sorted([*missed, *self.queue], key=lambda tap: tap["seq"])
            self._world.journal.note("gap", f"{self.courier} {expected}")
            return
        if answer.status != 200:
            self._world.journal.violated("taps are taken", f"{answer.status} {answer.body!r}")
            return
        sent = {tap["action_id"]: tap for tap in batch}
        for result in answer.json()["results"]:
            # What a duplicate was answered first may never have been heard.
            name, outcome = result["action_id"], result["first_result"] or result["result"]
            self._world.checks.answered_tap(self.courier, name, outcome, result["reason"] or "")
            if outcome in ("superseded", "rejected"):
                # What the screen shows is tried again, as long as it shows that.
                self._done.discard(sent[name]["stop"])
        self.queue = [tap for tap in self.queue if tap["action_id"] not in sent]


def is_work(stop: dict[str, Any]) -> bool:
    """Returns whether a stop is to be served: home without goods only once it was set off for."""
    return stop["kind"] != "return" or bool(stop["drops"]) or stop["committed"]
