"""Services and calendars of a supplier's own, over HTTP; and what a zone does not open with."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx2
import pytest

from api.app import create_app
from api.calendars import open_calendars
from api.settings import read_settings
from dispatch.errors import InvalidRequest
from dispatch.state import State
from tests.api_world import (
    TEN,
    a_courier,
    an_order,
    at,
    helsinki,
    move_clock,
    placed,
    service,
    settings_in,
)
from tests.promise_world import deliver, load, shown, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from dispatch.city import City


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with one courier, at ten."""
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


TWO_HOURS = """
[[service]]
name = "two-hour"
clock = { kind = "wall", seconds = 7200 }
urgent = true
negotiable = true
"""


def test_a_supplier_offers_a_service_without_code(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.toml"
    file.write_text(TWO_HOURS, encoding="utf-8")
    with service(tmp_path, service=read_settings(file).service) as client:
        client.post("/v1/couriers", json=a_courier())
        quote = client.post(
            "/v1/quotes", json={"service": "two-hour", "drops": an_order()["drops"]}
        ).json()
        assert (quote["feasible"], quote["promise_s"]) == (True, 7200)
        order = placed(client, service="two-hour")
        assert (order["status"], order["promise"]["due_at"]) == ("planned", at(120))
        assert order["promise"]["kind"] == "two-hour"
        listed = client.get("/v1/orders?service=two-hour").json()["items"]
        assert [o["id"] for o in listed] == ["o_1"]
        load(client)
        move_clock(client, 61)
        assert told(client) == [("half", at(60))]
        deliver(client)
        assert shown(client)["promise"]["state"] == "met"


def test_the_machines_clock_wakes_the_zone_between_its_ticks(tmp_path: Path) -> None:
    """Half of three seconds is over long before the tick of thirty: nothing asks meanwhile."""
    quick = {"name": "quick", "clock": {"kind": "wall", "seconds": 3}, "urgent": True}
    settings = settings_in(tmp_path, clock="system", clock_start=None, service=[quick])

    async def story() -> list[str]:
        app = create_app(settings, city=helsinki())
        transport = httpx2.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            with app.state.zone.feed.listen() as listener:
                body = an_order(service="quick", on_infeasible="accept_late")
                answer = await client.post("/v1/orders", json=body)
                assert answer.status_code == 201, answer.text
                kinds: list[str] = []
                while "promise_breached" not in kinds:
                    news = await asyncio.wait_for(listener.take(), 20)
                    kinds += [e.body["kind"] if "warned" in e.kind else e.kind for e in news]
                return [kind for kind in kinds if kind not in ("order_placed", "plan_published")]

    assert asyncio.run(story()) == ["off_duty", "half", "most", "promise_breached"]


def test_a_service_that_nobody_declared_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/orders", json=an_order(service="two-hour"))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-service")


def test_a_cut_off_counts_what_comes_later_from_the_next_working_day(tmp_path: Path) -> None:
    clock = {"kind": "working_days", "days": 1}
    own = [{"name": "standard", "clock": clock, "cut_off": "10:05"}]
    with service(tmp_path, service=own) as client:
        client.post("/v1/couriers", json=a_courier())
        in_time = placed(client, service="standard")
        move_clock(client, 5)
        late = placed(client, service="standard")
    dues = [order["promise"]["due_at"] for order in (in_time, late)]
    assert dues == ["2026-11-24T17:00:00+02:00", "2026-11-25T17:00:00+02:00"]


def test_a_year_that_is_not_published_is_provisional(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    with service(tmp_path, calendar=[{"country": "CN"}]) as client:
        client.post("/v1/couriers", json=a_courier())
        (warning,) = client.get("/readyz").json()["warnings"]
        assert "calendar cn is not yet published from 2027-01-01" in warning
        assert client.get("/readyz").json()["status"] == "ok"
        assert not placed(client, service="standard")["promise"]["provisional"]
    new_year: dict[str, Any] = {
        "calendar": [{"country": "CN"}],
        "clock_start": "2026-12-31T10:00:00+02:00",
    }
    with service(tmp_path / "later", **new_year) as client:
        client.post("/v1/couriers", json=a_courier())
        order = placed(client, service="standard")
        # New Year's Day is a Friday.
        assert order["promise"]["due_at"] == "2027-01-04T17:00:00+02:00"
        assert order["promise"]["provisional"]


def test_a_calendar_that_was_corrected_moves_open_promises_and_says_so(tmp_path: Path) -> None:
    changes = tmp_path / "ours.toml"
    changes.write_text('[holidays]\n2026-11-24 = "Moving day"\n', encoding="utf-8")
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        for kind in ("standard", "urgent", "standard"):
            placed(client, service=kind)
        client.delete("/v1/orders/o_3")
    with service(tmp_path, calendar=[{"file": changes}]) as client:
        moved, wall, over = (shown(client, f"o_{n}") for n in (1, 2, 3))
        assert moved["promise"]["due_at"] == "2026-11-25T17:00:00+02:00"
        assert wall["promise"]["due_at"] == at(22)
        assert over["promise"]["due_at"] == "2026-11-24T17:00:00+02:00"
        last = moved["history"][-1]
        assert last["what"] == "promise_recalculated"
        assert last["facts"]["before"] == "2026-11-24T17:00:00+02:00"
    # It is written once.
    with service(tmp_path, calendar=[{"file": changes}]) as client:
        assert shown(client)["history"] == moved["history"]


def test_a_service_whose_clock_has_no_calendar_is_told(tmp_path: Path) -> None:
    nowhere = cast("City", SimpleNamespace(country="", timezone="UTC"))
    with pytest.raises(InvalidRequest, match=r"calendar: .*time zone is UTC.*\[\[calendar\]\]"):
        open_calendars(settings_in(tmp_path), nowhere, State(), int(TEN.timestamp()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"service": [{"name": "half-day", "clock": {"kind": "business", "seconds": 60},
                          "calendar": "nowhere"}]},
            "service half-day: .*no calendar 'nowhere'.*fi",
        ),
        ({"calendar": [{"country": "XX"}]}, "country: There are no holidays of 'XX'"),
        ({"calendar": [{}, {"country": "FI"}]}, "two calendars 'fi'"),
        ({"calendar": [{"file": "nowhere.toml"}]}, "nowhere.toml: This cannot be read"),
    ],
)  # fmt: skip
def test_what_a_zone_does_not_open_with(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message), service(tmp_path, **changes):
        pass
