"""Webhooks through HTTP: added, told, tried again, given up, and sent again when asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook as Verifier

from api.webhook_schedule import Answer
from api.webhooks import MOST
from tests.api_world import TEN, an_order, at, settings_in
from tests.webhook_worlds import OK, URL, Receiver, Sending, sending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

DOWN = Answer(500)


def told(
    folder: Path,
    story: Callable[[Sending, Receiver], Awaitable[None]],
    *answers: Answer,
    **changes: Any,
) -> Receiver:
    """Plays a story of a service and a receiver with these answers."""

    async def play() -> Receiver:
        receiver = Receiver(*answers)
        async with sending(folder, receiver, **changes) as service:
            await story(service, receiver)
        return receiver

    return asyncio.run(play())


def test_what_happens_is_sent_as_the_stream_tells_it(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.ask("POST", "/v1/orders", an_order())
        await service.settled()
        bodies = sorted(receiver.bodies, key=lambda body: body["data"]["seq"])
        assert [body["type"] for body in bodies] == ["order", "plan"]
        placed, plan = (body["data"] for body in bodies)
        # The courier was event 1.
        assert (placed["kind"], placed["seq"], placed["orders"]) == ("order_placed", 2, ["o_1"])
        assert plan["changes"] == [{"drop": "d_1", "from": None, "to": "c_1"}]
        assert plan["zone"] == "helsinki"
        assert sorted(receiver.ids) == [f"{hook['id']}-2", f"{hook['id']}-3"]
        assert {url for url, _, _ in receiver.heard} == {URL}

    told(tmp_path, story)


def test_a_receiver_verifies_with_the_secret_it_was_shown_once(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.happens()
        await service.settled()
        _, headers, body = receiver.heard[0]
        assert Verifier(hook["secret"]).verify(body, headers)["type"] == "courier"
        for shown in (
            await service.ask("GET", f"/v1/webhooks/{hook['id']}"),
            *(await service.ask("GET", "/v1/webhooks"))["items"],
        ):
            assert shown == hook | {"secret": None, "seen_seq": shown["seen_seq"]}

    # The verifier believes in the machine's clock only.
    told(tmp_path, story, clock="system", clock_start=None)


def test_for_a_day_after_a_rotation_both_secrets_verify(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        new = await service.ask("POST", f"/v1/webhooks/{hook['id']}/rotate")
        assert new["secret"] != hook["secret"]
        await service.happens()
        await service.settled()
        _, headers, body = receiver.heard[0]
        Verifier(hook["secret"]).verify(body, headers)
        Verifier(new["secret"]).verify(body, headers)

    told(tmp_path, story, clock="system", clock_start=None)


def test_only_what_was_chosen_is_sent(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook(events=["plan"])
        await service.ask("POST", "/v1/orders", an_order())
        await service.settled()
        assert [body["type"] for body in receiver.bodies] == ["plan"]
        changed = await service.ask(
            "PATCH", f"/v1/webhooks/{hook['id']}", {"events": ["courier", "courier"]}
        )
        assert changed["events"] == ["courier"]
        await service.ask("POST", "/v1/orders", an_order())
        await service.happens()
        await service.settled()
        assert [body["type"] for body in receiver.bodies] == ["plan", "courier"]

    told(tmp_path, story)


def test_a_failure_is_tried_again_under_the_same_id_when_its_time_has_come(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.happens()
        await service.settled()
        (waiting,) = await service.deliveries(hook)
        assert (waiting["state"], waiting["attempts"], waiting["status"]) == ("pending", 1, 500)
        assert waiting["error"] == "it answered 500"
        # 5 s, and a tenth of it at most.
        assert at(5 / 60) <= waiting["next_at"] <= at(6 / 60)
        await service.ask("POST", "/v1/clock", {"now": at(4 / 60)})
        await service.settled()
        assert len(receiver.heard) == 1
        await service.ask("POST", "/v1/clock", {"now": at(6 / 60)})
        await service.settled()
        assert receiver.ids == [f"{hook['id']}-2"] * 2
        assert receiver.heard[0][2] == receiver.heard[1][2]
        (done,) = await service.deliveries(hook)
        assert (done["state"], done["attempts"], done["next_at"]) == ("delivered", 2, None)

    told(tmp_path, story, DOWN, OK)


def test_an_event_that_fails_does_not_hold_up_those_after_it(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.happens(3)
        await service.settled()
        assert receiver.numbers() == [2, 3, 4]
        states = [d["state"] for d in await service.deliveries(hook)]
        assert states == ["delivered", "delivered", "pending"]
        (pending,) = await service.deliveries(hook, "?state=pending")
        assert pending["seq"] == 2

    told(tmp_path, story, DOWN, OK)


def test_a_receiver_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        slow = Receiver()
        slow.hold()
        fast = Receiver()

        class Both(Receiver):
            async def post(self, url: str, headers: Any, body: bytes) -> Answer:
                return await (slow if "slow" in url else fast).post(url, headers, body)

        service.sender._post = Both()  # noqa: SLF001
        await service.hook("https://slow.example.com/")
        await service.hook("https://fast.example.com/")
        await service.happens(10)
        await fast.until(10)
        # Four attempts under way to the slow one, and no more.
        assert slow.numbers() == [2, 3, 4, 5]
        slow.release()
        await service.settled()
        assert sorted(slow.numbers()) == list(range(2, 12))
        assert slow.most == 4

    told(tmp_path, story)


def test_gone_disables_at_once_and_everybody_is_told(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        receiver.hold()
        await service.happens(6)
        await receiver.until(4)
        # Two wait still, and are given up.
        receiver.release()
        await service.settled()
        shown = await service.ask("GET", f"/v1/webhooks/{hook['id']}")
        assert shown["disabled_for"] == "The receiver answered 410 Gone."
        assert [d["state"] for d in await service.deliveries(hook)] == ["failed"] * 6
        log = service.app.state.zone
        events = await log.ask(lambda room: room.database.events_after(room.zone, 0))
        (told_of,) = [event for event in events if event.kind == "webhook_disabled"]
        assert told_of.body["webhook"] == hook["id"]
        warnings = (await service.ask("GET", "/readyz"))["warnings"]
        assert any(hook["id"] in warning and "410" in warning for warning in warnings)
        # Nothing more is sent, and a replay says why.
        await service.happens()
        await service.settled()
        assert len(receiver.heard) == 4
        refused = await service.ask(
            "POST", f"/v1/webhooks/{hook['id']}/replay", {"failed": True}, status=409
        )
        assert refused["type"] == "/problems/webhook-disabled"

    told(tmp_path, story, Answer(410))


def test_others_hear_that_a_webhook_was_disabled(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        first = await service.hook(events=["courier"])
        await service.hook(events=["webhook_disabled"])
        await service.happens()
        await service.settled()
        assert receiver.bodies[-1]["type"] == "webhook_disabled"
        assert receiver.bodies[-1]["data"]["webhook"] == first["id"]

    told(tmp_path, story, Answer(410), OK)


def test_what_a_disabled_webhook_missed_is_sent_when_asked(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook(events=["courier"])
        path = f"/v1/webhooks/{hook['id']}"
        await service.happens()
        await service.settled()
        seen = (await service.ask("GET", path))["seen_seq"]
        await service.happens(2)
        enabled = await service.ask("POST", f"{path}/enable")
        assert enabled["disabled_at"] is None
        await service.settled()
        assert receiver.numbers() == [2]
        # The failed one by itself, then all from where it stopped.
        assert (await service.ask("POST", f"{path}/replay", {"failed": True}))["failed"] == 1
        await service.settled()
        assert receiver.numbers() == [2, 2]
        await service.ask("POST", f"{path}/replay", {"from_seq": seen + 1})
        await service.settled()
        # Between them the log has that the webhook was disabled.
        assert receiver.numbers() == [2, 2, 4, 5]
        assert receiver.ids == [f"{hook['id']}-{seq}" for seq in receiver.numbers()]

    told(tmp_path, story, Answer(410), OK)


def test_five_days_of_failures_disable(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        path = f"/v1/webhooks/{hook['id']}"
        await service.happens()
        await service.settled()
        assert (await service.ask("GET", path))["failing_since"] == at(0)
        for day in range(1, 5):
            # Each move brings one attempt.
            await service.ask("POST", "/v1/clock", {"now": at(day * 24 * 60)})
            await service.settled()
        assert (await service.ask("GET", path))["disabled_at"] is None
        await service.ask("POST", "/v1/clock", {"now": at(5 * 24 * 60)})
        await service.happens()
        await service.settled()
        assert (await service.ask("GET", path))["disabled_for"] == (
            "Not one success in 5 days; last it answered 500."
        )

    told(tmp_path, story, DOWN, policy={"tick_s": 3600})


def test_a_replay_sends_again_what_was_delivered(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        await service.happens(3)
        await service.settled()
        path = f"/v1/webhooks/{hook['id']}/replay"
        await service.ask("POST", path, {"from_seq": 3})
        await service.settled()
        assert receiver.numbers() == [2, 3, 4, 3, 4]
        for body in ({"from_seq": 99}, {}, {"from_seq": 3, "failed": True}, {"from_seq": 0}):
            await service.ask("POST", path, body, status=422)

    told(tmp_path, story)


def test_a_test_says_what_became_of_it(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        path = f"/v1/webhooks/{hook['id']}/test"
        answer = await service.ask("POST", path)
        assert answer == {"delivered": False, "status": 404, "error": "it answered 404"}
        answer = await service.ask("POST", path)
        assert answer == {"delivered": True, "status": 204, "error": None}
        assert receiver.bodies[0]["type"] == "test"
        assert await service.deliveries(hook) == []

    told(tmp_path, story, Answer(404), OK)


def test_deliveries_come_in_parts(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        hook = await service.hook()
        await service.happens(5)
        await service.settled()
        path, seen, cursor = f"/v1/webhooks/{hook['id']}/deliveries?limit=2", [], ""
        while True:
            part = await service.ask("GET", path + cursor)
            seen += [item["seq"] for item in part["items"]]
            if part["next"] is None:
                break
            cursor = f"&cursor={part['next']}"
        assert seen == [6, 5, 4, 3, 2]
        await service.ask("GET", f"{path}&cursor=x", status=422)
        await service.ask("GET", f"{path}&state=lost", status=422)

    told(tmp_path, story)


def test_a_deleted_webhook_hears_nothing_more(tmp_path: Path) -> None:
    async def story(service: Sending, receiver: Receiver) -> None:
        hook = await service.hook()
        receiver.hold()
        await service.happens(6)
        await service.ask("DELETE", f"/v1/webhooks/{hook['id']}")
        # Four were under way; what became of them concerns nobody.
        receiver.release()
        await service.settled()
        assert len(receiver.heard) <= 4
        for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "/enable"), ("POST", "/test")):
            gone = await service.ask(method, f"/v1/webhooks/{hook['id']}{tail}", status=404)
            assert gone["type"] == "/problems/unknown-webhook"
        assert (await service.ask("GET", "/v1/webhooks"))["items"] == []

    told(tmp_path, story)


@pytest.mark.parametrize(
    "body",
    [
        {"url": URL, "events": []},
        {"url": URL, "events": ["all"]},
        {"url": URL, "secret": "mine"},
        {"url": ""},
        {"events": ["plan"]},
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused(tmp_path: Path, body: Any) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        await service.ask("POST", "/v1/webhooks", body, status=422)

    told(tmp_path, story)


def test_an_address_to_which_nothing_can_go_is_refused_at_once(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        url = "https://169.254.169.254/latest"
        refused = await service.ask("POST", "/v1/webhooks", {"url": url}, status=422)
        assert refused["type"] == "/problems/webhook-url"
        assert "169.254.169.254 is no public address" in refused["detail"]
        hook = await service.hook()
        await service.ask("PATCH", f"/v1/webhooks/{hook['id']}", {"url": url}, status=422)
        assert (await service.ask("GET", f"/v1/webhooks/{hook['id']}"))["url"] == URL

    told(tmp_path, story)


def test_an_edit_of_what_is_so_no_longer_is_refused(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        path = f"/v1/webhooks/{(await service.hook())['id']}"
        tag = (await service.client.get(path)).headers["etag"]
        assert (await service.client.get(path, headers={"if-none-match": tag})).status_code == 304
        stale = {"if-match": tag}
        edit = {"description": "ours"}
        assert (await service.client.patch(path, json=edit, headers=stale)).status_code == 200
        # That something was sent meanwhile is no reason to refuse; that it was edited is.
        for answer in (
            await service.client.patch(path, json={"events": ["plan"]}, headers=stale),
            await service.client.delete(path, headers=stale),
        ):
            assert (answer.status_code, answer.json()["current"]["description"]) == (412, "ours")
        new = {"if-match": (await service.client.get(path)).headers["etag"]}
        assert (await service.client.delete(path, headers=new)).status_code == 200

    told(tmp_path, story)


def test_a_webhook_is_made_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        key = {"Idempotency-Key": "one"}
        made = [
            await service.client.post("/v1/webhooks", json={"url": URL}, headers=key)
            for _ in range(2)
        ]
        assert made[0].json() == made[1].json()
        assert len((await service.ask("GET", "/v1/webhooks"))["items"]) == 1

    told(tmp_path, story)


def test_there_are_not_more_webhooks_than_can_be_served(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        for _i in range(MOST):
            await service.hook()
        refused = await service.ask("POST", "/v1/webhooks", {"url": URL}, status=409)
        assert refused["type"] == "/problems/too-many-webhooks"

    told(tmp_path, story)


def test_nothing_goes_to_this_machine_unless_it_is_allowed(tmp_path: Path) -> None:
    assert not settings_in(tmp_path).webhooks_allow_loopback

    async def story() -> None:
        async with sending(tmp_path) as service:
            url = "http://127.0.0.1:9/"
            await service.ask("POST", "/v1/webhooks", {"url": url}, status=422)

    asyncio.run(story())


def test_how_long_the_oldest_delivery_waits_is_shown(tmp_path: Path) -> None:
    async def story(service: Sending, _: Receiver) -> None:
        assert (await service.ask("GET", "/readyz"))["oldest_delivery_s"] is None
        await service.hook()
        await service.happens()
        await service.settled()
        await service.ask("POST", "/v1/clock", {"now": at(2 / 60)})
        assert (await service.ask("GET", "/readyz"))["oldest_delivery_s"] == 2

    told(tmp_path, story, DOWN)
    assert TEN.isoformat() == at(0)
