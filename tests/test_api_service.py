"""The service around the business: paths, access, lists, health, the background search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.access import granted, is_open, scopes_of
from api.admission import READING
from api.app import RESOURCES, create_app
from api.once import once_of
from api.problems import STATUS, clipped, path_of, status_of
from api.settings import Settings
from dispatch.errors import DispatchError
from dispatch.store import DatabaseError
from tests.api_world import (
    DeadSearch,
    InlineSearch,
    a_courier,
    a_drop,
    at,
    helsinki,
    move_clock,
    placed,
    service,
    settings_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.dependencies.models import Dependant

PATHS = {
    "/livez": {"get"},
    "/metrics": {"get"},
    "/optimization": {"post"},
    "/readyz": {"get"},
    "/v1/buildings": {"get"},
    "/v1/city": {"get"},
    "/v1/city/map": {"get"},
    "/v1/clock": {"post"},
    "/v1/couriers": {"get", "post"},
    "/v1/couriers/{courier_id}": {"get", "patch"},
    "/v1/couriers/{courier_id}/actions": {"get", "post"},
    "/v1/couriers/{courier_id}/positions": {"post"},
    "/v1/couriers/{courier_id}/route": {"get"},
    "/v1/couriers/{courier_id}/sign-in": {"delete"},
    "/v1/couriers/{courier_id}/sign-in-codes": {"post"},
    "/v1/desks": {"get", "put"},
    "/v1/drops/{drop_id}": {"get", "patch"},
    "/v1/drops/{drop_id}/explanation": {"get"},
    "/v1/drops/{drop_id}/photos/{photo_id}": {"get", "put"},
    "/v1/drops/{drop_id}/proofs": {"get"},
    "/v1/me": {"get"},
    "/v1/orders": {"get", "post"},
    "/v1/imports": {"post"},
    "/v1/imports/template": {"get"},
    "/v1/orders/export": {"get"},
    "/v1/orders/{order_id}": {"get", "delete"},
    "/v1/plan/routes": {"get"},
    "/v1/orders/{order_id}/answers": {"post"},
    "/v1/orders/{order_id}/goods-arrived": {"post"},
    "/v1/orders/{order_id}/links": {"post", "delete"},
    "/v1/orders/{order_id}/pause": {"post"},
    "/v1/orders/{order_id}/ready": {"post"},
    "/v1/orders/{order_id}/resume": {"post"},
    "/v1/plan": {"get"},
    "/v1/plans": {"get"},
    "/v1/plan/{version}": {"get"},
    "/v1/promises/report": {"get"},
    "/v1/quotes": {"post"},
    "/v1/quotes/{quote_id}": {"delete"},
    "/v1/sessions": {"post", "delete"},
    "/v1/sign-in": {"post"},
    "/v1/stores": {"get"},
    "/v1/stream": {"get"},
    "/v1/tokens": {"get", "post"},
    "/v1/tokens/{token_id}": {"delete"},
    "/v1/track": {"get"},
    "/v1/traffic": {"get", "post"},
    "/v1/traffic/{traffic_id}": {"delete"},
    "/v1/webhooks": {"get", "post"},
    "/v1/webhooks/{webhook_id}": {"get", "patch", "delete"},
    "/v1/webhooks/{webhook_id}/deliveries": {"get"},
    "/v1/webhooks/{webhook_id}/enable": {"post"},
    "/v1/webhooks/{webhook_id}/replay": {"post"},
    "/v1/webhooks/{webhook_id}/rotate": {"post"},
    "/v1/webhooks/{webhook_id}/test": {"post"},
    "/vroom/": {"post"},
    "/vroom/health": {"get"},
}
"""What the interface has so far, by path and method."""

PHOTO = "/v1/drops/{drop_id}/photos/{photo_id}"

TAGLESS = {"/v1/quotes/{quote_id}": {"if-match"}, PHOTO: {"if-match", "Idempotency-Key"}}
"""
What never changes has no tag: a quote is held, or used, or neither. A photo has an id of its own
besides, under which it is kept once.
"""

ACCESS = (
    *("/v1/tokens", "/v1/sessions", "/v1/sign-in", "/v1/couriers/{courier_id}/sign-in"),
    "/v1/orders/{order_id}/links",
)
"""How paths of access begin: their answers hold secrets, of which none is kept to be replayed."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with three couriers and seven orders."""
    with service(tmp_path_factory.mktemp("service"), InlineSearch()) as client:
        for name in ("Aino", "Eero", "Iida"):
            client.post("/v1/couriers", json=a_courier(name=name))
        for i in range(5):
            placed(client, a_drop(f"k_{i + 1}"))
        placed(client, service="standard")
        client.delete("/v1/orders/o_2")
        yield client


