"""The chance of being on time, and the ends that hold nine times in ten."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.assumed import HANDOVER_SIGMA, RIDE_SIGMA
from dispatch.chances import Forecast, forecast
from dispatch.observed import HANDOVER, Observed
from dispatch.spread import Spread, draws, spread_of
from dispatch.state import State
from tests.little_city import HOUR, LittleZone
from tests.live_city import live_zone

if TYPE_CHECKING:
    from dispatch.city import City

SURE = Spread(0, {"day": 0, "peak": 0, "lunch": 0}, 0, 0)
ALONE = Spread(0.25, {"day": 0.25, "peak": 0.25, "lunch": 0.25}, 0.25, 0)
TOGETHER = replace(ALONE, hour_share=1)
HALF = replace(ALONE, hour_share=0.5)


def drives(
    zone: LittleZone, spread: Spread | None = None, samples: int = 300, seed: int = 0
) -> Forecast:
    """Returns the forecast of a zone's plan."""
    policy, city = zone.dispatcher.policy, cast("City", zone.city)
    return forecast(
        zone.plan.routes,
        zone.state,
        policy,
        city,
        zone.now,
        samples=samples,
        seed=seed,
        spread=spread,
    )


def ends(zone: LittleZone, drop: str, spread: Spread, samples: int = 4000) -> list[float]:
    """Returns when the hand-over of a drop may end, seconds from now."""
    found: list[float] = (drives(zone, spread, samples).ends[drop] - zone.now).tolist()
    return found


@pytest.mark.parametrize("live", [False, True])
def test_without_spread_every_drive_is_the_plan(live: bool) -> None:
    zone = live_zone(2) if live else LittleZone(2)
    drops = [zone.urgent(n, floor=n, ready_at=zone.now + 100 * n) for n in (1, 2, 3)]
    drops += [zone.urgent(2, floor=5), zone.standard(4), zone.standard(4), zone.standard(4)]
    found = drives(zone, SURE).ends
    assert len(found) > 3
    for drop, sample in found.items():
        assert set(sample.tolist()) == {zone.eta(drop) + zone.now}


@pytest.mark.parametrize("until", ["departed", "arrived"])
def test_without_spread_a_committed_stop_ends_as_planned(until: str) -> None:
    zone = LittleZone()
    first, second = zone.urgent(1), zone.urgent(3)
    zone.load("c_1")
    stop = zone.stops("c_1")[0]
    zone.do("c_1", "departed", stop.id)
    zone.wait(30)
    if until == "arrived":
        zone.wait(75)
        zone.do("c_1", "arrived", stop.id)
        zone.wait(15)
    found = drives(zone, SURE).ends
    for drop in (first, second):
        assert set(found[drop].tolist()) == {zone.eta(drop) + zone.now}


def test_a_sure_drive_is_on_time_to_the_second() -> None:
    zone = LittleZone()
    drop = zone.urgent(1)
    found, end = drives(zone, SURE), zone.eta(drop) + zone.now
    assert found.on_time({drop: end}) == 1
    assert found.on_time({drop: end - 1}) == 0
    assert found.p90(drop) == end


def test_the_mean_of_many_drives_is_the_plan() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    # Riding 3 min, check-in 45 s, loading 15 s, hand-over 60 s: 300 s, as the goods are ready.
    assert zone.eta(drop) == 300
    # Sigma of the sum at most 0.25 of 300 s: the mean of 4000 is within 3 x 75 / 63 s.
    assert np.mean(ends(zone, drop, TOGETHER)) == pytest.approx(300, abs=4)
    assert np.mean(ends(zone, drop, ALONE)) == pytest.approx(300, abs=4)


def test_what_an_hour_has_in_common_widens_the_end_of_a_route() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    # The three parts of 15, 225 and 60 s: alone their variances add up, together their spreads.
    # A log-normal factor of sigma 0.25 has a standard deviation of 0.254.
    unit = math.sqrt(math.exp(0.25**2) - 1)
    alone = unit * math.hypot(15, 225, 60)
    assert np.std(ends(zone, drop, ALONE)) == pytest.approx(alone, rel=0.06)
    assert np.std(ends(zone, drop, TOGETHER)) == pytest.approx(unit * 300, rel=0.06)


def test_couriers_and_hours_have_nothing_in_common() -> None:
    zone = LittleZone(2)
    a, b = zone.urgent(3, load=20), zone.urgent(4, load=20)
    found = drives(zone, TOGETHER, 4000).ends
    assert abs(np.corrcoef(found[a], found[b])[0, 1]) < 0.06


def test_goods_that_are_ready_late_start_nobody_early() -> None:
    zone = LittleZone()
    drop = zone.urgent(1, ready_at=zone.now + 600)
    # Loading takes its time after 600 s whatever happens; 120 s are left that spread.
    assert min(ends(zone, drop, TOGETHER)) > 600
    assert np.std(ends(zone, drop, TOGETHER)) == pytest.approx(0.254 * 180, rel=0.06)


def test_a_desk_before_its_hours_is_served_from_their_beginning() -> None:
    # At five in the morning; buildings open at seven.
    zone = LittleZone(now=LittleZone(0).now - 5 * HOUR)
    drop = zone.urgent(1, on_infeasible="accept_late")
    assert min(ends(zone, drop, TOGETHER)) > 2 * HOUR
    assert min(ends(zone, drop, SURE)) == 2 * HOUR + 60


