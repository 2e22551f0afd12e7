"""The peers of the solver: each answers small plain problems with what they call for."""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import peer_worker, solver_env
from benchmarks.peer_env import Skipped
from benchmarks.peer_worker import receive, send
from benchmarks.plain_problem import plain, plain_routes, read_back
from benchmarks.solver_env import Peer
from solver.check import violations
from solver.problem import TRAVEL_TIERS, Break, Job, Measure, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Kind, Solution, cost, load_stops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SOLVERS = ("pyvrp", "vroom", "vrp-cli", "ortools", "ortools-matrix")


def line(places: int, step: int = 10) -> NDArray[np.int64]:
    """Returns the seconds between places in a row, ``step`` apart."""
    at = np.arange(places, dtype=np.int64) * step
    apart: NDArray[np.int64] = np.abs(at[:, None] - at[None, :])
    return apart


@pytest.fixture(scope="module", params=SOLVERS)
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    name: str = request.param
    has_env = solver_env.has_solvers(solver_env.solvers_folder() / "bin" / "python")
    if name not in solver_env.OURS and not has_env:
        pytest.skip("no environment of peers; `python -m benchmarks static` makes it")
    with Peer(name) as started:
        yield started


def solved(peer: Peer, problem: Problem, seconds: float = 0.2) -> Solution:
    found = peer.ask(plain(problem), seconds=seconds, seed=1)
    assert found["error"] is None
    assert found["elapsed"] > 0
    solution = read_back(problem, found["routes"])
    assert violations(problem, solution) == ()
    return solution


def test_a_peer_delivers_what_is_loaded_at_the_depot(peer: Peer) -> None:
    # Capacity 2 of 3 units needs two routes: 0-20-0 and 0-10-0 with the third on either, so
    # 2 x 30 + 2 x 10 at least: the far pair 30 and 20 together, 10 alone.
    problem = Problem(
        tuple(Vehicle(f"v{i}", start=0, end=0, capacity=(2,)) for i in range(3)),
        tuple(Job(f"j{i}", Task(i)) for i in (1, 2, 3)),
        line(4),
        TRAVEL_TIERS,
    )
    assert cost(problem, solved(peer, problem)) == (0, 80)


def test_a_peer_waits_for_windows_and_serves(peer: Peer) -> None:
    # b opens at 100 and closes at 105, so c, which is farther, is served before it or by 125
    # after it, and a before both: 0-1-2-3-0 or 0-1-3-2-0, 60 s of riding each.
    problem = Problem(
        (Vehicle("v", start=0, end=0, shift=TimeWindow(0, 1000)),),
        (
            Job("a", Task(1, TimeWindow(0, 50), 10)),
            Job("b", Task(2, TimeWindow(100, 105), 10)),
            Job("c", Task(3, TimeWindow(0, 125), 0)),
        ),
        line(4),
        TRAVEL_TIERS,
    )
    found = solved(peer, problem)
    assert found.routes[0][0].job == 0
    assert cost(problem, found) == (0, 60)


def test_a_peer_picks_up_before_it_delivers(peer: Peer) -> None:
    # Both goods are at 1 and capacity is 1: fetched one after the other, 0-1-3-1-2 and home:
    # 10 + 20 + 20 + 10 + 20 = 80.
    problem = Problem(
        (Vehicle("v", start=0, end=0, capacity=(1,)),),
        (Job("far", Task(3), Task(1)), Job("near", Task(2), Task(1))),
        line(4),
        TRAVEL_TIERS,
        joint_loading=False,
    )
    assert cost(problem, solved(peer, problem)) == (0, 80)


def test_a_peer_leaves_goods_on_board_with_their_carrier(peer: Peer) -> None:
    # The other vehicle stands next to the place of delivery but has not got the goods.
    problem = Problem(
        (Vehicle("has it", start=0, capacity=(1,)), Vehicle("is near", start=3, capacity=(1,))),
        (Job("j", Task(3), carrier=0, vehicles=frozenset({0})),),
        line(4),
        TRAVEL_TIERS,
    )
    assert solved(peer, problem).routes == ((Activity(0, Kind.DELIVERY),), ())


def test_a_peer_asks_only_vehicles_that_may_serve(peer: Peer) -> None:
    problem = Problem(
        (Vehicle("near", start=1), Vehicle("far", start=3)),
        (Job("j", Task(0), Task(1), vehicles=frozenset({1})), Job("k", Task(0), Task(1))),
        line(4),
        TRAVEL_TIERS,
        joint_loading=False,
    )
    routes = solved(peer, problem).routes
    assert Activity(0, Kind.DELIVERY) in routes[1]


