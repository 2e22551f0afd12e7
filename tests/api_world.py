"""
A small service for tests: central Helsinki, one store, a manual clock, searches in-process.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi.testclient import TestClient

from api.app import create_app
from api.search_pool import SearchLost
from api.settings import EMBEDDED_CITY, Settings
from dispatch.city import City, load_city
from dispatch.store import Database
from solver.solve import Result, SolveParams, solve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.dispatcher import Snapshot

TEN = datetime.fromisoformat("2026-11-23T10:00:00+02:00")
"""A Monday morning at ten in Helsinki."""

DESK = "k_1"


@cache
def helsinki() -> City:
    """Returns the embedded city, loaded once."""
    return load_city(EMBEDDED_CITY)


def at(minutes: float) -> str:
    """Returns the instant so many minutes after ten, as Helsinki tells it."""
    return (TEN + timedelta(minutes=minutes)).isoformat()


class InlineSearch:
    """A search on the event loop, by iterations: repeatable, and over when it is asked for."""

    state = "ready"

    def __init__(self, iterations: int = 5) -> None:
        self.iterations = iterations
        self.searches = 0

    async def start(self) -> None:
        """Needs nothing."""

    async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
        """Returns a better solution if a few iterations find one."""
        self.searches += 1
        found = solve(snapshot.problem, SolveParams(iterations=self.iterations), snapshot.initial)
        return found if found.improved else None

    async def close(self) -> None:
        """Needs nothing."""


class DeadSearch(InlineSearch):
    """A search whose workers die each time."""

    state = "lost"

    async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
        """Never answers."""
        self.searches += 1
        raise SearchLost("A search worker died.")


@cache
def _new_database() -> bytes:
    """Returns a database as it is before its first start, but for tables: they take a while."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "dispatch.db"
        Database.open(f"sqlite:///{path}").close()
        return path.read_bytes()


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Returns settings with a database in a folder and a clock that starts at ten."""
    if not (path := folder / "dispatch.db").exists() and "db" not in changes:
        path.write_bytes(_new_database())
    usual = {
        "db": f"sqlite:///{folder}/dispatch.db",
        "clock": "manual",
        "clock_start": TEN.astimezone(UTC),
        "workers": 0,
    }
    return Settings.model_validate(usual | changes)


@contextmanager
def service(
    folder: Path, search: InlineSearch | None = None, **changes: Any
) -> Iterator[TestClient]:
    """Yields a client of a service that runs, on this machine as the service sees it."""
    app = create_app(settings_in(folder, **changes), city=helsinki(), search=search)
    with TestClient(
        app,
        base_url="http://127.0.0.1",
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
    ) as client:
        yield client


def a_courier(**changes: Any) -> dict[str, Any]:
    """Returns the body that adds a courier who works from nine to six."""
    usual = {
        "name": "Aino",
        "store": "st_1",
        "capacity": 20,
        "shift": {"start": at(-60), "end": at(8 * 60)},
    }
    return usual | changes


def a_drop(desk: str = DESK, **changes: Any) -> dict[str, Any]:
    """Returns the body of a drop: two packs of paper for a desk of the directory."""
    return {"desk": {"id": desk}, "items": [{"sku": "A4-80", "quantity": 2}]} | changes


def an_order(*drops: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Returns the body of an urgent order, of one drop if none is given."""
    return {"service": "urgent", "drops": list(drops) or [a_drop()]} | changes


def placed(client: TestClient, *drops: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Places an order and returns the answer."""
    answer = client.post("/v1/orders", json=an_order(*drops, **changes))
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def tapped(client: TestClient, courier: str, *actions: dict[str, Any]) -> list[dict[str, Any]]:
    """
    Sends taps and returns what became of them.

    They have new ids, and the numbers that the service expects, unless they have their own.
    """
    first = client.get(f"/v1/couriers/{courier}/actions").json()["expected_seq"] or 1
    ids = [uuid4().hex for _ in actions]
    numbered = [{"action_id": ids[i], "seq": first + i} | tap for i, tap in enumerate(actions)]
    answer = client.post(f"/v1/couriers/{courier}/actions", json={"actions": numbered})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def route(client: TestClient, courier: str = "c_1") -> list[dict[str, Any]]:
    """Returns the stops of a courier's route."""
    stops: list[dict[str, Any]] = client.get(f"/v1/couriers/{courier}/route").json()["stops"]
    return stops


def move_clock(client: TestClient, minutes: float) -> None:
    """Moves the clock to so many minutes after ten."""
    answer = client.post("/v1/clock", json={"now": at(minutes)})
    assert answer.status_code == 200, answer.text
