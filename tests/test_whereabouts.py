"""Where and when a courier can next be sent somewhere."""

from __future__ import annotations

import pytest

from dispatch.orders import Commitment, Courier, StopKind
from dispatch.places import Place
from dispatch.policy import Policy
from dispatch.whereabouts import Whereabouts, whereabouts
from tests.little_city import AT_STORE

DESK = Place(60.0, 25.003, "b_3")


def courier(kind: StopKind | None = None, arrived_at: int | None = None) -> Courier:
    """Returns a courier who set off at 0 for a stop reached at 200 and over at 260."""
    committed = None
    if kind is not None:
        ends_at = 200 if kind is StopKind.LOAD else 260
        committed = Commitment("s_1", kind, DESK, "d_1", 0, arrived_at, arrived_at or 200, ends_at)
    return Courier("c_1", "Aino", "st_1", 20, AT_STORE, 0, 9999, committed=committed)


def at(courier: Courier, now: int, ride_s: int | None = None) -> Whereabouts:
    """Returns the whereabouts with a remainder of 30 s."""
    return whereabouts(courier, Policy(), now, ride_s)


def test_a_courier_who_goes_nowhere_is_free_now_where_the_last_stop_ended() -> None:
    assert at(courier(), 50) == Whereabouts(AT_STORE, 50)


def test_a_courier_on_the_way_is_free_at_the_end_of_the_stop() -> None:
    assert at(courier(StopKind.DELIVER), 50) == Whereabouts(DESK, 260, 200)


@pytest.mark.parametrize(("now", "arrives_at"), [(200, 200), (201, 231)])
def test_a_courier_who_is_behind_arrives_in_the_usual_remainder(now: int, arrives_at: int) -> None:
    assert at(courier(StopKind.DELIVER), now) == Whereabouts(DESK, arrives_at + 60, arrives_at)


@pytest.mark.parametrize(("now", "free_at"), [(230, 260), (231, 261)])
def test_a_courier_at_a_desk_is_free_at_the_planned_end_or_after_the_remainder(
    now: int, free_at: int
) -> None:
    assert at(courier(StopKind.DELIVER, arrived_at=200), now) == Whereabouts(DESK, free_at, 200)


@pytest.mark.parametrize(("ride_s", "arrives_at"), [(20, 120), (300, 400)])
def test_a_position_moves_the_arrival_either_way(ride_s: int, arrives_at: int) -> None:
    found = at(courier(StopKind.DELIVER), 100, ride_s)
    assert found == Whereabouts(DESK, arrives_at + 60, arrives_at)


def test_a_courier_is_free_at_a_counter_on_arrival() -> None:
    assert at(courier(StopKind.LOAD), 50) == Whereabouts(DESK, 200, 200)
    assert at(courier(StopKind.LOAD, arrived_at=150), 170) == Whereabouts(DESK, 170, 150)
