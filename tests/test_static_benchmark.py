"""The static benchmark: what counts, what is kept, and what its tables and verdicts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import static, static_cells, static_reference, static_sets
from benchmarks.peer_env import Skipped
from benchmarks.plain_problem import plain
from benchmarks.static_cells import Run, Runner, cell, judged, store, stored
from benchmarks.static_reference import Reference, read_references, update_references
from benchmarks.static_runs import Plan, run
from benchmarks.static_sets import DATA, SETS, Case, cases
from benchmarks.static_tables import Figures, by_instance, figure, summary, verdicts
from solver.problem import TRAVEL_TIERS, Job, Problem, Task, TimeWindow, Vehicle
from solver.solution import Activity, Kind, Solution

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def case() -> Case:
    # The only job is 10 from the depot.
    durations = np.array([[0, 10], [10, 0]], dtype=np.int64)
    job = Job("1", Task(1, TimeWindow(0, 50)))
    problem = Problem((Vehicle("1", start=0, end=0),), (job,), durations, TRAVEL_TIERS)
    return Case("solomon", "R101", problem, None, plain(problem), "digest")


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPATCH_PEERS", str(tmp_path))
    monkeypatch.setattr(static_reference, "FILE", tmp_path / "references.json")


def ran(distance: int | None, elapsed: float = 0.5, cpu: float | None = None) -> Run:
    flaw = "" if distance is not None else "illegal"
    return Run(distance, flaw, elapsed, elapsed if cpu is None else cpu, 0.0)


def figures(**distances: int | None) -> Figures:
    """Returns figures of one run of each solver on R101 against 100, all within 0.5 s."""
    return {
        name.replace("_", "-"): {"R101": figure([ran(distance)], 100, 0.5)}
        for name, distance in distances.items()
    }


def test_a_gap_is_the_median_of_the_legal_seeds() -> None:
    # 1, 5 and 9 per cent; the illegal one has none.
    found = figure([ran(109), ran(None), ran(101), ran(105)], 100, 0.5)
    assert found.gap == pytest.approx(5)
    assert found.spread == pytest.approx(8)
    assert figure([ran(None)], 100, 0.5).gap is None


@pytest.mark.parametrize(("elapsed", "is_over"), [(0.6, False), (0.61, True)])
def test_a_fifth_more_than_the_budget_is_over_it(elapsed: float, is_over: bool) -> None:
    found = figure([ran(101, elapsed)], 100, 0.5)
    assert (found.is_over, found.counts) == (is_over, not is_over)


def test_a_fast_solver_of_ours_is_held_against_every_peer() -> None:
    told = verdicts("solomon", {0.5: figures(ours=102, pyvrp=102, vroom=101, vroom_0=103)})
    assert [line.rpartition(" ")[2] for line in told] == ["MET", "MISSED"]
    assert "2.00 %, PyVRP 2.00 % (1 of 1 instances), aim no more" in told[0]
    assert "the better of its levels 1.00 %" in told[1]


@pytest.mark.parametrize(("ours", "verdict"), [(1025, "MET"), (1026, "MISSED")])
def test_half_a_point_is_close_enough_from_2_s_on(ours: int, verdict: str) -> None:
    by_solver = {
        "ours": {"R101": figure([ran(ours)], 1000, 2.0)},
        "pyvrp": {"R101": figure([ran(1020)], 1000, 2.0)},
    }
    (told,) = verdicts("solomon", {2.0: by_solver})
    assert told.endswith(f"aim at most 0.5 points more: {verdict}")


def test_a_peer_over_its_budget_or_illegal_is_not_counted_as_beaten() -> None:
    by_solver = figures(ours=101, pyvrp=None)
    by_solver["vrp-cli"] = {"R101": figure([ran(150, 1.0)], 100, 0.5)}
    told = verdicts("solomon", {0.5: by_solver})
    assert told == [
        "Solomon 100, 0.5 s: PyVRP has nothing that counts (1 of 1 instances)",
        "Solomon 100, 0.5 s: vrp-cli has nothing that counts (1 of 1 instances)",
    ]


def test_an_illegal_run_of_ours_misses_the_aim() -> None:
    by_solver = figures(ours=100, pyvrp=200)
    by_solver["ours"]["R101"] = figure([ran(100), ran(None)], 100, 0.5)
    (told,) = verdicts("solomon", {0.5: by_solver})
    assert told.endswith("on R101: MISSED")


def test_tables_show_flaws_and_real_times() -> None:
    by_solver = figures(ours=101, pyvrp=None)
    by_solver["vroom"] = {"R101": figure([ran(104, 1.5)], 100, 0.5)}
    assert by_instance("solomon", 0.5, by_solver).splitlines()[-1].split() == [
        "R101",
        "1.00",
        "-",
        "4.00!",
    ]
    lines = summary("solomon", {0.5: by_solver}).splitlines()
    assert " ".join(lines[2].split()) == "0.5 s ours 1.00 1.00 1.00 0.00 1/1 0.50 s 0.50 s"
    assert "0/1" in lines[3]
    assert lines[4].endswith("1.50 s   1.50 s  over its budget on 1 of 1")


def test_answers_are_judged_by_us(case: Case) -> None:
    there = (Activity(0, Kind.DELIVERY),)
    assert judged(case.problem, Solution((there,))) == (20, "")
    assert judged(case.problem, Solution(((),), frozenset({0}))) == (None, "1 left out")
    distance, flaw = judged(case.problem, Solution((there + there,)))
    assert distance is None
    assert flaw.startswith("illegal: Job '1' has 2 deliveries")


def test_ours_is_run_and_kept_and_not_run_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(("solomon",), (), ("ours",), (0.05,), seeds=1)
    assert run(plan, [case]) == {}
    found = stored(cell("ours", case, 0.05, 1))
    assert found is not None
    assert (found.distance, found.flaw) == (20, "")
    monkeypatch.setattr(Runner, "run", None)
    assert run(plan, [case]) == {}


def test_a_run_of_ours_that_fails_is_kept_as_a_flaw(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no lane")

    monkeypatch.setattr(static_cells, "solve", fail)
    run(Plan(("solomon",), (), ("ours",), (0.05,), seeds=1), [case])
    found = stored(cell("ours", case, 0.05, 1))
    assert found is not None
    assert (found.distance, found.flaw) == (None, "RuntimeError: no lane")


def test_a_peer_that_cannot_be_had_is_skipped_with_the_reason(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise Skipped("no wheels")

    monkeypatch.setattr(static_cells, "Peer", absent)
    skipped = run(Plan(("solomon",), (), ("pyvrp",), (0.05,), seeds=1), [case])
    assert skipped == {"pyvrp": "no wheels"}
    assert "Skipped PyVRP: no wheels" in static.report("machine", [case], skipped)


def test_a_run_cut_short_is_none(case: Case) -> None:
    file = cell("ours", case, 1, 1)
    assert stored(file) is None
    store(file, ran(5))
    assert stored(file) == ran(5)
    file.write_text("{", encoding="utf-8")
    assert stored(file) is None


def test_disturbed_runs_are_told_and_run_again_if_asked(case: Case) -> None:
    file = cell("ours", case, 0.5, 1)
    store(file, ran(30, cpu=0.4))
    assert "1 runs, 1 of them with less than 85 %" in static.report("machine", [case], {})
    plan = Plan(("solomon",), (), ("ours",), (0.5,), seeds=1)
    run(plan, [case])
    assert stored(file) == ran(30, cpu=0.4)
    run(Plan(("solomon",), (), ("ours",), (0.5,), seeds=1, is_again=True), [case])
    found = stored(file)
    assert found is not None
    assert found.distance == 20


@pytest.mark.parametrize(("seconds", "is_kept"), [(119.0, False), (120.0, True)])
def test_only_long_runs_set_references(case: Case, seconds: float, is_kept: bool) -> None:
    store(cell("vroom-0", case, seconds, 1), ran(25))
    assert bool(update_references([case])) is is_kept
    expected = {"solomon/R101": Reference(25, "VROOM -x 0", seconds)} if is_kept else {}
    assert read_references() == expected


def test_a_reference_is_only_ever_replaced_by_a_better_one(case: Case) -> None:
    store(cell("vroom", case, 120, 1), ran(25))
    update_references([case])
    store(cell("pyvrp", case, 120, 1), ran(25))
    store(cell("ours", case, 120, 1), ran(None))
    assert update_references([case]) == []
    store(cell("pyvrp", case, 300, 1), ran(24))
    assert update_references([case]) == ["solomon/R101: 24 by PyVRP, was 25 by VROOM -x 5"]


def test_gaps_without_a_reference_are_marked(case: Case) -> None:
    store(cell("ours", case, 0.5, 1), ran(30))
    store(cell("pyvrp", case, 0.5, 1), ran(20))
    told = static.report("machine", [case], {})
    assert "best at hand: solomon/R101" in told
    # 30 against the 20 of PyVRP.
    assert "50.00 %, PyVRP 0.00 %" in told


def test_without_the_data_the_benchmark_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_sets, "DATA", tmp_path / "nowhere")
    assert static.static().splitlines()[-1].endswith("nowhere/solomon is absent.")


def test_a_short_run_is_refused_as_a_reference(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        static.main(["--reference", "60"])
    assert "takes 120 s at least, got 60" in capsys.readouterr().err


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is absent")
def test_every_instance_named_is_at_hand() -> None:
    assert [len(cases(name)) for name in SETS] == [12, 9, 12, 8, 6]
    # The best known of a multi-trip instance came with it, rounded alike.
    (trips,) = cases("trips", ("C201R0.5",))
    assert trips.published == 15006
