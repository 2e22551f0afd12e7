"""
Another program in a simulated world that wants to hear of everything: its webhooks, over a bad
network, to a receiver that fails, hangs, and now and then says that it is gone.

Each event of a kind it asked for must come to it at least once, each time under the same id with
the same body and a signature by a secret it knows, and never before its commit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from standardwebhooks import Webhook as Signer

from api.webhook_schedule import Answer
from benchmarks.simulator_desks import Clerk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.simulator_world import World

TIMEOUT_S = 15.0
"""Seconds after which the service waits for an answer no longer."""

UNHEARD_S = 900.0
"""Seconds after which an answer that is not written down will never be: it was lost."""

NEVER = 10**9

NAMES = ("plan", "order", "courier", "breach_foreseen", "webhook_disabled")

REFUSALS = (
    *(Answer(500), Answer(503), Answer(302), Answer(404)),
    *(Answer(429, wait_s=40), Answer(410), None),
)
"""What a receiver in trouble answers; None: nothing."""


@dataclass
class Hook:
    """
    A webhook as its owner knows it; changes with what arrives.

    ``since`` is the last event before it, ``has`` how often each event was answered with success.
    ``gone_at`` is when 410 was answered, None where that is over: after it somebody has to enable
    it and ask for the rest, from event ``missed`` on.
    """

    url: str
    names: tuple[str, ...]
    id: str = ""
    since: int = 0
    secrets: list[str] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    has: dict[int, int] = field(default_factory=dict)
    gone_at: float | None = None
    missed: int = NEVER


class Post:
    """What a process of the service sends by."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Returns what became of a message that is lost or doubled on its way, or its answer."""
        network = self._world.network
        outcome: asyncio.Future[Answer] = self._world.loop.create_future()

        def answered(answer: Answer) -> None:
            if not outcome.done():
                outcome.set_result(answer)

        for _ in range(2 if network.strikes("double") else 1):
            if not network.strikes("lose"):
                network.later(network.delay(), self._arrive, url, headers, body, answered)
        try:
            return await asyncio.wait_for(outcome, TIMEOUT_S)
        except TimeoutError:
            return Answer(None, "no answer")

    def _arrive(self, url: str, headers: Mapping[str, str], body: bytes, answered: Any) -> None:
        network = self._world.network
        answer = self._world.hooks.hear(url, headers, body)
        if answer is not None and not network.strikes("lose"):
            network.later(network.delay(), answered, answer)

    async def check(self, url: str) -> None:
        """Finds nothing wrong."""

    async def close(self) -> None:
        """Has nothing open."""


