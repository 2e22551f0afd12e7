"""The load proof, in a world small enough for a test."""

from __future__ import annotations

import os
import re

import pytest

from benchmarks.load import Load, load_both
from benchmarks.postgres_server import why_not

SMALL = Load(
    couriers=2, open_drops=4, idle_streams=3, rates=(4,), seconds=1, minutes=10, orders_a_minute=1
)


@pytest.mark.skipif(
    "DISPATCH_LOAD" not in os.environ,
    reason="DISPATCH_LOAD is not set: on a crowded machine a phone once met a 409, not understood",
)
def test_both_stores_are_measured_in_one_run() -> None:
    told = load_both(SMALL)
    stores = ["sqlite"] if why_not() else ["sqlite", "postgresql"]
    assert re.findall(r"^(\w+): \d+ MB at rest", told, re.MULTILINE) == stores
    # Four orders a second for one second: as many answers, and each is heard by two couriers.
    answers = re.findall(r"POST /v1/orders: .*\(n = (\d+)\)", told)
    assert answers == ["4"] * len(stores)
    assert told.count(", 0 refused)") == len(stores)
    assert told.count("memory over 10 minutes") == len(stores)
    assert told.count("stopped within") == len(stores)


def test_a_store_that_cannot_be_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.load.why_not", lambda: "There is none.")
    monkeypatch.setattr("benchmarks.load.load", lambda *_, **__: "sqlite: 1\n")
    assert load_both(SMALL) == "sqlite: 1\npostgresql: not measured. There is none.\n"
