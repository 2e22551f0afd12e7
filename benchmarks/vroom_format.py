"""
Random problems in VROOM's format: both solvers at equal time, each judged by the other.

VROOM's plan mode looks at our routes, our judge at VROOM's; priorities, tasks and cost are compared
as VROOM compares them, on answers as printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.machine import machine
from benchmarks.peer_env import Skipped
from benchmarks.vroom_peer import ask_all, planned, vroom_python
from benchmarks.vroom_worlds import Request, random_request
from solver.vroom import answer, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

NUM_PROBLEMS = 200
SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    One problem, answered by both.

    ``by_vroom`` is what VROOM finds wrong with our answer, ``by_us`` what our judge finds wrong
    with VROOM's; keys are compared from left to right, lower is better; times in seconds.
    ``start_refused``: VROOM refused the routes to start from, and was asked without them.
    """

    seed: int
    ours: tuple[int, int, int]
    theirs: tuple[int, int, int]
    by_vroom: tuple[str, ...]
    by_us: tuple[str, ...]
    our_time: float
    their_time: float
    start_refused: bool


def vroom_format(num_problems: int = NUM_PROBLEMS, seconds: float = SECONDS) -> str:
    """Returns what came of the random problems as text, or why VROOM cannot be asked."""
    try:
        python = vroom_python()
    except Skipped as why:
        return f"{machine()}\nskipped: {why}\n"
    meetings = meet(python, range(num_problems), seconds)
    head = f"{num_problems} random problems of 5 to 40 tasks, {seconds} s each, one thread each"
    return "\n".join([machine(), head, *meeting_lines(meetings)]) + "\n"


def meet(
    python: Path,
    seeds: Sequence[int],
    seconds: float,
    *,
    make: Callable[[int], Request] = random_request,
    solve: Callable[[Request, float, int], Request] = answer,
) -> list[Meeting]:
    """
    Returns the problems of these seeds answered by both. Raises Skipped without answers.

    ``make`` gives the problem of a seed, ``solve`` our answer to it within some seconds.
    """
    requests = [make(seed) for seed in seeds]
    ours, times = [], []
    for request in requests:
        began = perf_counter()
        ours.append(solve(request, seconds, 0))
        times.append(perf_counter() - began)
    theirs = ask_all(python, requests, seconds=seconds)
    # Of a start that is legal VROOM says now and then that it is not, where breaks are.
    refused = [i for i, told in enumerate(theirs) if told["code"]]
    again = [_without_start(requests[i]) for i in refused]
    for i, told in zip(refused, ask_all(python, again, seconds=seconds), strict=True):
        theirs[i] = told
    plans = [planned(request, told) for request, told in zip(requests, ours, strict=True)]
    looked = ask_all(python, plans, plan=True)
    return [
        Meeting(
            seed=seed,
            ours=_key(ours[i]),
            theirs=_key(theirs[i]),
            by_vroom=_plan_faults(looked[i]),
            by_us=faults(requests[i], theirs[i]),
            our_time=times[i],
            their_time=theirs[i]["summary"]["computing_times"]["solving"] / 1000,
            start_refused=i in refused,
        )
        for i, seed in enumerate(seeds)
    ]


def _without_start(request: Request) -> Request:
    vehicles = [{k: v for k, v in of.items() if k != "steps"} for of in request["vehicles"]]
    return {**request, "vehicles": vehicles}


def _plan_faults(looked: dict[str, Any]) -> tuple[str, ...]:
    """Returns what VROOM in plan mode has found wrong with routes."""
    if looked["code"]:
        return (str(looked["error"]),)
    return tuple(str(violation) for violation in looked["summary"]["violations"])


def _key(told: dict[str, Any]) -> tuple[int, int, int]:
    sums = told["summary"]
    return -sums["priority"], sums["unassigned"], sums["cost"]


def meeting_lines(meetings: list[Meeting]) -> Iterable[str]:
    """Yields what came of the problems."""
    wrong = sum(bool(m.by_vroom) for m in meetings)
    yield f"violations that VROOM in plan mode finds in our answers: {wrong}"
    wrong = sum(bool(m.by_us) for m in meetings)
    yield f"violations that our check finds in VROOM's answers: {wrong}"
    for m in meetings:
        for text in (*m.by_vroom, *m.by_us):
            yield f"  problem {m.seed}: {text}"
    if refused := sum(m.start_refused for m in meetings):
        yield f"legal routes to start from that VROOM refuses, and we keep: {refused}"
    better = sum(m.ours < m.theirs for m in meetings)
    equal = sum(m.ours == m.theirs for m in meetings)
    yield (
        f"priorities, tasks, cost, compared in this order: better {better}, equal {equal},"
        f" worse {len(meetings) - better - equal}"
    )
    for place, name in enumerate(("priorities", "tasks")):
        fewer = sum(m.ours[: place + 1] > m.theirs[: place + 1] for m in meetings)
        yield f"worse in {name} or before: {fewer}"
    ratios = sorted(
        m.ours[2] / m.theirs[2] for m in meetings if m.ours[:2] == m.theirs[:2] and m.theirs[2]
    )
    if ratios:
        yield (
            f"cost over VROOM's where priorities and tasks are equal (n = {len(ratios)}):"
            f" median {median(ratios):.4f}, mean {sum(ratios) / len(ratios):.4f},"
            f" least {ratios[0]:.3f}, most {ratios[-1]:.3f}"
        )
    ours = sorted(m.our_time for m in meetings)
    theirs = sorted(m.their_time for m in meetings)
    yield (
        f"time taken, median and most: ours {median(ours):.2f} and {ours[-1]:.2f} s,"
        f" VROOM {median(theirs):.2f} and {theirs[-1]:.2f} s (it may end by itself)"
    )
