"""How much each may ask, who is kept off, and in which turn work is done."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import api.gate
import api.watch
from api.access import LOCAL, Principal
from api.limits import Allowance, Kind, Limits
from api.lockout import MOST_ADDRESSES, MOST_FAILURES, WINDOW_S, Lockout, neighbourhood
from api.problems import Problem
from api.scopes import ROLES
from api.turns import Turns
from tests.access_world import guarded

if TYPE_CHECKING:
    from pathlib import Path

SHOP, RIVAL = (Principal(name, "intake", ROLES["intake"]) for name in ("shop", "rival"))


@dataclass
class Hand:
    """A clock moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Hand, per_s: float = 2, burst: float = 4) -> Limits:
    return Limits({"requests": Allowance(per_s, burst)}, at_once=2, clock=clock)


def spent(found: Limits, who: Principal = SHOP, cost: float = 1) -> int:
    """Returns 0 where it could be spent, else the status and 1000 for each second to wait."""
    try:
        found.spend(who, "requests", cost)
    except Problem as problem:
        return problem.status + 1000 * int((problem.headers or {}).get("Retry-After", 0))
    return 0


def test_a_burst_is_let_in_and_what_comes_in_after_it() -> None:
    clock = Hand()
    found = limits(clock)
    # 4 at once; the next comes in after half a second, told as the whole second it is within.
    assert [spent(found) for _ in range(5)] == [0, 0, 0, 0, 1429]
    clock.now += 0.49
    assert spent(found) == 1429
    clock.now += 0.01
    assert [spent(found), spent(found)] == [0, 1429]


def test_what_is_refused_costs_nothing_and_others_nothing_either() -> None:
    found = limits(Hand())
    assert [spent(found) for _ in range(100)].count(0) == 4
    assert spent(found, RIVAL) == 0


def test_a_cost_is_let_in_up_to_the_burst_and_never_above() -> None:
    clock = Hand()
    found = limits(clock)
    assert spent(found, cost=4.1) == 413
    assert spent(found, cost=4) == 0
    # All of it is there again after 4 / 2 seconds.
    assert spent(found, cost=4) == 2429
    clock.now += 2
    assert spent(found, cost=4) == 0


def test_whoever_runs_the_service_is_not_counted() -> None:
    found = limits(Hand())
    assert [spent(found, LOCAL) for _ in range(100)] == [0] * 100


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 4)), max_size=60))
def test_never_more_is_spent_than_came_in(asked: list[tuple[float, float]]) -> None:
    clock, total = Hand(), 0.0
    found = limits(clock)
    for wait_s, cost in asked:
        clock.now += wait_s
        total += cost if spent(found, cost=cost) == 0 else 0
        # The burst was there from the start, then 2 a second.
        assert total <= 4 + 2 * (clock.now - 1000) + 1e-6


def test_so_many_are_answered_at_once_and_none_is_forgotten() -> None:
    found = limits(Hand())
    with (
        found.running(SHOP),
        found.running(SHOP),
        found.running(RIVAL),
        pytest.raises(Problem, match="2 requests of shop"),
        found.running(SHOP),
    ):
        raise AssertionError
    with found.running(SHOP):
        pass


# Lockout


def test_an_address_is_kept_off_from_the_last_failure_that_counts() -> None:
    clock = Hand()
    found = Lockout(clock)
    for _ in range(MOST_FAILURES - 1):
        found.note("203.0.113.7")
    assert found.wait_s("203.0.113.7") == 0
    found.note("203.0.113.7")
    assert found.wait_s("203.0.113.7") == WINDOW_S
    assert found.wait_s("203.0.113.8") == 0
    clock.now += WINDOW_S
    assert found.wait_s("203.0.113.7") == 0
    # It begins anew.
    found.note("203.0.113.7")
    assert found.wait_s("203.0.113.7") == 0


def test_a_failure_that_turned_out_to_be_none_is_taken_back() -> None:
    found = Lockout(Hand())
    for _ in range(MOST_FAILURES):
        found.note("203.0.113.7")
    found.pardon("203.0.113.7")
    assert found.wait_s("203.0.113.7") == 0
    found.note("203.0.113.7")
    assert found.wait_s("203.0.113.7") == WINDOW_S
    # Of an address without failures nothing is remembered.
    found.note("203.0.113.8")
    found.pardon("203.0.113.8")
    found.pardon("203.0.113.9")
    assert len(found._failed) == 1  # noqa: SLF001


def test_of_a_million_addresses_some_are_remembered() -> None:
    found = Lockout(Hand())
    for i in range(MOST_ADDRESSES + 1000):
        found.note(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")
    assert len(found._failed) == MOST_ADDRESSES  # noqa: SLF001


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("testclient", "another", False),
    ],
)
def test_of_ipv6_a_network_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) == same


# Turns


