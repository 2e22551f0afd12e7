"""
OSRM and Valhalla on a map, measured in a process of their own.

Runs in the peers' environment, a newer Python without this project: it imports nothing of
ours. Usage: ``python road_peers.py TASK REQUEST.json``; one line of JSON goes to stdout.

The request names ``pbf``, ``folder``, ``points`` as (lat, lon), ``sizes`` of the tables, and
``speeds``, a CSV of all segments with the km/h reported (node, node, km/h). Seconds are
measured as [processor, wall]; one thread each.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Figures = dict[str, Any]

REPEATS = 3
"""Times a figure is taken, of which the median counts; more where it is a short one."""

MOST_REPEATS = 50

SHORT_S = 1.0
"""Seconds a figure may take in all before it is no short one."""

EQUAL = """
-- OSRM's car as it comes, with the turn costs of the profile it is compared with: the time
-- alone decides, a turn across the other traffic costs by its angle only, gates are shut.
package.path = package.path .. ";{profiles}/?.lua"
local car = require("car")
local setup = car.setup
car.setup = function()
  local profile = setup()
  profile.properties.weight_name = "duration"
  profile.oncoming_turn_penalty = 0
  profile.barrier_penalties = {{}}
  return profile
end
return car
"""


def timed(call: Callable[[], object], before: Callable[[], object] | None = None) -> list[float]:
    """
    Returns the seconds of a call: [median of processor, of wall, least of processor].

    What is called before it each time does not count.
    """
    cpu: list[float] = []
    wall: list[float] = []
    while len(cpu) < REPEATS or (sum(wall) < SHORT_S and len(cpu) < MOST_REPEATS):
        if before is not None:
            before()
        began, began_wall = time.process_time(), time.perf_counter()
        call()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - began_wall)
    return [sorted(cpu)[len(cpu) // 2], sorted(wall)[len(wall) // 2], min(cpu)]


def run(*command: str) -> list[float]:
    """Returns the seconds of a child process: [processor, wall]. Raises RuntimeError."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {(done.stdout + done.stderr)[-500:]}")
    return [after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall]


def inside(package: str) -> Path:
    """Returns the folder of an installed package."""
    return Path(str(import_module(package).__file__)).parent


def osrm_tool(tool: str, *arguments: object) -> list[float]:
    """Returns the seconds of one of OSRM's programs."""
    return run(sys.executable, "-m", "osrm", tool, *map(str, arguments), "-t", "1")


def peak_mb() -> float:
    """Returns the largest memory of a child, MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def size_mb(folder: Path) -> float:
    """Returns what a folder holds, MB, the map left out."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files if file.suffix != ".pbf") / 1e6


def load_osrm(base: Path, algorithm: str) -> Any:
    """Returns OSRM over the files of a base path, in this process."""
    return import_module("osrm").OSRM(
        algorithm=algorithm,
        storage_config=str(base),
        use_shared_memory=False,
        use_mmap=False,
        max_locations_distance_table=10_000,
    )


def osrm_table(engine: Any, points: list[list[float]], sources: Any, targets: Any) -> Any:
    """Returns OSRM's answer for the places of some points; an empty list is all of them."""
    coordinates = [(lon, lat) for lat, lon in points]
    return engine.Table(
        import_module("osrm").TableParameters(
            coordinates=coordinates,
            sources=sources,
            destinations=targets,
            annotations=["duration"],
        )
    )


def tables(
    sizes: list[int], square: Callable[[int], object], add: Callable[[int], object]
) -> Figures:
    """Returns the seconds of each table, and of the row and the column of one more place."""
    return {
        "table": {n: timed(partial(square, n)) for n in sizes},
        "add": {n: timed(partial(add, n)) for n in sizes},
    }


