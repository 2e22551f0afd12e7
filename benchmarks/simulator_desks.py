"""
Dispatchers and screens in a simulated world: orders, quotes, cancellations; and streams.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

from benchmarks.simulator_checks import Told
from benchmarks.simulator_net import Lost, Request
from dispatch.codec import dumps, loads

if TYPE_CHECKING:
    from benchmarks.simulator_net import Answer
    from benchmarks.simulator_world import World

WAYS = (
    *(("order", 50), ("quoted", 12), ("cancel", 8), ("move", 10), ("arrive", 8)),
    *(("answer", 3), ("ready", 3), ("pause", 4), ("off", 2)),
)
"""What a dispatcher does, and how often."""


class Clerk:
    """A dispatcher, who asks again until there is an answer. Mutable: remembers the orders."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.busy = False
        self._world, self._rng = world, world.rng(name)
        self._orders: list[str] = []
        self._count = 0

    def start(self) -> None:
        """Begins to work, until the world is calm."""
        self._world.loop.create_task(self._work())

    async def _work(self) -> None:
        ways = [way for way, often in WAYS for _ in range(often)]
        while not self._world.calm:
            await asyncio.sleep(self._rng.expovariate(1 / self._world.order_every_s))
            full = len(self._world.checks.unsettled()) >= self._world.most_open
            if not self._world.calm and (not full or self._rng.random() < 0.1):
                self.busy = True
                await getattr(self, f"_{self._rng.choice(ways)}")()
                self.busy = False

    async def until_answered(
        self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200,)
    ) -> Answer:
        """Returns the answer to a request that is sent until there is one."""
        data = b"" if body is None else dumps(body).encode()
        self._count += 1
        key = (("Idempotency-Key", f"{self.name}-{self._count}"),)
        while True:
            request = Request(self.name, method, path, data, () if method == "GET" else key)
            try:
                answer = await self._world.network.ask(request)
            except Lost:
                await asyncio.sleep(self._rng.uniform(1, 30))
                continue
            if answer.status == 503 or b"idempotency-running" in answer.body:
                await asyncio.sleep(self._rng.uniform(5, 60))
                continue
            if answer.status not in expected:
                text = f"{method} {path} {data!r}: {answer.status} {answer.body!r}"
                self._world.journal.violated("answers are as foreseen", text)
            if request.headers and self._rng.random() < self._world.faults.double:
                await self._again(request, answer)
            return answer

    async def _again(self, request: Request, answer: Answer) -> None:
        """
        Sends under the same key what was answered; what took effect is answered alike.

        A copy that the network made may be at work just then: that is told, and is no answer.
        """
        try:
            again = await self._world.network.ask(request)
        except Lost:
            return
        is_held_off = again.status == 503 or b"idempotency-running" in again.body
        if answer.status < 400 and not is_held_off:
            same = (again.status, again.body) == (answer.status, answer.body)
            text = f"{request.path}: {answer.body!r} and {again.body!r}"
            self._world.journal.check("I4 one answer for each key", same, text)

    def _wish(self) -> dict[str, Any]:
        rng = self._rng
        drops = [
            {
                "desk": {"id": rng.choice(self._world.desks)},
                "items": [{"sku": "A4", "quantity": rng.randint(1, 4)}],
            }
            for _ in range(rng.choice((1, 1, 1, 2)))
        ]
        service = rng.choice(("urgent", "urgent", "urgent", "standard", "special"))
        return {"service": service, "drops": drops}

    async def _order(self, **more: Any) -> None:
        rng, self._count = self._rng, self._count + 1
        lax = {"on_infeasible": rng.choice(("requote", "requote", "accept_late", "reject"))}
        external = f"{self.name}-{self._count}"
        wish = {"service": "", **self._wish(), **lax, "external_id": external, **more}
        answer = await self.until_answered("POST", "/v1/orders", wish, (201, 409))
        if answer.status == 409:
            taken = "external-id-reused" in answer.body.decode()
            self._world.journal.check("I1 own external ids", not taken, external)
            return
        order = loads(answer.body)
        drops = tuple(drop["id"] for drop in order["drops"])
        due = order["promise"]["due_at"]
        deadline = None if due is None else int(datetime.fromisoformat(due).timestamp())
        self._world.checks.answered_order(order["id"], Told(external, deadline, drops))
        self._orders.append(order["id"])
        self._world.drops += [drop for drop in drops if drop not in self._world.drops]

    async def _quoted(self) -> None:
        wish = self._wish()
        asked = {**wish, "reserve": self._rng.random() < 0.5}
        answer = await self.until_answered("POST", "/v1/quotes", asked, (200, 409, 429))
        if answer.status == 200:
            await asyncio.sleep(self._rng.expovariate(1 / 40))
            await self._order(**wish, quote_id=answer.json()["quote_id"])

    async def _cancel(self) -> None:
        if self._orders:
            name = self._rng.choice(self._orders[-8:])
            answer = await self.until_answered("DELETE", f"/v1/orders/{name}", None, (200, 409))
            if answer.status == 200:
                self._world.checks.cancelled.add(name)

    async def _move(self) -> None:
        if self._world.drops:
            courier = self._rng.choice((None, *self._world.couriers))
            body = {"courier": courier, "pinned": self._rng.random() < 0.5}
            if self._rng.random() < 0.2:
                body["dry_run"] = True
            await self._patch(self._rng.choice(self._world.drops[-8:]), body)

    async def _patch(self, drop: str, body: dict[str, Any]) -> None:
        await self.until_answered("PATCH", f"/v1/drops/{drop}", body, (200, 409, 422))

    async def _arrive(self) -> None:
        waiting = [n for n in self._orders if self._world.checks.ledger.orders[n].awaits]
        if waiting:
            await self._post(self._rng.choice(waiting), "goods-arrived", {})

    async def _answer(self) -> None:
        if self._orders:
            await self._post(self._orders[-1], "answers", {"text": "Soon."})

    async def _ready(self) -> None:
        if self._orders:
            at = self._world.moment(self._rng.choice((0, 300)))
            await self._post(self._orders[-1], "ready", {"at": at})

    async def _pause(self) -> None:
        if self._orders:
            name = self._rng.choice(self._orders[-4:])
            paused = self._world.checks.ledger.orders[name].paused_at is not None
            if paused:
                await self._post(name, "resume", None)
            else:
                await self._post(name, "pause", {"reason": "The lobby is flooded."})

    async def _off(self) -> None:
        courier = self._rng.choice(self._world.couriers)
        await self.work(courier, paused=True)
        await asyncio.sleep(self._rng.uniform(30, 900))
        await self.work(courier, paused=False)

    async def work(self, courier: str, *, paused: bool) -> None:
        """Lets a courier take no more work, or work again."""
        await self.until_answered("PATCH", f"/v1/couriers/{courier}", {"paused": paused})

    async def _post(self, order: str, what: str, body: Any) -> None:
        await self.until_answered("POST", f"/v1/orders/{order}/{what}", body, (200, 409))

    async def tidy(self) -> None:
        """Lets everything go on that somebody held back."""
        for courier in self._world.couriers:
            await self.work(courier, paused=False)
        for name in self._world.checks.unsettled():
            order = self._world.checks.ledger.orders[name]
            if order.awaits:
                await self._post(name, "goods-arrived", {})
            if order.paused_at is not None:
                await self._post(name, "resume", None)
            for drop in order.drops:
                await self._patch(drop, {"courier": None})


