"""A phone's queue over HTTP: batches, gaps, clocks that are off, and what the service has."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from api.app import create_app
from api.server import Server, _bound
from tests.api_world import (
    a_courier,
    an_order,
    at,
    helsinki,
    move_clock,
    placed,
    route,
    service,
    settings_in,
)
from tests.test_api_bad_input import assert_problem
from tests.test_api_stream import Listening, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

PATH = "/v1/couriers/c_1/actions"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A service with two couriers and an order for the first of them."""
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        client.post("/v1/couriers", json=a_courier(name="Eero"))
        yield client


def a_tap(seq: int, kind: str = "resumed", **more: Any) -> dict[str, Any]:
    return {"action_id": f"a{seq}", "seq": seq, "kind": kind} | more


def sent(client: TestClient, *taps: dict[str, Any], **more: Any) -> Response:
    answer: Response = client.post(PATH, json={"actions": list(taps)} | more)
    return answer


def results(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["result"] for result in answer.json()["results"]]


def test_a_gap_is_told_with_where_to_begin(client: TestClient) -> None:
    assert sent(client, a_tap(7), a_tap(8)).json()["expected_seq"] == 9
    before = client.get("/readyz").json()["events"]
    problem = assert_problem(sent(client, a_tap(10), a_tap(11)), 409, "sequence-gap", "actions")
    assert problem["expected_seq"] == 9
    assert client.get("/readyz").json()["events"] == before
    assert results(sent(client, a_tap(9), a_tap(10), a_tap(11))) == ["applied"] * 3


def test_a_batch_sent_again_is_answered_as_the_first_time(client: TestClient) -> None:
    load = route(client)[0]["id"]
    batch = [a_tap(1, "loaded", stop=load), a_tap(2, "loaded", stop=load), a_tap(3)]
    assert results(sent(client, *batch)) == ["applied", "superseded", "applied"]
    again = sent(client, *batch)
    assert results(again) == ["duplicate"] * 3
    firsts = [result["first_result"] for result in again.json()["results"]]
    assert firsts == ["applied", "superseded", "applied"]
    assert again.json()["expected_seq"] == 4


