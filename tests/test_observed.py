"""What taps show of real times, and what is concluded from it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.observed import (
    HANDOVER,
    LEAST_COUNT,
    MOST_COUNT,
    PRIOR,
    Observed,
    factor,
    factors,
    sigma,
    with_ratio,
)
from dispatch.policy import Policy
from dispatch.state import State
from tests.little_city import LittleZone
from tests.live_city import live_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.live_city import LiveCity


def seen(ratios: Iterable[float], key: str = "ride:day") -> Observed:
    """Returns what is known after these ratios."""
    observed = Observed(key)
    for ratio in ratios:
        observed = with_ratio(observed, ratio)
    return observed


def rides(zone: LittleZone, late_s: int, times: int = 1) -> None:
    """Lets the courier ride to block 3, three minutes, so much later than expected, and back."""
    for _ in range(times):
        drop = zone.urgent(3)
        zone.load("c_1")
        zone.do("c_1", "departed", f"s_{drop[2:]}")
        zone.now += 225 + late_s
        zone.do("c_1", "arrived", f"s_{drop[2:]}")
        zone.do("c_1", "delivered", f"s_{drop[2:]}")
        back = zone.stops("c_1")[0].id
        zone.do("c_1", "departed", back)
        zone.do("c_1", "arrived", back)


def test_a_leg_is_counted_by_the_ratio_of_its_ride() -> None:
    zone = live_zone()
    rides(zone, 90)
    # Expected 180 s of riding and 45 s of check-in, took 315: the ride took 270 s, 1.5 times as
    # long; the way back, at once, is beyond reach and not counted.
    assert zone.state.observed["ride:day"].counts == ((math.floor(math.log(1.5) / 0.05), 1),)
    assert zone.journal.fold(zone.empty).observed == zone.state.observed


def test_the_classes_of_a_leg_are_counted_by_their_share_of_the_expected_seconds() -> None:
    zone = live_zone()
    rides(zone, 90)
    # Of 180 s 120 are main road and 60 local: shares 2/3, 1/3, 0, 0. The ratio is 1.5.
    x = (2 / 3, 1 / 3, 0, 0)
    sums = [a * b for a in x for b in x] + [a * 1.5 for a in x]
    assert zone.state.observed["ride:day"].sums == pytest.approx(sums)
    assert zone.journal.fold(zone.empty).observed == zone.state.observed


def test_a_street_closed_since_the_departure_leaves_the_classes_open() -> None:
    zone = live_zone()
    drop = zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", f"s_{drop[2:]}")
    cast("LiveCity", zone.city).cut_off = True
    zone.now += 315
    zone.do("c_1", "arrived", f"s_{drop[2:]}")
    assert zone.state.observed["ride:day"].num == 1
    assert zone.state.observed["ride:day"].sums == ()


def test_a_hand_over_is_counted_from_the_arrival() -> None:
    zone = live_zone()
    drop = zone.urgent(1)
    zone.load("c_1")
    zone.do("c_1", "arrived", f"s_{drop[2:]}")
    # Twice the minute that a hand-over is expected to take: ln 2 is in bin 13.
    zone.now += 120
    zone.do("c_1", "delivered", f"s_{drop[2:]}")
    assert zone.state.observed[HANDOVER].counts == ((13, 1),)


def test_a_hand_over_nobody_arrived_for_is_not_counted() -> None:
    zone = live_zone()
    drop = zone.urgent(1)
    zone.load("c_1")
    zone.now += 120
    zone.do("c_1", "delivered", f"s_{drop[2:]}")
    assert not zone.state.observed


@pytest.mark.parametrize(("ratio", "num"), [(0.21, 1), (4.9, 1), (0.2, 0), (5, 0), (0, 0), (-1, 0)])
def test_ratios_beyond_reach_are_slips(ratio: float, num: int) -> None:
    # e^1.6 is 4.95, e^-1.6 is 0.2019.
    assert seen([ratio]).num == num


def test_the_median_of_one_value_is_in_its_bin() -> None:
    # ln 1.5 = 0.405 is in the bin from 0.40 to 0.45, whose middle stands for it.
    assert seen([1.5]).quantile(0.5) == pytest.approx(0.425)


def test_too_few_observations_say_nothing_and_one_more_does() -> None:
    few = seen([1.5] * (LEAST_COUNT - 1))
    assert factor(few) == 1
    assert sigma(few, 0.25) == 0.25
    enough = with_ratio(few, 1.5)
    # The median is 0.425, the quartiles half a bin apart; at 20 observations, as many as the
    # prior is worth, half of it counts: e^0.2125 = 1.237, rounded to 1.25.
    assert factor(enough) == 1.25
    # The spread of what was seen is next to nothing: 0.25 / sqrt(2) is left.
    assert sigma(enough, 0.25) == pytest.approx(0.25 / math.sqrt(2), abs=0.002)


def test_a_fifth_of_taps_forgotten_hardly_moves_the_factor() -> None:
    rng = np.random.default_rng(5)
    honest = rng.lognormal(math.log(1.3) - 0.25**2 / 2, 0.25, 400)
    spoilt = np.concatenate([honest, np.full(100, 4.5)])
    assert factor(seen(honest)) == pytest.approx(1.3, abs=0.06)
    assert factor(seen(spoilt)) - factor(seen(honest)) <= 0.25
    # The plain mean would have gone from 1.3 to 1.94.
    assert np.mean(spoilt) - np.mean(honest) > 0.6


@given(st.floats(0.7, 1.4), st.floats(0.1, 0.4), st.integers(0, 100))
def test_the_estimate_finds_the_mean_and_the_spread_of_a_log_normal(
    mean: float, spread: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    observed = seen(rng.lognormal(math.log(mean) - spread**2 / 2, spread, 900))
    # 900 observations against a prior of 20: a fiftieth is missing toward 1.
    assert factor(observed) == pytest.approx(mean, abs=0.09)
    assert sigma(observed, spread) == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize(("ratio", "most"), [(4.5, 2.0), (0.22, 0.5)])
def test_a_factor_is_clipped(ratio: float, most: float) -> None:
    assert factor(seen([ratio] * 500)) == most


def test_counts_are_halved_so_that_the_past_weighs_less() -> None:
    full = seen([1.5] * (MOST_COUNT - 1))
    assert full.num == MOST_COUNT - 1
    assert with_ratio(full, 1.5).num == MOST_COUNT // 2
    # 499 new ones against 500 old: the median is at the old ones' edge; one halving later beyond.
    assert seen([1.5] * MOST_COUNT + [1.0] * MOST_COUNT).quantile(0.5) < 0.1


def test_factors_are_those_of_the_street_bands_without_the_ones() -> None:
    slow, usual = seen([1.5] * PRIOR), seen([1.0] * 9)
    observed = {
        "ride:rush": replace(slow, id="ride:rush"),
        "ride:day": usual,
        HANDOVER: replace(slow, id=HANDOVER),
    }
    assert factors(State(observed=observed)) == {"rush": 1.25}


@pytest.mark.parametrize(("learn", "after"), [(0, {}), (1, {"day": 1.25})])
def test_the_streets_learn_only_where_the_policy_says_so(
    learn: int, after: dict[str, float]
) -> None:
    zone = live_zone(policy=Policy(learn_speeds=learn))
    city = cast("LiveCity", zone.city)
    rides(zone, 90, LEAST_COUNT)
    zone.wait(30)
    assert city.ride_factors == after


def test_what_was_learned_does_not_learn_from_itself() -> None:
    zone = live_zone(policy=Policy(learn_speeds=1))
    city = cast("LiveCity", zone.city)
    city.set_ride_factors({"day": 1.5})
    # The same 315 s as in the first test, of which 225 s of riding at factor 1.5 are 270: what is
    # now expected is what happens, and is counted as 1.5 times the plain ride as before.
    rides(zone, 90)
    assert zone.state.observed["ride:day"].counts == ((8, 1),)


def test_nothing_is_learned_in_a_city_without_live_streets() -> None:
    zone = LittleZone()
    drop = zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", f"s_{drop[2:]}")
    zone.now += 300
    zone.do("c_1", "arrived", f"s_{drop[2:]}")
    assert not zone.state.observed