def osrm(request: Figures, algorithm: str) -> Figures:
    """Builds OSRM with an algorithm, measures its tables, then changes all speeds."""
    base = Path(request["folder"]) / algorithm.lower() / "map.osrm"
    base.parent.mkdir(parents=True, exist_ok=True)
    pbf = shutil.copyfile(request["pbf"], base.with_suffix(".osm.pbf"))
    profile = inside("osrm") / "share/profiles/car.lua"
    steps = {"extract": osrm_tool("extract", "-p", profile, pbf)}
    if algorithm == "CH":
        steps["contract"] = osrm_tool("contract", base)
    else:
        steps["partition"] = osrm_tool("partition", base)
        steps["customize"] = osrm_tool("customize", base)
    found: Figures = {"build": steps, "peak_mb": peak_mb(), "disk_mb": size_mb(base.parent)}
    engine, points = load_osrm(base, algorithm), request["points"]

    def add(n: int) -> None:
        here = points[:n]
        osrm_table(engine, here, [n - 1], [])
        osrm_table(engine, here, [], [n - 1])

    found |= tables(request["sizes"], lambda n: osrm_table(engine, points[:n], [], []), add)
    if algorithm == "CH":
        # It takes speeds in by contracting again, which is the step above once more.
        return found | {"all_speeds": steps["contract"]}
    seconds = osrm_tool("customize", base, "--segment-speed-file", request["speeds"])
    load = timed(lambda: load_osrm(base, algorithm))
    return found | {"all_speeds": [a + b for a, b in zip(seconds, load[:2], strict=True)]}


def equal(request: Figures) -> Figures:
    """Returns OSRM's table at the speeds given and equal turn costs, and as it comes."""
    profiles, folder = inside("osrm") / "share/profiles", Path(request["folder"]) / "equal"
    found: Figures = {}
    folder.mkdir(parents=True, exist_ok=True)
    lua = folder / "equal.lua"
    lua.write_text(EQUAL.format(profiles=profiles), encoding="utf-8")
    pbf = shutil.copyfile(request["pbf"], folder / "map.osm.pbf")
    osrm_tool("extract", "-p", lua, pbf)
    osrm_tool("partition", folder / "map.osrm")
    osrm_tool("customize", folder / "map.osrm", "--segment-speed-file", request["free_speeds"])
    points = request["points"][: request["agreement"]]
    found["equal"] = _rows(osrm_table(load_osrm(folder / "map.osrm", "MLD"), points, [], []))
    ch = Path(request["folder"]) / "ch" / "map.osrm"
    if ch.with_name("map.osrm.hsgr").exists():
        found["as_it_comes"] = _rows(osrm_table(load_osrm(ch, "CH"), points, [], []))
    return found


def _rows(answer: Any) -> list[list[float | None]]:
    return [list(row) for row in answer["durations"]]


def valhalla(request: Figures) -> Figures:
    """Builds Valhalla and measures its cost matrix, up to the sizes that end in a minute."""
    package: Any = import_module("valhalla")
    folder = Path(request["folder"]) / "valhalla"
    (folder / "tiles").mkdir(parents=True, exist_ok=True)
    config = package.get_config(tile_extract="", tile_dir=str(folder / "tiles"), verbose=False)
    config["mjolnir"] |= {"concurrency": 1, "tile_extract": "", "traffic_extract": ""}
    limits = config["service_limits"]
    limits["auto"] |= {"max_matrix_location_pairs": 1_000_000, "max_matrix_distance": 1e6}
    file = folder / "valhalla.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    tool = inside("valhalla") / "bin" / "valhalla_build_tiles"
    found: Figures = {"build": {"tiles": run(str(tool), "-c", str(file), request["pbf"])}}
    found |= {"peak_mb": peak_mb(), "disk_mb": size_mb(folder / "tiles")}
    actor = package.Actor(str(file))
    places = [{"lat": lat, "lon": lon} for lat, lon in request["points"]]

    def matrix(sources: list[Any], targets: list[Any]) -> None:
        actor.matrix({"sources": sources, "targets": targets, "costing": "auto"})

    def add(n: int) -> None:
        matrix(places[n - 1 : n], places[:n])
        matrix(places[:n], places[n - 1 : n])

    sizes = [n for n in request["sizes"] if n <= request["valhalla_most"]]
    found |= tables(sizes, lambda n: matrix(places[:n], places[:n]), add)
    return found


def main(task: str, file: str) -> None:
    """Writes the figures of one task as JSON."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    request = json.loads(Path(file).read_text(encoding="utf-8"))
    tasks: dict[str, Callable[[], Figures]] = {
        "osrm-ch": lambda: osrm(request, "CH"),
        "osrm-mld": lambda: osrm(request, "MLD"),
        "equal": lambda: equal(request),
        "valhalla": lambda: valhalla(request),
    }
    sys.stdout.write("\n" + json.dumps(tasks[task]()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