class Screen:
    """One who listens to the stream, and comes back where it broke. Mutable: it hears."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.last: int | None = None
        self._world, self._rng = world, world.rng(name)
        self._text = b""

    def start(self) -> None:
        """Begins to listen, and goes on for ever."""
        self._world.loop.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            headers = () if self.last is None else (("Last-Event-ID", self._id(self.last)),)
            request = Request(self.name, "GET", "/v1/stream", headers=headers)
            stream = self._world.network.listen(request)
            self._text = b""
            hangs_up = self._world.loop.time() + self._rng.expovariate(1 / 900)
            while self._world.calm or self._world.loop.time() < hangs_up:
                await self._sleep()
                try:
                    part = await asyncio.wait_for(stream.read(), 40)
                except TimeoutError:
                    # Not even a heartbeat came.
                    break
                if part is None:
                    break
                self._take(part)
            stream.cut()
            await asyncio.sleep(self._rng.uniform(1, 5))

    async def _sleep(self) -> None:
        """Reads nothing for a while, now and then, as the tab of a browser in the background."""
        every = self._world.faults.asleep_s
        if every and self._rng.random() < 5 / every:
            self._world.journal.note("asleep", self.name)
            await asyncio.sleep(self._rng.expovariate(1 / 600))

    def _id(self, seq: int) -> str:
        return f"{self._world.zone}:{seq}"

    def _take(self, part: bytes) -> None:
        *whole, self._text = (self._text + part).replace(b"\r\n", b"\n").split(b"\n\n")
        for text in whole:
            lines = (line.partition(": ") for line in text.decode().splitlines())
            fields = {name: value for name, _, value in lines if name}
            if "id" in fields:
                self._hear(fields)

    def _hear(self, fields: dict[str, str]) -> None:
        seq = int(fields["id"].rpartition(":")[2])
        kind = fields.get("event")
        if kind is None:
            # Where the stream stands: where a new client's begins, or how far there was no news.
            self._world.checks.stands(self.name, seq, seq if self.last is None else self.last)
        elif kind == "reset":
            self._world.journal.note("reset", f"{self.name} {seq}")
        else:
            self._world.journal.note("heard", f"{self.name} {seq} {kind}")
            self._world.checks.heard(self.name, seq, self.last or 0)
        self.last = seq
