"""
PyVRP, VROOM, vrp-cli and plain OR-Tools, asked over a pipe in a process of their own.

Runs under the interpreter of `solver_env` as ``python -m benchmarks.peer_worker SOLVER [...]``,
which are imported before the first request; it and its ``peer_worker_*`` import nothing of ours.
Requests come on stdin and answers go to stdout, pickled, each after its length in 8 bytes, big
end first. An empty stdin ends the process.

A request is a dict::

    {"solver": "pyvrp" | "vroom" | "vrp-cli" | "ortools" | "ortools-matrix",
     "problem": problem, "seconds": float, "seed": int, "initial": routes | None}

and may have ``"options"``, a dict of the solver's own ("level" 0-5 for VROOM, 5 if not said). Its
answer is::

    {"routes": routes | None, "elapsed": float, "cpu": float, "error": str | None, "note": str}

``routes`` is one list for each vehicle of (job, "pickup" | "delivery") in order; what is in none is
left out. ``elapsed`` is seconds in here, building the model and reading it back included, ``cpu``
those of the processor among them. Solvers without a seed of their own get the jobs in an order
drawn from it (0: as they are).
``note`` says what was left aside, say a start that the solver refused. An answer may break limits:
the asker judges it.

The problem is a dict of plain values, times in whole seconds from 0, indices from 0::

    {"durations": (n, n) int64, "costs": (n, n) int64 | None: the durations,
     "vehicles": [{"start": location, "end": location | None: open, "capacity": [amount, ...],
                   "early": s, "late": s, "profile": 0}],
     "jobs": [{"pickup": task | None, "delivery": task, "load": [amount, ...],
               "vehicles": [vehicle, ...] | None: all, "carrier": vehicle | None,
               "prize": int | None: must be served}]}

where a task is ``{"location", "early", "late", "service"}``, a delivery has ``"due": s | None``
besides, and an empty capacity has no limit. A job without a pickup is on board from the start of
the vehicle that serves it, of its ``carrier`` where it has one. What is asked for is the least sum
of costs of all rides of vehicles that serve anything. No peer knows deadlines that may be missed:
``due`` shortens the window of the delivery (never below its ``early``), so whoever asks loosens the
ones that cannot be met, or gives their jobs a prize.
"""

from __future__ import annotations

import os
import pickle
import random
import sys
import time
from importlib import import_module
from typing import Any, BinaryIO

Plain = dict[str, Any]
"""A problem as the module's docstring has it."""

Routes = list[list[tuple[int, str]]]

PICKUP, DELIVERY = "pickup", "delivery"

MODULES = {
    "pyvrp": "benchmarks.peer_worker_pyvrp",
    "vroom": "benchmarks.peer_worker_vroom",
    "vrp-cli": "benchmarks.peer_worker_vrp_cli",
    "ortools": "benchmarks.peer_ortools",
    "ortools-matrix": "benchmarks.peer_ortools",
}
"""Each has ``answer(request, end) -> (routes, note)``, where ``end`` is of `time.perf_counter`."""

SEEDED = frozenset(("pyvrp",))
"""Solvers with a seed of their own."""


class NoAnswer(Exception):
    """A solver has no routes to give, and why."""


def latest(task: Plain) -> int:
    """Returns the hard end of a window for a peer: its own, or the due time if that is earlier."""
    due = task.get("due")
    late = task["late"] if due is None else min(task["late"], due)
    return int(max(task["early"], late))


def allowed(job: Plain) -> tuple[int, ...] | None:
    """Returns the vehicles that may serve a job, its carrier alone where it has one; None: all."""
    if job["carrier"] is not None:
        return (job["carrier"],)
    return None if job["vehicles"] is None else tuple(sorted(job["vehicles"]))


def dimensions(problem: Plain) -> int:
    """Returns how many amounts a load has."""
    vectors = [job["load"] for job in problem["jobs"]]
    vectors += [vehicle["capacity"] for vehicle in problem["vehicles"]]
    return max((len(vector) for vector in vectors), default=0)


def limits(problem: Plain, vehicle: Plain) -> list[int]:
    """Returns the capacity of a vehicle; where there is no limit, as much as all jobs together."""
    if vehicle["capacity"]:
        return [int(amount) for amount in vehicle["capacity"]]
    return [
        sum(int(job["load"][k]) for job in problem["jobs"] if job["load"])
        for k in range(dimensions(problem))
    ]


def amounts(problem: Plain, job: Plain) -> list[int]:
    """Returns the load of a job, all 0 where it says nothing."""
    return [int(amount) for amount in job["load"]] or [0] * dimensions(problem)


def answer(request: Plain) -> Plain:
    """Returns the answer to a request; whatever the solver raises becomes its ``error``."""
    began, cpu = time.perf_counter(), time.process_time()
    routes: Routes | None = None
    error, note = None, ""
    try:
        module = import_module(MODULES[request["solver"]])
        order = _order(request)
        routes, note = module.answer(_shuffled(request, order), began + request["seconds"])
        routes = [[(order[j], half) for j, half in route] for route in routes]
    except NoAnswer as reason:
        error = str(reason)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as reason:  # a panic of Rust is no Exception; the next request is served
        error = f"{type(reason).__name__}: {reason}"
    elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"routes": routes, "elapsed": elapsed, "cpu": cpu, "error": error, "note": note}


def _order(request: Plain) -> list[int]:
    """Returns the jobs in the order in which the solver gets them."""
    order = list(range(len(request["problem"]["jobs"])))
    if request["seed"] and request["solver"] not in SEEDED:
        random.Random(request["seed"]).shuffle(order)
    return order


def _shuffled(request: Plain, order: list[int]) -> Plain:
    """Returns a request with its jobs, and its start, in another order."""
    problem, initial = request["problem"], request["initial"]
    at = {j: i for i, j in enumerate(order)}
    if initial is not None:
        initial = [[(at[j], half) for j, half in route] for route in initial]
    jobs = [problem["jobs"][j] for j in order]
    return request | {"problem": problem | {"jobs": jobs}, "initial": initial}


def receive(stream: BinaryIO) -> Plain | None:
    """Returns the next message, None at the end of the stream."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    message: Plain = pickle.loads(stream.read(int.from_bytes(head, "big")))  # noqa: S301
    return message


def send(stream: BinaryIO, message: Plain) -> None:
    """Writes a message."""
    body = pickle.dumps(message)
    stream.write(len(body).to_bytes(8, "big") + body)
    stream.flush()


def main(solvers: list[str]) -> None:
    """Serves requests until stdin ends."""
    # Peers print to stdout as they please, so the answers get a descriptor of their own.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        for name in solvers:
            import_module(MODULES[name]).load()
    except ImportError as reason:
        send(out, {"ready": False, "error": str(reason)})
        return
    send(out, {"ready": True, "error": None})
    while (request := receive(sys.stdin.buffer)) is not None:
        send(out, answer(request))


if __name__ == "__main__":
    main(sys.argv[1:])