def test_the_ninetieth_percentile_is_kept_by_nine_of_ten() -> None:
    found = Forecast({"d_1": np.arange(1.0, 11.0)})
    assert found.p90("d_1") == 9
    assert found.on_time({"d_1": 9}) == 0.9
    assert found.on_time({"d_1": 8}) == 0.8


def test_an_order_is_on_time_when_all_its_drops_are() -> None:
    found = Forecast({"d_1": np.array([1.0, 2, 9, 9]), "d_2": np.array([9.0, 2, 1, 1])})
    assert found.on_time({"d_1": 5, "d_2": 5}) == 0.25
    # The last of the two is at 9, 2, 9, 9.
    assert found.p90("d_1", "d_2") == 9


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 1500), min_size=2, max_size=6))
def test_the_chance_falls_as_the_deadline_tightens(seconds: list[int]) -> None:
    zone = LittleZone()
    drop = zone.urgent(5)
    found = drives(zone)
    deadlines = sorted(zone.now + s for s in seconds)
    chances = [found.on_time({drop: deadline}) for deadline in deadlines]
    assert all(a <= b for a, b in pairwise(chances))
    assert all(0 <= chance <= 1 for chance in chances)


def test_the_chances_of_a_plan_are_those_of_its_drops() -> None:
    zone = LittleZone()
    drops = [zone.urgent(1), zone.urgent(9, floor=9)]
    found = drives(zone)
    assert set(found.ends) == set(drops)
    near, far = (found.on_time({d: zone.state.orders["o_1"].placed_at + 1320}) for d in drops)
    assert near > far
    again = drives(zone)
    assert all((found.ends[d] == again.ends[d]).all() for d in drops)
    other = drives(zone, seed=1)
    assert all((found.ends[d] != other.ends[d]).any() for d in drops)


def test_a_stop_has_the_same_luck_in_another_plan() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(1, load=20)
    before = drives(zone).ends[drop]
    zone.urgent(9, load=20)
    assert drives(zone).ends[drop].tolist() == before.tolist()


def test_lifts_at_lunch_spread_more_than_in_the_afternoon() -> None:
    morning, lunch = live_zone(), live_zone(now=LittleZone(0).now + 2 * HOUR)
    spreads = []
    for zone in (morning, lunch):
        drop = zone.urgent(1, floor=9)
        spreads.append(np.std(drives(zone).ends[drop]))
    assert spreads[1] > 1.5 * spreads[0]


def test_enough_taps_replace_the_assumed_spread() -> None:
    assert spread_of(State(), "day") == Spread()
    # Two bins eleven apart, and nothing between: quartiles 0.55 apart, a sigma of 0.41.
    counts = Observed(HANDOVER, ((-6, 250), (5, 250)))
    # 500 legs wholly ridden at four times the variance assumed: (500 x 4 + 20 x 1) / 520.
    legs = Observed("leg:peak/rush", ((0, 500),), (500.0, *[0.0] * 8, 2000.0, 0.0, 0.0))
    state = State(observed={legs.id: legs, HANDOVER: counts})
    found = spread_of(state, "peak/rush")
    assert found.ride == pytest.approx(RIDE_SIGMA * math.sqrt(2020 / 520))
    assert found.handover == pytest.approx(0.406, abs=0.01)
    assert spread_of(state, "day").ride == RIDE_SIGMA
    assert spread_of(state, "day").handover != HANDOVER_SIGMA


def test_a_way_nearly_over_spreads_by_what_the_whole_way_may_take() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", zone.stops("c_1")[0].id)
    zone.wait(210)
    # 15 s are left of 225, and the minute at the desk: a factor on those alone would give 0.254 x
    # hypot(15, 60) = 16 s; what is left of a whole way of sigma 0.25 x 225 = 56 s gives twice it.
    assert np.std(ends(zone, drop, ALONE)) > 32


def test_a_courier_who_was_slow_this_hour_is_expected_later() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    hour = zone.now // HOUR
    state = zone.dispatcher.state
    slow = Observed("hour:c_1", sums=(float(hour), 6.0, 3.0))
    city = cast("City", zone.city)
    before, after = (
        forecast(zone.plan.routes, s, zone.dispatcher.policy, city, zone.now, spread=HALF)
        for s in (state, replace(state, observed={slow.id: slow}))
    )
    # Three of two sigmas, half in common: mean 2.12 and sigma 0.5 of what is common (see the test
    # of `luck_so_far`), hence e^(0.25 sqrt(0.5) 2.12) = 1.45 times as long in the median.
    assert np.median(after.ends[drop]) - zone.now > 1.3 * (np.median(before.ends[drop]) - zone.now)


def test_draws_belong_to_their_name_and_cannot_be_changed() -> None:
    assert draws("s_1", 0, 9) is draws("s_1", 0, 9)
    assert (draws("s_1", 0, 9) != draws("s_2", 0, 9)).all()
    with pytest.raises(ValueError, match="read-only"):
        draws("s_1", 0, 9)[0, 0] = 1


@pytest.mark.parametrize("wrong", [{"ride": -0.1}, {"hour_share": 1.1}, {"inside": {"day": -1}}])
def test_a_spread_below_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected sigmas"):
        Spread(**wrong)  # type: ignore[arg-type]
