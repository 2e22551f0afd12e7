"""The comparison on frozen problems: what an answer is worth, what is remembered, who won."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.freeze_files import Frozen
from benchmarks.snapshots_cells import measured
from benchmarks.snapshots_questions import COMMON, FULL, Question, question
from benchmarks.snapshots_report import Duel, Runs, best_costs, duel, gap, median_cost, tables
from benchmarks.snapshots_runs import Answer, Ours, Run, judge
from solver.check import violations
from solver.problem import MINOR, Job, Task, TimeWindow, Vehicle
from solver.solution import Solution
from tests.worlds import D, P, a_problem, route_of

if TYPE_CHECKING:
    from pathlib import Path

NEW = 2


def a_job(name: str, location: int, due: int | None, rank: int = 0, early: int = 0) -> Job:
    """Returns a job loaded at location 0 within 0 s and handed over within 60 s."""
    return Job(name, Task(location, TimeWindow(early), 60, due), Task(0), rank=rank)


def a_frozen() -> Frozen:
    """
    Returns one vehicle on a line of locations 60 s apart; its plan loads two jobs and delivers.

    Deliveries start at 60 and at 60 + 60 + 60 = 180 s; the new job's place is next to the last.
    """
    jobs = (a_job("a", 1, due=100), a_job("b", 2, due=150), a_job("new", 3, due=1000))
    problem = a_problem(jobs, (Vehicle("v", 0, 0, (9,)),))
    plan = route_of((0, P), (1, P), (0, D), (1, D))
    reference = route_of((0, P), (1, P), (2, P), (0, D), (1, D), (2, D))
    return Frozen("tiny", 3, problem, Solution((plan,), frozenset((NEW,))), NEW, (reference,), ())


@pytest.fixture
def full() -> Question:
    return question(a_frozen(), FULL)


# Questions


def test_peers_get_the_due_time_or_the_later_start_of_the_plan_as_a_hard_end(
    full: Question,
) -> None:
    # a starts at 60, before its 100; b at 180, after its 150: no peer can bring it in time.
    assert [job.delivery.due for job in full.told.jobs] == [100, 180, 1000]


def test_standard_deliveries_have_no_hard_end() -> None:
    frozen = a_frozen()
    jobs = (replace(frozen.problem.jobs[0], rank=MINOR), *frozen.problem.jobs[1:])
    asked = question(replace(frozen, problem=replace(frozen.problem, jobs=jobs)), FULL)
    assert asked.told.jobs[0].delivery.due is None


def test_ours_starts_without_the_newcomer_and_peers_with_it(full: Question) -> None:
    assert full.start.unassigned == frozenset((NEW,))
    assert full.complete_start.unassigned == frozenset()


def test_the_common_part_has_a_solution_that_serves_all_within_hard_windows() -> None:
    asked = question(a_frozen(), COMMON)
    # The reference brings a at 60, b at 180, the new one at 300: b's 150 is widened by 15 min.
    assert [job.delivery.window.late for job in asked.problem.jobs] == [100, 180 + 900, 1000]
    assert asked.complete_start.unassigned == frozenset()
    assert violations(asked.problem, asked.complete_start) == ()


# Answers


def test_an_answer_that_is_whole_and_legal_is_priced_as_it_is(full: Question) -> None:
    run = judge(full, Answer(full.complete_start.routes, 0.01, 0.01), seed=3)
    assert (run.seed, run.lost, run.illegal, run.elapsed) == (3, 0, False, 0.01)
    # b is 30 s late whatever happens, the one late promise of the start.
    assert run.cost[:3] == (0, 1, 30)


def test_promises_late_because_a_load_stop_starts_as_a_whole_are_counted() -> None:
    # Goods of b are ready at 100: loaded one by one, a's bag is packed at 0, and both set off at
    # 100 + 15. As a whole, loading takes from 100 to 130, and the 60 s to a end at 190.
    pickups = (Task(0, TimeWindow(), 15), Task(0, TimeWindow(100), 15))
    jobs = tuple(
        replace(a_job(name, 1, due=180), pickup=pickup)
        for name, pickup in zip("ab", pickups, strict=True)
    )
    plan = route_of((0, P), (1, P), (0, D), (1, D))
    problem = a_problem(jobs, (Vehicle("v", 0, 0, (9,)),))
    frozen = Frozen("tiny", 2, problem, Solution(((),), frozenset((0, 1))), 1, ((),), ())
    run = judge(question(frozen, FULL), Answer((plan,), 0.1, 0.1), seed=0)
    # One by one a starts at 175, in time, and b at 235, as late as ever.
    assert (run.cost[1], run.held_up) == (2, 1)


def test_a_job_that_an_answer_lost_is_inserted_and_counted(full: Question) -> None:
    run = judge(full, Answer(full.start.routes, 0.01, 0.01), seed=0)
    assert (run.lost, run.illegal) == (1, False)
    assert run.cost[0] == 0


def test_an_answer_that_breaks_a_limit_is_mended_and_counted(full: Question) -> None:
    backwards = (route_of((0, D), (0, P), (1, P), (1, D), (2, P), (2, D)),)
    run = judge(full, Answer(backwards, 0.01, 0.01), seed=0)
    assert (run.lost, run.illegal, run.cost[0]) == (0, True, 0)


def test_without_an_answer_the_plan_stays_with_the_newcomer_inserted(full: Question) -> None:
    run = judge(full, Answer(None, 0.2, 0.1, "it fell over"), seed=0)
    assert (run.lost, run.illegal, run.error) == (0, False, "it fell over")
    assert run.cost == judge(full, Answer(full.complete_start.routes, 0.2, 0.1), seed=0).cost


def test_ours_serves_everybody_within_a_moment(full: Question) -> None:
    found = Ours().answer(full, 0.02, seed=0)
    assert judge(full, found, 0).lost == 0


# What is remembered


class Counting:
    """A solver that gives the start back and counts how often it was asked."""

    name = "counting"
    least_seconds = 0.0

    def __init__(self) -> None:
        self.asked, self.version = 0, "1"

    def key(self, question: Question) -> str:
        return self.version

    def answer(self, question: Question, seconds: float, seed: int) -> Answer:
        self.asked += 1
        return Answer(question.complete_start.routes, seconds, seconds)


def test_what_was_measured_is_not_measured_again(
    full: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    solver = Counting()
    first = measured(solver, full, 0.1, (0, 1), "digest")
    assert measured(solver, full, 0.1, (0, 1), "digest") == first
    assert solver.asked == 2
    assert len(measured(solver, full, 0.1, (0, 1, 2), "digest")) == 3
    assert solver.asked == 3


def test_our_answers_are_of_what_was_asked_alone(full: Question) -> None:
    key = Ours().key(full)
    assert Ours().key(question(a_frozen(), FULL)) == key
    assert Ours().key(question(a_frozen(), COMMON)) != key
    later = replace(full.problem.jobs[0], delivery=replace(full.problem.jobs[0].delivery, due=101))
    jobs = (later, *full.problem.jobs[1:])
    assert Ours().key(replace(full, problem=replace(full.problem, jobs=jobs))) != key


def test_a_cached_answer_is_judged_like_a_fresh_one(
    full: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    class Silent(Counting):
        def answer(self, question: Question, seconds: float, seed: int) -> Answer:
            return Answer(None, seconds, seconds, "no routes")

    first = measured(Silent(), full, 0.1, (0,), "digest")
    assert measured(Silent(), full, 0.1, (0,), "digest") == first
    assert first[0].error == "no routes"


@pytest.mark.parametrize(("share", "asked"), [(0.85, 1), (0.84, 2)])
def test_who_shared_the_core_is_asked_once_more(
    full: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, asked: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    class Disturbed(Counting):
        def answer(self, question: Question, seconds: float, seed: int) -> Answer:
            self.asked += 1
            return Answer(None, 1.0, share if self.asked == 1 else 0.1, "no routes")

    solver = Disturbed()
    (run,) = measured(solver, full, 0.1, (0,), "digest")
    # The second answer was disturbed even more: the first counts.
    assert (solver.asked, run.cpu) == (asked, share)


@pytest.mark.parametrize("change", ["budget", "version", "problems"])
def test_another_budget_version_or_file_of_problems_is_measured_anew(
    full: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    solver = Counting()
    measured(solver, full, 0.1, (0,), "digest")
    solver.version = "2" if change == "version" else "1"
    seconds = 0.2 if change == "budget" else 0.1
    measured(solver, full, seconds, (0,), "other" if change == "problems" else "digest")
    assert solver.asked == 2


# Who won


def runs(*costs: tuple[int, ...], elapsed: float = 0.1) -> tuple[Run, ...]:
    """Returns runs with these costs, one per seed."""
    return tuple(Run(seed, cost, elapsed, elapsed) for seed, cost in enumerate(costs))


def against(ours: tuple[int, ...], theirs: tuple[int, ...], elapsed: float = 0.1) -> Duel:
    """Returns the duel on one problem, with a budget of 0.1 s."""
    return duel({"p": runs(ours)}, {"p": runs(theirs, elapsed=elapsed)}, 0.1)


def test_a_gap_is_in_percent_of_the_last_tier_where_the_others_are_equal() -> None:
    assert gap((0, 1, 1010), (0, 1, 1000)) == pytest.approx(1.0)
    assert gap((0, 2, 500), (0, 1, 1000)) == float("inf")
    assert gap((0, 0, 5000), (0, 1, 1000)) == -float("inf")


def test_the_median_of_the_seeds_is_by_tiers() -> None:
    assert median_cost(runs((0, 900), (1, 100), (0, 950))) == (0, 950)


@pytest.mark.parametrize(
    ("ours", "wins", "ties", "losses"),
    [(9989, 1, 0, 0), (9990, 0, 1, 0), (10010, 0, 1, 0), (10011, 0, 0, 1)],
)
def test_a_tie_is_within_a_thousandth(ours: int, wins: int, ties: int, losses: int) -> None:
    found = against((0, ours), (0, 10000))
    assert (found.wins, found.ties, found.losses) == (wins, ties, losses)


def test_fewer_late_promises_win_whatever_the_last_tier_says() -> None:
    assert against((0, 99999), (1, 1)).wins == 1
    assert not against((1, 1), (0, 99999)).holds


@pytest.mark.parametrize(("elapsed", "wins"), [(0.12, 1), (0.121, 0)])
def test_a_peer_over_its_budget_by_a_fifth_is_not_counted_as_beaten(
    elapsed: float, wins: int
) -> None:
    found = against((0, 1), (0, 2), elapsed)
    assert (found.wins, found.overdue) == (wins, 1 - wins)
    assert (found.share is None) is (wins == 0)


def test_losing_to_a_peer_over_its_budget_is_losing() -> None:
    assert against((0, 2), (0, 1), elapsed=9).losses == 1


def test_the_median_over_problems_decides_whether_ours_is_not_worse() -> None:
    theirs: Runs = {name: runs((0, 1000)) for name in "abc"}
    for last, holds in ((1000, True), (1001, False)):
        ours = {"a": runs((0, 900)), "b": runs((0, last)), "c": runs((0, 2000))}
        assert duel(ours, theirs, 0.1).holds is holds


def test_the_report_shows_every_solver_and_the_verdicts() -> None:
    cells = {
        (FULL, 20, 0.1, "ours"): {"p": runs((0, 1000))},
        (FULL, 20, 0.1, "peer"): {"p": runs((0, 1010), elapsed=0.5)},
    }
    assert best_costs(cells) == {(FULL, "p"): (0, 1000)}
    text = "\n".join(tables(cells))
    row = next(line for line in text.splitlines() if line.startswith("  peer"))
    # Gap, seeds, p50 and most ms, over the budget, busy, lost, broke, fail, held, upper tiers.
    want = ["peer", "1.00/1.00/1.00", "0.00", "500", "500", "1", "0", "0", "0", "0", "0", "0.00"]
    assert row.split() == want
    assert "ours against peer: won 0, tied 0, lost 0, 1 over the budget" in text