def test_the_openapi_document_has_the_paths_of_the_interface(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {path: set(methods) for path, methods in document["paths"].items()} == PATHS


def test_the_openapi_document_promises_problem_documents(client: TestClient) -> None:
    for path in client.get("/openapi.json").json()["paths"].values():
        for method in path.values():
            assert "application/problem+json" in method["responses"]["4XX"]["content"]
            assert "422" not in method["responses"]


def test_every_route_says_who_may_ask() -> None:
    routes = [r for module in RESOURCES for r in module.router.routes if isinstance(r, APIRoute)]
    shown = [route for route in routes if route.include_in_schema]
    assert len(shown) == sum(len(methods) for methods in PATHS.values())
    for route in routes:
        assert scopes_of(route) is not None, route.path
        for_all = {is_open(method, route.path) for method in route.methods or ()}
        assert for_all == {granted not in calls_of(route.dependant)}, route.path


def calls_of(dependant: Dependant) -> list[object]:
    """Returns all that is called before a handler, or for what is."""
    inner = [calls_of(found) for found in dependant.dependencies]
    return [dependant.call, *(call for calls in inner for call in calls)]


def test_all_that_changes_something_takes_a_key() -> None:
    routes = [r for module in RESOURCES for r in module.router.routes if isinstance(r, APIRoute)]
    writing = {
        (*(r.methods or ()), r.path): r for r in routes if not (r.methods or set()) <= READING
    }
    # The clock is moved to a moment: to move it there again moves nothing.
    del writing["POST", "/v1/clock"]
    # A trial is made each time it is asked for, and nothing of it is kept.
    del writing["POST", "/v1/webhooks/{webhook_id}/test"]
    del writing["PUT", PHOTO]
    # What is asked in VROOM's format changes nothing.
    del writing["POST", "/vroom/"], writing["POST", "/optimization"]
    writing = {name: r for name, r in writing.items() if not name[1].startswith(ACCESS)}
    assert len(writing) == 24
    for name, route in writing.items():
        assert once_of in calls_of(route.dependant), name


def test_all_that_edits_something_takes_a_tag(client: TestClient) -> None:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if path.startswith(ACCESS):
            continue
        for method in methods.keys() & {"patch", "put", "delete"}:
            named = {parameter["name"] for parameter in methods[method]["parameters"]}
            assert {"if-match", "Idempotency-Key"} <= named | TAGLESS.get(path, set()), path


def all_errors(kind: type[DispatchError] = DispatchError) -> Iterator[type[DispatchError]]:
    for lower in kind.__subclasses__():
        yield lower
        yield from all_errors(lower)


def test_every_error_of_the_business_has_a_status() -> None:
    assert set(STATUS) <= set(all_errors())
    for kind in all_errors():
        assert status_of(kind("x")) in (404, 409, 422, 503), kind


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("::1", "[::1]:8000", 200),
        ("127.0.0.1", "localhost", 200),
        ("192.168.1.7", "127.0.0.1:8000", 403),
        ("testclient", "127.0.0.1", 403),
        # A name of somebody else's that was made to point at this machine.
        ("127.0.0.1", "rebound.example:8000", 403),
    ],
)
def test_only_this_machine_is_answered(
    client: TestClient, address: str, host: str, status: int
) -> None:
    stranger = TestClient(client.app, base_url="http://127.0.0.1", client=(address, 50_000))
    answer = stranger.get("/livez", headers={"host": host})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/not-local"


def test_an_unexpected_error_tells_nothing_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with service(tmp_path) as client:
        client.app.state.zone.ask = None  # type: ignore[attr-defined]
        with caplog.at_level(logging.ERROR):
            answer = client.get("/v1/plan")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "NoneType" not in answer.text
    assert "NoneType" in caplog.text


def test_orders_are_listed_by_status_and_service(client: TestClient) -> None:
    def ids(**query: str) -> list[str]:
        return [o["id"] for o in client.get("/v1/orders", params=query).json()["items"]]

    assert ids() == [f"o_{i}" for i in range(1, 7)]
    assert ids(status="cancelled") == ["o_2"]
    assert ids(service="standard") == ["o_6"]
    assert ids(service="urgent", status="planned") == ["o_1", "o_3", "o_4", "o_5"]
    assert client.get("/v1/orders?status=lost").status_code == 422


