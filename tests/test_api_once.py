"""A request sent again under its key takes no effect again, and is answered as the first time."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from api.app import create_app
from api.once import DAY_S, WEEK_S, canonical, key_of
from api.problems import Problem
from tests.api_world import (
    a_courier,
    a_drop,
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient
    from httpx2 import Response

KEY = {"Idempotency-Key": '"5b6c"'}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        yield client


def same(first: Response, again: Response) -> bool:
    """
    Returns whether an answer is the first one, byte for byte, and says that it is a replay.

    But for the number of the request, which is another one's.
    """
    told, headers = dict(first.headers), dict(again.headers)
    replayed = headers.pop("idempotency-replayed", None)
    assert told.pop("x-request-id") != headers.pop("x-request-id")
    one = (first.status_code, told, first.content)
    return replayed == "true" and one == (again.status_code, headers, again.content)


def orders(client: TestClient) -> list[str]:
    return [order["id"] for order in client.get("/v1/orders").json()["items"]]


def test_an_order_sent_again_is_one_order(client: TestClient) -> None:
    first = client.post("/v1/orders", json=an_order(), headers=KEY)
    assert first.status_code == 201
    assert "idempotency-replayed" not in first.headers
    # The plan has moved on meanwhile: the answer has not.
    placed(client, a_drop("k_2"))
    move_clock(client, 3)
    again = client.post("/v1/orders", json=an_order(), headers=KEY)
    assert same(first, again)
    assert orders(client) == ["o_1", "o_2"]


def test_the_order_of_names_in_a_body_does_not_matter(client: TestClient) -> None:
    body = an_order()
    first = client.post("/v1/orders", json=body, headers=KEY)
    again = client.post("/v1/orders", json=dict(reversed(body.items())), headers=KEY)
    assert same(first, again)


def test_without_a_key_two_requests_are_two(client: TestClient) -> None:
    for _ in range(2):
        client.post("/v1/orders", json=an_order())
    assert orders(client) == ["o_1", "o_2"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/orders", an_order(a_drop("k_2"))),
        ("POST", "/v1/orders", an_order(customer="x")),
        ("POST", "/v1/orders?x=1", an_order()),
        ("POST", "/v1/couriers", a_courier()),
        ("DELETE", "/v1/orders/o_1", None),
    ],
)
def test_a_key_belongs_to_one_request(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    client.post("/v1/orders", json=an_order(), headers=KEY)
    before = client.get("/readyz").json()["events"]
    answer = client.request(method, path, json=body, headers=KEY)
    assert "'5b6c'" in assert_problem(answer, 422, "idempotency-mismatch")["detail"]
    assert client.get("/readyz").json()["events"] == before


def writes(client: TestClient) -> list[tuple[str, str, Any]]:
    """Returns one request for each way to change something, to be sent in this order."""
    client.patch("/v1/couriers/c_1", json={"capacity": 20})
    quote = client.post("/v1/quotes", json={"service": "urgent", "drops": [a_drop()]}).json()
    desks = {"items": [{"id": "k_x", "building": "b_1", "department": "Law"}]}
    area = [[24.93, 60.16], [24.96, 60.16], [24.96, 60.18], [24.93, 60.16]]
    slow = {"type": "Polygon", "coordinates": [area]}
    tap = {"action_id": "a", "seq": 1, "kind": "resumed"}
    place = {"lat": 60.17, "lon": 24.94, "at": at(0)}
    return [
        ("POST", "/v1/quotes", {"service": "urgent", "drops": [a_drop()]}),
        ("DELETE", f"/v1/quotes/{quote['quote_id']}", None),
        ("POST", "/v1/orders", an_order(service="special")),
        ("POST", "/v1/orders/o_1/goods-arrived", {}),
        ("POST", "/v1/orders/o_1/answers", {"text": "Soon."}),
        ("POST", "/v1/orders/o_1/ready", {"at": at(5)}),
        ("POST", "/v1/orders/o_1/pause", {"reason": "Nobody is there."}),
        ("POST", "/v1/orders/o_1/resume", None),
        ("PATCH", "/v1/drops/d_1", {"courier": "c_1"}),
        ("PATCH", "/v1/drops/d_1", {"courier": None, "dry_run": True}),
        ("DELETE", "/v1/orders/o_1", None),
        ("POST", "/v1/couriers", a_courier(name="Eero")),
        ("PATCH", "/v1/couriers/c_1", {"paused": True}),
        ("POST", "/v1/couriers/c_1/positions", {"positions": [place]}),
        ("POST", "/v1/couriers/c_1/actions", {"actions": [tap]}),
        ("PUT", "/v1/desks?customer=Acme", desks),
        ("POST", "/v1/traffic", {"areas": [{"area": slow, "kmh": 8}]}),
        ("DELETE", "/v1/traffic/t_1", None),
    ]


def test_whatever_is_changed_is_changed_once(client: TestClient) -> None:
    for i, (method, path, body) in enumerate(writes(client)):
        key = {"Idempotency-Key": f"key-{i}"}
        first = client.request(method, path, json=body, headers=key)
        assert first.is_success, (path, first.text)
        before = client.get("/readyz").json()["events"]
        assert same(first, client.request(method, path, json=body, headers=key)), path
        assert client.get("/readyz").json()["events"] == before, path


def test_a_refusal_for_good_is_kept(client: TestClient) -> None:
    body = an_order(a_drop("k_new"))
    first = client.post("/v1/orders", json=body, headers=KEY)
    assert_problem(first, first.status_code, "unknown-desk")
    client.put(
        "/v1/desks?customer=Acme",
        json={"items": [{"id": "k_new", "building": "b_1", "department": "Law"}]},
    )
    assert same(first, client.post("/v1/orders", json=body, headers=KEY))
    assert client.post("/v1/orders", json=body).status_code == 201


def test_a_refusal_for_now_is_not_kept(client: TestClient) -> None:
    placed(client, external_id="PO-1")
    reused = an_order(a_drop("k_2"), external_id="PO-1")
    for _ in range(2):
        answer = client.post("/v1/orders", json=reused, headers=KEY)
        assert_problem(answer, 409, "external-id-reused")
        assert "idempotency-replayed" not in answer.headers
    stale = KEY | {"If-Match": '"d_1-r1"'}
    assert client.patch("/v1/drops/d_1", json={"courier": "c_1"}, headers=stale).status_code == 412
    assert client.patch("/v1/drops/d_1", json={"courier": "c_1"}, headers=KEY).status_code == 200


def test_what_is_not_valid_uses_no_key_up(client: TestClient) -> None:
    answer = client.post("/v1/orders", json=an_order(surprise=1), headers=KEY)
    assert_problem(answer, 422, "invalid-request")
    assert client.post("/v1/orders", json=an_order(), headers=KEY).status_code == 201


def test_an_edit_that_was_made_is_answered_again_though_its_tag_is_old(client: TestClient) -> None:
    placed(client)
    headers = KEY | {"If-Match": client.get("/v1/drops/d_1").headers["etag"]}
    first = client.patch("/v1/drops/d_1", json={"courier": "c_1"}, headers=headers)
    assert first.status_code == 200
    again = client.patch("/v1/drops/d_1", json={"courier": "c_1"}, headers=headers)
    assert same(first, again)


@pytest.mark.parametrize(
    ("path", "body", "keep_s"),
    [
        ("/v1/quotes", {"service": "urgent", "drops": [a_drop()]}, DAY_S),
        (
            "/v1/couriers/c_1/actions",
            {"actions": [{"action_id": "a", "seq": 1, "kind": "resumed"}]},
            WEEK_S,
        ),
    ],
)
def test_keys_are_good_for_a_day_those_of_taps_for_a_week(
    tmp_path: Path, path: str, body: Any, keep_s: int
) -> None:
    with service(tmp_path, policy={"tick_s": 40_000}) as client:
        shift = {"start": at(-60), "end": at(60)}
        client.post("/v1/couriers", json=a_courier(shift=shift))
        first = client.post(path, json=body, headers=KEY)
        move_clock(client, (keep_s - 1) / 60)
        assert same(first, client.post(path, json=body, headers=KEY))
        move_clock(client, keep_s / 60)
        assert "idempotency-replayed" not in client.post(path, json=body, headers=KEY).headers


def test_a_tick_forgets_what_is_over(tmp_path: Path) -> None:
    with service(tmp_path, policy={"tick_s": 40_000}) as client:
        client.post("/v1/couriers", json=a_courier())
        for key in ("a", "b"):
            client.post(
                "/v1/orders/o_9/ready", json={"at": at(0)}, headers={"Idempotency-Key": key}
            )
        assert kept(tmp_path) == ["a", "b"]
        move_clock(client, DAY_S / 60 + 40_000 / 60)
        assert kept(tmp_path) == []


def kept(folder: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{folder}/dispatch.db?mode=ro", uri=True)) as reader:
        return [key for (key,) in reader.execute("SELECT key FROM idempotency ORDER BY key")]


# When it breaks


def test_an_answer_that_was_lost_with_the_program_is_given_by_the_next(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        first = client.post("/v1/orders", json=an_order(), headers=KEY)
    with service(tmp_path) as client:
        assert same(first, client.post("/v1/orders", json=an_order(), headers=KEY))
        assert orders(client) == ["o_1"]
        different = client.post("/v1/orders", json=an_order(customer="x"), headers=KEY)
        assert_problem(different, 422, "idempotency-mismatch")


def test_an_effect_whose_answer_cannot_be_kept_is_none(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        with closing(sqlite3.connect(f"{tmp_path}/dispatch.db")) as other, other:
            other.execute(
                "CREATE TRIGGER full BEFORE INSERT ON idempotency "
                "BEGIN SELECT RAISE(ABORT, 'The disk is full'); END"
            )
        before = client.get("/readyz").json()["events"]
        failed = client.post("/v1/orders", json=an_order(), headers=KEY)
        assert_problem(failed, 503, "database")
        assert orders(client) == []
        assert client.get("/readyz").json()["events"] == before
        with closing(sqlite3.connect(f"{tmp_path}/dispatch.db")) as other, other:
            other.execute("DROP TRIGGER full")
        assert client.post("/v1/orders", json=an_order(), headers=KEY).status_code == 201
        assert orders(client) == ["o_1"]
    with service(tmp_path) as client:
        assert orders(client) == ["o_1"]


class Begun(dict[tuple[str, str], str]):
    """What is being worked on, told as it begins."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def __setitem__(self, name: tuple[str, str], fingerprint: str) -> None:
        super().__setitem__(name, fingerprint)
        self.begun.set()


