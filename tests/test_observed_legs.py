"""How far rides and ways inside spread, told apart from whole legs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dispatch.assumed import HOUR_SHARE, INSIDE_SIGMA, RIDE_SIGMA
from dispatch.observed import LEAST_COUNT, PRIOR, Observed, with_ratio
from dispatch.observed_legs import (
    LEAST_FACTOR,
    LEGS,
    MOST_SIGMAS,
    from_median,
    log_ratio,
    parts,
    sigmas,
    standardised,
    with_whole_leg,
)
from dispatch.orders import Commitment, StopKind
from dispatch.places import Place
from dispatch.spread import spread_of
from dispatch.state import State
from tests.little_city import HOUR, LittleZone
from tests.live_city import live_zone
from tests.test_observed import rides

if TYPE_CHECKING:
    from collections.abc import Mapping


def leg(ride_s: int, inside_s: int, band: str = "day") -> Commitment:
    """Returns a leg that begins at second 0."""
    ends = ride_s + inside_s
    return Commitment(
        "s_1", StopKind.DELIVER, Place(60.0, 25.0), "d_1", 0, None, ends, ends + 60, ride_s, 1, band
    )


def lived(
    ride: float, inside: float, share: float, num: int = 4000, band: str = "day"
) -> Mapping[str, Observed]:
    """Returns what is known after legs of these sigmas, of which a tenth to nine is ridden."""
    rng = np.random.default_rng(7)
    known: Mapping[str, Observed] = {}
    for a in rng.uniform(0.1, 0.9, num):
        common, *own = rng.standard_normal(3)
        r, i = (math.sqrt(share) * common + math.sqrt(1 - share) * z for z in own)
        planned = leg(round(6000 * a), 6000 - round(6000 * a), band)
        factor = a * math.exp(ride * r - ride**2 / 2) + (1 - a) * math.exp(
            inside * i - inside**2 / 2
        )
        known = with_whole_leg(known, planned, round(6000 * factor))
    return known


@pytest.mark.parametrize(("ride", "inside"), [(0.25, 0.25), (0.15, 0.4), (0.4, 0.15)])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_legs_tell_rides_and_ways_inside_apart(ride: float, inside: float, share: float) -> None:
    found = sigmas(lived(ride, inside, share), share)
    # Halved at 1000 there are some 800 legs: a variance is known to sqrt(2 / 800) = 5 % were they
    # all alike, to some 15 % where two are told apart; a sigma to half of that, and the squared
    # logarithm of a sum is taken as linear.
    assert found.ride["day"] == pytest.approx(ride, abs=0.045)
    assert found.inside["day"] == pytest.approx(inside, abs=0.045)


def test_noise_inside_is_not_taken_for_noise_of_rides() -> None:
    # The ride is sure, the way inside is as assumed at lunch: by the ratio of the ride alone,
    # as it once was, the ride would seem to spread by 0.5 and more. Ratios beyond the bound, which
    # is one for all legs, count as at it: those mostly inside lose some, and the rides gain it.
    found = sigmas(lived(0.0, 0.5, 0.0, band="lunch"), 0.0)
    assert found.ride["day"] < 0.15
    assert found.inside["lunch"] == pytest.approx(0.5, abs=0.08)


def test_the_parts_of_a_leg_share_its_variance() -> None:
    # Half of it ridden, both sigmas 0.25: 1/64 each, and 2 x 0.5 x 1/64 in common.
    x, expected = parts(0.5, 0.25)
    assert expected == pytest.approx(3 / 64)
    assert x == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    # A way inside alone has nothing in common with a ride.
    assert parts(0.0, 0.5) == ((0, 1, 0), 0.25)


def test_a_leg_adds_its_squares() -> None:
    known = with_whole_leg({}, leg(300, 300), 900)
    x, expected = parts(0.5, INSIDE_SIGMA["day"])
    y = math.log(1.5) ** 2 / expected
    wanted = [a * b for a in x for b in x] + [a * y for a in x]
    assert known[LEGS + "day"].sums == pytest.approx(wanted)
    assert known[LEGS + "day"].num == 1


def test_few_legs_change_nothing_and_enough_are_weighed_with_what_is_assumed() -> None:
    # Legs wholly ridden of no spread at all: y = 0.
    rows = {n: Observed(LEGS + "day", ((0, n),), (n, *[0.0] * 11)) for n in (19, LEAST_COUNT)}
    assert sigmas({LEGS + "day": rows[19]}, 0.5).ride == {}
    found = sigmas({LEGS + "day": rows[LEAST_COUNT]}, 0.5)
    # As many as the assumed ones count: half of the variance is left.
    assert LEAST_COUNT == PRIOR
    assert found.ride["day"] == pytest.approx(RIDE_SIGMA / math.sqrt(2))
    assert found.inside == pytest.approx(INSIDE_SIGMA)


def test_a_variance_never_falls_below_its_bound() -> None:
    row = Observed(LEGS + "day", ((0, 999),), (999.0, *[0.0] * 11))
    assert sigmas({row.id: row}, 0.5).ride["day"] == pytest.approx(
        RIDE_SIGMA * math.sqrt(LEAST_FACTOR)
    )


def test_bands_of_one_street_share_its_rides() -> None:
    # Two bands of ten lifts' hours; rides of both are of the usual street.
    known = {**lived(0.4, 0.25, 0.0, 300), **lived(0.4, 0.5, 0.0, 300, "lunch")}
    found = sigmas(known, 0.0)
    assert set(found.ride) == {"day"}
    assert found.ride["day"] == pytest.approx(0.4, abs=0.06)
    assert found.inside["lunch"] == pytest.approx(0.5, abs=0.08)
    assert found.inside["peak"] == INSIDE_SIGMA["peak"]


@pytest.mark.parametrize(
    ("ride_s", "inside_s", "real_s", "shown"),
    [(30, 30, 60, True), (30, 29, 60, False), (60, 60, 0, False), (0, 300, 300, False)],
)
def test_which_legs_show_something(ride_s: int, inside_s: int, real_s: int, shown: bool) -> None:
    # A minute is enough; a leg of no ride may be one of which the ride is not known.
    assert (log_ratio(leg(ride_s, inside_s), real_s) is not None) is shown


def test_a_forgotten_tap_counts_as_at_the_bound() -> None:
    row = Observed(LEGS + "day")
    for ratio in (0.8, 1.0, 1.25) * LEAST_COUNT:
        row = with_ratio(row, ratio)
    assert from_median(row, 1.5) == pytest.approx(MOST_SIGMAS * row.spread())
    assert from_median(Observed(row.id), 1.5) == 1.5
    known = {row.id: row}
    assert with_whole_leg(known, leg(300, 300), 3100) is known


def test_a_leg_is_standardised_by_the_mean_and_sigma_it_should_have() -> None:
    found = sigmas({}, HOUR_SHARE)
    # Half ridden, both 0.25: all in common 0.25; as assumed variance 3 / 64, mean -3 / 128.
    half = leg(300, 300)
    assert standardised(found, HOUR_SHARE, half, -3 / 128) == pytest.approx(0)
    assert standardised(found, HOUR_SHARE, half, 0.25 - 3 / 128) == pytest.approx(1)


def test_taps_teach_a_zone_and_the_log_tells_the_same() -> None:
    # From half past one: three hours until the lifts' peak, seven minutes there and back.
    zone = live_zone(now=LittleZone(0).now + 7 * HOUR // 2)
    for late_s in (0, 90) * (LEAST_COUNT // 2):
        rides(zone, late_s)
    row = zone.state.observed[LEGS + "day"]
    assert row.num == LEAST_COUNT
    assert zone.journal.fold(zone.empty).observed == zone.state.observed
    # As if they had been stored before legs were: what was assumed.
    before = {k: v for k, v in zone.state.observed.items() if not k.startswith(LEGS)}
    assert spread_of(State(observed=before), "day").ride == RIDE_SIGMA
    assert spread_of(zone.state, "day").ride != RIDE_SIGMA


def test_a_city_that_tells_no_ride_shows_nothing() -> None:
    zone = LittleZone()
    rides(zone, 60)
    assert not any(key.startswith(LEGS) for key in zone.state.observed)