class Hooks:
    """The webhooks, who keeps them, and what they heard. Mutable: they hear."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng("hooks")
        self._keeper = Clerk(world, "keeper")
        chosen = [NAMES, tuple(self._rng.sample(NAMES, 2))][: self._rng.randint(0, 2)]
        self._hooks = [Hook(f"https://hooks.example/{i}", names) for i, names in enumerate(chosen)]

    def start(self) -> None:
        """Begins to listen, and goes on for ever."""
        for hook in self._hooks:
            self._world.loop.create_task(self._keep(hook))

    async def _keep(self, hook: Hook) -> None:
        wanted = {"url": hook.url, "events": hook.names}
        made = await self._ask("POST", "", wanted, (201,))
        hook.secrets.append(made["secret"])
        hook.id, hook.since = made["id"], made["seen_seq"]
        while True:
            await asyncio.sleep(self._rng.uniform(20, 200))
            if hook.gone_at is not None:
                await self._again(hook)
            elif not self._world.calm and self._rng.random() < 0.05:
                made = await self._ask("POST", f"/{hook.id}/rotate")
                hook.secrets.append(made["secret"])

    async def _again(self, hook: Hook) -> None:
        """Enables a webhook that was disabled, and asks for all it did not hear."""
        said = hook.gone_at
        found = await self._ask("GET", f"/{hook.id}")
        if found["disabled_at"] is None:
            if said is not None and self._world.loop.time() > said + UNHEARD_S:
                hook.gone_at = None
            return
        # It may say again that it is gone before it is asked for: then this is asked for still.
        hook.missed = min(hook.missed, found["seen_seq"] + 1, self._world.checks.head)
        await self._ask("POST", f"/{hook.id}/enable")
        for wish in ({"from_seq": hook.missed}, {"failed": True}):
            answer = await self._ask("POST", f"/{hook.id}/replay", wish, (200, 409))
            if "failed" not in answer:
                return
        hook.missed = NEVER
        if hook.gone_at == said:
            hook.gone_at = None

    async def _ask(
        self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200,)
    ) -> Any:
        path = f"/v1/webhooks{path}"
        return (await self._keeper.until_answered(method, path, body, expected)).json()

    def hear(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """Returns what a receiver answers, None where it hangs."""
        hook = next(hook for hook in self._hooks if hook.url == url)
        told = orjson.loads(body)
        seq, message = told["data"]["seq"], headers["webhook-id"]
        self._world.journal.note("hooked", f"{url[-1]} {seq} {told['type']}")
        self._check(hook, seq, message, told["type"])
        same = hook.bodies.setdefault(seq, body) == body
        self._world.journal.check("webhooks tell the same again", same, message)
        self._check_signature(hook, headers, body)
        if self._rng.random() < self._world.faults.hook_fails:
            refusal = self._rng.choice(REFUSALS)
            self._world.journal.note("hook refused", f"{url[-1]} {refusal and refusal.status}")
            if refusal is not None and refusal.status == 410:
                hook.gone_at = self._world.loop.time()
            return refusal
        hook.has[seq] = hook.has.get(seq, 0) + 1
        return Answer(204)

    def _check(self, hook: Hook, seq: int, message: str, name: str) -> None:
        check, checks = self._world.journal.check, self._world.checks
        check("webhooks are told after the commit", seq <= checks.head, f"{seq}, {checks.head}")
        wanted = name in hook.names and checks.names[min(seq, checks.head)] == name
        check("webhooks are told what they asked for", wanted, f"{seq} {name}")
        others = [n for n, known in hook.ids.items() if known == message and n != seq]
        first = hook.ids.setdefault(seq, message)
        same = first == message and not others
        check("a webhook's id is that of its event", same, f"{seq}: {message}, {first} {others}")

    def _check_signature(self, hook: Hook, headers: Mapping[str, str], body: bytes) -> None:
        moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        given = headers["webhook-signature"].split()
        mine = [Signer(s).sign(headers["webhook-id"], moment, body.decode()) for s in hook.secrets]
        # The answer with the secret may be on its way still.
        known = not mine or any(signature in given for signature in mine)
        self._world.journal.check("webhooks are signed", known, headers["webhook-id"])

    def look_back(self) -> None:
        """Checks that each event has its delivery, and what is called delivered was answered."""
        for hook in self._hooks:
            if not hook.id:
                continue
            rows = self._deliveries(hook)
            said = [seq for seq, (state, _) in rows.items() if state == "delivered"]
            silent = [seq for seq in said if seq not in hook.has]
            self._world.journal.check("delivered means answered", not silent, f"{silent}")
            if hook.gone_at is None and self._enabled(hook):
                lost = [n for n in self._wanted(hook, self._seen(hook)) if n not in rows]
                lost = [n for n in lost if n not in hook.has]
                self._world.journal.check("webhooks lose nothing", not lost, f"{hook.id}: {lost}")

    def waits(self) -> list[str]:
        """Returns what is on its way still, but for what is due later by the schedule."""
        waits = []
        for hook in self._hooks:
            if not hook.id or hook.gone_at is not None:
                waits.append(f"{hook.url} itself")
                continue
            rows, now = self._deliveries(hook), self._world.now()
            for seq in self._wanted(hook, self._world.checks.head):
                state, at = rows.get(seq, ("", None))
                later = state == "pending" and at is not None and at > now
                if seq not in hook.has and not later:
                    waits.append(f"event {seq} to {hook.url}: {state or 'unknown'}")
        return waits

    def _wanted(self, hook: Hook, until: int) -> list[int]:
        names = self._world.checks.names
        return [seq for seq in range(hook.since + 1, until + 1) if names[seq] in hook.names]

    def _deliveries(self, hook: Hook) -> dict[int, tuple[str, int | None]]:
        statement = "SELECT seq, state, next_at FROM webhook_delivery WHERE webhook = ?"
        return {row[0]: (row[1], row[2]) for row in self._world.checks.rows(statement, hook.id)}

    def _row(self, hook: Hook) -> Sequence[Any]:
        (found,) = self._world.checks.rows(
            "SELECT seen_seq, body FROM webhook WHERE id = ?", hook.id
        )
        return tuple(found)

    def _seen(self, hook: Hook) -> int:
        return int(self._row(hook)[0])

    def _enabled(self, hook: Hook) -> bool:
        return orjson.loads(self._row(hook)[1])["disabled_at"] is None
