"""The rest of what is under way."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.orders import Commitment, StopKind
from dispatch.places import Place
from dispatch.plan import Stop
from dispatch.spread import Spread
from dispatch.under_way import rest, rest_of_handover, rest_of_way, shows_no_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

LUCK = np.random.default_rng(2).standard_normal(40_000)
ONES = np.ones(3)
PLACE = Place(60.0, 25.0)
WAY = Commitment("s_1", StopKind.DELIVER, PLACE, "d_1", 1000, None, 1600, 1660, 300, 1.0, "day")
AT = replace(WAY, arrived_at=1500, arrives_at=1500, ends_at=1560, service_s=60)


def factors(sigma: float) -> NDArray[np.float64]:
    """Returns factors of mean 1."""
    found: NDArray[np.float64] = np.exp(sigma * LUCK - sigma**2 / 2)
    return found


def test_what_has_just_begun_takes_its_time_with_its_luck() -> None:
    assert rest(600, 0, 0.25, LUCK) == pytest.approx(600 * factors(0.25), rel=1e-6)


@pytest.mark.parametrize("gone_s", [300, 600, 900])
def test_the_rest_is_that_of_the_times_not_ruled_out(gone_s: int) -> None:
    whole = 600 * np.random.default_rng(3).lognormal(-(0.25**2) / 2, 0.25, 400_000)
    longer = whole[whole > gone_s] - gone_s
    found = rest(600, gone_s, 0.25, LUCK)
    # 900 s are 1.75 sigmas above the middle: 4 % of the 400 000 are longer.
    for share in (0.1, 0.5, 0.9):
        assert np.quantile(found, share) == pytest.approx(np.quantile(longer, share), rel=0.06)


def test_near_its_planned_end_a_way_still_spreads() -> None:
    # A minute is left of ten: a factor on the minute would have given 0.25 x 60 = 15 s.
    assert np.std(rest(600, 540, 0.25, LUCK)) > 90


@given(st.floats(0, 3000), st.floats(0.05, 0.6))
def test_nothing_is_over_before_now_and_luck_keeps_its_order(gone_s: float, sigma: float) -> None:
    found = rest(600, gone_s, sigma, np.array([-3.0, -1.0, 0.0, 1.0, 3.0]))
    assert (found >= 0).all()
    assert (np.diff(found) >= 0).all()
    assert np.isfinite(found).all()


def test_a_way_is_of_its_departure_and_its_whole_variance() -> None:
    spread = Spread(ride=0.2, inside={"day": 0.2}, hour_share=1.0)
    # All luck in common and alike: the way is one time of sigma 0.2, begun 200 s ago.
    f = factors(0.2)
    found = rest_of_way(WAY, 1200, spread, f, f)
    assert found == pytest.approx(rest(600, 200, 0.2, LUCK), rel=1e-6, abs=1e-6)


def test_without_luck_or_on_arrival_a_way_has_no_rest_to_draw() -> None:
    sure = Spread(0, {"day": 0}, 0, 0)
    assert rest_of_way(WAY, 1200, sure, ONES, ONES) is None
    assert rest_of_way(AT, 1500, Spread(), ONES, ONES) is None
    assert rest_of_way(replace(WAY, arrives_at=1000), 1000, Spread(), ONES, ONES) is None


def test_a_hand_over_is_under_way_from_its_beginning() -> None:
    f = factors(0.35)
    found = rest_of_handover(AT, 1530, Spread(), f)
    assert found == pytest.approx(rest(60, 30, 0.35, LUCK), rel=1e-6, abs=1e-6)
    # It begins at 1500; before, and where none is known of, nothing is under way.
    assert rest_of_handover(AT, 1500, Spread(), f) is not None
    assert rest_of_handover(AT, 1499, Spread(), f) is None
    assert rest_of_handover(WAY, 1530, Spread(), f) is None
    assert rest_of_handover(replace(AT, service_s=0), 1530, Spread(), f) is None


@pytest.mark.parametrize(
    ("arrival", "now", "unknown"),
    [(1600, 1200, True), (1599, 1200, False), (1640, 1610, True), (1641, 1610, False)],
)
def test_a_position_shows_in_another_arrival(arrival: int, now: int, unknown: bool) -> None:
    # Behind, the arrival is put off to 30 s from now at most.
    stop = Stop("s_1", StopKind.DELIVER, PLACE, ("d_1",), arrival, arrival, arrival + 60)
    assert shows_no_position(WAY, stop, now, 30) is unknown


def test_luck_that_is_sure_to_be_ruled_out_stays_finite() -> None:
    assert math.isfinite(float(rest(600, 1e6, 0.25, LUCK).max()))
