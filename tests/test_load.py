"""The load proof, in a world small enough for a test."""

from __future__ import annotations

import asyncio
import json
import random
import re

import httpx2
import pytest

from benchmarks.load import Load, load, load_both
from benchmarks.load_phone import Phone

SMALL = Load(
    couriers=2, open_drops=4, idle_streams=3, rates=(4,), seconds=1, minutes=10, orders_a_minute=1
)


def test_a_store_is_measured() -> None:
    told = load(what=SMALL)
    assert re.findall(r"^(\w+): \d+ MB at rest", told, re.MULTILINE) == ["sqlite"]
    # Four orders a second for one second: as many answers, and each is heard on five screens.
    answers = re.findall(r"POST /v1/orders: .*\(n = (\d+)\)", told)
    assert answers == ["4"]
    assert re.findall(r"answer to screen: .*\(n = (\d+)\)", told) == ["20"]
    # An order is planned for one courier at least, where it does not wait behind others.
    assert int(re.findall(r"answer to phone: .*\(n = (\d+)\)", told)[0]) >= 1
    assert ", 0 refused)" in told
    assert "memory over 10 minutes" in told
    assert "stopped within" in told


def test_a_store_that_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.load.why_not", lambda: "There is none.")
    monkeypatch.setattr("benchmarks.load.load", lambda *_, **__: "sqlite: 1\n")
    assert load_both(SMALL) == "sqlite: 1\npostgresql: not measured. There is none.\n"


def test_a_tap_that_was_not_answered_is_sent_again_under_its_number() -> None:
    sent: list[dict[str, object]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            stop = {"id": "s_1", "kind": "deliver", "committed": True}
            return httpx2.Response(200, json={"stops": [stop]})
        sent.append(json.loads(request.content)["actions"][0])
        # The first comes too late for whoever asked.
        return httpx2.Response(503 if len(sent) == 1 else 200, json={})

    async def taps() -> None:
        transport = httpx2.MockTransport(answer)
        async with httpx2.AsyncClient(base_url="http://test", transport=transport) as http:
            phone = Phone(http, "c_1", random.Random(1))
            with pytest.raises(httpx2.HTTPStatusError):
                await phone.act()
            await phone.act()
            await phone.act()

    asyncio.run(taps())
    assert [tap["seq"] for tap in sent] == [1, 1, 2]
    assert sent[0] == sent[1]