def test_who_brings_one_piece_waits_for_one_of_each_other() -> None:
    turns: Turns[str] = Turns()
    for i in range(4):
        turns.put("flood", f"f{i}")
    turns.put("shop", "s0")
    turns.put("rival", "r0")
    taken = [turns.take() for _ in range(6)]
    assert taken == ["f0", "s0", "r0", "f1", "f2", "f3"]
    assert not turns


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=100))
def test_all_is_taken_and_each_names_pieces_in_order(steps: list[tuple[str, bool]]) -> None:
    turns: Turns[tuple[str, int]] = Turns()
    taken: list[tuple[str, int]] = []
    for i, (name, takes) in enumerate(steps):
        turns.put(name, (name, i))
        if takes:
            taken.append(turns.take())
    while turns:
        taken.append(turns.take())
    assert sorted(i for _, i in taken) == list(range(len(steps)))
    for name in "abc":
        mine = [i for whose, i in taken if whose == name]
        assert mine == sorted(mine)


def test_threads_may_bring_while_another_takes() -> None:
    turns: Turns[int] = Turns()

    def bring(name: str) -> None:
        for i in range(2000):
            turns.put(name, i)

    threads = [Thread(target=bring, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    taken = 0
    while taken < 8000:
        if turns:
            turns.take()
            taken += 1
    for thread in threads:
        thread.join()
    assert not turns


# All of it, through the service


def test_one_who_sends_too_many_bytes_is_refused_and_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.gate, "REFUSAL_S", 0.0)
    body = b'{"service": "' + b"x" * 1_000_000 + b'"}'
    with guarded(tmp_path, couriers=0, requests_per_second=1000) as world:
        status = [world.ask("shop", "POST", "/v1/orders", content=body) for _ in range(60)]
        codes = [answer.status_code for answer in status]
        # 16 MiB at once, then half of one a second: 60 bodies of a megabyte are too many.
        assert codes[:16] == [422] * 16
        assert 429 in codes
        refused = status[codes.index(429)]
        assert refused.json()["type"] == "/problems/too-much"
        assert int(refused.headers["retry-after"]) >= 1
        assert world.ask("rival", "POST", "/v1/orders", content=body).status_code == 422


def test_bodies_that_are_refused_for_their_size_are_spent_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.gate, "REFUSAL_S", 0.0)
    body = b" " * (3 * 1024 * 1024)
    with guarded(tmp_path, couriers=0, requests_per_second=1000) as world:
        codes = [world.ask("shop", "POST", "/vroom/", content=body).status_code for _ in range(20)]
        # A megabyte is counted of each, since more is never read: 16 at once, then half of one
        # a second.
        assert codes[:16] == [413] * 16
        assert 429 in codes
        assert world.ask("rival", "POST", "/vroom/", content=body).status_code == 413


def test_an_order_counts_as_three_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.gate, "REFUSAL_S", 0.0)
    # The administrator makes four tokens for this world.
    with guarded(tmp_path, couriers=0, requests_per_second=2) as world:
        # Four at once: one order and a look, and no second order.
        told = [world.ask("shop", "POST", "/v1/orders", json={}).status_code for _ in range(2)]
        assert told == [422, 429]
        assert world.ask("shop", "GET", "/v1/stores").status_code == 200


def test_one_who_floods_is_refused_and_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.gate, "REFUSAL_S", 0.0)
    # The administrator makes four tokens for this world.
    with guarded(tmp_path, couriers=0, requests_per_second=2) as world:
        status = [world.ask("shop", "GET", "/v1/stores").status_code for _ in range(60)]
        # 4 at once, then 2 a second for as long as this takes: no 20 s.
        assert 4 <= status.count(200) <= 44
        assert status.count(429) == 60 - status.count(200)
        refused = world.ask("shop", "GET", "/v1/stores")
        assert refused.json()["type"] == "/problems/too-much"
        assert refused.headers["retry-after"] == "1"
        assert world.ask("rival", "GET", "/v1/stores").status_code == 200


def problem(tasks: int, seconds: float) -> dict[str, object]:
    """A problem in VROOM's format with so many tasks at one place, and so much search."""
    return {
        "vehicles": [{"id": 1, "start_index": 0}],
        "jobs": [{"id": i, "location_index": 0} for i in range(tasks)],
        "matrices": {"car": {"durations": [[0]]}},
        "options": {"l": seconds},
    }


@pytest.mark.parametrize("path", ["/vroom/", "/optimization"])
def test_solving_is_spent_by_who_asks_for_it_and_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    # A second of search and five places at once, and hardly more for as long as this takes.
    few: dict[Kind, Allowance] = {"solve_s": Allowance(1e-6, 1), "points": Allowance(1e-6, 5)}
    monkeypatch.setattr(api.watch, "USUAL", {**api.watch.USUAL, **few})
    with guarded(tmp_path, couriers=0) as world:

        def asked(name: str, tasks: int, seconds: float) -> tuple[int, str]:
            answer = world.ask(name, "POST", path, json=problem(tasks, seconds))
            return answer.status_code, answer.json().get("type", "")

        assert asked("shop", 6, 0.01) == (413, "/problems/never-so-much")
        assert asked("shop", 2, 0.6) == (200, "")
        assert asked("shop", 2, 0.6) == (429, "/problems/too-much")
        # What is refused costs nothing: 0.4 s and 3 of the 5 places are left.
        assert asked("shop", 3, 0.3) == (200, "")
        assert asked("shop", 1, 0.01) == (429, "/problems/too-much")
        assert asked("rival", 2, 0.6) == (200, "")
