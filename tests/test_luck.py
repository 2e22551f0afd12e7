"""Families of luck: right on average, and together in what they should be."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.spread import Spread
from scenarios.luck import Alone, AsAssumed, Harsher, Luck, Part, Weather, is_wet

HELSINKI = "Europe/Helsinki"

TEN = 1_795_420_800
"""A Monday at ten in Helsinki."""

DAY = 24 * 3600


def factors(luck: Luck, part: Part, moments: list[int], courier: str = "c_1") -> np.ndarray:
    """Returns a factor for each moment."""
    rng = np.random.default_rng(1)
    return np.array([luck.factor(part, courier, at, rng) for at in moments])


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize(
    "luck", [Alone(0.25), AsAssumed(Spread(), 1, HELSINKI), Weather(1, HELSINKI)], ids=str
)
def test_planned_times_are_right_on_average(luck: Luck, part: Part) -> None:
    # An hour apart on 1000 days from eight to six; the hours are nearly independent: a standard
    # deviation of at most 0.8 leaves an error of 0.008.
    moments = [TEN + day * DAY + hour * 3600 for day in range(1000) for hour in range(-2, 8)]
    assert factors(luck, part, moments).mean() == pytest.approx(1, abs=0.03)


def test_an_hour_has_the_assumed_share_in_common() -> None:
    luck = AsAssumed(Spread(ride=0.3, hour_share=0.5), 1, HELSINKI)
    first, second = (
        np.log(factors(luck, Part.RIDE, [TEN + h * 3600 + s for h in range(4000)]))
        for s in (0, 600)
    )
    rng = np.random.default_rng(2)
    second = np.log([luck.factor(Part.RIDE, "c_1", TEN + h * 3600, rng) for h in range(4000)])
    assert np.std(first) == pytest.approx(0.3, abs=0.015)
    # The error of a correlation of 0.5 over 4000 hours is 0.75 / 63 = 0.012.
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.5, abs=0.05)


def test_rain_slows_everybody_down_a_fifth_of_the_time() -> None:
    moments = [TEN + 60 * n for n in range(400 * 1440)]
    wet = np.array([is_wet(1, at) for at in moments[::10]])
    assert wet.mean() == pytest.approx(0.2, abs=0.03)
    # Spells last: the next ten minutes are mostly as these.
    assert (wet[1:] == wet[:-1]).mean() > 0.9
    luck = Weather(1, HELSINKI)
    at = {rain: [m for m in moments[::60] if is_wet(1, m) is rain] for rain in (True, False)}
    for courier in ("c_1", "c_2"):
        rides = {rain: factors(luck, Part.RIDE, at[rain], courier).mean() for rain in at}
        assert rides[True] / rides[False] == pytest.approx(1.2 / 0.95, rel=0.05)


def test_waiting_for_lifts_spreads_most_at_lunch() -> None:
    luck = Weather(1, HELSINKI)
    spreads = [
        factors(luck, Part.INSIDE, [TEN + hour * 3600 + d * DAY for d in range(2000)]).std()
        for hour in (5, 2)
    ]
    assert spreads[1] > 1.5 * spreads[0]


def test_the_same_world_has_the_same_rain() -> None:
    moments = range(TEN, TEN + DAY, 600)
    assert [is_wet(1, at) for at in moments] == [is_wet(1, at) for at in moments]
    assert [is_wet(1, at) for at in moments] != [is_wet(2, at) for at in moments]


def harsh(**figures: float) -> Harsher:
    return Harsher(Alone(0.25), 1, HELSINKI, **figures)


@pytest.mark.parametrize("part", list(Part))
def test_with_nothing_harsher_luck_is_that_of_its_family(part: Part) -> None:
    moments = [TEN + day * DAY for day in range(100)]
    assert factors(harsh(), part, moments) == pytest.approx(factors(Alone(0.25), part, moments))


@pytest.mark.parametrize(("rain", "mean"), [(0.0, 1.0), (0.5, 1.15), (1.0, 1.3)])
def test_rain_lengthens_rides_for_its_share_of_the_time(rain: float, mean: float) -> None:
    moments = [TEN + 3600 * hour for hour in range(20000)]
    luck = harsh(rain=rain, rain_slows=0.3)
    # Wet spells last 45 minutes, so that hours are nearly independent: the error is 0.002.
    assert factors(luck, Part.RIDE, moments).mean() == pytest.approx(mean, abs=0.02)
    assert factors(luck, Part.SERVICE, moments).mean() == pytest.approx(1, abs=0.02)


def test_queues_that_nobody_planned_lengthen_ways_inside_most_at_lunch() -> None:
    luck = harsh(lift_queues=1.0)
    means = [
        factors(luck, Part.INSIDE, [TEN + hour * 3600 + d * DAY for d in range(4000)]).mean()
        for hour in (5, 2)
    ]
    # A fifth by day and a half at lunch; a deviation below 0.7 leaves an error of 0.011.
    assert means == pytest.approx([1.2, 1.5], abs=0.05)


def test_handing_over_may_have_a_sigma_of_its_own() -> None:
    moments = [TEN + 60 * n for n in range(2000)]
    luck = Alone(0.0, service=0.3)
    assert set(factors(luck, Part.RIDE, moments)) == {1.0}
    assert np.log(factors(luck, Part.SERVICE, moments)).std() == pytest.approx(0.3, rel=0.1)
