"""
Our own roads on a map, measured in a process of their own, so that memory is its own.

Usage: ``python -m benchmarks.road_ours TASK REQUEST.json``; a line of JSON goes to stdout.
Seconds are measured as [processor, wall].
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import networkx as nx
import numpy as np

from benchmarks.road_peers import MOST_REPEATS, size_mb, timed
from dispatch.city_files import load_map
from dispatch.osm import build_city
from dispatch.street_engine import RoadStreets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dispatch.geo import Point
    from dispatch.snapping import Snap
    from dispatch.streets import SegKey

T = TypeVar("T")

Figures = dict[str, Any]

ROOT = Path(__file__).parents[1]

SLOWER = 0.8
"""Share of its speed at which every segment is reported when all speeds change."""


def ask_ours(task: str, request: Figures, *, limit_s: float = 1800) -> Figures:
    """
    Returns what a process of its own found for a task.

    Raises RuntimeError where it fails, subprocess.TimeoutExpired after its limit.
    """
    file = Path(request["folder"]) / "ours.json"
    file.write_text(json.dumps(request), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.road_ours", task, str(file)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=limit_s, cwd=ROOT
    )
    if done.returncode:
        raise RuntimeError(f"{task} failed:\n{done.stderr[-2000:]}")
    found: Figures = json.loads(done.stdout.strip().rpartition("\n")[2])
    return found


def once(call: Callable[[], T]) -> tuple[T, list[float]]:
    """Returns what a call gives, made once, and its seconds: [processor, wall]."""
    began, began_wall = time.process_time(), time.perf_counter()
    given = call()
    return given, [time.process_time() - began, time.perf_counter() - began_wall]


def _memory_mb(key: str = "VmHWM") -> float:
    """Returns the most memory this process ever held, MB; with ``VmRSS``, that it holds now."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike ru_maxrss this is not what the process that started us held.
        found = re.search(rf"{key}:\s+(\d+) kB", status.read_text("ascii"))
        assert found is not None
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def import_map(request: Figures) -> Figures:
    """
    Imports a map as a city; its buildings are imported with it.

    Every signal is waited at, as the peers do: `build_city` counts a crossing's only once.
    """
    pbf, out, zone = Path(request["pbf"]), Path(request["city"]), request["timezone"]
    _, seconds = once(lambda: build_city(pbf, out, name="Map", timezone=zone, crossing_m=0))
    return {"build": seconds, "peak_mb": _memory_mb(), "disk_mb": size_mb(out)}


def engine(request: Figures) -> Figures:
    """Loads a city's roads, prepares an engine, and measures its tables and a change of speeds."""
    roads = load_map(Path(request["city"])).roads
    before = _memory_mb("VmRSS")
    began = time.process_time()
    streets = RoadStreets(roads, profile="car", country="PT", search=request["search"])
    points = [tuple(point) for point in request.get("points", ())]
    points = points or random_points(streets, request["num_points"], seed=1)
    snaps = streets.snap(points)
    assert None not in snaps
    known: Any = snaps
    streets.table(known[:2], known[:2], "day")
    found: Figures = {"prepare": time.process_time() - began}
    found["memory_mb"] = _memory_mb("VmRSS") - before
    found |= {"junctions": len(np.unique(streets.graph.tail)), "arcs": len(streets.graph.road)}
    found["turns"] = len(streets.graph.start)

    found |= _tables(streets, known, request["sizes"])
    found["snap"] = timed(lambda: streets.snap(points[:60]))
    return found | _changes(streets)


def _tables(streets: RoadStreets, known: list[Snap], sizes: list[int]) -> Figures:
    """
    Returns the seconds of each table when nothing of its points is known and when all is, and
    of the row and the column of one more place, a new one each time, to places that are known.
    """
    found: Figures = {"table": {}, "again": {}, "add": {}}
    for n in sizes:
        here = known[:n]
        square = partial(streets.table, here, here, "day")
        # An epoch more forgets whatever was kept of a point.
        found["table"][n] = timed(square, before=partial(streets.set_speeds, {}))
        if streets.search == "cch":
            found["again"][n] = timed(square)
        snaps: Any = streets.snap(random_points(streets, MOST_REPEATS, seed=1000 + n))
        newcomers = iter(snaps)

        def add(here: list[Snap] = here, newcomers: Iterator[Snap] = newcomers) -> None:
            new = next(newcomers)
            streets.table([new], [*here, new], "day")
            streets.table(here, [new], "day")

        found["add"][n] = timed(add)
    return found


