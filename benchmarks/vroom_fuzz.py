"""
Requests in VROOM's format that nobody would send on purpose: sound ones with some of them changed.

Each is answered by what answers a request of the service, in this process, with a search of no
time: a crash is code 1, which no request may give.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from api.settings import EMBEDDED_CITY
from api.vroom_pool import GRACE_S
from api.vroom_requests import INTERNAL, Caps
from api.vroom_travel import Travel
from api.vroom_worker import Cost, Job, LinesWanted, TableWanted, Told, told
from benchmarks.helsinki import embedded_city
from benchmarks.vroom_worlds import random_request
from solver.vroom_errors import VroomError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from dispatch.city import City

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2, 1.5, 300.0, 1e-300, 1e300, 2**31, 2**32 - 1, 2**32, 2**64, 10**30),
    *("", "1", "car", "job", "start", "\U0001f6b2", [], [[]], {}, [0], [1, 2], [[1, 2]], [[2, 1]]),
    *([[0, 2**32 - 1]], [24.94, 60.17], [8.68, 49.41], [181, 91], [1e300, 0], {"a": 1}, [None]),
)
"""Values that stand where others should."""

KEYS = (
    *("id", "location", "location_index", "service", "setup", "setup_per_type", "service_per_type"),
    *("delivery", "pickup", "amount", "skills", "priority", "time_windows", "time_window", "start"),
    *(
        "end",
        "start_index",
        "end_index",
        "capacity",
        "costs",
        "fixed",
        "per_hour",
        "per_km",
        "type",
    ),
    *("per_task_hour", "speed_factor", "max_tasks", "max_travel_time", "max_distance", "breaks"),
    *("steps", "profile", "max_load", "service_at", "service_before", "matrix", "matrices", "jobs"),
    *("durations", "distances", "shipments", "vehicles", "options", "description"),
)
"""Names that mean something somewhere."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of one input: the code of its answer, seconds, and where the program failed."""

    seed: int
    code: int
    seconds: float
    fault: str


class InProcess:
    """The service's end of the pipe, without a process: asks are answered at once."""

    def __init__(self, city: City) -> None:
        self._travel = Travel(city, EMBEDDED_CITY)
        self._answer: object = None

    def send(self, asked: Cost | TableWanted | LinesWanted) -> None:
        """Takes a question."""
        try:
            if isinstance(asked, Cost):
                # It may take whatever it takes.
                self._answer = None
            elif isinstance(asked, TableWanted):
                self._answer = self._travel.table(asked.profile, asked.places, asked.needs_metres)
            else:
                self._answer = self._travel.lines(asked.profile, asked.pairs)
        except VroomError as error:
            self._answer = error

    def recv(self) -> object:
        """Returns the answer to the last question."""
        return self._answer


def fuzzed(seed: int, pipe: InProcess) -> Fuzzed:
    """Returns what came of the input of a seed."""
    began = perf_counter()
    answer = answered(odd_body(seed), pipe, is_openrouteservice=bool(seed % 2))
    code = int(json.loads(answer.body)["code"])
    return Fuzzed(seed, code, perf_counter() - began, answer.fault)


def answered(body: bytes, pipe: InProcess, *, is_openrouteservice: bool = False) -> Told:
    """Returns the service's answer to a body."""
    caps = Caps(most_seconds=0.0)
    job = Job(body, caps, is_openrouteservice, seed=0, ends_after_s=GRACE_S)
    return told(job, cast("Connection", pipe))


def odd_body(seed: int) -> bytes:
    """Returns the body of a seed: a sound request with one to six changes, or bytes of it lost."""
    rng = random.Random(seed)
    request: Any = placed(random_request(seed, rng.randint(1, 12)), rng)
    request["options"] = {"c": rng.random() < 0.4, "g": rng.random() < 0.3}
    if rng.random() < 0.5:
        plan(request, rng)
    for _ in range(rng.randint(1, 6)):
        request = changed(request, rng)
    body = json.dumps(request).encode()
    if rng.random() < 0.05:
        at = rng.randrange(len(body))
        body = body[:at] + bytes(rng.randrange(256) for _ in range(3)) + body[at + 1 :]
    return body


def placed(request: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Returns a request with coordinates beside its indices, or instead of them and matrices."""
    way = rng.random()
    if way < 0.4:
        return request
    points = [(rng.uniform(24.93, 24.955), rng.uniform(60.162, 60.178)) for _ in range(60)]
    if way < 0.5:
        points = [(lon - 16, lat - 11) for lon, lat in points]
    halves = [s[half] for s in request.get("shipments", ()) for half in ("pickup", "delivery")]
    for entry in (*request.get("jobs", ()), *halves, *request["vehicles"]):
        for key in ("location", "start", "end"):
            index = f"{key}_index"
            if index in entry:
                entry[key] = list(points[entry[index]])
                if way < 0.8:
                    del entry[index]
    if way < 0.8:
        del request["matrices"]
    return request


def plan(request: dict[str, Any], rng: random.Random) -> None:
    """Gives the vehicles steps: every task once, in any order, by any of them."""
    steps = [{"type": "job", "id": job["id"]} for job in request.get("jobs", ())]
    for shipment in request.get("shipments", ()):
        steps += [{"type": half, "id": shipment[half]["id"]} for half in ("pickup", "delivery")]
    rng.shuffle(steps)
    vehicles = request["vehicles"]
    for v, vehicle in enumerate(vehicles):
        vehicle["steps"] = steps[v :: len(vehicles)]
        for rest in vehicle.get("breaks", ()):
            at = rng.randint(0, len(vehicle["steps"]))
            vehicle["steps"].insert(at, {"type": "break", "id": rest["id"]})
        for step in vehicle["steps"]:
            if rng.random() < 0.05:
                step[rng.choice(("service_after", "service_before"))] = rng.randint(0, 9000)


def changed(value: Any, rng: random.Random) -> Any:
    """Returns a value with something in it changed, left out, doubled or put in."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        key = rng.choice(sorted(value))
        way = rng.random()
        if way < 0.7:
            return {**value, key: changed(value[key], rng)}
        if way < 0.8:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, rng.choice(KEYS): rng.choice(ODD)}
    if isinstance(value, list) and value and rng.random() < 0.95:
        at = rng.randrange(len(value))
        way = rng.random()
        if way < 0.8:
            return [*value[:at], changed(value[at], rng), *value[at + 1 :]]
        return value[:at] + value[at + 1 :] if way < 0.9 else [*value, value[at]]
    if isinstance(value, int | float) and rng.random() < 0.3:
        return rng.choice((value + 1, value * 2, value * 10**6, value // 2))
    return rng.choice(ODD)


def fuzz_lines(number: int) -> list[str]:
    """Returns what came of so many inputs, as lines."""
    pipe = InProcess(embedded_city())
    found = [fuzzed(seed, pipe) for seed in range(number)]
    codes = Counter(one.code for one in found)
    slowest = max(found, key=lambda one: one.seconds)
    crashed = [one for one in found if one.code == INTERNAL]
    return [
        f"fuzzer: {number} inputs, of them {codes[0]} answered with routes, {codes[2]} refused as"
        f" wrong (code 2), {codes[3]} without travel times (code 3), {codes[4]} too large",
        f"crashes: {len(crashed)}; longest request {slowest.seconds:.2f} s (seed {slowest.seed}),"
        f" limit {GRACE_S:.0f} s with a search of no time",
        *(f"  CRASH: seed {one.seed}: {one.fault}" for one in crashed),
    ]