def test_a_peer_minds_costs_where_they_are_no_seconds() -> None:
    # Dear to 1 from 0 but cheap from 2: by cost 0-2-1 (2), by seconds 0-1-2 (20).
    costs = np.array([[0, 90, 1], [90, 0, 90], [90, 1, 0]])
    tiers = (((Measure.EXPENSE, 1),),)
    problem = Problem(
        (Vehicle("v", start=0),),
        (Job("a", Task(1)), Job("b", Task(2))),
        line(3),
        tiers,
        None,
        costs,
    )
    with Peer("ortools") as peer:
        assert [a.job for a in solved(peer, problem).routes[0]] == [1, 0]


def test_a_peer_starts_from_a_given_plan(peer: Peer) -> None:
    problem = Problem(
        (Vehicle("v", start=0, end=0),),
        tuple(Job(f"j{i}", Task(i), Task(0)) for i in (1, 2, 3)),
        line(4),
        TRAVEL_TIERS,
    )
    pickups = tuple(Activity(j, Kind.PICKUP) for j in (0, 1, 2))
    start = Solution((pickups + tuple(Activity(j, Kind.DELIVERY) for j in (0, 1, 2)),))
    found = peer.ask(plain(problem), seconds=0.2, seed=1, initial=plain_routes(start))
    assert found["error"] is None
    refused = peer.solver == "vrp-cli"
    assert bool(found["note"]) is refused
    assert cost(problem, read_back(problem, found["routes"])) == (0, 60)


def test_pyvrp_reloads_where_all_goods_are_at_the_depot() -> None:
    # Capacity 2 of 4 units: two trips, of 2 x 40 s and 2 x 20 s at least. The goods for the far
    # ones are ready at 400, so those are served after the near ones.
    problem = Problem(
        (Vehicle("v", start=0, end=0, capacity=(2,), shift=TimeWindow(0, 1000)),),
        tuple(Job(f"to {i}", Task(i), Task(0, TimeWindow(i // 3 * 400))) for i in (1, 2, 3, 4)),
        line(5),
        TRAVEL_TIERS,
    )
    if not solver_env.has_solvers(solver_env.solvers_folder() / "bin" / "python"):
        pytest.skip("no environment of peers; `python -m benchmarks static` makes it")
    with Peer("pyvrp") as peer:
        found = solved(peer, problem)
        again = peer.ask(plain(problem), seconds=0.1, initial=plain_routes(found))
    assert cost(problem, found) == (0, 120)
    assert len(load_stops(problem, found.routes[0])) == 2
    assert again["note"] == ""


def test_what_a_peer_cannot_do_is_an_error_and_the_next_request_is_served() -> None:
    good = Problem((Vehicle("v", start=0),), (Job("j", Task(1)),), line(2), TRAVEL_TIERS)
    bad = plain(good) | {"durations": np.zeros((1, 1), dtype=np.int64)}
    with Peer("ortools") as peer:
        found = peer.ask(bad, seconds=0.1)
        assert found["routes"] is None
        assert "IndexError" in found["error"]
        assert solved(peer, good).unassigned == frozenset()


def test_a_peer_that_hangs_is_ended_and_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver_env, "PATIENCE", 0.0)
    problem = Problem((Vehicle("v", start=0),), (Job("j", Task(1)),), line(2), TRAVEL_TIERS)
    with Peer("ortools") as peer:
        found = peer.ask(plain(problem), seconds=0.3)
        assert found["elapsed"] == float("inf")
        monkeypatch.setattr(solver_env, "PATIENCE", 30.0)
        assert solved(peer, problem).unassigned == frozenset()


def test_without_a_package_index_peers_are_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_PEERS", str(tmp_path))
    monkeypatch.setattr(solver_env, "VERSIONS", ("pyvrp==0",))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Skipped, match=r"-m pip install failed: .*pyvrp==0"):
        solver_env.solvers_python()


def test_peers_need_nothing_of_ours() -> None:
    files = Path(peer_worker.__file__).parent.glob("peer_worker*.py")
    names = {
        name
        for file in [*files, Path(peer_worker.__file__).with_name("peer_ortools.py")]
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    known = sys.stdlib_module_names | {"numpy", "ortools"}
    assert {n for n in names if n.split(".")[0] not in known} == {"benchmarks.peer_worker"}


def test_messages_come_whole_through_a_pipe() -> None:
    pipe = io.BytesIO()
    send(pipe, {"seconds": 1.5})
    send(pipe, {"seconds": 2.5})
    pipe.seek(0)
    assert [receive(pipe), receive(pipe), receive(pipe)] == [
        {"seconds": 1.5},
        {"seconds": 2.5},
        None,
    ]


def test_what_plain_problems_lack_is_refused_by_name() -> None:
    tired = Vehicle("tired", start=0, breaks=(Break("tea", (TimeWindow(0, 9),)),))
    with pytest.raises(ValueError, match="Vehicle 'tired' has breaks"):
        plain(Problem((tired,), (), line(1)))
    slow = Job("slow", Task(0, setup_duration=5))
    with pytest.raises(ValueError, match="Job 'slow' has setup"):
        plain(Problem((), (slow,), line(1)))