def test_of_two_at_once_one_is_worked_on(tmp_path: Path) -> None:
    async def story() -> None:
        app = create_app(settings_in(tmp_path), city=helsinki())
        transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50_000))
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
        ):
            app.state.running = Begun()
            busy, free = asyncio.Event(), threading.Event()
            loop = asyncio.get_running_loop()

            def hold(_: object) -> None:
                loop.call_soon_threadsafe(busy.set)
                free.wait(60)

            holding = asyncio.create_task(app.state.zone.ask(hold))
            await busy.wait()
            sent = client.post("/v1/orders", json=an_order(), headers=KEY)
            first = asyncio.create_task(sent)
            await app.state.running.begun.wait()
            second = await client.post("/v1/orders", json=an_order(), headers=KEY)
            assert_problem(second, 409, "idempotency-running")
            other = await client.post("/v1/orders", json=an_order(customer="x"), headers=KEY)
            assert_problem(other, 422, "idempotency-mismatch")
            free.set()
            await holding
            assert (await first).status_code == 201
            assert not app.state.running
            third = await client.post("/v1/orders", json=an_order(), headers=KEY)
            assert same(await first, third)

    asyncio.run(story())


# Keys


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('"a \\"b\\" \\\\"', 'a "b" \\'),
        ("~" * 255, "~" * 255),
        (f'"{"~" * 255}"', "~" * 255),
        (" abc ", "abc"),
    ],
)
def test_a_key_is_visible_text_quoted_or_not(told: str, key: str) -> None:
    assert key_of([told]) == key


