"""What couriers did in a day of meals, checked against the instance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scenarios.mdrp_log import Dropoff, Move, Pickup, broken_rules, served
from tests.mdrp_worlds import C1, O1, R1, meals

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.mdrp_log import Deed

# The courier is 2 minutes from the restaurant and parks for 2: who leaves in minute 16 can pick up
# in minute 20, when the meal is ready. Then 2 minutes, 5 of riding, 2 to the door.
TO_R1 = Move(16 * 60, "c1", "c1", "r1")
TAKES = Pickup(20 * 60, "c1", ("o1",))
TO_O1 = Move(22 * 60, "c1", "r1", "o1")
GIVES = Dropoff(29 * 60, "c1", "o1")
GOOD = (TO_R1, TAKES, TO_O1, GIVES)


def test_times_of_a_meal_are_counted_from_its_order(tmp_path: Path) -> None:
    (meal,) = served(meals(tmp_path), GOOD)
    # Placed in minute 10, ready and picked up in 20, at the door in 29.
    assert meal.click_to_door_s == 19 * 60
    assert meal.ready_to_door_s == 9 * 60
    assert meal.ready_to_pickup_s == 0


def test_a_meal_that_was_not_handed_over_is_not_served(tmp_path: Path) -> None:
    assert served(meals(tmp_path), GOOD[:-1]) == ()


def test_a_day_by_the_rules_breaks_none(tmp_path: Path) -> None:
    assert broken_rules(meals(tmp_path), GOOD) == ()


FAULTS: dict[str, tuple[tuple[Deed, ...], str]] = {
    "too soon at the restaurant": (
        (Move(17 * 60, "c1", "c1", "r1"), *GOOD[1:]),
        "c1 at 1200 s picks up before 1260 s",
    ),
    "not ready": (
        (TO_R1, Pickup(19 * 60, "c1", ("o1",)), TO_O1, GIVES),
        "c1 at 1140 s picks o1 up before it is ready at 1200 s",
    ),
    "no service after the pickup": (
        (TO_R1, TAKES, Move(21 * 60, "c1", "r1", "o1"), GIVES),
        "c1 at 1260 s leaves r1 before 1320 s",
    ),
    "no service before the door": (
        (*GOOD[:3], Dropoff(28 * 60, "c1", "o1")),
        "c1 at 1680 s hands o1 over before 1740 s",
    ),
    "no service after the door": (
        (*GOOD, Move(30 * 60, "c1", "o1", "r1")),
        "c1 at 1800 s leaves o1 before 1860 s",
    ),
    "elsewhere": (
        (TO_R1, TAKES, Move(22 * 60, "c1", "c1", "o1"), GIVES),
        "c1 at 1320 s leaves c1 but is at r1",
    ),
    "the wrong restaurant": (
        (Move(16 * 60, "c1", "c1", "o1"), TAKES, GIVES),
        "c1 at 1200 s picks o1 up at o1, not at r1",
    ),
    "the wrong door": ((TO_R1, TAKES, GIVES), "c1 at 1740 s hands o1 over at r1"),
    "what nobody picked up": (
        (TO_R1, TO_O1, GIVES),
        "c1 at 1740 s hands o1 over without having it",
    ),
    "kept": (GOOD[:3], "c1 still has o1"),
    "twice": ((*GOOD[:2], *GOOD[1:]), "o1 is picked up 2 times"),
    "on board meanwhile": ((*GOOD[:2], *GOOD[1:]), "c1 at 1200 s picks up with o1 on board"),
    "nobody": ((Move(0, "c9", "r1", "o1"),), "nobody is c9"),
}


@pytest.mark.parametrize(("deeds", "says"), FAULTS.values(), ids=FAULTS)
def test_what_is_against_the_rules_is_found(
    tmp_path: Path, deeds: tuple[Deed, ...], says: str
) -> None:
    assert says in broken_rules(meals(tmp_path), deeds)


@pytest.mark.parametrize(("off", "broken"), [(20, False), (19, True)])
def test_a_courier_picks_up_until_it_logs_off_and_hands_over_later(
    tmp_path: Path, off: int, broken: bool
) -> None:
    found = broken_rules(meals(tmp_path, couriers=[(*C1[:4], off)]), GOOD)
    late = (f"c1 at 1200 s picks up after logging off at {off * 60} s",)
    assert found == (late if broken else ())


def test_a_courier_does_not_leave_before_it_logs_on(tmp_path: Path) -> None:
    found = broken_rules(meals(tmp_path, couriers=[("c1", 0, 200, 17, 60)]), GOOD)
    assert found == ("c1 at 960 s leaves c1 before 1020 s",)


def test_meals_of_one_restaurant_may_be_picked_up_together(tmp_path: Path) -> None:
    # o2 is a minute's ride from o1: 2 minutes after that door, 1 of riding, 2 to the next.
    day = meals(tmp_path, orders=[O1, ("o2", 300, 500, 10, "r1", 20)], restaurants=[R1])
    both = Pickup(20 * 60, "c1", ("o1", "o2"))
    on = Move(31 * 60, "c1", "o1", "o2")
    deeds = (TO_R1, both, TO_O1, GIVES, on, Dropoff(34 * 60, "c1", "o2"))
    assert broken_rules(day, deeds) == ()
