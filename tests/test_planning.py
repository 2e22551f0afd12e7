"""The way down: from the state of a zone to a problem, and an older plan into a newer problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dispatch.band_times import band_of
from dispatch.carrying import carry_over, sequences_of_plan, sequences_of_solution
from dispatch.crew import change_courier
from dispatch.hours import Week, every_day
from dispatch.openings import HORIZON_S, desk_place, opening
from dispatch.ordering import goods_ready
from dispatch.orders import DropStatus
from dispatch.policy import Policy
from dispatch.requests import CourierChange, DeskRequest, DropRequest
from solver.problem import MINOR, PROMISED, Job, TimeWindow
from solver.solution import Activity, Kind
from tests.little_city import HOUR, NOW, LittleZone, a_drop

if TYPE_CHECKING:
    from dispatch.model import Model

HELSINKI = "Europe/Helsinki"


def model_of(zone: LittleZone) -> Model:
    """Returns the problem of this moment."""
    return zone.dispatcher.model(zone.state, zone.now)


def job_of(zone: LittleZone, name: str) -> Job:
    """Returns a job of the problem of this moment."""
    return next(job for job in model_of(zone).problem.jobs if job.name == name)


@pytest.mark.parametrize(
    ("second", "band"),
    [
        # Lunch lasts from 11:00 to 13:30, and counts half an hour before.
        (HOUR // 2 - 1, "day"),
        (HOUR // 2, "lunch"),
        (3 * HOUR + HOUR // 2 - 1, "lunch"),
        (3 * HOUR + HOUR // 2, "day"),
    ],
)
def test_the_slower_band_of_now_and_half_an_hour_ahead_counts(second: int, band: str) -> None:
    assert band_of(NOW + second, HELSINKI) == band


def test_the_plan_remembers_the_band_it_was_made_with() -> None:
    zone = LittleZone(now=NOW + HOUR)
    zone.urgent(1)
    assert zone.plan.band == "lunch"
    assert zone.city.asked[-1] == "lunch"


@pytest.mark.parametrize(
    ("second", "window"),
    [
        (7 * HOUR - 1, TimeWindow(1, 13 * HOUR + 1)),
        (7 * HOUR, TimeWindow(0, 13 * HOUR)),
        (20 * HOUR, TimeWindow(0, 0)),
        # A second after it closed it opens in eleven hours less a second.
        (20 * HOUR + 1, TimeWindow(11 * HOUR - 1, 24 * HOUR - 1)),
    ],
)
def test_a_building_is_open_today_or_else_tomorrow(second: int, window: TimeWindow) -> None:
    assert opening(every_day(7 * HOUR, 20 * HOUR), 0, second) == window


def test_a_desk_that_is_closed_at_the_weekend_opens_on_monday() -> None:
    week = Week((((8 * HOUR, 16 * HOUR),),) * 5 + ((), ()))
    # Friday, an hour after it closed: 55 hours to Monday 8, 63 to Monday 16.
    assert opening(week, 4, 17 * HOUR) == TimeWindow(63 * HOUR, 71 * HOUR)


def test_a_desk_that_never_opens_does_so_at_the_horizon() -> None:
    assert opening(Week(((),) * 7), 0, 0) == TimeWindow(HORIZON_S, HORIZON_S)


def test_a_desk_is_told_from_its_neighbour_by_department_and_name() -> None:
    zone = LittleZone()
    where = DeskRequest(building="b_3", floor=4, department="Accounts", desk="4-117")
    zone.order(DropRequest(where, a_drop().items))
    place = desk_place(zone.dispatcher.city, zone.drop("d_1"))
    assert (place.building, place.floor, place.desk) == ("b_3", 4, "Accounts/4-117")


def test_an_urgent_job_is_due_at_its_deadline_less_the_handing_over() -> None:
    zone = LittleZone()
    zone.urgent(3, load=2, ready_at=NOW + 100)
    zone.now += 40
    job = job_of(zone, "d_1")
    assert (job.rank, job.load, job.planned) == (PROMISED, (2,), 0)
    assert job.delivery.due == 1320 - 60 - 40
    assert job.pickup is not None
    assert job.pickup.window.early == 60


def test_a_plan_leaves_a_promise_its_buffer_once_it_is_given() -> None:
    zone = LittleZone(policy=Policy(quote_room_s=0, quote_search_s=0, plan_buffer=0.2))
    zone.urgent(3)
    # In the second of another order its quote sees to that: more than anybody can carry.
    zone.urgent(3, load=21, on_infeasible="accept_late")
    assert job_of(zone, "d_1").delivery.due == 1320 - 60
    zone.now += 120
    # A fifth of 1000 s is 200.
    assert job_of(zone, "d_1").delivery.due == 1000 - 60


def test_a_standard_job_is_minor() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.standard(3)
    assert job_of(zone, "d_2").rank == MINOR


def test_goods_that_are_ready_in_eight_thousand_years_wait_at_the_horizon() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    goods_ready(zone.dispatcher, "o_1", 253_402_300_799, zone.now)
    assert zone.carrier(drop) is None
    job = job_of(zone, drop)
    assert job.pickup is not None
    assert job.pickup.window.early == HORIZON_S


def test_a_shift_that_never_comes_is_planned_around() -> None:
    zone = LittleZone(0)
    zone.courier(starts_in=10**11)
    drop = zone.urgent(3)
    assert zone.carrier(drop) is None


def test_a_courier_whose_shift_is_to_come_is_planned_with_from_then_on() -> None:
    zone = LittleZone(0)
    zone.courier(starts_in=300)
    drop = zone.urgent(3)
    # 300 s until the shift, 15 to load, 225 to ride and check in, 60 to hand over.
    assert zone.eta(drop) == 600


def test_goods_on_board_belong_to_their_courier_and_need_no_pickup() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.load("c_1")
    job = job_of(zone, drop)
    assert job.pickup is None
    assert job.carrier == 0


def test_what_is_being_handed_over_is_no_job_any_more() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    assert model_of(zone).problem.jobs == ()
    # It leads the plan, though: 225 s to the desk, 60 to hand over.
    assert zone.eta(drop) == 285


def test_rejected_goods_become_a_job_to_the_store() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3, load=4)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.do("c_1", "failed", drop=drop, reason="closed")
    job = job_of(zone, "return:c_1")
    assert (job.load, job.carrier, job.rank) == ((4,), 0, MINOR)
    stop = zone.stops("c_1")[0]
    # 180 s home, 15 to give it back.
    assert (stop.id, stop.drops) == ("s_1-r0", (drop,))
    assert (stop.arrival, stop.departure) == (NOW + 180, NOW + 195)


def test_goods_on_board_outlast_the_shift() -> None:
    zone = LittleZone(shift_s=900)
    drops = zone.order(a_drop(2), a_drop(3), a_drop(1)).drops
    zone.load("c_1")
    zone.wait(1200)
    assert {zone.carrier(drop) for drop in drops} == {"c_1"}


def test_goods_that_take_a_courier_past_the_shift_leave_no_time_for_new_work() -> None:
    zone = LittleZone(shift_s=1800)
    far = zone.urgent(10)
    zone.load("c_1")
    # 600 + 45 + 60 s to hand over at b_10 and 600 home: 1305 of the 1310 s that are left.
    change_courier(zone.dispatcher, "c_1", CourierChange(shift_end=NOW + 1310), NOW)
    assert zone.carrier(zone.urgent(10)) is None
    change_courier(zone.dispatcher, "c_1", CourierChange(shift_end=NOW + 1300), NOW)
    assert zone.carrier(far) == "c_1"
    assert zone.carrier(zone.urgent(1)) is None


def test_goods_on_board_are_not_left_aboard_for_new_work() -> None:
    zone = LittleZone()
    far = zone.urgent(12)
    zone.load("c_1")
    near = zone.urgent(1)
    zone.wait(0)
    first = next(stop for stop in zone.stops("c_1") if stop.drops)
    assert first.drops == (near,), "The near drop is brought first: the store is here."
    # Far alone takes 720 + 45 + 60 + 720 = 1545 s, near before it 15 + 105 + 60 + 105 more, less
    # 60 saved on the way.
    change_courier(zone.dispatcher, "c_1", CourierChange(shift_end=NOW + 1550), NOW)
    assert zone.carrier(far) == "c_1"
    assert zone.carrier(near) is None


def test_a_courier_off_duty_with_nothing_left_is_not_in_the_problem() -> None:
    zone = LittleZone(shift_s=900)
    assert len(model_of(zone).problem.vehicles) == 1
    zone.now += 900
    assert model_of(zone).problem.vehicles == ()


def test_a_plan_carried_into_its_own_moment_is_itself() -> None:
    zone = LittleZone(2)
    zone.order(a_drop(3), a_drop(4))
    zone.urgent(5)
    model = model_of(zone)
    routes = carry_over(sequences_of_plan(zone.plan), model)
    assert sequences_of_solution(model.problem, routes) == sequences_of_plan(zone.plan)


def test_carrying_over_drops_what_is_done_and_the_pickup_of_what_is_on_board() -> None:
    zone = LittleZone()
    zone.order(a_drop(3), a_drop(4))
    before = sequences_of_plan(zone.plan)
    zone.load("c_1")
    zone.do("c_1", "delivered", drop="d_1")
    assert zone.drop("d_2").status is DropStatus.ON_BOARD
    assert carry_over(before, model_of(zone)) == ((Activity(0, Kind.DELIVERY),),)


def test_a_courier_the_plan_never_knew_has_nothing_to_carry_over() -> None:
    zone = LittleZone()
    zone.urgent(3)
    before = sequences_of_plan(zone.plan)
    zone.courier()
    assert carry_over(before, model_of(zone))[1] == ()
