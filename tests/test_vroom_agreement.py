"""The proof of agreement with VROOM, small: what it asks, and that it finds nothing wrong."""

from __future__ import annotations

import re

import pytest

from benchmarks.peer_env import Skipped
from benchmarks.vroom_agreement import agreement, random_plan, started_request
from benchmarks.vroom_peer import vroom_python
from solver.vroom import answer


def test_every_fourth_problem_starts_from_routes_that_are_legal() -> None:
    started = started_request(4)
    assert any(vehicle["steps"] for vehicle in started["vehicles"] if "steps" in vehicle)
    assert "x_dropped" not in answer(started, 0)
    assert all("steps" not in vehicle for vehicle in started_request(5)["vehicles"])


def test_plans_leave_some_tasks_out() -> None:
    told = sum(len(vehicle["steps"]) for vehicle in random_plan(3)["vehicles"])
    assert 0 < told < 12 + sum(len(v.get("breaks", ())) for v in random_plan(3)["vehicles"])


@pytest.mark.slow
def test_a_small_proof_finds_no_violation_no_other_text_and_no_crash() -> None:
    try:
        vroom_python()
    except Skipped as why:
        pytest.skip(str(why))
    text = agreement(problems=4, plans=10, inputs=40)
    assert "violations that VROOM in plan mode finds in our answers: 0" in text
    assert "violations that our check finds in VROOM's answers: 0" in text
    assert re.search(r"codes and texts of 40 wrong requests: 40 equal", text)
    assert re.search(r"0 by us alone", text)
    assert re.search(r"more in 0$", text, re.MULTILINE)
    assert "crashes: 0;" in text
