"""Figures for Prometheus: what they count, and that nobody is named in them."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from api import figures
from tests.api_world import (
    InlineSearch,
    a_courier,
    a_drop,
    an_order,
    at,
    move_clock,
    placed,
    route,
    service,
    tapped,
)
from tests.test_zone_units import no_commit_succeeds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with a courier, whose searches find nothing."""
    with service(tmp_path, InlineSearch(iterations=0)) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def read(client: TestClient) -> dict[str, float]:
    """Returns all figures by name, with their labels in braces as Prometheus writes them."""
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_an_order_is_one_decision_and_one_request(client: TestClient) -> None:
    before = read(client)
    assert before["dispatch_decision_seconds_count"] == 0
    placed(client)
    client.post("/v1/orders", json=an_order(a_drop("k_nowhere")))
    client.get("/v1/orders/o_1")
    client.get("/v1/orders/o_7")
    found = read(client)
    assert found["dispatch_decision_seconds_count"] == 1
    assert found["dispatch_decision_seconds_sum"] > 0
    requests = {k: v for k, v in found.items() if k.startswith("dispatch_http_requests_total")}
    of = 'dispatch_http_requests_total{method="%s",route="%s",status="%s"}'
    assert requests[of % ("POST", "/v1/orders", "2xx")] == 1
    assert requests[of % ("POST", "/v1/orders", "4xx")] == 1
    # Both orders are one series: ids are no labels.
    assert requests[of % ("GET", "/v1/orders/{order_id}", "2xx")] == 1
    assert requests[of % ("GET", "/v1/orders/{order_id}", "4xx")] == 1
    name = 'dispatch_http_request_seconds_count{method="GET",route="/v1/orders/{order_id}"}'
    assert found[name] == 2


def test_a_path_that_is_none_and_a_method_that_is_none_make_no_new_series(
    client: TestClient,
) -> None:
    for i in range(3):
        client.request("BREW", f"/v1/coffee/{i}")
    found = read(client)
    name = 'dispatch_http_requests_total{method="other",route="none",status="4xx"}'
    assert found[name] == 3
    assert not any("coffee" in name or "BREW" in name for name in found)


def test_what_was_sent_again_under_its_key_is_a_replay(client: TestClient) -> None:
    for _ in range(3):
        client.post("/v1/orders", json=an_order(), headers={"Idempotency-Key": "once"})
    assert read(client)["dispatch_idempotent_replays_total"] == 2


def test_a_promise_is_measured_once_when_its_last_drop_is_handed_over(client: TestClient) -> None:
    order = placed(client, a_drop("k_1"), a_drop("k_2"), on_infeasible="accept_late")
    assert order["promise"]["due_at"] == at(22)
    load, first, second, _ = route(client)
    drops = {"drops": load["drops"]}
    taps = [{"kind": "loaded", "stop": load["id"]} | drops]
    taps += [
        {"kind": "delivered", "stop": stop["id"], "drop": drop}
        for stop in (first, second)
        for drop in stop["drops"]
    ]
    assert [each["result"] for each in tapped(client, "c_1", *taps)] == ["applied"] * 3
    found = read(client)
    of = 'dispatch_promise_slack_seconds_%s{%sservice="urgent"}'
    assert found[of % ("count", "")] == 1
    # At the moment of ordering all of the 1320 s are left: more than 900, at most 1800.
    bounds = [found[of % ("bucket", f'le="{bound}",')] for bound in ("900.0", "1800.0")]
    assert bounds == [0, 1]


def test_a_deadline_that_passes_is_a_breach_of_its_service(client: TestClient) -> None:
    placed(client)
    of = 'dispatch_promise_breaches_total{service="%s"}'
    move_clock(client, 22)
    assert read(client)[of % "urgent"] == 0
    move_clock(client, 23)
    found = read(client)
    assert (found[of % "urgent"], found[of % "standard"]) == (1, 0)


def test_searches_are_counted_by_what_became_of_them(client: TestClient) -> None:
    placed(client)
    move_clock(client, 0)
    found = read(client)
    of = 'dispatch_searches_total{outcome="%s"}'
    assert (found[of % "no_gain"], found[of % "adopted"], found[of % "lost"]) == (2, 0, 0)
    assert found["dispatch_search_seconds_count"] == 2


def test_what_cannot_be_stored_is_counted(client: TestClient) -> None:
    with no_commit_succeeds():
        assert client.post("/v1/orders", json=an_order()).status_code == 503
    found = read(client)
    assert found["dispatch_commits_failed_total"] >= 1
    assert found["dispatch_fenced_commits_total"] == 0
    assert found["dispatch_zone_answers"] == 1


def test_a_zone_that_a_newer_process_owns_is_counted_as_fenced(client: TestClient) -> None:
    zone = client.app.state.zone  # type: ignore[attr-defined]

    def usurped(room: Any) -> None:
        with room.database.write() as connection:
            connection.exec_driver_sql("UPDATE zone SET epoch = epoch + 1")

    assert client.portal is not None
    client.portal.call(zone.ask, usurped)
    assert client.post("/v1/orders", json=an_order()).json()["type"] == "/problems/fenced"
    # That of the order; what webhooks write down may be refused meanwhile, too.
    assert read(client)["dispatch_fenced_commits_total"] in (1, 2)


def test_figures_are_told_while_the_zones_thread_does_not_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(figures, "PATIENCE_S", 0.01)
    monkeypatch.setattr(client.app.state.zone, "ask", never)  # type: ignore[attr-defined]
    assert read(client)["dispatch_zone_answers"] == 0


@contextmanager
def listening(client: TestClient) -> Iterator[None]:
    """Somebody listens to the stream, as the service sees it."""
    with client.app.state.zone.feed.listen("somebody"):  # type: ignore[attr-defined]
        yield


def test_streams_are_counted_while_they_are_open(client: TestClient) -> None:
    # The sender of webhooks listens too, but is no stream.
    assert read(client)["dispatch_sse_clients"] == 0
    with listening(client), listening(client):
        assert read(client)["dispatch_sse_clients"] == 2
    assert read(client)["dispatch_sse_clients"] == 0


def test_nothing_personal_and_no_id_is_in_the_figures(client: TestClient) -> None:
    desk = {
        "building": "b_225",
        "floor": 3,
        "contact": {"name": "Aino Virtanen", "phone": "+358401234567"},
    }
    placed(client, {"desk": desk, "items": [{"sku": "A4-80", "quantity": 1}]}, customer="Oy Kunde")
    client.get("/v1/desks", params={"q": "Virtanen"})
    client.get("/v1/couriers/Virtanen/route")
    text = client.get("/metrics").text
    for secret in ("Virtanen", "Aino", "358401234567", "Kunde", "k_1", "b_225"):
        assert secret not in text
    assert not re.search(r'"(o|d|c|k|s)_\d', text)


def test_openmetrics_is_told_to_who_asks_for_it(client: TestClient) -> None:
    wanted = "application/openmetrics-text; version=1.0.0"
    answer = client.get("/metrics", headers={"Accept": wanted})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_services_do_not_share_their_figures(tmp_path: Path, client: TestClient) -> None:
    placed(client)
    (tmp_path / "other").mkdir()
    with service(tmp_path / "other") as other:
        assert read(other)["dispatch_decision_seconds_count"] == 0
    assert not any(m.name.startswith("dispatch") for m in REGISTRY.collect())
