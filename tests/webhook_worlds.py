"""A receiver that is no network, and a service whose webhooks are sent to it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from api.app import create_app
from api.webhook_addresses import read_url
from api.webhook_schedule import Answer
from tests.api_world import InlineSearch, a_courier, helsinki, settings_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from api.webhook_sender import Sender

URL = "https://hooks.example.com/dispatch"

OK = Answer(204)


class Receiver:
    """
    Answers by its script, the last answer for ever; remembers what it was sent.

    ``hold`` lets it answer nobody until it is released.
    """

    def __init__(self, *answers: Answer) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.under_way = 0
        self.most = 0
        self._answers = list(answers) or [OK]
        self._free = asyncio.Event()
        self._free.set()
        self._news = asyncio.Event()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            self.heard.append((url, dict(headers), body))
            self._news.set()
            await self._free.wait()
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        finally:
            self.under_way -= 1

    async def check(self, url: str) -> None:
        read_url(url)

    async def close(self) -> None:
        pass

    async def until(self, count: int) -> None:
        """Returns when so much was heard."""
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    @property
    def ids(self) -> list[str]:
        """The ids of what was heard, in order."""
        return [headers["webhook-id"] for _, headers, _ in self.heard]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of what was heard, in order."""
        return [json.loads(body) for _, _, body in self.heard]

    def numbers(self) -> list[int]:
        """Returns the numbers of the events heard of, in order."""
        return [body["data"]["seq"] for body in self.bodies]


class Sending:
    """A running service: its HTTP client, its sender and its database."""

    def __init__(self, client: httpx2.AsyncClient, app: Any) -> None:
        self.client = client
        self.app = app
        self.sender: Sender = app.state.sender

    async def ask(self, method: str, path: str, body: Any = None, status: int = 0) -> Any:
        """Returns the body of an answer, 2xx unless another status is said."""
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    async def hook(self, url: str = URL, **more: Any) -> dict[str, Any]:
        """Adds a webhook."""
        made: dict[str, Any] = await self.ask("POST", "/v1/webhooks", {"url": url, **more})
        return made

    async def happens(self, times: int = 1) -> None:
        """Changes courier c_1 so many times: an event each, and no plan."""
        for _ in range(times):
            await self.ask("PATCH", "/v1/couriers/c_1", {"capacity": self.another()})

    def another(self) -> int:
        self._capacity = getattr(self, "_capacity", 100) + 1
        return self._capacity

    async def settled(self) -> None:
        """Returns when nothing is due by now, and nothing is under way."""
        async with asyncio.timeout(20):
            self.sender.wake()
            await self.sender.idle()

    async def deliveries(self, hook: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
        """Returns the deliveries of a webhook, the latest first."""
        found = await self.ask("GET", f"/v1/webhooks/{hook['id']}/deliveries{query}")
        items: list[dict[str, Any]] = found["items"]
        return items


@asynccontextmanager
async def sending(folder: Path, receiver: Any = None, **changes: Any) -> AsyncIterator[Sending]:
    """A service on this event loop with one courier, and a receiver of its webhooks."""
    app = create_app(
        settings_in(folder, **changes), city=helsinki(), search=InlineSearch(), post=receiver
    )
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        service = Sending(client, app)
        if not (await service.ask("GET", "/v1/couriers"))["items"]:
            await service.ask("POST", "/v1/couriers", a_courier())
        yield service
