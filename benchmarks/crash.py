"""
Kills the service under load, again and again: nothing that was answered may be lost.

After each restart every order answered 2xx must be there with its promise, every cancellation must
hold, a tap sent again must be a duplicate, and the plan must equal the last one published, byte for
byte as it lies in the database.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.demand import START, add_couriers, desks, order
from benchmarks.machine import machine
from benchmarks.service import Service

SEED = 11
LONGEST_S = 1.5


@dataclass
class Acknowledged:
    """
    What a client was told; written only after the answer arrived, hence mutable.

    ``version`` is the newest plan version in any answer.
    """

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    taps: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    version: int = 0


def crash(kills: int = 20) -> str:
    """Returns what was lost in so many kills, as text; raises AssertionError if anything was."""
    rng = random.Random(SEED)
    told = Acknowledged()
    restarts = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = {"clock": "manual", "clock_start": START, "workers": 1, "search_seconds": 0.05}
        service = Service(folder, settings)
        try:
            service.start()
            known = desks(service)
            couriers = add_couriers(service, 6)
            for kill in range(kills):
                _load_until_killed(service, rng, known, couriers, told, kill)
                last = _last_plan(folder / "dispatch.db")
                restarts.append(service.start())
                _check(service, told, last)
        finally:
            service.stop()
    return (
        f"{machine()}\n{kills} kills (SIGKILL) at random moments within {LONGEST_S} s of load, "
        f"seed {SEED}: {len(told.orders)} orders, {len(told.cancelled)} cancellations and "
        f"{len(told.taps)} taps answered 2xx, 0 lost; the plan equals the last one published after "
        f"each restart (last version {told.version}); "
        f"restart {min(restarts):.1f} to {max(restarts):.1f} s\n"
    )


def _load_until_killed(
    service: Service,
    rng: random.Random,
    known: list[str],
    couriers: list[str],
    told: Acknowledged,
    round_: int,
) -> None:
    killer = threading.Timer(rng.uniform(0.05, LONGEST_S), service.kill)
    killer.start()
    step = 0
    try:
        while True:
            step += 1
            _do_something(service, rng, known, couriers, told, f"{round_}-{step}")
    except httpx2.TransportError:
        killer.join()


def _do_something(
    service: Service,
    rng: random.Random,
    known: list[str],
    couriers: list[str],
    told: Acknowledged,
    name: str,
) -> None:
    """Places an order, cancels one, or lets a courier tap the next thing of its route."""
    choice = rng.random()
    if choice < 0.5 or not told.orders:
        body = {**order(rng, known), "external_id": name}
        placed = service.ask("POST", "/v1/orders", body)
        told.orders[placed["id"]] = placed
        told.version = max(told.version, placed["plan_version"])
    elif choice < 0.6:
        _cancel(service, rng.choice(list(told.orders)), told)
    else:
        _tap(service, rng.choice(couriers), told, name)


def _cancel(service: Service, name: str, told: Acknowledged) -> None:
    answer = service.http.request("DELETE", f"/v1/orders/{name}")
    # 409: its goods are on board, or it is over.
    if answer.is_success:
        told.cancelled.add(name)
    elif answer.status_code != 409:
        raise RuntimeError(f"DELETE {name}: {answer.status_code} {answer.text[:300]}")


def _tap(service: Service, courier: str, told: Acknowledged, name: str) -> None:
    route = service.ask("GET", f"/v1/couriers/{courier}/route")
    if not route["stops"]:
        return
    stop = route["stops"][0]
    kind = "departed"
    if stop["committed"]:
        kind = {"load": "loaded", "deliver": "delivered", "return": "arrived"}[stop["kind"]]
    # What was under way at a crash may have been taken: the service knows the next number.
    number = service.ask("GET", f"/v1/couriers/{courier}/actions?limit=1")["expected_seq"] or 1
    action = {"action_id": name, "seq": number, "kind": kind, "stop": stop["id"]}
    answer = service.ask("POST", f"/v1/couriers/{courier}/actions", {"actions": [action]})
    told.taps.append((courier, action))
    told.version = max(told.version, answer["plan_version"])


def _last_plan(database: Path) -> int:
    """Returns the newest version that is durable, read apart from the service."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (version,) = connection.execute("SELECT max(version) FROM plan").fetchone()
    return int(version or 0)


def _check(service: Service, told: Acknowledged, last: int) -> None:
    began = time.monotonic()
    plan = service.ask("GET", "/v1/plan")
    assert plan["version"] == last >= told.version, (plan["version"], last, told.version)
    assert plan == service.ask("GET", f"/v1/plan/{last}")
    for name, placed in told.orders.items():
        found = service.ask("GET", f"/v1/orders/{name}")
        assert found["external_id"] == placed["external_id"], (found, placed)
        assert found["promise"]["due_at"] == placed["promise"]["due_at"], (found, placed)
        assert [d["id"] for d in found["drops"]] == [d["id"] for d in placed["drops"]]
        if name in told.cancelled:
            assert found["status"] == "cancelled", found
    for courier, action in told.taps[-3:]:
        answer = service.ask("POST", f"/v1/couriers/{courier}/actions", {"actions": [action]})
        assert answer["results"][0]["result"] == "duplicate", answer
    assert time.monotonic() - began < 60
