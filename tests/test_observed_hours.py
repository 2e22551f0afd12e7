"""What a courier's hour has in common, as taps show it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dispatch.assumed import HOUR_SHARE
from dispatch.observed import HANDOVER, LEAST_COUNT, Observed, with_ratio
from dispatch.observed_hours import (
    HOURS,
    MOST_PAIRS,
    MOST_SHARE,
    MOST_SIGMAS,
    PRIOR_PAIRS,
    hour_share,
    luck_so_far,
    of_handover,
    with_hour,
    with_leg_hour,
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


def seen(values: Mapping[tuple[str, int], list[float]]) -> Mapping[str, Observed]:
    """Returns what is known after standardised values by courier and hour."""
    known: Mapping[str, Observed] = {}
    for (courier, hour), found in values.items():
        for value in found:
            known = with_hour(known, courier, hour * HOUR, value)
    return known


def pairs(known: Mapping[str, Observed]) -> tuple[float, ...]:
    """Returns the sum of products and the number of pairs."""
    return known[HOURS].sums if HOURS in known else (0.0, 0.0)


def test_pairs_are_those_of_one_courier_in_one_hour() -> None:
    assert pairs(seen({("c_1", 1): [1.0], ("c_2", 1): [2.0], ("c_1", 2): [3.0]})) == (0, 0)
    # 1 x 2 + 1 x 3 + 2 x 3, and 4 x 5 of another courier.
    assert pairs(seen({("c_1", 1): [1.0, 2.0, 3.0], ("c_2", 1): [4.0, 5.0]})) == (31, 4)


def test_an_hour_begins_anew() -> None:
    known = with_hour({}, "c_1", HOUR - 1, 1.0)
    assert pairs(with_hour(known, "c_1", HOUR, 1.0)) == (0, 0)
    assert pairs(with_hour(known, "c_1", HOUR - 1, 1.0)) == (1, 1)


def test_nothing_observed_changes_nothing() -> None:
    known: Mapping[str, Observed] = {}
    assert with_hour(known, "c_1", 0, None) is known
    assert hour_share(known) == 0.5


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_the_share_of_a_world_is_found(share: float) -> None:
    rng = np.random.default_rng(3)
    common = rng.standard_normal(400)
    values = {
        ("c_1", hour): (
            math.sqrt(share) * common[hour] + math.sqrt(1 - share) * rng.standard_normal(10)
        ).tolist()
        for hour in range(400)
    }
    # 18 000 pairs of 400 hours: the error of a share of 0.5 is some 0.5 x sqrt(2 / 400) = 0.035.
    assert hour_share(seen(values)) == pytest.approx(share, abs=0.08)


def test_the_assumed_share_counts_as_its_pairs() -> None:
    known = {HOURS: Observed(HOURS, sums=(0.0, float(PRIOR_PAIRS)))}
    assert hour_share(known) == 0.25


@pytest.mark.parametrize(("products", "share"), [(-1e4, 0.0), (1e4, MOST_SHARE)])
def test_a_share_is_clipped(products: float, share: float) -> None:
    assert hour_share({HOURS: Observed(HOURS, sums=(products, 1000.0))}) == share


def test_sums_are_halved_so_that_the_past_weighs_less() -> None:
    known = {HOURS: Observed(HOURS, sums=(100.0, MOST_PAIRS - 1))}
    known = dict(with_hour(known, "c_1", 0, 0.0))
    after = with_hour(known, "c_1", 0, 0.0)
    assert pairs(after) == (50.0, MOST_PAIRS / 2)


def handover(took_s: int) -> Commitment:
    """Returns a hand-over of a minute that began so long before second 1000."""
    began = 1000 - took_s
    place = Place(60.0, 25.0)
    return Commitment(
        "s_1", StopKind.DELIVER, place, "d_1", 0, began, began, began + 60, service_s=60
    )


def test_a_hand_over_is_standardised_by_those_before() -> None:
    # By their spread s, around the mean of a factor of mean 1: -s^2 / 2.
    observed = Observed(HANDOVER)
    for ratio in (0.8, 1.25):
        for _ in range(LEAST_COUNT):
            observed = with_ratio(observed, ratio)
    known = {HANDOVER: observed}
    above = of_handover(known, handover(90), "d_1", 1000)
    assert above == pytest.approx(math.log(1.5) / observed.spread() + observed.spread() / 2)
    # A tap made at home is clipped; too few before, or another drop, show nothing.
    assert of_handover(known, handover(1000), "d_1", 1000) == MOST_SIGMAS
    assert of_handover({}, handover(90), "d_1", 1000) is None
    assert of_handover(known, handover(90), "d_2", 1000) is None


def test_what_taps_showed_of_an_hour_is_known() -> None:
    known = seen({("c_1", 7): [1.0, 2.0, 3.0]})
    # Sum 6 of three of variance 1 and covariances 0.5: the sum has variance 6 and covariance
    # 3 sqrt(0.5) with what is common: mean 6 x 3 sqrt(0.5) / 6, variance 1 - 4.5 / 6.
    assert luck_so_far(known, "c_1", 7, 0.5) == pytest.approx((3 * math.sqrt(0.5), 0.5))
    assert luck_so_far(known, "c_1", 7, 0.0) == (0, 1)
    # All in common: their mean is known for sure.
    assert luck_so_far(known, "c_1", 7, 1.0) == (2, 0)


@pytest.mark.parametrize(("courier", "hour"), [("c_1", 6), ("c_1", 8), ("c_2", 7)])
def test_nothing_is_known_of_other_hours_and_couriers(courier: str, hour: int) -> None:
    assert luck_so_far(seen({("c_1", 7): [1.0]}), courier, hour, 0.5) == (0, 1)


def test_a_leg_is_of_the_hour_it_began_in() -> None:
    row = Observed("leg:day", ((0, LEAST_COUNT),), (0.0,) * 12)
    place = Place(60.0, 25.0)
    ride = Commitment(
        "s_1", StopKind.DELIVER, place, "d_1", HOUR - 1, None, HOUR + 599, HOUR + 659, 300, 1, "day"
    )
    known = with_leg_hour({}, {row.id: row}, "c_1", ride, HOUR + 899)
    assert known["hour:c_1"].sums[0] == 0
    # 900 s instead of 600 is late; too few of the band before show nothing.
    assert known["hour:c_1"].sums[1] > 0
    assert with_leg_hour({}, {}, "c_1", ride, HOUR + 899) == {}


def test_taps_teach_a_zone_the_share_of_an_hour() -> None:
    # From half past one: three hours until the lifts' peak, seven minutes there and back.
    zone = live_zone(now=LittleZone(0).now + 7 * HOUR // 2)
    # Every second ride a minute late, until enough are known; then pairs count.
    for late_s in (0, 60) * (LEAST_COUNT // 2 + 2):
        rides(zone, late_s)
    assert pairs(zone.state.observed)[1] > 0
    assert spread_of(zone.state, "day").hour_share != HOUR_SHARE
    assert spread_of(State(), "day").hour_share == HOUR_SHARE
    # What is kept is what the log tells.
    assert zone.journal.fold(zone.empty).observed == zone.state.observed