@pytest.mark.parametrize(
    "told",
    [[""], ['""'], ["a b"], ["a\tb"], ["é"], ["x" * 256], ['"abc'], ['"a";p=1'], ["a", "a"]],
)
def test_what_is_no_key_is_refused(told: list[str]) -> None:
    with pytest.raises(Problem, match="Idempotency-Key") as refused:
        key_of(told)
    assert (refused.value.status, refused.value.code) == (400, "bad-idempotency-key")


def test_a_bad_key_changes_nothing(client: TestClient) -> None:
    answer = client.post("/v1/orders", json=an_order(), headers={"Idempotency-Key": "a b"})
    assert_problem(answer, 400, "bad-idempotency-key")
    assert orders(client) == []


def test_equal_json_is_equal_bytes() -> None:
    assert canonical(b'{"b": 1, "a": [1.0, "\\u00e4"]}') == canonical(
        '{"a":[1.0,"ä"],"b":1}'.encode()
    )
    assert canonical(b'{"a": 1}') != canonical(b'{"a": 2}')
    # What is not JSON, or too deep for it, stays as it is.
    for body in (b"", b"building\nb_1\n", b"[" * 100_000, b'{"a": NaN}', b"\xff"):
        assert canonical(body) == body


# The second net


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("closed", [False, True])
def test_an_external_id_names_its_order_for_ever(
    tmp_path: Path, restarted: bool, closed: bool
) -> None:
    def tried(client: TestClient) -> None:
        found = placed(client, external_id="PO-1")
        assert found["id"] == "o_1"
        assert found["status"] == ("cancelled" if closed else "planned")
        reused = client.post("/v1/orders", json=an_order(a_drop("k_2"), external_id="PO-1"))
        problem = assert_problem(reused, 409, "external-id-reused", "external_id")
        assert "'PO-1' belongs to o_1" in problem["detail"]
        assert orders(client) == ["o_1"]

    with service(tmp_path, policy={"tick_s": 40_000}) as client:
        client.post("/v1/couriers", json=a_courier())
        placed(client, external_id="PO-1")
        if closed:
            client.delete("/v1/orders/o_1")
            # Long after anything else about it is forgotten.
            move_clock(client, 7 * 24 * 60)
        if not restarted:
            tried(client)
    if restarted:
        start = at(7 * 24 * 60 if closed else 0)
        with service(tmp_path, clock_start=start) as client:
            tried(client)


def test_a_delivered_order_keeps_its_external_id(client: TestClient) -> None:
    placed(client, external_id="PO-1")
    stops = [stop["id"] for stop in route(client)]
    taps = [("loaded", stops[0]), ("delivered", stops[1])]
    actions = [
        {"action_id": kind, "seq": i, "kind": kind, "stop": stop}
        for i, (kind, stop) in enumerate(taps)
    ]
    client.post("/v1/couriers/c_1/actions", json={"actions": actions})
    assert placed(client, external_id="PO-1")["status"] == "delivered"
    answer = client.post("/v1/orders", json=an_order(a_drop("k_2"), external_id="PO-1"))
    assert_problem(answer, 409, "external-id-reused", "external_id")
