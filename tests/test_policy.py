"""The figures of a zone, and which standard drops are planned when."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.crew import change_courier
from dispatch.entering import has_company, trips
from dispatch.errors import InvalidRequest
from dispatch.ordering import cancel_order
from dispatch.policy import Policy
from dispatch.requests import CourierChange
from tests.little_city import HOUR, NOW, LittleZone

ALL_RULES = Policy(
    quote_search_s=0,
    reserve_share=0.4,
    standard_near_m=120,
    standard_expect=2,
    fill_idle=1,
    plan_buffer=0.2,
    wait_s=240,
    lost_wait_s=3600,
)


def test_figures_by_name_replace_defaults() -> None:
    assert Policy.from_mapping({"handover_s": 90, "quote_buffer": 1}) == Policy(
        handover_s=90, quote_buffer=1
    )


@pytest.mark.parametrize(
    ("figures", "at"),
    [
        ({"handvoer_s": 900}, "policy.handvoer_s"),
        ({"handover_s": 900.0}, "policy.handover_s"),
        ({"handover_s": True}, "policy.handover_s"),
        ({"handover_s": "900"}, "policy.handover_s"),
        ({"handover_s": -1}, "policy.handover_s"),
        ({"handover_s": 10**12}, "policy.handover_s"),
        ({"tick_s": 0}, "policy.tick_s"),
        ({"reserve_share": 1.1}, "policy.reserve_share"),
        ({"lost_wait_s": -1}, "policy.lost_wait_s"),
        ({"learn_speeds": 2}, "policy.learn_speeds"),
        ({"quote_buffer": math.nan}, "policy.quote_buffer"),
        ({"quote_buffer": math.inf}, "policy.quote_buffer"),
    ],
)
def test_a_figure_that_makes_no_sense_is_named(figures: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        Policy.from_mapping(figures)
    assert error.value.at == at


@pytest.mark.parametrize(
    ("name", "table"), [("urgent_s", "[[service]]"), ("business_close", "[[calendar]]")]
)
def test_a_figure_that_moved_says_where_to(name: str, table: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"policy\.{name}: There is no.*") as error:
        Policy.from_mapping({name: 900})
    assert table in error.value.cure


def test_a_figure_at_its_limit_is_taken() -> None:
    policy = Policy.from_mapping({"tick_s": 1, "learn_speeds": 1, "handover_s": 0})
    assert policy.tick_s == 1


def test_two_standard_drops_for_a_building_wait_and_a_third_sends_them() -> None:
    zone = LittleZone(2)
    drops = [zone.standard(5), zone.standard(5)]
    assert [zone.reasons(drop) for drop in drops] == [["held"], ["held"]]
    drops.append(zone.standard(5))
    # The first of the idle is kept back for urgent work.
    assert {zone.carrier(drop) for drop in drops} == {"c_2"}


def test_three_standard_drops_for_three_buildings_wait() -> None:
    zone = LittleZone(2)
    drops = [zone.standard(block) for block in (4, 5, 6)]
    assert [zone.carrier(drop) for drop in drops] == [None, None, None]


def test_the_last_idle_courier_is_kept_back() -> None:
    zone = LittleZone(1)
    drops = [zone.standard(5) for _ in range(3)]
    assert [zone.reasons(drop) for drop in drops] == [["held"]] * 3
    zone.courier()
    zone.wait(30)
    assert {zone.carrier(drop) for drop in drops} == {"c_2"}


def test_a_courier_who_is_busy_does_not_count_as_idle() -> None:
    zone = LittleZone(2)
    zone.urgent(1)
    drops = [zone.standard(5) for _ in range(3)]
    assert [zone.carrier(drop) for drop in drops] == [None] * 3


def test_a_standard_drop_waits_three_hours_for_company_and_no_longer() -> None:
    zone = LittleZone(2)
    drop = zone.standard(5)
    (left_out,) = zone.plan.unassigned
    assert left_out.held_until == NOW + 3 * HOUR
    zone.wait(3 * HOUR - 1)
    assert zone.carrier(drop) is None
    zone.wait(1)
    assert zone.carrier(drop) == "c_2"


def test_two_hours_before_its_deadline_a_standard_drop_waits_for_nothing() -> None:
    zone = LittleZone(1, shift_s=48 * HOUR)
    drop = zone.standard(5)
    # Due on Tuesday at 17:00, 31 h after Monday 10:00; the only courier is never spare.
    zone.wait(29 * HOUR - 1)
    assert zone.carrier(drop) is None
    zone.wait(1)
    assert zone.carrier(drop) == "c_1"


def test_a_standard_drop_rides_along_with_an_urgent_one_to_its_building() -> None:
    zone = LittleZone(1)
    urgent = zone.urgent(3)
    same, other = zone.standard(3, floor=2), zone.standard(4)
    assert zone.carrier(same) == "c_1"
    assert zone.stops("c_1")[0].drops == (urgent, same)
    assert zone.reasons(other) == ["held"]


def test_a_standard_drop_that_waits_joins_an_urgent_trip_at_the_next_tick() -> None:
    zone = LittleZone(1)
    standard = zone.standard(3)
    zone.urgent(3)
    zone.wait(30)
    assert zone.carrier(standard) == "c_1"


@pytest.mark.parametrize(("later", "carrier"), [(0, "c_1"), (1, None)])
def test_urgent_goods_do_not_wait_for_those_that_ride_along(
    later: int, carrier: str | None
) -> None:
    zone = LittleZone(1)
    # The courier stands at the counter already.
    zone.urgent(5, ready_at=NOW + 240)
    drop = zone.standard(5, ready_at=NOW + 240 + later)
    assert zone.carrier(drop) == carrier


def test_a_drop_whose_company_is_cancelled_waits_again() -> None:
    zone = LittleZone(1)
    zone.urgent(3)
    standard = zone.standard(3)
    cancel_order(zone.dispatcher, "o_1", zone.now)
    assert zone.reasons(standard) == ["held"]


def test_a_drop_whose_company_left_without_it_waits_again() -> None:
    zone = LittleZone(1)
    urgent = zone.urgent(3)
    standard = zone.standard(3)
    zone.load("c_1", urgent)
    assert zone.reasons(standard) == ["held"]


@pytest.mark.parametrize(("slack", "carrier"), [(15, "c_1"), (14, None)])
def test_nobody_becomes_late_by_a_drop_that_rides_along(slack: int, carrier: str | None) -> None:
    # Ready after 600 s less the slack: 15 s to load, 645 to b_10, 60 to hand over make 1320.
    # The shift has no time for a second trip.
    zone = LittleZone(1, shift_s=2000)
    zone.urgent(10, ready_at=NOW + 600 - slack, on_infeasible="accept_late")
    # Loading one more takes 15 s.
    assert zone.carrier(zone.standard(10)) == carrier


def test_standard_drops_of_a_courier_on_a_break_go_to_another_at_once() -> None:
    zone = LittleZone(3)
    drops = [zone.standard(5) for _ in range(3)]
    change_courier(zone.dispatcher, "c_2", CourierChange(paused=True), zone.now)
    assert {zone.carrier(drop) for drop in drops} == {"c_3"}


def test_a_standard_trip_goes_to_a_courier_who_can_carry_its_drops() -> None:
    zone = LittleZone(1)
    zone.courier(capacity=2)
    zone.courier(capacity=5)
    drops = [zone.standard(5, load=5) for _ in range(3)]
    # The three trips of c_3 are better than none of c_2.
    assert {zone.carrier(drop) for drop in drops} == {"c_3"}


def test_a_standard_trip_goes_to_a_courier_who_works_long_enough() -> None:
    zone = LittleZone(1)
    zone.courier(shift_s=120)
    zone.courier()
    drops = [zone.standard(5) for _ in range(3)]
    assert {zone.carrier(drop) for drop in drops} == {"c_3"}


def test_a_standard_trip_that_is_planned_keeps_its_courier() -> None:
    zone = LittleZone(3)
    drops = [zone.standard(5) for _ in range(3)]
    for _ in range(4):
        zone.wait(30)
        assert {zone.carrier(drop) for drop in drops} == {"c_2"}


@pytest.mark.parametrize(("share", "carrier"), [(0.0, "c_2"), (0.4, "c_3"), (0.7, None)])
def test_a_share_of_the_idle_is_kept_back(share: float, carrier: str | None) -> None:
    # Of three 1.2 make two, 2.1 make all.
    zone = LittleZone(3, policy=Policy(quote_search_s=0, reserve_share=share))
    drops = [zone.standard(5) for _ in range(3)]
    assert {zone.carrier(drop) for drop in drops} == {carrier}


@pytest.mark.parametrize(("couriers", "carrier"), [(2, "c_1"), (1, None)])
def test_nothing_rides_along_while_too_few_are_idle(couriers: int, carrier: str | None) -> None:
    zone = LittleZone(couriers, policy=Policy(quote_search_s=0, fill_idle=1))
    zone.urgent(3)
    assert zone.carrier(zone.standard(3)) == carrier


@pytest.mark.parametrize(("metres", "carrier"), [(112, "c_2"), (111, None)])
def test_drops_for_buildings_near_each_other_share_a_trip(metres: int, carrier: str | None) -> None:
    # b_4 and b_6 are 0.002 degrees of longitude apart, 111.6 m at 60 degrees north.
    zone = LittleZone(2, policy=Policy(quote_search_s=0, standard_near_m=metres))
    drops = [zone.standard(block) for block in (4, 5, 6)]
    assert {zone.carrier(drop) for drop in drops} == {carrier}


def test_an_old_drop_waits_on_while_others_are_ordered_for_its_building() -> None:
    zone = LittleZone(2, policy=Policy(quote_search_s=0, standard_expect=1))
    old = zone.standard(5)
    zone.wait(HOUR)
    zone.standard(5, floor=2)
    zone.wait(3 * HOUR - 1)
    # 3 h 59 min 59 s old, and the other was ordered less than three hours ago.
    assert zone.carrier(old) is None
    zone.wait(1)
    assert zone.carrier(old) == "c_2"


def test_an_old_drop_does_not_wait_on_for_itself_or_other_buildings() -> None:
    zone = LittleZone(2, policy=Policy(quote_search_s=0, standard_expect=1))
    old = zone.standard(5)
    zone.wait(HOUR)
    zone.standard(6)
    zone.wait(2 * HOUR)
    assert zone.carrier(old) == "c_2"


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(0, 900)), max_size=8))
@settings(max_examples=25, deadline=None)
def test_with_all_rules_in_force_urgent_drops_are_planned_and_fills_have_company(
    orders: list[tuple[bool, int, int]],
) -> None:
    zone = LittleZone(3, policy=ALL_RULES)
    urgent = []
    for is_urgent, block, wait in orders:
        place = zone.urgent if is_urgent else zone.standard
        drop = place(block)
        urgent += [drop] if is_urgent else []
        zone.wait(wait)
    for drop in urgent:
        # Nobody loads: all still wait, and three have shifts of eight hours.
        assert zone.carrier(drop) is not None
    fills = zone.dispatcher.model(zone.state, zone.now).entering.fills
    loaded = [trip for route in zone.plan.routes for trip in trips(route)]
    for drop in fills & set().union(*loaded):
        (trip,) = (trip for trip in loaded if drop in trip)
        assert has_company(zone.drop(drop), trip, zone.state)
