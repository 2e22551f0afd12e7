"""Whether a service can do its work: each thing that is looked at, and what it comes to."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from api import checks
from api.asked import Bounds, Waiting
from api.checks import CHECKS, DEGRADING, Check, state_of
from dispatch.migrations import known_versions
from tests.api_world import (
    DeadSearch,
    InlineSearch,
    a_courier,
    an_order,
    placed,
    service,
)
from tests.test_zone_units import at_each_commit, no_commit_succeeds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path, InlineSearch()) as client:
        yield client


def states(client: TestClient) -> dict[str, str]:
    """Returns how each check ended."""
    return {each["name"]: each["state"] for each in client.get("/readyz").json()["checks"]}


def detail(client: TestClient, name: str) -> str:
    """Returns what a check says that is not well."""
    found = {each["name"]: each["detail"] for each in client.get("/readyz").json()["checks"]}
    return str(found[name])


def ask(client: TestClient, work: Any) -> Any:
    """Returns what work gives on the zone's thread."""
    assert client.portal is not None
    return client.portal.call(client.app.state.zone.ask, work)  # type: ignore[attr-defined]


def test_a_service_that_is_well_says_so_of_everything(client: TestClient) -> None:
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert ready.headers["cache-control"] == "no-store"
    assert states(client) == dict.fromkeys(CHECKS, "ok")
    assert all(each["detail"] is None for each in ready.json()["checks"])


def test_asking_commits_something_and_writes_no_event(client: TestClient) -> None:
    # What sends webhooks tidies up as it starts.
    assert client.portal is not None
    client.portal.call(client.app.state.sender.idle)  # type: ignore[attr-defined,call-arg]
    placed_before = ask(client, lambda room: room.database.head(room.zone))
    commits: list[int] = []
    with at_each_commit(lambda: commits.append(1)):
        client.get("/readyz")
    assert len(commits) == 1
    assert ask(client, lambda room: room.database.head(room.zone)) == placed_before
    # What the probe wrote is what was there: the next order follows it.
    client.post("/v1/couriers", json=a_courier())
    assert placed(client)["status"] == "planned"


def test_a_disk_that_keeps_nothing_fails_readiness_and_is_well_again(client: TestClient) -> None:
    with no_commit_succeeds():
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "failing")
        assert ready.json()["database"] == "failing"
        assert states(client)["writer"] == "fail"
        assert "disk I/O error" in detail(client, "writer")
        assert client.get("/livez").status_code == 200
    assert client.get("/readyz").json()["status"] == "ok"


def test_a_zone_that_a_newer_process_took_fails_readiness(client: TestClient) -> None:
    def usurped(room: Any) -> None:
        with room.database.write() as connection:
            connection.exec_driver_sql("UPDATE zone SET epoch = epoch + 1")

    ask(client, usurped)
    assert client.get("/readyz").status_code == 503
    assert "by another program since its epoch 1" in detail(client, "writer")


def test_tables_of_another_version_fail_readiness(client: TestClient) -> None:
    def changed(room: Any) -> None:
        with room.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    ask(client, changed)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    newest = known_versions()[-1]
    assert f"version 0000, this program writes {newest}" in detail(client, "migrations")


def test_the_newest_version_is_that_of_a_new_database(client: TestClient, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "dispatch.db") as connection:
        ((version,),) = connection.execute("SELECT version_num FROM alembic_version")
    connection.close()
    assert version == known_versions()[-1]


def test_a_lost_search_degrades(tmp_path: Path) -> None:
    with service(tmp_path, DeadSearch()) as client:
        assert states(client)["workers"] == "warn"
        assert client.get("/readyz").json()["status"] == "degraded"
        assert client.get("/readyz").status_code == 200


def test_a_calendar_not_published_within_sixty_days_is_warned_of_and_no_more(
    tmp_path: Path,
) -> None:
    # China's 2027 is not yet published: on 2 November it begins in 60 days, the day before in 61.
    china = [{"country": "CN"}]
    with service(tmp_path, calendar=china, clock_start="2026-11-01T23:59:00+02:00") as client:
        assert states(client)["calendar"] == "ok"
        client.post("/v1/clock", json={"now": "2026-11-01T23:59:59+02:00"})
        assert states(client)["calendar"] == "ok"
        client.post("/v1/clock", json={"now": "2026-11-02T00:00:00+02:00"})
        assert states(client)["calendar"] == "warn"
        assert "2027-01-01" in detail(client, "calendar")
        assert client.get("/readyz").json()["status"] == "ok"


def test_a_calendar_that_is_over_fails_readiness(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def over(room: Any) -> Any:
        (calendar,) = room.dispatcher.calendars.values()
        return calendar.last

    last = ask(client, over)
    monkeypatch.setattr(checks, "day_of", lambda *_: last)
    assert states(client)["calendar"] != "fail"
    monkeypatch.setattr(checks, "day_of", lambda *_: last.replace(year=last.year + 1))
    assert states(client)["calendar"] == "fail"
    assert client.get("/readyz").status_code == 503


class Late(Waiting):
    """A queue whose thread does nothing since some time."""

    told_s = 0.0

    @property
    def stuck_s(self) -> float:
        """Seconds."""
        return self.told_s


def test_a_zone_that_is_busy_is_degraded_and_one_that_is_stuck_fails(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object, **__: object) -> None:
        raise TimeoutError

    zone = client.app.state.zone  # type: ignore[attr-defined]
    monkeypatch.setattr(zone, "waiting", Late(Bounds(1, 10, 30), lambda: 0.0))
    monkeypatch.setattr(zone, "ask", silent)
    zone.waiting.told_s = checks.STUCK_S
    ready = client.get("/readyz")
    # That plans come late is no reason to send orders elsewhere.
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["database"] == "busy"
    zone.waiting.told_s = checks.STUCK_S + 1
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "failing")
    assert "Nothing was done for 31 s" in detail(client, "writer")
    # What was last seen is told all the same.
    assert ready.json()["events"] == 0


def test_ticks_that_are_late_make_travel_times_old(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_s = 90.0
    ticking = type(client.app.state.zone.ticking)  # type: ignore[attr-defined]
    monkeypatch.setattr(ticking, "late_s", property(lambda _: late_s))
    # Three ticks of 30 s.
    assert states(client)["travel_times"] == "ok"
    late_s = 90.1
    assert states(client)["travel_times"] == "warn"
    assert client.get("/readyz").json()["status"] == "degraded"


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_that_fails_is_enough(name: str) -> None:
    well = [Check(each) for each in CHECKS if each != name]
    assert state_of([*well, Check(name)]) == "ok"
    assert state_of([*well, Check(name, "fail", "x")]) == "failing"
    warned = state_of([*well, Check(name, "warn", "x")])
    assert warned == ("degraded" if name in DEGRADING else "ok")


def test_orders_are_taken_while_a_service_is_degraded(tmp_path: Path) -> None:
    with service(tmp_path, DeadSearch()) as client:
        client.post("/v1/couriers", json=a_courier())
        assert client.get("/readyz").json()["status"] == "degraded"
        assert client.post("/v1/orders", json=an_order()).status_code == 201
