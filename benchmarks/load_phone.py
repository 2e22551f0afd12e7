"""
Phones for a load: they listen to the stream, read their route, and report what they did.
"""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable

    import httpx2

PAUSE_S = 15.0
"""
Seconds between two taps of a courier, on average.

A stop is some five minutes and four taps; this is five times as often.
"""

NEXT = {"load": "loaded", "deliver": "delivered", "return": "arrived"}
"""What a courier reports of a committed stop, by its kind."""


async def events(
    http: httpx2.AsyncClient, courier: str | None = None
) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """
    Yields the names and data of server-sent events, until the service ends the stream; those of one
    courier, None for all.
    """
    path = "/v1/stream" if courier is None else f"/v1/stream?courier={courier}"
    async with http.stream("GET", path, timeout=None) as answer:
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


async def listen(
    http: httpx2.AsyncClient, told: Callable[[int, float], None], courier: str | None = None
) -> None:
    """
    Tells each new version of the plan that concerns a courier (None: each), and when it was heard.

    A stream that the service ended, because too much waited in it, is opened again.
    """
    while True:
        async for name, data in events(http, courier):
            if name == "plan":
                told(data["version"], time.perf_counter())
            elif name == "bye":
                return


class Phone:
    """
    One courier who taps the next thing of the route again and again.

    Mutable: it counts its taps, and keeps the one that was not answered, to send it again.
    """

    def __init__(self, http: httpx2.AsyncClient, courier: str, rng: random.Random) -> None:
        self._http, self._courier, self._rng = http, courier, rng
        self._numbers = count(1)
        self._unanswered: dict[str, Any] | None = None

    async def run(self) -> None:
        """Acts until it is cancelled."""
        while True:
            await asyncio.sleep(self._rng.uniform(0, 2 * PAUSE_S))
            await self.act()

    async def act(self) -> None:
        """Reads the route and reports the next thing of it, if there is one."""
        if self._unanswered is None:
            self._unanswered = await self._next()
        if self._unanswered is not None:
            path = f"/v1/couriers/{self._courier}/actions"
            body = {"actions": [self._unanswered]}
            (await self._http.post(path, json=body)).raise_for_status()
            self._unanswered = None

    async def _next(self) -> dict[str, Any] | None:
        route = await self._http.get(f"/v1/couriers/{self._courier}/route")
        stops = route.raise_for_status().json()["stops"]
        if not stops:
            return None
        number = next(self._numbers)
        kind = NEXT[stops[0]["kind"]] if stops[0]["committed"] else "departed"
        name = f"{self._courier}-{number}"
        return {"action_id": name, "seq": number, "kind": kind, "stop": stops[0]["id"]}
