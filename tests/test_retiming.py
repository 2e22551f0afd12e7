"""Published times: those of the band of the day in which each stop is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.band_times import band_during
from dispatch.chances import forecast
from dispatch.policy import Policy
from dispatch.quoting import give_quote
from dispatch.requests import QuoteRequest
from dispatch.retiming import arrival, retimed
from dispatch.spread import Spread
from dispatch.street_bands import split_band
from solver.check import violations
from solver.solution import schedule
from tests.little_city import HOUR, NOW, LittleCity, LittleZone, a_drop
from tests.live_city import live_zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dispatch.city import City
    from dispatch.places import Place
    from dispatch.plan import Stop

HELSINKI = "Europe/Helsinki"
LUNCH = NOW + HOUR
"""11:00; lunch lasts until 13:30."""

AFTERNOON = NOW + 3 * HOUR + HOUR // 2
RUSH = NOW + 6 * HOUR
"""16:00, when streets fill; lifts do at 16:30."""

LIFT_S = {"day": 0, "peak": 30, "lunch": 120}
"""The wait at the lift on the way in, on top of the times of the little city."""


class LiftCity(LittleCity):
    """The little city with lifts that are waited for as the day goes."""

    def travel_times(
        self, places: Sequence[Place], band: str, cut_off: int | None = None
    ) -> NDArray[np.int32]:
        times = super().travel_times(places, band, cut_off)
        for i, a in enumerate(places):
            for j, b in enumerate(places):
                if b.building is not None and a.building != b.building:
                    times[i, j] += LIFT_S[split_band(band)[0]]
        return times


def lift_zone(now: int, couriers: int = 1) -> LittleZone:
    zone = LittleZone(couriers, now=now)
    zone.city = LiftCity()
    zone.dispatcher.city = cast("City", zone.city)
    return zone


def arrivals(zone: LittleZone, courier: str = "c_1") -> list[int]:
    """Returns the arrivals at a courier's stops, in seconds from now."""
    return [stop.arrival - zone.now for stop in zone.stops(courier)]


# A single way


@pytest.mark.parametrize(
    ("departs_at", "arrives_at"),
    [
        # 225 s by day, 345 at lunch: the last to arrive before eleven, and the first after it.
        (LUNCH - 226, LUNCH - 1),
        (LUNCH - 225, LUNCH + 120),
        # The last at lunch; then those who find the lifts free as they come, until 225 s before.
        (AFTERNOON - 346, AFTERNOON - 1),
        (AFTERNOON - 345, AFTERNOON),
        (AFTERNOON - 225, AFTERNOON),
        (AFTERNOON - 224, AFTERNOON + 1),
    ],
)
def test_a_way_takes_what_it_takes_in_the_band_in_which_it_ends(
    departs_at: int, arrives_at: int
) -> None:
    takes = {"day": 225, "lunch": 345}
    assert arrival(departs_at, HELSINKI, takes.__getitem__)[0] == arrives_at


def test_a_way_through_several_bands_is_of_the_last() -> None:
    # From 10:00 for two hours by day and three at lunch: at 13:00 it is lunch.
    takes = {"day": 2 * HOUR, "lunch": 3 * HOUR}
    assert arrival(NOW, HELSINKI, takes.__getitem__) == (NOW + 3 * HOUR, "lunch")


bands = st.fixed_dictionaries(
    {
        lift + street: st.integers(0, 5 * HOUR)
        for lift in LIFT_S
        for street in ("", "/rush", "/night")
    }
)


@given(bands, st.integers(0, 7 * 24 * HOUR), st.integers(0, HOUR))
def test_nobody_arrives_earlier_by_leaving_later(
    takes: dict[str, int], first: int, later: int
) -> None:
    ends = [
        arrival(NOW + departs, HELSINKI, takes.__getitem__) for departs in (first, first + later)
    ]
    assert ends[0][0] <= ends[1][0]
    # The band told is that of the arrival, and nobody is faster than the fastest band.
    for (at, band), departs in zip(ends, (first, first + later), strict=True):
        assert band == band_during(at, HELSINKI)[0]
        assert min(takes.values()) <= at - NOW - departs


@pytest.mark.parametrize("timezone", [HELSINKI, "Asia/Kathmandu"])
@given(st.integers(-(10**8), 10**8))
def test_a_band_lasts_until_the_second_before_the_next(timezone: str, seconds: int) -> None:
    moment = NOW + seconds
    band, until = band_during(moment, timezone)
    assert moment < until
    assert band_during(until - 1, timezone)[0] == band != band_during(until, timezone)[0]


