"""
Whether what answers requests in VROOM's format agrees with VROOM: routes, plan mode, error texts.

Random problems as in `vroom_format`, every fourth with routes to start from, answered as the
service answers them; random plans in plan mode; forty requests that are wrong; and a fuzzer.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from api.vroom_requests import Caps
from api.vroom_worker import Job, told
from benchmarks.helsinki import embedded_city
from benchmarks.machine import machine
from benchmarks.peer_env import Skipped
from benchmarks.vroom_format import meet, meeting_lines
from benchmarks.vroom_fuzz import InProcess, answered, fuzz_lines, plan
from benchmarks.vroom_peer import ask_all, vroom_python
from benchmarks.vroom_worlds import Request, random_request
from benchmarks.vroom_wrong import WRONG
from solver.vroom import answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

PROBLEMS, SECONDS = 500, 0.5
PLANS = 500
INPUTS = 50_000

_STARTED = 4
"""Every so many-th problem brings routes to start from."""

_GENEROUS_S = 60.0


def agreement(problems: int = PROBLEMS, plans: int = PLANS, inputs: int = INPUTS) -> str:
    """Returns how far both agree as text; without VROOM only what the fuzzer found."""
    lines = [machine()]
    pipe = InProcess(embedded_city())
    try:
        python = vroom_python()
        lines += [
            f"{problems} random problems of 5 to 40 tasks, {SECONDS} s each, one thread each, every"
            f" {_STARTED}th with routes to start from; ours answered as the service does",
            *_problem_lines(python, problems, pipe),
            *_plan_lines(python, plans, pipe),
            *_text_lines(python, pipe),
        ]
    except Skipped as why:
        lines.append(f"skipped: {why}")
    return "\n".join([*lines, *fuzz_lines(inputs)]) + "\n"


def started_request(seed: int) -> Request:
    """Returns a random request; every fourth starts from half of the routes of an insertion."""
    request = random_request(seed)
    if seed % _STARTED:
        return request
    routes = {route["vehicle"]: route["steps"] for route in answer(request, 0)["routes"]}
    for vehicle in request["vehicles"][::2]:
        tasks = [step for step in routes.get(vehicle["id"], ()) if "job" in step]
        vehicle["steps"] = [{"type": step["type"], "id": step["id"]} for step in tasks]
    return request


def _problem_lines(python: Path, problems: int, pipe: InProcess) -> Iterator[str]:
    def solve(request: Request, seconds: float, seed: int) -> Request:
        body = json.dumps({**request, "options": {"l": seconds}}).encode()
        job = Job(body, Caps(), is_openrouteservice=False, seed=seed, ends_after_s=_GENEROUS_S)
        found: Request = json.loads(told(job, cast("Connection", pipe)).body)
        return found

    yield from meeting_lines(
        meet(python, range(problems), SECONDS, make=started_request, solve=solve)
    )


def random_plan(seed: int) -> Request:
    """Returns a random request whose vehicles have steps, some with a task that is in none."""
    request = random_request(seed, 12)
    rng = random.Random(seed)
    plan(request, rng)
    for vehicle in request["vehicles"]:
        vehicle["steps"] = [step for step in vehicle["steps"] if rng.random() < 0.9]
    return request


def _plan_lines(python: Path, number: int, pipe: InProcess) -> Iterator[str]:
    plans = [random_plan(seed) for seed in range(number)]
    theirs = ask_all(python, plans, plan=True)
    found: Counter[str] = Counter()
    kinds = 0
    for request, their in zip(plans, theirs, strict=True):
        body = json.dumps({**request, "options": {"c": True}}).encode()
        our = json.loads(answered(body, pipe).body)
        if our["code"] or their["code"]:
            found["by both" if our == their else "by us" if our["code"] else "by VROOM"] += 1
            continue
        kinds += _kinds(our) == _kinds(their)
        # With speed factors both cut hundredths of a second off, step by step.
        cut = 20 if any("speed_factor" in vehicle for vehicle in request["vehicles"]) else 0
        less = _missed(their) - _missed(our)
        found["less" if less > cut else "more" if less < -cut else "as much"] += 1
    compared = number - found["by both"] - found["by us"] - found["by VROOM"]
    yield (
        f"plan mode, {number} random plans of 12 tasks: {found['by both']} refused as"
        f" infeasible by both, {found['by us']} by us alone, {found['by VROOM']} by VROOM alone,"
        f" whose guess of when to set out is too late; of {compared} the same kinds of violations"
        f" in {kinds}, seconds too early or late: as many in {found['as much']}, fewer in"
        f" {found['less']}, more in {found['more']}"
    )


def _kinds(answer: dict[str, Any]) -> list[set[str]]:
    """Returns the causes of each route but for time; which of two misses is told may differ."""
    times = {"delay", "lead_time"}
    return [
        {violation["cause"] for violation in route["violations"]} - times
        for route in answer["routes"]
    ]


def _missed(answer: dict[str, Any]) -> int:
    return sum(violation.get("duration", 0) for violation in answer["summary"]["violations"])


def _text_lines(python: Path, pipe: InProcess) -> Iterator[str]:
    theirs = ask_all(python, [body for body, _, _ in WRONG])
    ours = [json.loads(answered(json.dumps(body).encode(), pipe).body) for body, _, _ in WRONG]
    same = sum(our == their for our, their in zip(ours, theirs, strict=True))
    yield f"codes and texts of {len(WRONG)} wrong requests: {same} equal"
    for our, their in zip(ours, theirs, strict=True):
        if our != their:
            yield f"  ours {our}, VROOM's {their}"
