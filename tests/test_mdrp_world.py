"""Days of meals played by the dispatcher: tiny instances by hand, and Grubhub's where they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.mdrp import read_meals
from scenarios.mdrp_city import AFTER, NOWHERE, MealCity
from scenarios.mdrp_log import Dropoff, Move, Pickup, broken_rules, served
from scenarios.mdrp_policy import MealPolicy
from scenarios.mdrp_world import play
from tests.mdrp_worlds import C1, O1, meals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.mdrp import Meals
    from scenarios.mdrp_log import Deed

DATA = Path(__file__).parents[2] / "shared/data/mdrp"
QUICK = MealPolicy(iterations=20)


def doors(found: Meals, rule: MealPolicy = QUICK) -> dict[str, float]:
    """Returns the minute in which each meal is handed over, in a day that breaks no rule."""
    deeds = play(found, rule).deeds
    assert broken_rules(found, deeds) == ()
    return {meal.order.id: meal.at_door / 60 for meal in served(found, deeds)}


def carriers(deeds: Sequence[Deed]) -> dict[str, str]:
    """Returns who hands each meal over."""
    return {deed.order: deed.courier for deed in deeds if isinstance(deed, Dropoff)}


def test_a_courier_sets_off_just_in_time_and_hands_over_as_soon_as_can_be(tmp_path: Path) -> None:
    # As in test_mdrp_log: 2 minutes of riding and 2 of parking before the meal is ready in 20.
    assert play(meals(tmp_path), QUICK).deeds == (
        Move(16 * 60, "c1", "c1", "r1"),
        Pickup(20 * 60, "c1", ("o1",)),
        Move(22 * 60, "c1", "r1", "o1"),
        Dropoff(29 * 60, "c1", "o1"),
    )


def test_a_courier_may_set_off_earlier(tmp_path: Path) -> None:
    first = play(meals(tmp_path), MealPolicy(iterations=20, early_s=180)).deeds[0]
    assert first == Move(13 * 60, "c1", "c1", "r1")


def test_a_courier_who_is_far_sets_off_when_the_order_is_placed(tmp_path: Path) -> None:
    # 20 minutes of riding from minute 10 on, 2 of parking; 9 from the pickup to the door.
    found = meals(tmp_path, couriers=[("c1", 0, 2000, 0, 60)])
    assert doors(found) == {"o1": 10 + 20 + 2 + 9}


@pytest.mark.parametrize(("off", "delivered"), [(20, {"o1": 29.0}), (19, {})])
def test_a_meal_is_picked_up_until_the_courier_logs_off(
    tmp_path: Path, off: int, delivered: dict[str, float]
) -> None:
    # Ready in minute 20; the hand-over in minute 29 is after the shift.
    assert doors(meals(tmp_path, couriers=[(*C1[:4], off)])) == delivered


def test_a_courier_who_logs_on_later_takes_what_waits(tmp_path: Path) -> None:
    # Leaves in minute 40, 2 of riding and 2 of parking, 9 to the door.
    assert doors(meals(tmp_path, couriers=[("c1", 0, 200, 40, 90)])) == {"o1": 53}


def test_the_nearer_courier_goes(tmp_path: Path) -> None:
    found = meals(tmp_path, couriers=[("far", 0, 4000, 0, 60), C1])
    assert carriers(play(found, QUICK).deeds) == {"o1": "c1"}


def test_what_was_promised_to_nobody_yet_changes_hands(tmp_path: Path) -> None:
    """Only c1 is known when o1 is placed; c2 logs on at the restaurant before o1 is ready."""
    c1, c2 = ("c1", 0, 1500, 0, 120), ("c2", 0, 0, 15, 120)
    found = meals(tmp_path, orders=[("o1", 300, 400, 0, "r1", 40)], couriers=[c1, c2])
    rule = MealPolicy(iterations=20, known_s=0)
    # c1 had to leave in minute 40 - 15 - 2 = 23.
    assert carriers(play(found, rule).deeds) == {"o1": "c2"}


def test_neighbours_meals_of_one_restaurant_ride_together(tmp_path: Path) -> None:
    # To go twice takes 2 * 9 + 2 minutes and the way back; o2 is at the door of o1.
    found = meals(tmp_path, orders=[O1, ("o2", 300, 400, 10, "r1", 20)])
    pickups = [deed for deed in play(found, QUICK).deeds if isinstance(deed, Pickup)]
    assert [sorted(deed.orders) for deed in pickups] == [["o1", "o2"]]
    # The second is handed over 2 minutes after the first, and 2 before its own door.
    assert sorted(doors(found).values()) == [29, 33]


def test_meals_of_two_restaurants_do_not_ride_together(tmp_path: Path) -> None:
    """Side by side, to one house, ready at once: the plan would take both."""
    found = meals(
        tmp_path,
        orders=[("o1", 3000, 50, 0, "r1", 20), ("o2", 3000, 50, 0, "r2", 20)],
        couriers=[(*C1[:4], 300)],
        restaurants=[("r1", 0, 0), ("r2", 0, 100)],
    )
    # Minute 20, then 2 + 31 + 2 to the door; 2 + 31 + 2 back, and 35 again.
    assert sorted(doors(found).values()) == [55, 125]


def test_without_couriers_nothing_is_delivered(tmp_path: Path) -> None:
    assert doors(meals(tmp_path, couriers=[])) == {}


def test_without_orders_nothing_is_done(tmp_path: Path) -> None:
    assert play(meals(tmp_path, orders=[]), QUICK).deeds == ()


def test_a_day_repeats_itself(tmp_path: Path) -> None:
    found = meals(tmp_path, orders=[O1, ("o2", 0, 900, 12, "r1", 30)])
    assert play(found, QUICK).deeds == play(found, QUICK).deeds


def test_an_impossible_figure_of_the_rule_is_told() -> None:
    with pytest.raises(ValueError, match="Expected riding >= 0, got -1"):
        MealPolicy(riding=-1)


@pytest.mark.parametrize("order", ["o1", "o2"])
def test_routes_end_so_late_that_a_shift_bounds_the_pickup(tmp_path: Path, order: str) -> None:
    """From the pickup over the door to where routes end it takes the same for every order."""
    found = meals(tmp_path, orders=[O1, ("o2", 0, 2500, 12, "r1", 30)])
    city = MealCity(found)
    after = city.street_place(*NOWHERE)
    assert after.building == AFTER
    door = city.place(order)
    way = city.way_s(city.place("r1"), door) + found.dropoff_s // 2 + city.way_s(door, after)
    assert way == city.spare_s


MINUTES = st.integers(0, 90)
METRES = st.integers(-1500, 1500)


@st.composite
def instances(draw: st.DrawFn) -> dict[str, Any]:
    """Some orders of two restaurants and some couriers with short shifts."""
    orders, couriers = [], []
    for i in range(draw(st.integers(0, 7))):
        placed = draw(MINUTES)
        place = draw(METRES), draw(METRES)
        ready = placed + draw(st.integers(0, 30))
        orders.append((f"o{i}", *place, placed, draw(st.sampled_from(("r1", "r2"))), ready))
    for i in range(draw(st.integers(0, 3))):
        on = draw(MINUTES)
        couriers.append((f"c{i}", draw(METRES), draw(METRES), on, on + draw(st.integers(1, 90))))
    return {
        "orders": orders,
        "couriers": couriers,
        "restaurants": [("r1", 0, 0), ("r2", draw(METRES), draw(METRES))],
        "figures": [(draw(st.integers(50, 400)), *draw(st.tuples(*[st.integers(0, 5)] * 2)))],
    }


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=instances())
def test_no_day_breaks_a_rule(tmp_path: Path, rows: dict[str, Any]) -> None:
    found = meals(tmp_path, **rows)
    deeds = play(found, MealPolicy(iterations=10)).deeds
    assert broken_rules(found, deeds) == ()


@pytest.mark.skipif(not DATA.is_dir(), reason="the meal-delivery instances are not here")
def test_the_first_hours_of_a_real_instance_are_played_by_the_rules(tmp_path: Path) -> None:
    whole = read_meals(DATA / "0r50t75s2p100")
    orders = tuple(order for order in whole.orders if order.placed_at < 200 * 60)
    assert len(orders) > 5
    part = replace(whole, orders=orders)
    assert len(doors(part)) == len(orders)