# A route


def test_a_route_that_runs_into_lunch_is_later_only_from_the_stop_where_lunch_begins() -> None:
    zone = lift_zone(LUNCH - 600)
    zone.order(a_drop(3), a_drop(6), a_drop(9))
    # 45 s to load; 180 + 45 to b_3 and 60 to hand over; as much to b_6, reached at 10:59:15; the
    # third is reached after eleven: 120 s for the lift more. Home it is 540 s.
    assert arrivals(zone) == [0, 270, 555, 960, 1560]
    assert zone.eta("d_3") == 1020
    # Planned with and judged by lunch, which begins within half an hour, it is 120 s a stop.
    model = zone.dispatcher.model(zone.state, zone.now)
    assert (zone.plan.band, model.band) == ("lunch", "lunch")
    proposal = zone.dispatcher.propose(zone.state, zone.now)
    assert not violations(model.problem, proposal.solution)
    judged = schedule(model.problem, 0, proposal.solution.routes[0])
    assert [visit.arrival for visit in judged.visits] == [0, 15, 30, 390, 795, 1200]


def test_a_route_out_of_the_peak_gains_from_the_stop_where_it_ends() -> None:
    # At 9:20:05 in the peak, 30 s a lift: 45 s to load, 255 to b_3, 60 to hand over. b_6 is 255 s
    # further in the peak, at 9:30:20, and 225 by day, at 9:29:50: it is reached as the day begins.
    zone = lift_zone(NOW - 2400 + 5)
    zone.order(a_drop(3), a_drop(6), a_drop(9))
    assert zone.plan.band == "peak"
    assert arrivals(zone)[:3] == [0, 300, 595]


@pytest.mark.parametrize(("early", "arrives"), [(1, 240), (0, 360)])
def test_the_second_of_the_change_decides(early: int, arrives: int) -> None:
    # 15 s to load and 225 to ride: at the desk at 10:59:59, or at 11:00:00 and so at lunch.
    zone = lift_zone(LUNCH - 240 - early)
    drop = zone.urgent(3)
    assert arrivals(zone)[1] == arrives
    assert zone.eta(drop) == arrives + 60


def test_waiting_for_goods_into_lunch_makes_the_way_one_of_lunch() -> None:
    zone = lift_zone(LUNCH - 600)
    zone.urgent(3, ready_at=LUNCH)
    load, deliver, _ = zone.stops("c_1")
    assert (load.arrival, load.start, load.departure) == (LUNCH - 600, LUNCH, LUNCH + 15)
    assert deliver.arrival == LUNCH + 15 + 345


def test_a_door_that_opens_later_is_waited_for_in_the_band_of_then() -> None:
    # Five in the morning; houses open at seven, and the peak of lifts begins at eight.
    zone = lift_zone(NOW - 5 * HOUR)
    zone.urgent(3, on_infeasible="accept_late")
    deliver = zone.stops("c_1")[1]
    assert (deliver.arrival, deliver.start) == (zone.now + 240, zone.now + 2 * HOUR)


def test_a_tap_expects_the_courier_in_the_band_of_the_arrival() -> None:
    zone = lift_zone(LUNCH - 300)
    drop = zone.urgent(3)
    zone.load("c_1")
    # 225 s from 10:55 is by day, whatever is planned with.
    zone.do("c_1", "departed", "s_1")
    assert zone.plan.band == "lunch"
    assert arrivals(zone)[0] == 225
    assert zone.eta(drop) == 285


def test_a_position_tells_the_ride_in_the_band_of_the_arrival() -> None:
    zone = lift_zone(LUNCH - 600)
    zone.urgent(9)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    # 540 + 45 s by day: at 10:59:45. Four minutes later it has still seven blocks to go.
    assert arrivals(zone)[0] == 585
    zone.now += 240
    zone.sees("c_1", 2)
    zone.wait(0)
    assert arrivals(zone)[0] == 420 + 45 + 120


def test_a_quote_its_order_and_its_delays_are_of_the_bands_too() -> None:
    zone = lift_zone(LUNCH - 240)
    first = zone.urgent(3)
    wish = QuoteRequest("urgent", (a_drop(3, floor=1),), None, zone.now)
    before = zone.eta(first)
    answer = give_quote(zone.dispatcher, wish, zone.now)
    order = zone.order(a_drop(3, floor=1))
    assert answer.eta == zone.now + zone.eta(order.drops[0])
    # 15 s more to load, and both are reached at lunch anyway.
    assert [(d.order, d.by_s) for d in answer.delays] == [("o_1", zone.eta(first) - before)]
    assert zone.eta(first) - before == 15


