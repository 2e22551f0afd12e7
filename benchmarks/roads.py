"""
Travel times on real streets, ours and those of OSRM, Valhalla, scipy and networkx.

Everything is measured in one run, on one core and with one thread each, on the roads of
Porto for cars. ``DISPATCH_PEERS`` is the folder of the peers' environment,
``DISPATCH_ROADS_GROWTH`` the junctions of the largest city made by copying (default 100000;
a million takes long).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.indoor import indoor
from benchmarks.machine import machine
from benchmarks.peer_env import VERSIONS, Skipped, ask, peers_python
from benchmarks.road_agreement import against_networkx, difference, like_osrm
from benchmarks.road_checks import closed_bridge, turn_bans, zone_table
from benchmarks.road_growth import write_grid, write_tiled
from benchmarks.road_ours import SLOWER, ask_ours, random_points, write_speeds
from benchmarks.road_tables import build_table, growth_table, ratios, time_tables
from dispatch.city_files import load_map

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dispatch.street_engine import RoadStreets

ROOT = Path(__file__).parents[1]

PORTO = ROOT.parent / "shared/data/osm/porto.osm.pbf"

SIZES = [20, 60, 150, 300]

AGREEMENT_POINTS = 120

VALHALLA_MOST = SCIPY_MOST = 60
"""Largest table asked of Valhalla and of scipy; larger ones take minutes."""

SHANGHAI = PORTO.with_name("shanghai_center.osm.pbf")

TILES = {"tiled 10 k": (2, 1), "tiled 100 k": (6, 4), "tiled 1 M": (16, 15)}
"""Columns and rows of copies of Shanghai, of some 4 thousand junctions by car."""

GRIDS = {"grid 10 k": 100, "grid 100 k": 316}
"""Junctions along a side."""

GROWTH_MOST = 100_000
"""Junctions of the largest city that grows where nothing else is said."""

GROWTH_LIMIT_S = 1500.0
"""Seconds a step of the growth may take."""

ACROSS_THE_RIVER = ((41.1496, -8.6109), (41.1239, -8.6118))
"""From the town hall of Porto to that of Vila Nova de Gaia; the Douro lies between."""

Figures = dict[str, Any]


def roads() -> str:
    """Returns all tables as text."""
    if not PORTO.exists():
        return f"{machine()}\nskipped: {PORTO.name} is not beside the project\n"
    with one_core() as core, tempfile.TemporaryDirectory() as folder:
        parts = [
            f"{machine()}\nPeers: {', '.join(VERSIONS)}; {core}; one thread; seconds and "
            "milliseconds are processor time, median of at least 3, builds once",
            *_porto(Path(folder)),
            turn_bans(),
            zone_table(),
            growth_table(_growth(Path(folder))),
            indoor(),
        ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


@contextmanager
def one_core() -> Iterator[str]:
    """Keeps this process and those it starts on its last core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield "not held on one core"
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield "held on one core"
    finally:
        os.sched_setaffinity(0, before)


def _porto(folder: Path) -> Iterator[str]:
    request: Figures = {
        "folder": str(folder),
        "pbf": str(PORTO),
        "city": str(folder / "porto"),
        "timezone": "Europe/Lisbon",
        "sizes": SIZES,
        "speeds": str(folder / "slower.csv"),
        "free_speeds": str(folder / "free.csv"),
        "agreement": AGREEMENT_POINTS,
        "valhalla_most": VALHALLA_MOST,
    }
    found: dict[str, Figures | str] = {"import": ask_ours("import", request)}
    ours = like_osrm(load_map(folder / "porto").roads)
    snaps: Any = ours.snap(random_points(ours, max(SIZES), seed=1))
    request["points"] = [(snap.lat, snap.lon) for snap in snaps]
    write_speeds(ours, SLOWER, folder / "slower.csv")
    write_speeds(like_osrm(ours.roads, waits=False), 1.0, folder / "free.csv")
    found["cch"] = _ours({**request, "search": "cch"})
    small = [n for n in SIZES if n <= SCIPY_MOST]
    found["dijkstra"] = _ours({**request, "search": "dijkstra", "sizes": small})
    found["networkx"] = ask_ours("networkx", request)
    found |= _peers(request)
    yield build_table(found)
    yield from time_tables(found, SIZES)
    yield ratios(found)
    yield _agreement(ours, snaps[:AGREEMENT_POINTS], found["equal"])
    yield closed_bridge(ours, *ACROSS_THE_RIVER)


def _ours(request: Figures) -> Figures | str:
    try:
        return ask_ours("engine", request)
    except RuntimeError as error:
        return str(error).strip().rpartition("\n")[2]


def _peers(request: Figures) -> dict[str, Figures | str]:
    """Returns what was found of each peer, or why it was skipped."""
    tasks = ("osrm-ch", "osrm-mld", "equal", "valhalla")
    try:
        python = peers_python()
    except Skipped as reason:
        return dict.fromkeys(tasks, str(reason))
    found: dict[str, Figures | str] = {}
    for task in tasks:
        try:
            found[task] = ask(python, task, request, limit_s=900)
        except Skipped as reason:
            found[task] = str(reason)
    return found


def _agreement(ours: RoadStreets, snaps: Any, found: Figures | str) -> str:
    lines = ["Agreement, by car, difference of our seconds to theirs"]
    if isinstance(found, str):
        lines.append(f"OSRM skipped: {found}")
    else:
        table = ours.table(snaps, snaps, "day")
        lines.append(f"OSRM, equal speeds and turn costs: {difference(table, found['equal'])}")
        if "as_it_comes" in found:
            lines.append(f"OSRM as it comes: {difference(table, found['as_it_comes'])}")
    lines.append(f"networkx, same arcs and turns: {against_networkx(ours)}")
    return "\n".join(lines)


def _growth(folder: Path) -> dict[str, Figures | str]:
    """Returns what was found of each city, or why it was left out."""
    most = int(os.environ.get("DISPATCH_ROADS_GROWTH", GROWTH_MOST))
    pbf = folder / "grown.osm.pbf"
    found: dict[str, Figures | str] = {}
    for name, (columns, rows) in TILES.items():
        if columns * rows * 4200 > 1.1 * most:
            found[name] = f"DISPATCH_ROADS_GROWTH is {most} junctions"
        elif not SHANGHAI.exists():
            found[name] = f"{SHANGHAI.name} is not beside the project"
        else:
            write_tiled(SHANGHAI, columns, rows, pbf)
            found[name] = _grown(folder, pbf)
    for name, side in GRIDS.items():
        if side * side > most:
            found[name] = f"DISPATCH_ROADS_GROWTH is {most} junctions"
        else:
            write_grid(side, pbf)
            found[name] = _grown(folder, pbf)
    return found


def _grown(folder: Path, pbf: Path) -> Figures | str:
    request: Figures = {
        "folder": str(folder),
        "pbf": str(pbf),
        "city": str(folder / "grown"),
        "timezone": "Europe/Lisbon",
        "sizes": [100],
        "search": "cch",
    }
    try:
        imported = ask_ours("import", request, limit_s=GROWTH_LIMIT_S)
        measured = ask_ours("engine", {**request, "num_points": 100}, limit_s=GROWTH_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        return f"a step took longer than {error.timeout:.0f} s"
    return {"import": imported, "engine": measured}
