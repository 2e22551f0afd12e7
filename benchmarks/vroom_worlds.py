"""Random requests in VROOM's format, with every feature that custom matrices allow."""

from __future__ import annotations

import random
from typing import Any

Request = dict[str, Any]


def random_request(seed: int, num_tasks: int | None = None) -> Request:
    """Returns a request of 5 to 40 tasks, or ``num_tasks``; each feature in about one of three."""
    rng = random.Random(seed)
    tasks = num_tasks or rng.randint(5, 40)
    places = rng.randint(3, tasks + 2)
    amounts = rng.choice((0, 1, 1, 2))
    traits = {name for name in _TRAITS if rng.random() < 0.35}
    num_shipments = rng.randint(0, tasks // 3) if rng.random() < 0.6 else 0
    matrices = _matrices(rng, places, traits)
    jobs = [_job(rng, i, places, amounts, traits) for i in range(tasks - 2 * num_shipments)]
    shipments = [_shipment(rng, i, places, amounts, traits) for i in range(num_shipments)]
    vehicles = [
        _vehicle(rng, i, places, amounts, traits) for i in range(rng.randint(1, 2 + tasks // 6))
    ]
    request: Request = {"vehicles": vehicles, "matrices": matrices}
    request |= {"jobs": jobs} if jobs else {}
    request |= {"shipments": shipments} if shipments else {}
    return request


_TRAITS = (
    "windows",
    "several",
    "setup",
    "types",
    "skills",
    "priority",
    "costs",
    "custom",
    "speed",
    "profiles",
    "limits",
    "breaks",
    "tasks",
    "ends",
)


def _matrices(rng: random.Random, n: int, traits: set[str]) -> Request:
    points = [(rng.randint(0, 1800), rng.randint(0, 1800)) for _ in range(n)]
    metres = [[abs(a - c) + abs(b - d) for c, d in points] for a, b in points]
    found = {}
    for profile in ("car", "bike") if "profiles" in traits else ("car",):
        slow = 1 if profile == "car" else rng.uniform(1.2, 2)
        durations = [[round(m * slow * rng.uniform(0.9, 1.1)) for m in row] for row in metres]
        for i in range(n):
            durations[i][i] = 0
        found[profile] = {"durations": durations}
        if "limits" in traits or "costs" in traits:
            found[profile]["distances"] = [[4 * m for m in row] for row in metres]
        if "custom" in traits and "costs" not in traits:
            found[profile]["costs"] = [[m // 7 + (m > 0) for m in row] for row in metres]
    return found


def _windows(rng: random.Random, several: bool) -> list[list[int]]:
    early = rng.randint(0, 9000)
    found = []
    for _ in range(rng.choice((1, 2, 3)) if several else 1):
        late = early + rng.randint(300, 3600)
        found.append([early, late])
        early = late + rng.randint(1, 3000)
    return found


def _task(rng: random.Random, i: int, places: int, traits: set[str]) -> Request:
    task: Request = {"id": i + 1, "location_index": rng.randrange(places)}
    if rng.random() < 0.7:
        task["service"] = rng.choice((30, 60, 300))
    if "setup" in traits and rng.random() < 0.7:
        task["setup"] = rng.choice((20, 120))
    if "types" in traits and rng.random() < 0.5:
        task["service_per_type"] = {"slow": 600, "other": 5}
        task["setup_per_type"] = {"slow": 60}
    if {"windows", "several"} & traits and rng.random() < 0.6:
        task["time_windows"] = _windows(rng, "several" in traits)
    return task


def _demands(rng: random.Random, traits: set[str]) -> Request:
    more: Request = {}
    if "skills" in traits and rng.random() < 0.4:
        more["skills"] = rng.sample((1, 2, 3), rng.choice((1, 1, 2)))
    if "priority" in traits and rng.random() < 0.5:
        more["priority"] = rng.choice((0, 10, 50, 100))
    return more


def _job(rng: random.Random, i: int, places: int, amounts: int, traits: set[str]) -> Request:
    job = {**_task(rng, i, places, traits), **_demands(rng, traits)}
    if amounts:
        for key, likely in (("delivery", 0.8), ("pickup", 0.4)):
            if rng.random() < likely:
                job[key] = [rng.randint(0, 3) for _ in range(amounts)]
    return job


def _shipment(rng: random.Random, i: int, places: int, amounts: int, traits: set[str]) -> Request:
    halves = {kind: _task(rng, i, places, traits) for kind in ("pickup", "delivery")}
    if "time_windows" in halves["pickup"] and "time_windows" in halves["delivery"]:
        del halves["pickup"]["time_windows"]
    shipment: Request = {**halves, **_demands(rng, traits)}
    if amounts:
        shipment["amount"] = [rng.randint(0, 3) for _ in range(amounts)]
    return shipment


def _vehicle(rng: random.Random, i: int, places: int, amounts: int, traits: set[str]) -> Request:
    depot = 0 if rng.random() < 0.7 else rng.randrange(places)
    vehicle: Request = {"id": i + 1, "start_index": depot, "end_index": depot}
    if "ends" in traits and rng.random() < 0.5:
        vehicle.pop(rng.choice(("start_index", "end_index")))
    if amounts:
        vehicle["capacity"] = [rng.randint(4, 15) for _ in range(amounts)]
    early = rng.choice((0, 0, 1200))
    if "windows" in traits or "breaks" in traits:
        vehicle["time_window"] = [early, early + rng.randint(5000, 16000)]
    if "profiles" in traits and rng.random() < 0.5:
        vehicle["profile"] = "bike"
    if "skills" in traits:
        vehicle["skills"] = rng.sample((1, 2, 3), rng.randint(1, 3))
    if "types" in traits and rng.random() < 0.5:
        vehicle["type"] = rng.choice(("slow", "other"))
    if "speed" in traits:
        vehicle["speed_factor"] = rng.choice((1, 0.5, 1.3, 1.5, 2))
    if "costs" in traits:
        costs = {"fixed": 300, "per_hour": 1200, "per_km": 40, "per_task_hour": 900}
        vehicle["costs"] = dict(rng.sample(sorted(costs.items()), rng.randint(1, 4)))
    if "tasks" in traits and rng.random() < 0.5:
        vehicle["max_tasks"] = rng.randint(2, 12)
    if "limits" in traits:
        vehicle["max_travel_time"] = rng.randint(3000, 9000)
        if rng.random() < 0.5:
            vehicle["max_distance"] = rng.randint(8000, 40000)
    if "breaks" in traits and rng.random() < 0.7:
        vehicle["breaks"] = _breaks(rng, early, amounts)
    return vehicle


def _breaks(rng: random.Random, early: int, amounts: int) -> list[Request]:
    found = []
    for b in range(rng.choice((1, 1, 2))):
        begin = early + 600 + 2400 * b + rng.randint(0, 600)
        rest: Request = {"id": b + 1, "time_windows": [[begin, begin + 1500]], "service": 300}
        if amounts and rng.random() < 0.3:
            rest["max_load"] = [rng.randint(2, 9) for _ in range(amounts)]
        found.append(rest)
    return found
