"""What is priced and judged by its changes comes to the same as all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.check import violations
from solver.insertion import complete
from solver.problem import Job, Task, TimeWindow, Vehicle
from solver.solution import Solution, cost, cost_since
from solver.solve import SolveParams, solve
from tests.worlds import D, a_problem, problems, rich_problems, route_of

if TYPE_CHECKING:
    from solver.problem import Problem

FEW = SolveParams(iterations=3)


@settings(max_examples=32, deadline=None, derandomize=True)
@given(st.one_of(problems(), rich_problems()), st.integers(0, 9))
def test_a_price_by_changes_is_the_whole_price(problem: Problem, emptied: int) -> None:
    before = solve(problem, FEW).solution
    # Few routes differ, or many: one is emptied, or all are made anew.
    v = emptied % max(1, len(before.routes))
    left = before.unassigned | {a.job for a in before.routes[v] if a.kind is not a.kind.BREAK}
    routes = tuple(() if w == v else route for w, route in enumerate(before.routes))
    for after in (Solution(routes, left), before):
        assert cost_since(problem, before, cost(problem, before), after) == cost(problem, after)
        assert cost_since(problem, after, cost(problem, after), before) == cost(problem, before)


@settings(max_examples=16, deadline=None, derandomize=True)
@given(problems())
def test_what_differs_from_a_known_solution_is_judged_as_ever(problem: Problem) -> None:
    known = complete(problem, ())
    rotated = Solution((*known.routes[1:], *known.routes[:1]), known.unassigned)
    assert violations(problem, rotated, known) == violations(problem, rotated)


def test_a_route_that_is_known_is_not_judged_again_but_who_serves_whom_is() -> None:
    # The one window closes at 10; the ride there takes 60 s.
    jobs = [Job("early", delivery=Task(1, TimeWindow(0, 10))), Job("any", delivery=Task(2))]
    problem = a_problem(jobs, [Vehicle("a", start=0), Vehicle("b", start=0)])
    late = Solution((route_of((0, D)), route_of((1, D))))
    twice = Solution((route_of((0, D)), route_of((1, D), (0, D))))
    assert violations(problem, late, late) == ()
    assert violations(problem, late) == (
        "The delivery of job 'early' starts at 60 s, 50 s after its window ends at 10 s.",
    )
    assert "Job 'early' has 2 deliveries, expected 1." in violations(problem, twice, late)
