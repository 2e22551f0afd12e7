"""Couriers come into a zone and change there."""

from __future__ import annotations

import pytest

from dispatch.crew import add_courier, change_courier
from dispatch.errors import DispatchError, NotFound
from dispatch.intake import MOST
from dispatch.requests import CourierChange, CourierRequest
from tests.little_city import AT_STORE, NOW, LittleZone

AINO = CourierRequest("Aino", "st_1", 20, NOW, NOW + 3600, "ebike", ("fragile",))


def test_a_new_courier_stands_at_the_store_and_gets_work() -> None:
    zone = LittleZone(0)
    drop = zone.urgent(3)
    courier = add_courier(zone.dispatcher, AINO, NOW)
    assert (courier.id, courier.place, courier.skills) == ("c_1", AT_STORE, ("fragile",))
    assert zone.state.couriers["c_1"] == courier
    assert zone.carrier(drop) == "c_1"


def test_what_a_change_leaves_out_stays_as_it_is() -> None:
    zone = LittleZone()
    before = zone.state.couriers["c_1"]
    assert change_courier(zone.dispatcher, "c_1", CourierChange(), NOW) == before
    after = change_courier(zone.dispatcher, "c_1", CourierChange(capacity=7, paused=True), NOW)
    assert (after.capacity, after.paused, after.shift_end) == (7, True, before.shift_end)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (CourierChange(shift_end=NOW), "empty-shift"),
        (CourierChange(shift_start=NOW + 10**6), "empty-shift"),
        (CourierChange(capacity=0), "invalid-capacity"),
        (CourierChange(capacity=MOST + 1), "invalid-capacity"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(change: CourierChange, code: str) -> None:
    zone = LittleZone()
    before = zone.state
    with pytest.raises(DispatchError) as error:
        change_courier(zone.dispatcher, "c_1", change, NOW)
    assert error.value.code == code
    assert zone.state is before


def test_limits_themselves_are_allowed() -> None:
    zone = LittleZone()
    change = CourierChange(shift_end=NOW + 1, capacity=MOST)
    assert change_courier(zone.dispatcher, "c_1", change, NOW).capacity == MOST
    assert change_courier(zone.dispatcher, "c_1", CourierChange(capacity=1), NOW).capacity == 1


def test_unknown_couriers_and_stores_are_not_found() -> None:
    zone = LittleZone(0)
    with pytest.raises(NotFound, match="c_9"):
        change_courier(zone.dispatcher, "c_9", CourierChange(), NOW)
    with pytest.raises(NotFound, match="st_9"):
        zone.courier(store="st_9")


def test_less_capacity_sends_back_what_is_planned_not_what_is_on_board() -> None:
    zone = LittleZone(1, capacity=5)
    aboard = zone.urgent(3, load=5)
    zone.load("c_1")
    waiting = zone.urgent(4, load=5)
    change_courier(zone.dispatcher, "c_1", CourierChange(capacity=2), NOW)
    assert zone.carrier(aboard) == "c_1"
    assert zone.reasons(waiting) == ["capacity"]
