"""Meal-delivery instances as files: what is read of them and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scenarios.instances import BadInstance
from scenarios.mdrp import COLUMNS, MealCourier, MealOrder, read_meals
from tests.mdrp_worlds import C1, O1, R1, meals, write

DATA = Path(__file__).parents[2] / "shared/data/mdrp"


def test_an_instance_is_read_in_seconds(tmp_path: Path) -> None:
    found = meals(tmp_path)
    assert found.orders == (MealOrder("o1", "r1", 600, 1200),)
    assert found.couriers == (MealCourier("c1", 0, 3600),)
    assert found.restaurants == ("r1",)
    assert (found.pickup_s, found.dropoff_s) == (240, 240)


@pytest.mark.parametrize(("x", "minutes"), [(500, 5), (501, 6), (0, 0)])
def test_a_begun_minute_of_riding_counts(tmp_path: Path, x: int, minutes: int) -> None:
    found = meals(tmp_path, orders=[("o1", x, 0, 10, "r1", 20)])
    assert found.ride_s("r1", "o1") == found.ride_s("o1", "r1") == 60 * minutes


def test_the_least_time_to_the_door_has_half_of_either_service(tmp_path: Path) -> None:
    # 2 minutes until the courier rides, 5 of riding, 2 until the hand-over.
    found = meals(tmp_path)
    assert found.direct_s(found.orders[0]) == 9 * 60


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / name).unlink()
    with pytest.raises(BadInstance, match=f"{re.escape(str(tmp_path / name))} is missing"):
        read_meals(tmp_path)


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name, columns in COLUMNS.items() for column in columns]
)
def test_a_missing_column_is_named_with_its_file(tmp_path: Path, name: str, column: str) -> None:
    file = write(tmp_path) / name
    head, _, rest = file.read_text(encoding="utf-8").partition("\n")
    others = [word if word != column else "other" for word in head.split("\t")]
    file.write_text("\t".join(others) + "\n" + rest, encoding="utf-8")
    with pytest.raises(BadInstance, match=f"{name}: no column {column}; it has .*other"):
        read_meals(tmp_path)


def test_columns_that_nobody_needs_may_be_there(tmp_path: Path) -> None:
    file = write(tmp_path) / "restaurants.txt"
    file.write_text("restaurant\tx\ty\tcuisine\nr1\t0\t0\tsoup\n", encoding="utf-8")
    assert read_meals(tmp_path).restaurants == ("r1",)


BAD = {
    "an unknown restaurant": (
        {"orders": [("o1", 0, 0, 10, "r7", 20)]},
        "orders.txt, line 2: order o1 is of restaurant 'r7', which is not in restaurants.txt",
    ),
    "ready before placed": (
        {"orders": [("o1", 0, 0, 10, "r1", 9)]},
        "orders.txt, line 2: order o1 is ready in minute 9, before it is placed in minute 10",
    ),
    "no number": ({"restaurants": [("r1", "east", 0)]}, "line 2: x is 'east'; give a number"),
    "an infinite place": ({"restaurants": [("r1", "inf", 0)]}, "line 2: x is 'inf'"),
    "half a minute": ({"couriers": [("c1", 0, 0, 0.5, 60)]}, "on_time is 0.5; give whole minutes"),
    "before midnight": ({"couriers": [("c1", 0, 0, -1, 60)]}, "on_time is -1; give whole minutes"),
    "an empty cell": ({"orders": [("o1", 0, 0, 10, "", 20)]}, "restaurant is empty"),
    "a short row": ({"orders": [("o1", 0, 0, 10, "r1")]}, "ready_time is empty"),
    "an empty shift": (
        {"couriers": [("c1", 0, 0, 60, 60)]},
        "couriers.txt, line 2: courier c1 logs off in minute 60; give one after 60",
    ),
    "an id twice": ({"orders": [O1, O1]}, "orders.txt, line 3: 'o1' is there twice"),
    "an id in two files": ({"couriers": [("r1", 0, 0, 0, 60)]}, "'r1' is there twice"),
    "no speed": ({"figures": [(0, 4, 4)]}, "meters_per_minute is 0; give a number above 0"),
    "no figures": ({"figures": []}, "expected one row of figures, got 0"),
    "figures twice": ({"figures": [(1, 4, 4), (1, 4, 4)]}, "expected one row of figures, got 2"),
}


@pytest.mark.parametrize(("rows", "says"), BAD.values(), ids=BAD)
def test_what_makes_no_sense_is_told_with_its_place(
    tmp_path: Path, rows: dict[str, list[tuple[object, ...]]], says: str
) -> None:
    with pytest.raises(BadInstance, match=re.escape(says)):
        meals(tmp_path, **rows)


def test_the_least_shift_is_a_minute(tmp_path: Path) -> None:
    found = meals(tmp_path, couriers=[("c1", 0, 0, 60, 61)])
    assert found.couriers == (MealCourier("c1", 3600, 3660),)


def test_an_instance_without_orders_is_read(tmp_path: Path) -> None:
    found = meals(tmp_path, orders=[], couriers=[C1], restaurants=[R1])
    assert found.orders == ()


@pytest.mark.skipif(not DATA.is_dir(), reason="the meal-delivery instances are not here")
def test_grubhubs_instances_have_the_orders_and_couriers_that_are_published() -> None:
    # instance_characteristics.txt of 0o50t100s1p100: 252 orders, 93 restaurants, 61 couriers.
    found = read_meals(DATA / "0o50t100s1p100")
    assert (len(found.orders), len(found.restaurants), len(found.couriers)) == (252, 93, 61)
    # 7.73 minutes from restaurants to doors on average, says the same file.
    rides = [found.ride_s(order.restaurant, order.id) / 60 for order in found.orders]
    assert sum(rides) / len(rides) == pytest.approx(7.73, abs=0.005)
