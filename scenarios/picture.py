"""
A map of a shift: the ways that couriers rode, on the city's own roads.

Drawn with matplotlib's figures alone, no window and no global state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dispatch.orders import StopKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dispatch.city_files import CityMap
    from dispatch.geo import Point
    from scenarios.couriers import Leg
    from scenarios.log import ShiftLog
    from scenarios.route import Line

COURIER_COLOURS = ("#0b6fb8", "#d1541b", "#0f8a62", "#a8478f", "#b98a00", "#4a4fb5", "#7a5a3a")
"""One for each courier, told apart by colour-blind eyes too; they repeat after seven."""

INK, PAPER = "#22303c", "#f6f4ef"
GOLD = "#f2b705"

BOXED: dict[str, Any] = {
    "fontsize": 8.5,
    "color": INK,
    "zorder": 9,
    "bbox": {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2},
}
"""How words stand on the map."""

DEGREE_M = 111_320
"""Metres of one degree of latitude, near enough for a picture."""

LANE_M = 2.4
"""Metres between the lines of two couriers on the same road."""

STRIP = 0.36
"""Inches above the map for a row of the couriers' names."""

NAMES = 6
"""Names in a row, the store's among them."""

MARGIN_M = 60
"""Metres around what was ridden."""


def draw_map(city: CityMap, log: ShiftLog, store: Point) -> Figure:
    """Returns a map of where couriers rode, with each one's ways; ``store`` is (lat, lon)."""
    south, west, north, east = _frame(city, log, store)
    stretch = 1 / math.cos(math.radians(store[0]))
    width = 8.0
    height = width * (north - south) * stretch / (east - west)
    strip = STRIP * math.ceil((len(log.couriers) + 1) / NAMES)
    figure = Figure(figsize=(width, height + strip), dpi=110)
    axes = figure.add_axes((0, 0, 1, height / (height + strip)))
    axes.set(xlim=(west, east), ylim=(south, north), aspect=stretch)
    axes.axis("off")
    figure.set_facecolor(PAPER)
    _draw_city(axes, city)
    for j, courier in enumerate(log.couriers):
        lane = (j - (len(log.couriers) - 1) / 2) * LANE_M / DEGREE_M
        _draw_ways(axes, [leg for leg in log.legs if leg.courier == courier], _colour(j), lane)
    axes.plot(store[1], store[0], "*", ms=19, color=GOLD, mec=INK, mew=0.9, zorder=9)
    _draw_scale(axes, stretch)
    axes.text(0.992, 0.012, city.attribution, ha="right", transform=axes.transAxes, **BOXED)
    _draw_names(figure, list(log.couriers.values()))
    return figure


def _frame(city: CityMap, log: ShiftLog, store: Point) -> tuple[float, float, float, float]:
    """Returns south, west, north, east of all ways and the store, with a margin within the city."""
    points = [point for leg in log.legs for point in leg.line] + [(store[1], store[0])]
    lons, lats = zip(*points, strict=True)
    margin = MARGIN_M / DEGREE_M
    roads = city.roads
    return (
        max(min(lats) - margin, float(roads.lat.min())),
        max(min(lons) - 2 * margin, float(roads.lon.min())),
        min(max(lats) + margin, float(roads.lat.max())),
        min(max(lons) + 2 * margin, float(roads.lon.max())),
    )


def _draw_city(axes: Axes, city: CityMap) -> None:
    outlines = [[(lon, lat) for lat, lon in b.outline] for b in city.buildings.values()]
    shapes = [outline for outline in outlines if len(outline) > 2]
    axes.add_collection(PolyCollection(shapes, facecolor="#e0d9cc", edgecolor="#c9c0b0", lw=0.5))
    roads = [
        [(lon, lat) for lat, lon in city.roads.line(road)] for road in range(len(city.roads.tail))
    ]
    axes.add_collection(LineCollection(roads, colors="#cfccc4", linewidths=3.4, zorder=2))
    axes.add_collection(LineCollection(roads, colors="white", linewidths=2.3, zorder=3))


def _draw_ways(axes: Axes, legs: list[Leg], colour: str, lane: float) -> None:
    """Every courier has a lane of their own beside the middle of the road."""
    lines = [beside(leg.line, lane) for leg in legs if leg.line]
    axes.add_collection(
        LineCollection(lines, colors=colour, linewidths=1.4, alpha=0.8, capstyle="round", zorder=4)
    )
    desks = [leg.line[-1] for leg in legs if leg.line and leg.kind is StopKind.DELIVER]
    lons, lats = [lon for lon, _ in desks], [lat for _, lat in desks]
    axes.plot(lons, lats, "o", ms=6.5, color=colour, mec="white", mew=0.9, zorder=7)


def beside(line: Line, lane: float) -> Line:
    """
    Returns a line moved to its right by ``lane`` degrees of latitude, to its left if negative.

    Each point moves at a right angle to the line from its neighbour before to the one after.
    """
    moved = []
    for j, (lon, lat) in enumerate(line):
        before, after = line[max(j - 1, 0)], line[min(j + 1, len(line) - 1)]
        shrink = math.cos(math.radians(lat))
        east, north = (after[0] - before[0]) * shrink, after[1] - before[1]
        length = math.hypot(east, north) or 1.0
        moved.append((lon + lane * north / length / shrink, lat - lane * east / length))
    return tuple(moved)


def _draw_scale(axes: Axes, stretch: float) -> None:
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    length = 200 / DEGREE_M * stretch
    x, y = west + (east - west) * 0.03, south + (north - south) * 0.022
    axes.plot([x, x + length], [y, y], color=INK, lw=3, solid_capstyle="butt", zorder=9)
    axes.text(x + length / 2, y + (north - south) * 0.009, "200 m", ha="center", **BOXED)


def _draw_names(figure: Figure, names: list[str]) -> None:
    handles = [Line2D([], [], color=_colour(j), lw=3, label=name) for j, name in enumerate(names)]
    star = Line2D([], [], ls="", marker="*", ms=13, color=GOLD, mec=INK, label="store")
    figure.legend(
        handles=[*handles, star],
        loc="upper center",
        ncols=min(len(names) + 1, NAMES),
        fontsize=9.5,
        frameon=False,
        borderaxespad=0.3,
    )


def _colour(courier: int) -> str:
    return COURIER_COLOURS[courier % len(COURIER_COLOURS)]