@given(
    st.integers(0, 24 * HOUR),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 900)), min_size=1, max_size=4),
)
def test_where_all_bands_are_alike_times_are_those_judged(
    second: int, drops: list[tuple[int, int]]
) -> None:
    zone = LittleZone(2, now=NOW + second)
    for block, ready_in in drops:
        zone.urgent(block, ready_at=zone.now + ready_in, on_infeasible="accept_late")
    proposal = zone.dispatcher.propose(zone.state, zone.now)
    for v, route in enumerate(proposal.solution.routes):
        assert retimed(proposal.model, v, route) == schedule(proposal.model.problem, v, route)


# What is made of it


SURE = Spread(0, {"day": 0, "peak": 0, "lunch": 0}, 0, 0)


def ends(zone: LittleZone, spread: Spread | None = None) -> dict[str, list[float]]:
    city = cast("City", zone.city)
    found = forecast(zone.plan.routes, zone.state, Policy(), city, zone.now, spread=spread)
    return {drop: sorted(sample - zone.now) for drop, sample in found.ends.items()}


def rush_zone() -> LittleZone:
    """Returns a zone ten minutes before the streets fill, in which rides take half as long more."""
    zone = live_zone(now=RUSH - 600)
    zone.city.set_ride_factors({"rush": 1.5})  # type: ignore[attr-defined]
    zone.order(a_drop(3), a_drop(6), a_drop(9))
    return zone


def test_streets_that_fill_make_stops_later_from_then_on() -> None:
    # As into lunch: the third, and the way home, are ridden in the rush: 270 and 810 s.
    assert arrivals(rush_zone()) == [0, 270, 555, 555 + 60 + 270 + 45, 930 + 60 + 810]


def test_chances_drive_the_published_times() -> None:
    zone = rush_zone()
    found = ends(zone, SURE)
    assert {d: set(sample) for d, sample in found.items()} == {
        d: {float(zone.eta(d))} for d in ("d_1", "d_2", "d_3")
    }


def test_chances_spread_each_way_as_in_the_band_in_which_it_ends() -> None:
    zone = lift_zone(LUNCH - 240)
    zone.urgent(3)
    calm = Spread(0, {"day": 0, "peak": 0, "lunch": 0}, 0, 0)
    wild = Spread(0, {"day": 0, "peak": 0, "lunch": 0.5}, 0, 0)
    # The little city does not tell rides from ways inside: all is ridden, nothing spreads.
    assert ends(zone, calm) == ends(zone, wild)
    at_lunch, by_day = live_zone(now=LUNCH - 240), live_zone(now=LUNCH - 241)
    for live in (at_lunch, by_day):
        live.urgent(3)
    # Reached at 11:00:00 the way inside is one of lunch; a second earlier of the day.
    assert len(set(ends(at_lunch, wild)["d_1"])) > 100
    assert len(set(ends(by_day, wild)["d_1"])) == 1


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        # Half an hour before lunch, and at the end of it.
        (LUNCH - 1800, "day", "lunch"),
        (AFTERNOON, "lunch", "day"),
    ],
)
def test_the_tick_at_a_change_of_band_plans_again_and_the_one_before_does_not(
    change: int, before: str, after: str
) -> None:
    zone = lift_zone(change - 2)
    zone.urgent(3, ready_at=change + HOUR, on_infeasible="accept_late")
    plan = zone.plan
    zone.wait(1)
    assert zone.plan is plan
    assert plan.band == before
    zone.wait(1)
    assert (zone.plan.band, zone.plan.version) == (after, plan.version + 1)
    assert zone.journal.commits[-1].plan is zone.plan
    zone.wait(1)
    assert zone.plan.version == plan.version + 1


def test_a_change_of_band_alone_moves_no_published_time() -> None:
    zone = lift_zone(LUNCH - 1800 - 1)
    zone.urgent(3, ready_at=LUNCH + HOUR, on_infeasible="accept_late")
    before = [stop_times(stop) for stop in zone.stops("c_1")[1:]]
    zone.wait(1)
    assert zone.plan.band == "lunch"
    assert [stop_times(stop) for stop in zone.stops("c_1")[1:]] == before


def stop_times(stop: Stop) -> tuple[int, int, int]:
    return stop.arrival, stop.start, stop.departure
