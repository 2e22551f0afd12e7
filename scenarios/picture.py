"""
A map of a shift: the ways that couriers rode, on the city's own roads.

Drawn with matplotlib's figures alone, no window and no global state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dispatch.orders import StopKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dispatch.city_files import CityMap
    from scenarios.log import ShiftLog

COURIER_COLOURS = ("#0b6fb8", "#d1541b", "#0f8a62", "#a8478f", "#b98a00", "#4a4fb5", "#7a5a3a")
"""One for each courier, told apart by colour-blind eyes too; they repeat after seven."""

INK, PAPER = "#22303c", "#f6f4ef"
LANE_M = 2.2
"""Metres between the lines of two couriers on the same road."""


def draw_map(city: CityMap, log: ShiftLog, store: tuple[float, float]) -> Figure:
    """Returns a map with the way of every courier; ``store`` is (lat, lon)."""
    south, north = city.roads.lat.min(), city.roads.lat.max()
    west, east = city.roads.lon.min(), city.roads.lon.max()
    stretch = 1 / math.cos(math.radians((south + north) / 2))
    width = 9.0
    figure = Figure(figsize=(width, width * (north - south) * stretch / (east - west)), dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(west, east), ylim=(south, north), aspect=stretch)
    axes.axis("off")
    figure.set_facecolor(PAPER)
    _draw_city(axes, city)
    _draw_ways(axes, log, stretch)
    axes.plot(store[1], store[0], "*", ms=17, color="#f2b705", mec=INK, mew=0.9, zorder=9)
    _draw_scale(axes, west, south, stretch)
    _write(axes, 0.99, 0.012, city.attribution, "right")
    handles = [
        Line2D([], [], color=_colour(log, c), lw=3, label=log.couriers[c]) for c in log.couriers
    ]
    handles.append(
        Line2D([], [], ls="", marker="*", ms=12, color="#f2b705", mec=INK, label="store")
    )
    axes.legend(handles=handles, loc="upper left", fontsize=9, framealpha=0.92, edgecolor="none")
    return figure


def _draw_city(axes: Axes, city: CityMap) -> None:
    outlines = [[(lon, lat) for lat, lon in b.outline] for b in city.buildings.values()]
    shapes = [outline for outline in outlines if len(outline) > 2]
    axes.add_collection(PolyCollection(shapes, facecolor="#e3ddd2", edgecolor="#cfc7b8", lw=0.4))
    roads = [
        [(lon, lat) for lat, lon in city.roads.line(road)] for road in range(len(city.roads.tail))
    ]
    axes.add_collection(LineCollection(roads, colors="#d5d3cd", linewidths=2.6, zorder=2))
    axes.add_collection(LineCollection(roads, colors="white", linewidths=1.7, zorder=3))


def _draw_ways(axes: Axes, log: ShiftLog, stretch: float) -> None:
    """Every courier has a lane of their own beside the middle of the road."""
    for j, courier in enumerate(log.couriers):
        lane = (j - (len(log.couriers) - 1) / 2) * LANE_M / 111_320
        legs = [leg for leg in log.legs if leg.courier == courier and leg.line]
        lines = [[(lon + lane * stretch, lat + lane) for lon, lat in leg.line] for leg in legs]
        colour = _colour(log, courier)
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=1.3, alpha=0.75, zorder=4 + j * 0.1)
        )
        ends = [leg.line[-1] for leg in legs if leg.kind is StopKind.DELIVER]
        axes.plot(
            [lon for lon, _ in ends],
            [lat for _, lat in ends],
            "o",
            ms=4.5,
            color=colour,
            mec="white",
            mew=0.7,
            zorder=7,
        )


def _draw_scale(axes: Axes, west: float, south: float, stretch: float) -> None:
    length = 200 / 111_320 * stretch
    x, y = west + length * 0.15, south + length * 0.09
    axes.plot([x, x + length], [y, y], color=INK, lw=2.5, solid_capstyle="butt", zorder=9)
    axes.annotate(
        "200 m",
        (x + length / 2, y),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
        zorder=9,
    )


def _write(axes: Axes, x: float, y: float, text: str, align: str) -> None:
    box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2.5}
    axes.text(
        x, y, text, transform=axes.transAxes, ha=align, fontsize=8, color=INK, bbox=box, zorder=9
    )


def _colour(log: ShiftLog, courier: str) -> str:
    return COURIER_COLOURS[list(log.couriers).index(courier) % len(COURIER_COLOURS)]
