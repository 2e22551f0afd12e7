"""
The network between everybody and the service: late, lost, doubled, out of order, cut.

A request is handed to the application as a server would, by ASGI, in the same thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from benchmarks.simulator_loop import LIFE

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from benchmarks.simulator_world import World

LONGEST_WAIT_S = 20.0
"""After so many seconds without an answer somebody asks again."""

WINDOW = 16
"""Chunks of a stream that are under way, or wait to be read, before its sender has to wait."""


class Lost(Exception):
    """No answer came, for whatever reason: what was asked may have been done or not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Returns the body as values."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what."""

    who: str
    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def scope(self) -> dict[str, Any]:
        """Returns the request as ASGI tells it to an application."""
        parts = urlsplit(self.path)
        own = [("host", "127.0.0.1"), ("content-length", str(len(self.body)))]
        if self.body:
            own.append(("content-type", "application/json"))
        headers = [*own, *self.headers]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
        }


class Connection:
    """One request at the service, with its answer as it goes out; ``cut`` ends it."""

    def __init__(self, world: World, request: Request, cut_after: int | None) -> None:
        self.world, self.request = world, request
        self.gone = asyncio.Event()
        self.status, self.headers, self.body = 0, dict[str, str](), b""
        self._sent = bytearray()
        self._parts = deque([(request.body, False)])
        if cut_after is not None:
            self._parts = deque([(request.body[:cut_after], True)])

    async def receive(self) -> MutableMapping[str, Any]:
        """Returns the next part of the request, then waits until nobody listens any more."""
        if self._parts:
            body, more = self._parts.popleft()
            if more:
                self.gone.set()
            return {"type": "http.request", "body": body, "more_body": more}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Takes a part of the answer."""
        life = LIFE.get()
        if self.gone.is_set() or (life is not None and life.ended):
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            self.began()
            return
        self.sent(bytes(message.get("body", b"")))
        if not message.get("more_body", False):
            self.over()
        await self.flow()

    def began(self) -> None:
        """Does nothing: an answer is told once it is whole."""

    def sent(self, part: bytes) -> None:
        """Keeps a part of the body."""
        self._sent += part

    async def flow(self) -> None:
        """Returns when more may be sent."""

    def over(self) -> None:
        """Says that the answer is whole."""
        self.body = bytes(self._sent)

    def cut(self) -> None:
        """Ends it: whoever asked hears nothing more."""
        self.gone.set()


class Exchange(Connection):
    """A connection that brings one answer, to ``heard`` unless it is cut before."""

    def __init__(
        self,
        world: World,
        request: Request,
        cut_after: int | None,
        heard: Callable[[Answer | None], None],
    ) -> None:
        super().__init__(world, request, cut_after)
        self._heard = heard

    def over(self) -> None:
        """Sends the answer on its way, on which it may be lost."""
        super().over()
        self.gone.set()
        self.world.journal.note("done", f"{self.request.who} {self.status}")
        self._tell(Answer(self.status, self.headers, self.body))

    def cut(self) -> None:
        """Ends it without an answer, which the client learns."""
        if not self.gone.is_set():
            super().cut()
            self._tell(None)

    def _tell(self, answer: Answer | None) -> None:
        network = self.world.network
        if network.strikes("lose"):
            self.world.journal.note("lost", f"answer to {self.request.who}")
            return
        network.later(network.delay(), self._heard, None if network.strikes("cut") else answer)


class Stream(Connection):
    """A connection whose answer goes on and on; read by its client part by part."""

    def __init__(self, world: World, request: Request) -> None:
        super().__init__(world, request, None)
        self.parts = deque[bytes]()
        self.ended = False
        self._on_way = deque[bytes | None]()
        self._under_way = 0
        self._last = 0.0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def sent(self, part: bytes) -> None:
        """Sends a part on its way; none overtakes another."""
        if part:
            self._under_way += 1
            self._send(part)

    def over(self) -> None:
        """Says that the stream was ended by the service."""
        super().over()
        self._send(None)

    async def flow(self) -> None:
        """Returns when the client has read enough."""
        if self._under_way >= WINDOW:
            self._room.clear()
        await self._room.wait()

    def cut(self) -> None:
        """Ends it at both ends, of which the service hears later."""
        network = self.world.network
        network.later(network.delay(), self._take, None)
        network.later(network.delay() * 20, self._left)

    async def read(self) -> bytes | None:
        """Returns the next part, None at the end."""
        while not self.parts:
            if self.ended:
                return None
            self._news.clear()
            await self._news.wait()
        self._under_way -= 1
        if self._under_way < WINDOW:
            self._room.set()
        return self.parts.popleft()

    def _send(self, part: bytes | None) -> None:
        network = self.world.network
        self._last = max(self._last, self.world.loop.time() + network.delay())
        # Two may be due at one moment but for a rounding: which it is says the order, not the time.
        self._on_way.append(part)
        network.later(self._last - self.world.loop.time(), self._arrive)

    def _arrive(self) -> None:
        self._take(self._on_way.popleft())

    def _take(self, part: bytes | None) -> None:
        if not self.ended:
            if part is None:
                self.ended = True
            else:
                self.parts.append(part)
            self._news.set()

    def _left(self) -> None:
        self.gone.set()
        self._room.set()


class Network:
    """What lies between; draws what becomes of each message from the world's seed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._rng = world.rng("network")

    def delay(self) -> float:
        """Returns how many seconds a message needs."""
        return self._rng.expovariate(20 if not self.strikes("late") else 0.1)

    def strikes(self, fault: str) -> bool:
        """Returns whether a message meets a fault."""
        chance: float = getattr(self._world.faults, fault)
        return self._rng.random() < chance

    def later(self, seconds: float, call: Callable[..., object], *args: Any) -> None:
        """Lets something happen outside the service, whoever calls this."""
        self._world.loop.call_later(seconds, call, *args, context=self._world.context.copy())

    async def ask(self, request: Request, wait_s: float = LONGEST_WAIT_S) -> Answer:
        """Returns the answer to a request; raises Lost where none came."""
        outcome: asyncio.Future[Answer | None] = self._world.loop.create_future()

        def heard(answer: Answer | None) -> None:
            if not outcome.done():
                outcome.set_result(answer)

        for copy in range(2 if self.strikes("double") else 1):
            if self.strikes("lose"):
                self._world.journal.note("lost", f"request of {request.who}")
            else:
                if copy:
                    self._world.journal.note("doubled", request.who)
                self.later(self.delay(), self._arrive, request, heard)
        try:
            answer = await asyncio.wait_for(outcome, wait_s)
        except TimeoutError:
            answer = None
        if answer is None:
            self._world.journal.note("unanswered", request.who)
            raise Lost
        self._world.journal.note("answered", f"{request.who} {answer.status}")
        return answer

    def _arrive(self, request: Request, heard: Callable[[Answer | None], None]) -> None:
        cut_after = None
        if request.body and self.strikes("cut"):
            cut_after = self._rng.randrange(len(request.body))
        what = f"{request.who} {request.method} {request.path} {request.body.decode()}"
        self._world.journal.note("request" if cut_after is None else "half", what)
        exchange = Exchange(self._world, request, cut_after, heard)
        if not self._world.service.serve(exchange):
            exchange.cut()

    def listen(self, request: Request) -> Stream:
        """Returns a stream, which begins some time later; an end is all that tells it cannot."""
        stream = Stream(self._world, request)
        self.later(self.delay(), self._connect, stream)
        return stream

    def _connect(self, stream: Stream) -> None:
        self._world.journal.note("listens", f"{stream.request.who} {stream.request.headers}")
        if not self._world.service.serve(stream):
            stream.cut()