def test_a_list_is_read_in_parts(client: TestClient) -> None:
    found: list[str] = []
    cursor = None
    for _ in range(4):
        page = client.get(
            "/v1/orders", params={"limit": 2} | ({"cursor": cursor} if cursor else {})
        )
        found += [order["id"] for order in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert found == [f"o_{i}" for i in range(1, 7)]


def test_desks_and_buildings_and_stores_are_listed(client: TestClient) -> None:
    desks = client.get("/v1/desks?limit=200").json()
    assert len(desks["items"]) == 200
    rest = client.get("/v1/desks", params={"limit": 200, "cursor": desks["next"]}).json()
    assert len(desks["items"]) + len(rest["items"]) == len(helsinki().offices)
    (store,) = client.get("/v1/stores").json()["items"]
    near = client.get("/v1/buildings", params={"near": f"{store['lat']},{store['lon']}"}).json()
    assert near["items"]
    desk = desks["items"][0]
    named = client.get("/v1/desks", params={"building": desk["building"]}).json()["items"]
    assert desk in named


def test_the_machines_clock_cannot_be_moved(tmp_path: Path) -> None:
    with service(tmp_path, clock="system", clock_start=None) as client:
        answer = client.post("/v1/clock", json={"now": at(0)})
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/clock-not-manual"


def test_moving_the_clock_ticks_and_waits_for_the_search(tmp_path: Path) -> None:
    search = InlineSearch()
    with service(tmp_path, search) as client:
        client.post("/v1/couriers", json=a_courier())
        version = placed(client)["plan_version"]
        answer = client.post("/v1/clock", json={"now": at(5)}).json()
        assert answer["now"] == at(5)
        # Nobody set off, so each tick of 30 s moves the plan.
        assert answer["plan_version"] > version
        assert client.get("/v1/plan").json()["made_at"] == at(5)
        assert search.searches > 1


def test_the_search_runs_short_and_long_after_a_change_and_then_rests(tmp_path: Path) -> None:
    search = InlineSearch(iterations=0)
    with service(tmp_path, search) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        move_clock(client, 0)
        assert search.searches == 2
        client.post("/v1/quotes", json={"service": "urgent", "drops": [a_drop()]})
        move_clock(client, 0)
        assert search.searches == 2


def test_a_dead_search_stops_nothing_and_readiness_says_so(tmp_path: Path) -> None:
    search = DeadSearch()
    with service(tmp_path, search) as client:
        client.post("/v1/couriers", json=a_courier())
        assert placed(client)["status"] == "planned"
        move_clock(client, 1)
        assert search.searches >= 1
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        assert ready.json()["search"] == "lost"


def test_without_workers_the_search_is_off(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        assert client.get("/readyz").json()["search"] == "off"
        assert client.get("/readyz").json()["status"] == "ok"


def test_a_store_outside_the_city_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    store = {"id": "st_x", "name": "X", "lat": 61.0, "lon": 25.0}
    place = {"store": [store], "db": f"sqlite:///{tmp_path}/dispatch.db"}
    app = create_app(settings_in(tmp_path, **place), city=helsinki())
    with pytest.raises(DispatchError, match=r"store\[0\].*\[\[store\]\]"), TestClient(app):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_other_stores_is_refused(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
    store = {"id": "st_x", "name": "X", "lat": 60.1699, "lon": 24.9415}
    app = create_app(settings_in(tmp_path, store=[store]), city=helsinki())
    with pytest.raises(DispatchError, match="st_1"), TestClient(app):
        pass


def test_a_start_that_fails_half_way_leaves_the_database_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The disk filled up between opening and the first commit.
    def full(*_: object) -> None:
        raise DatabaseError("The database cannot be used: database or disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr("api.opened.restore", full)
        app = create_app(settings_in(tmp_path), city=helsinki())
        with pytest.raises(DatabaseError, match="full"), TestClient(app):
            pass
    with service(tmp_path) as client:
        assert client.post("/v1/couriers", json=a_courier()).status_code == 201


def test_a_database_from_the_future_needs_a_manual_clock(tmp_path: Path) -> None:
    later = "2099-01-01T10:00:00+02:00"
    with service(tmp_path, clock_start=later) as client:
        shift = {"start": later, "end": "2099-01-01T18:00:00+02:00"}
        client.post("/v1/couriers", json=a_courier(shift=shift))
    app = create_app(settings_in(tmp_path, clock="system", clock_start=None), city=helsinki())
    with pytest.raises(DispatchError, match="in the future"), TestClient(app):
        pass


def test_faulty_input_is_shown_as_json_can() -> None:
    assert clipped(float("nan")) == "nan"
    assert clipped(7) == 7
    assert clipped(None) is None
    assert clipped({"a": [1]}) == '{"a": [1]}'
    assert clipped(object()).startswith("<object")  # type: ignore[attr-defined]
    assert len(str(clipped("x" * 1000))) == 100
    assert len(str(clipped(10**500))) <= 100


def test_places_in_a_request_are_told_as_paths() -> None:
    assert path_of(("body", "drops", 0, "desk", "id")) == "drops[0].desk.id"
    assert path_of(("query", "limit")) == "query.limit"
    assert path_of(("body",)) == ""


def test_the_application_can_be_made_without_a_city_or_a_database() -> None:
    assert create_app(Settings(workers=0)).openapi()["info"]["title"] == "Dispatch"
