"""
Clients that work on while a service is killed and worse: each asks again until it is answered.

What they were answered is what must never be lost.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2

from benchmarks.demand import order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE_S = 2.0
"""Seconds after which a client believes that no answer comes, and asks again."""

MOST_OPEN = 12
"""Orders of one client that are open at once, about."""

WAIT_S = 60.0
"""Longest wait for what always comes."""

NEXT = {"load": "loaded", "deliver": "delivered", "return": "arrived"}
"""What a courier reports of a committed stop, by its kind."""


@dataclass
class Told:
    """
    What clients were answered; grows with each answer, hence mutable.

    ``orders`` and ``taps`` (by courier and action) are the answers, ``sent`` the taps themselves,
    ``version`` is the newest plan in any answer, ``again`` how often something was asked again.
    """

    orders: dict[str, Any] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    taps: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    sent: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    version: int = 0
    again: int = 0
    refused: int = 0
    unforeseen: list[str] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many orders, cancellations and taps were answered."""
        return len(self.orders), len(self.cancelled), len(self.taps)


class Over(Exception):
    """The load is over: nobody waits for the answer any more."""


class Load:
    """Clients in threads, at the service at ``url``. Mutable: they can be held, and end."""

    def __init__(
        self, url: str, known: list[str], couriers: Sequence[str], seed: int, clients: int = 3
    ) -> None:
        self.url = url
        self.told = Told()
        self.answers = 0
        self._gate, self._over = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._under_way = 0
        shares = [couriers[i::clients] for i in range(clients)]
        self._threads = [
            threading.Thread(target=_Client(self, f"{seed}-{i}", known, share).run, daemon=True)
            for i, share in enumerate(shares)
        ]

    def start(self) -> None:
        """Lets them begin to ask."""
        self._gate.set()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ends them."""
        self._over.set()
        self._gate.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lets nobody ask inside: what had no answer is asked again afterwards."""
        with self._lock:
            self._gate.clear()
        self.wait(lambda: self._under_way == 0)
        yield
        self._gate.set()

    def answered(self) -> float:
        """Returns the seconds until something is answered that had to be stored."""
        began, before = time.monotonic(), self.answers
        self.wait(lambda: self.answers > before)
        return time.monotonic() - began

    def wait(self, so: Any) -> None:
        """Returns when something is so; raises AssertionError where it never is."""
        began = time.monotonic()
        while not so():
            assert time.monotonic() < began + WAIT_S, "Nothing is answered any more."
            time.sleep(0.002)

    def ask(
        self, http: httpx2.Client, method: str, path: str, body: Any = None, key: str = ""
    ) -> httpx2.Response:
        """Returns the answer to a request, which is sent again under its key until there is one."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            answer = self._attempt(http, method, path, body, headers)
            if answer is not None and answer.status_code != 503 and not _is_running(answer):
                return answer
            with self._lock:
                self.told.again += 1
                self.told.refused += answer is not None
            time.sleep(0.02)

    def _attempt(
        self, http: httpx2.Client, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> httpx2.Response | None:
        self._enter()
        try:
            url = f"{self.url}{path}"
            return http.request(method, url, json=body, headers=headers)
        except httpx2.TransportError:
            return None
        finally:
            with self._lock:
                self._under_way -= 1

    def _enter(self) -> None:
        while True:
            self._gate.wait()
            if self._over.is_set():
                raise Over
            with self._lock:
                if self._gate.is_set():
                    self._under_way += 1
                    return


def _is_running(answer: httpx2.Response) -> bool:
    return answer.status_code == 409 and "idempotency-running" in answer.text


class _Client:
    """One who places orders, cancels some, and taps for some couriers."""

    def __init__(self, load: Load, name: str, known: list[str], couriers: Sequence[str]) -> None:
        self._load, self._name, self._known, self._couriers = load, name, known, couriers
        self._rng = random.Random(name)
        self._open: list[str] = []
        self._numbers = dict.fromkeys(couriers, 0)
        self._count = 0

    def run(self) -> None:
        """Works until the load is over."""
        limits = httpx2.Timeout(PATIENCE_S)
        with httpx2.Client(timeout=limits, trust_env=False) as http:
            try:
                while True:
                    self._count += 1
                    self._do_something(http)
            except Over:
                return
            except Exception as error:
                self._load.told.unforeseen.append(f"{self._name}: {error!r}")
                raise

    def _do_something(self, http: httpx2.Client) -> None:
        choice = self._rng.random()
        if choice < 0.45 and len(self._open) < MOST_OPEN:
            self._order(http)
        elif self._open and (choice < 0.6 or len(self._open) >= MOST_OPEN):
            self._cancel(http)
        else:
            self._tap(http, self._rng.choice(self._couriers))

    def _ask(self, http: httpx2.Client, method: str, path: str, body: Any, *fine: int) -> Any:
        # Taps are told apart by their own ids.
        key = f"{self._name}-{self._count}" if method != "GET" and "actions" not in path else ""
        answer = self._load.ask(http, method, path, body, key)
        self._load.answers += method != "GET"
        if answer.status_code not in (200, 201, *fine):
            text = f"{method} {path}: {answer.status_code} {answer.text[:300]}"
            self._load.told.unforeseen.append(text)
        return answer.json() if answer.is_success else None

    def _order(self, http: httpx2.Client) -> None:
        name = f"{self._name}-{self._count}"
        wish = {**order(self._rng, self._known), "external_id": name}
        placed = self._ask(http, "POST", "/v1/orders", {**wish, "on_infeasible": "accept_late"})
        if placed is not None:
            told = self._load.told
            told.orders[placed["id"]] = placed
            told.version = max(told.version, placed["plan_version"])
            self._open.append(placed["id"])

    def _cancel(self, http: httpx2.Client) -> None:
        name = self._open.pop(self._rng.randrange(len(self._open)))
        # 409: its goods are on board, or it is over.
        if self._ask(http, "DELETE", f"/v1/orders/{name}", None, 409) is not None:
            self._load.told.cancelled.add(name)

    def _tap(self, http: httpx2.Client, courier: str) -> None:
        route = self._ask(http, "GET", f"/v1/couriers/{courier}/route", None)
        if not route or not route["stops"]:
            return
        stop, told = route["stops"][0], self._load.told
        self._numbers[courier] += 1
        number = self._numbers[courier]
        kind = NEXT[stop["kind"]] if stop["committed"] else "departed"
        name = f"{courier}-{number}"
        tap = {"action_id": name, "seq": number, "kind": kind, "stop": stop["id"]}
        path = f"/v1/couriers/{courier}/actions"
        answer = self._ask(http, "POST", path, {"actions": [tap]})
        if answer is not None:
            (result,) = answer["results"]
            outcome = result["first_result"] or result["result"]
            told.sent[courier, name] = tap
            told.taps[courier, name] = outcome, result["reason"] or ""
            told.version = max(told.version, answer["plan_version"])