def _changes(streets: RoadStreets) -> Figures:
    """Returns the seconds of a report on one segment, and on all of them, at first and again."""
    speeds = segment_speeds(streets, SLOWER)
    some = dict(list(speeds.items())[:1])
    return {
        "segments": len(speeds),
        "one_speed": timed(lambda: streets.set_speeds(some)),
        "first_speeds": once(lambda: streets.set_speeds(speeds))[1],
        "all_speeds": timed(lambda: streets.set_speeds(speeds)),
    }


def segment_speeds(streets: RoadStreets, share: float = 1.0) -> dict[SegKey, float | None]:
    """
    Returns a share of the km/h by day of every segment, each way; waits on it count as slow.

    A segment is at least as slow as 1 km/h, and at most as fast as 130.
    """
    roads, graph, offset = streets.roads, streets.graph, streets.timing.offset
    until = streets.timing.metric(streets.timing.nothing_reported(), "day").until
    inner = np.ones(len(roads.node), dtype=bool)
    inner[roads.first[1:] - 1] = False
    at = np.flatnonzero(inner)
    road = np.repeat(np.arange(len(roads.tail)), np.diff(roads.first))[at]
    found: dict[SegKey, float | None] = {}
    for side in (0, 1):
        mine = at[graph.arc_of[road, side] >= 0]
        ms = np.maximum(1, np.abs(until[side][mine + 1] - until[side][mine]))
        kmh = np.clip((offset[mine + 1] - offset[mine]) / ms * 3600 * share, 1, 130)
        ends = (mine, mine + 1) if side == 0 else (mine + 1, mine)
        keys = zip(*(roads.node[end].tolist() for end in ends), strict=True)
        found.update(zip(keys, kmh.tolist(), strict=True))
    return found


def write_speeds(streets: RoadStreets, share: float, file: Path) -> None:
    """Writes the speeds of all segments as OSRM reads them."""
    speeds = segment_speeds(streets, share).items()
    file.write_text("".join(f"{a},{b},{kmh:.3f}\n" for (a, b), kmh in speeds), encoding="utf-8")


def expanded(streets: RoadStreets) -> Any:
    """Returns the arcs and turns by day as a graph of networkx, in ms."""
    metric = streets.timing.metric(streets.timing.nothing_reported(), "day")
    graph = nx.DiGraph()
    ends = (streets.graph.start.tolist(), streets.graph.end.tolist(), metric.weight.tolist())
    graph.add_weighted_edges_from(zip(*ends, strict=True), weight="ms")
    return graph


def by_networkx(request: Figures) -> Figures:
    """Measures networkx on the same arcs and turns: building, and a row of the table."""
    roads = load_map(Path(request["city"])).roads
    streets = RoadStreets(roads, profile="car", country="PT", search="dijkstra")
    before, began = _memory_mb("VmRSS"), time.process_time()
    graph = expanded(streets)
    found: Figures = {"prepare": time.process_time() - began}
    found["memory_mb"] = _memory_mb("VmRSS") - before
    sources = iter(np.random.default_rng(3).integers(0, len(streets.graph.road), 60).tolist())
    found["row"] = timed(
        lambda: nx.single_source_dijkstra_path_length(graph, next(sources), weight="ms")
    )
    return found | {"version": version("networkx")}


def random_points(streets: RoadStreets, number: int, seed: int) -> list[Point]:
    """Returns points in the middle of random segments of random roads."""
    rng = np.random.default_rng(seed)
    roads = streets.roads
    found = []
    for arc in rng.integers(0, streets.graph.num_plain, number).tolist():
        line = roads.line(int(streets.graph.road[arc]))
        step = int(rng.integers(0, len(line) - 1))
        (a, b), (c, d) = line[step], line[step + 1]
        found.append(((a + c) / 2, (b + d) / 2))
    return found


def main(task: str, file: str) -> None:
    """Writes the figures of one task as JSON."""
    request = json.loads(Path(file).read_text(encoding="utf-8"))
    tasks = {"import": import_map, "engine": engine, "networkx": by_networkx}
    sys.stdout.write("\n" + json.dumps(tasks[task](request)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
