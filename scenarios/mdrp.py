"""
Grubhub's meal-delivery instances: orders at restaurants, and couriers with shifts and places.

A folder holds ``orders.txt``, ``couriers.txt``, ``restaurants.txt`` and
``instance_parameters.txt``, tab separated with a row of names; coordinates in metres of a plane,
moments and durations in whole minutes.

References
----------
D. Reyes, A. Erera, M. Savelsbergh, S. Sahasrabudhe, R. O'Neil (2018). *The Meal Delivery Routing
Problem*. Optimization Online 6571.
https://github.com/grubhub/mdrplib, the instances and the evaluator of solutions.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.instances import BadInstance

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MINUTE = 60

ORDERS, COURIERS = "orders.txt", "couriers.txt"
RESTAURANTS, PARAMETERS = "restaurants.txt", "instance_parameters.txt"

COLUMNS = {
    ORDERS: ("order", "x", "y", "placement_time", "restaurant", "ready_time"),
    COURIERS: ("courier", "x", "y", "on_time", "off_time"),
    RESTAURANTS: ("restaurant", "x", "y"),
    PARAMETERS: ("meters_per_minute", "pickup service minutes", "dropoff service minutes"),
}
"""The columns of each file that are read; there may be more."""

Point = tuple[float, float]
"""A place in the plane, x and y in metres."""


@dataclass(frozen=True, slots=True)
class MealOrder:
    """A meal: where it is cooked, when it is asked for and when it is ready, in seconds."""

    id: str
    restaurant: str
    placed_at: int
    ready_at: int


@dataclass(frozen=True, slots=True)
class MealCourier:
    """Who carries: a courier picks up from ``on_at`` to ``off_at``, in seconds."""

    id: str
    on_at: int
    off_at: int


@dataclass(frozen=True, slots=True)
class Meals:
    """
    An instance, in seconds from its midnight.

    ``points`` are the places of restaurants, of the customers of orders and of couriers as they
    log on, by id. Half of ``pickup_s`` passes between parking and picking up, half until riding
    on; so does half of ``dropoff_s`` before and after the hand-over.
    """

    name: str
    orders: tuple[MealOrder, ...]
    couriers: tuple[MealCourier, ...]
    restaurants: tuple[str, ...]
    points: dict[str, Point]
    metres_per_minute: float
    pickup_s: int
    dropoff_s: int

    def ride_s(self, a: str, b: str) -> int:
        """Returns the seconds from place to place: whole minutes, begun ones counted."""
        (x, y), (to_x, to_y) = self.points[a], self.points[b]
        metres = math.sqrt((to_x - x) ** 2 + (to_y - y) ** 2)
        return MINUTE * math.ceil(metres / self.metres_per_minute)

    def direct_s(self, order: MealOrder) -> int:
        """Returns the seconds from picking an order up to handing it over, with nothing between."""
        service_s = self.pickup_s // 2 + self.dropoff_s // 2
        return service_s + self.ride_s(order.restaurant, order.id)


def read_meals(folder: Path) -> Meals:
    """
    Returns the instance in a folder.

    Raises BadInstance where a file or a column is missing, a value is no number or out of range,
    an id is there twice, or an order is of a restaurant that is not.
    """
    tables = {name: _table(folder / name, columns) for name, columns in COLUMNS.items()}
    restaurants = tuple(row.text("restaurant") for row in tables[RESTAURANTS])
    orders = tuple(_order(row, set(restaurants)) for row in tables[ORDERS])
    couriers = tuple(_courier(row) for row in tables[COURIERS])
    if len(tables[PARAMETERS]) != 1:
        rows = len(tables[PARAMETERS])
        raise BadInstance(f"{folder / PARAMETERS}: expected one row of figures, got {rows}.")
    (figures,) = tables[PARAMETERS]
    if (speed := figures.figure("meters_per_minute")) <= 0:
        raise figures.bad(f"meters_per_minute is {speed:g}; give a number above 0.")
    return Meals(
        name=folder.name,
        orders=orders,
        couriers=couriers,
        restaurants=restaurants,
        points=_points(tables[ORDERS], tables[COURIERS], tables[RESTAURANTS]),
        metres_per_minute=speed,
        pickup_s=figures.seconds("pickup service minutes"),
        dropoff_s=figures.seconds("dropoff service minutes"),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, with where it stands."""

    path: Path
    number: int
    cells: dict[str, str]

    def bad(self, what: str) -> BadInstance:
        return BadInstance(f"{self.path}, line {self.number}: {what}")

    def text(self, column: str) -> str:
        value = (self.cells[column] or "").strip()
        if not value:
            raise self.bad(f"{column} is empty; fill the row up.")
        return value

    def figure(self, column: str) -> float:
        try:
            value = float(self.text(column))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.bad(f"{column} is {self.text(column)!r}; give a number.")
        return value

    def seconds(self, column: str) -> int:
        value = self.figure(column)
        if value < 0 or value != int(value):
            raise self.bad(f"{column} is {value:g}; give whole minutes, 0 or more.")
        return MINUTE * int(value)


def _table(path: Path, columns: Sequence[str]) -> list[_Row]:
    """Returns the rows of a file; raises BadInstance where it or one of the columns is missing."""
    if not path.is_file():
        raise BadInstance(f"{path} is missing; a folder holds {', '.join(COLUMNS)}.")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        names = reader.fieldnames or ()
        if missing := [name for name in columns if name not in names]:
            raise BadInstance(
                f"{path}: no column {', '.join(missing)}; it has {', '.join(names) or 'none'}."
            )
        return [_Row(path, reader.line_num, row) for row in reader]


def _order(row: _Row, restaurants: Collection[str]) -> MealOrder:
    restaurant = row.text("restaurant")
    if restaurant not in restaurants:
        raise row.bad(
            f"order {row.text('order')} is of restaurant {restaurant!r}, which is not in"
            f" {RESTAURANTS}."
        )
    placed_at, ready_at = row.seconds("placement_time"), row.seconds("ready_time")
    if ready_at < placed_at:
        raise row.bad(
            f"order {row.text('order')} is ready in minute {ready_at // MINUTE}, before it is"
            f" placed in minute {placed_at // MINUTE}."
        )
    return MealOrder(row.text("order"), restaurant, placed_at, ready_at)


def _courier(row: _Row) -> MealCourier:
    on_at, off_at = row.seconds("on_time"), row.seconds("off_time")
    if off_at <= on_at:
        raise row.bad(
            f"courier {row.text('courier')} logs off in minute {off_at // MINUTE}; give one after"
            f" {on_at // MINUTE}, in which it logs on."
        )
    return MealCourier(row.text("courier"), on_at, off_at)


def _points(*tables: Sequence[_Row]) -> dict[str, Point]:
    """Returns the places of all tables, whose ids are in their first columns."""
    points: dict[str, Point] = {}
    for row in (row for table in tables for row in table):
        key = row.text(COLUMNS[row.path.name][0])
        if key in points:
            raise row.bad(f"{key!r} is there twice; ids are one of a kind over all files.")
        points[key] = row.figure("x"), row.figure("y")
    return points