def test_numbers_and_answers_survive_a_restart(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        sent(client, a_tap(1), a_tap(2, "delivered", drop="d_9"))
    with service(tmp_path) as client:
        assert_problem(sent(client, a_tap(4)), 409, "sequence-gap")
        (_, second) = sent(client, a_tap(1), a_tap(2, "delivered", drop="d_9")).json()["results"]
        assert (second["result"], second["first_result"]) == ("duplicate", "rejected")
        assert second["reason"] == "There is no drop d_9."
        # The same id with other content, and the same number with another id.
        assert results(sent(client, a_tap(2, "failed", drop="d_9"))) == ["rejected"]
        assert results(sent(client, a_tap(2, action_id="b"))) == ["rejected"]
        assert results(sent(client, a_tap(3))) == ["applied"]


def test_a_hundred_taps_are_a_batch_and_one_more_is_not(client: TestClient) -> None:
    taps = [a_tap(n) for n in range(1, 102)]
    assert_problem(sent(client, *taps), 422, "invalid-request", "actions")
    assert results(sent(client, *taps[:100])) == ["applied"] * 100
    assert results(sent(client, *taps[50:100], *taps[50:100])) == ["duplicate"] * 100


@pytest.mark.parametrize(
    ("off_s", "told"), [(0, None), (300, None), (301, -301), (-86_400, 86_400)]
)
def test_a_clock_that_is_off_is_told(
    client: TestClient, caplog: pytest.LogCaptureFixture, off_s: int, told: int | None
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = sent(client, a_tap(1), device_now=at(off_s / 60))
    assert answer.json()["clock_skew_s"] == told
    said = [r.getMessage() for r in caplog.records if r.name == "api.actions"]
    assert said == ([] if told is None else [f"The clock of the phone of c_1 is {told} s behind"])


def test_what_the_service_has_is_listed_in_parts(client: TestClient) -> None:
    assert client.get(PATH).json() == {"items": [], "next": None, "expected_seq": None}
    lines = [{"sku": "A4-80", "accepted": 1, "rejected": 1, "reason": "wet"}]
    move_clock(client, 1)
    told = {"occurred_at": at(-60), "device_now": at(-59)}
    sent(
        client,
        a_tap(1, "delivered", stop="s_1", lines=lines, occurred_at=told["occurred_at"]),
        a_tap(2, "failed", drop="d_1", reason="closed"),
        a_tap(3, "loaded", stop="s_x", drops=["d_1"]),
        device_now=told["device_now"],
    )
    first = client.get(PATH, params={"limit": 2}).json()
    assert first["expected_seq"] == 4
    assert first["items"][0] == {
        "action_id": "a1", "seq": 1, "kind": "delivered", "stop": "s_1", "drop": None,
        "drops": None, "lines": lines, "failure": None, "proof": None, **told, "received_at": at(1),
        "result": "rejected", "reason": "d_1 was not loaded by c_1.",
    }  # fmt: skip
    rest = client.get(PATH, params={"limit": 2, "cursor": first["next"]}).json()
    assert ([tap["seq"] for tap in rest["items"]], rest["next"]) == ([3], None)
    assert rest["items"][0]["drops"] == ["d_1"]
    since = client.get(PATH, params={"since": 1}).json()["items"]
    assert [(tap["seq"], tap["failure"]) for tap in since] == [(2, "closed"), (3, None)]
    # Another courier has taps of its own, nobody has none.
    assert client.get("/v1/couriers/c_2/actions").json()["items"] == []
    assert_problem(client.get("/v1/couriers/c_9/actions"), 404, "unknown-courier")


def test_taps_under_one_number_are_all_listed(client: TestClient) -> None:
    for name in ("b", "a", "c"):
        sent(client, a_tap(1, action_id=name))
    seen, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = client.get(PATH, params=query).json()
        seen += [(tap["action_id"], tap["result"]) for tap in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == [("a", "rejected"), ("b", "applied"), ("c", "rejected")]


@pytest.mark.parametrize("cursor", ["x", "1", ":a", "-1:a", "9" * 20 + ":a"])
def test_what_is_no_cursor_of_taps_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get(PATH, params={"cursor": cursor})
    assert_problem(answer, 422, "unknown-cursor", "query.cursor")


def test_a_late_hand_over_is_in_the_history_of_its_order(client: TestClient) -> None:
    client.patch("/v1/drops/d_1", json={"courier": "c_2"})
    load = next(stop["id"] for stop in route(client, "c_2") if stop["kind"] == "load")
    taken = {"actions": [a_tap(1, "loaded", stop=load)]}
    assert results(client.post("/v1/couriers/c_2/actions", json=taken)) == ["applied"]
    lines = [{"sku": "A4-80", "accepted": 2, "rejected": 0, "reason": ""}]
    assert results(sent(client, a_tap(1, "delivered", drop="d_1", lines=lines))) == ["superseded"]
    entries = client.get("/v1/orders/o_1").json()["history"]
    (kept,) = [entry["facts"] for entry in entries if entry["what"] == "evidence_kept"]
    assert kept == {
        "courier": "c_1", "drop": "d_1", "reason": "d_1 is with c_2.", "lines": lines,
        "tap": "delivered", "result": "superseded",
    }  # fmt: skip


def test_evidence_is_told_on_the_stream(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (app, client), Listening(app) as stream:
            await client.post("/v1/orders", json=an_order())
            taps = {"actions": [a_tap(1, "delivered", drop="d_1")]}
            assert results(await client.post(PATH, json=taps)) == ["rejected"]
            while (told := await stream.event())["kind"] != "evidence_kept":
                pass
            assert (told["event"], told["orders"], told["drops"]) == ("order", ["o_1"], ["d_1"])
            assert told["couriers"] == ["c_1"]
            reason = "d_1 was not loaded by c_1."
            assert (told["tap"], told["result"], told["reason"]) == (
                "delivered",
                "rejected",
                reason,
            )

    asyncio.run(story())


def test_a_body_that_ends_too_early_does_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(an_order()).encode()

    async def told(address: tuple[str, int], part: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*address)
        head = [
            "POST /v1/orders HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: close",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Idempotency-Key: k",
        ]
        writer.write("\r\n".join([*head, "", ""]).encode())
        writer.write(part)
        if len(part) < len(body):
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        await writer.wait_closed()
        return answer

    async def story() -> None:
        app = create_app(settings_in(tmp_path), city=helsinki())
        began = asyncio.Event()
        with _bound("127.0.0.1", 0) as listener:
            async with app.router.lifespan_context(app):
                server = Server(app, began.set)
                serving = asyncio.create_task(server.serve([listener]))
                await began.wait()
                address = listener.getsockname()
                zone = app.state.zone
                before = await zone.ask(lambda room: room.database.head(room.zone))
                for part in (b"", body[:1], body[:-1]):
                    answer = await told(address, part)
                    assert answer == b"" or b" 400 " in answer.splitlines()[0]
                assert await zone.ask(lambda room: room.database.head(room.zone)) == before
                assert not app.state.running
                # The key of what never arrived is free.
                assert b" 201 " in (await told(address, body)).splitlines()[0]
                server.should_exit = True
                await serving

    with caplog.at_level(logging.INFO):
        asyncio.run(story())
    assert not [
        record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
    ]
