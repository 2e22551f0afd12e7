"""Classes of roads told apart by legs that mix them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from dispatch.city import load_city
from dispatch.codec import from_json, to_json
from dispatch.live import Ridden
from dispatch.observed import LEAST_COUNT, Observed, class_factors, factor, factors, with_ride
from dispatch.observed_classes import ROADS, Sums, bounded, shares, solved, with_leg
from dispatch.orders import Commitment, StopKind
from dispatch.places import Place
from dispatch.policy import Policy
from dispatch.state import State
from tests.live_city import live_zone
from tests.small_maps import SmallMap, at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.live_city import LiveCity

PLACE = Place(60.0, 25.0)


def after_legs(
    known: Mapping[str, Observed],
    truth: Mapping[str, float],
    legs: Iterable[Mapping[str, float]],
    spread: float = 0.2,
    seed: int = 3,
) -> Mapping[str, Observed]:
    """Returns what is known after legs of plain seconds by class, each as slow as the truth."""
    rng = np.random.default_rng(seed)
    whole = factors(State(observed=known)).get("day", 1.0)
    besides = class_factors(State(observed=known))
    for leg in legs:
        own = {roads: whole * besides.get(("day", roads), 1.0) for roads in leg}
        ridden = [Ridden(roads, s * own[roads], own[roads]) for roads, s in leg.items()]
        ride = round(sum(part.seconds for part in ridden))
        took = sum(s * truth[roads] for roads, s in leg.items())
        took *= rng.lognormal(-(spread**2) / 2, spread)
        going = Commitment(
            "s", StopKind.LOAD, PLACE, None, 0, None, ride, ride, ride, whole, "day"
        )  # fmt: skip
        known = with_ride(known, going, round(took), ridden)
    return known


def total(known: Mapping[str, Observed], roads: str) -> float:
    """Returns what the time on roads of a class is multiplied by in all."""
    state = State(observed=known)
    return factors(state).get("day", 1.0) * class_factors(state).get(("day", roads), 1.0)


def mixed(number: int, seed: int = 5) -> list[Mapping[str, float]]:
    rng = np.random.default_rng(seed)
    return [{"main": 600 * m, "local": 600 * (1 - m)} for m in rng.uniform(0.05, 0.95, number)]


def test_classes_are_told_apart_though_every_leg_mixes_them() -> None:
    known = after_legs({}, {"main": 1.5, "local": 1.0}, mixed(900))
    assert total(known, "main") == pytest.approx(1.5, abs=0.1)
    assert total(known, "local") == pytest.approx(1.0, abs=0.1)
    # The band as a whole is half of each.
    assert factor(known["ride:day"]) == pytest.approx(1.25, abs=0.06)


def test_factors_in_force_change_nothing_that_is_learned() -> None:
    truth = {"main": 1.5, "local": 1.0}
    known = after_legs({}, truth, mixed(400))
    assert class_factors(State(observed=known))
    again = after_legs(known, truth, mixed(400, seed=6))
    assert total(again, "main") == pytest.approx(1.5, abs=0.1)
    assert total(again, "local") == pytest.approx(1.0, abs=0.1)


def test_legs_that_are_all_alike_tell_no_class_apart() -> None:
    known = after_legs({}, {"main": 1.5, "local": 1.0}, [{"main": 300, "local": 300}] * 500)
    assert class_factors(State(observed=known)) == {}
    assert total(known, "main") == pytest.approx(1.25, abs=0.06)


@pytest.mark.parametrize(("legs", "known"), [(LEAST_COUNT - 1, False), (LEAST_COUNT, True)])
def test_a_class_seen_too_seldom_has_the_factor_of_its_band(legs: int, known: bool) -> None:
    sums: Sums = ()
    for roads, number in (("main", 60), ("paths", legs)):
        x = [float(name == roads) for name in ROADS]
        for _ in range(number):
            sums = with_leg(sums, x, 2.0 if roads == "paths" else 1.0)
    found = solved(sums, whole=1.2, least=LEAST_COUNT, prior=20)
    # 60 legs of 1 and twenty of 1.2.
    assert found["main"] == pytest.approx((60 * 1.0 + 20 * 1.2) / 80)
    assert ("paths" in found) is known
    if known:
        # As many legs of 2 as the prior is worth.
        assert found["paths"] == pytest.approx((2.0 + 1.2) / 2)


def test_a_fifth_of_taps_forgotten_hardly_moves_a_class() -> None:
    truth = {"main": 1.3, "local": 1.0}
    honest = after_legs({}, truth, mixed(400))
    spoilt = after_legs(honest, {"main": 4.0, "local": 4.0}, mixed(100, seed=7), seed=8)
    for roads in truth:
        assert abs(total(spoilt, roads) - total(honest, roads)) <= 0.3
    # Counted in full, the hundred would have added a fifth of 4.0 - 1.0 to local: 0.6.


def test_a_ratio_is_bounded_on_either_side() -> None:
    # The median is 1; 1.5 standard deviations of 0.2 are e^0.3.
    assert bounded(4.0, 0.0, 0.2) == pytest.approx(math.exp(0.3))
    assert bounded(0.3, 0.0, 0.2) == pytest.approx(math.exp(-0.3))
    assert bounded(1.1, 0.0, 0.2) == pytest.approx(1.1)


def test_shares_are_those_of_the_plain_seconds() -> None:
    # 120 s at factor 1.5 are 80 plain ones, 120 at 1 as they are: 200 in all.
    ridden = (Ridden("main", 120, 1.5), Ridden("", 120, 1.0))
    x, learned = shares(ridden)
    assert x == pytest.approx((0.4, 0, 0, 0.6))
    assert learned == pytest.approx(240 / 200)


@pytest.mark.parametrize("learn", [0, 1])
def test_classes_are_corrected_only_where_the_policy_says_so(learn: int) -> None:
    zone = live_zone(policy=Policy(learn_speeds=learn))
    known = after_legs({}, {"main": 1.5, "local": 1.0}, mixed(400))
    zone.dispatcher.state = replace(zone.state, observed=known)
    zone.wait(30)
    found = cast("LiveCity", zone.city).class_factors
    assert set(found) == ({("day", "main"), ("day", "local")} if learn else set())


def test_what_was_stored_before_classes_were_known_is_read() -> None:
    assert from_json(Observed, {"id": "ride:day", "counts": [[0, 3]]}).sums == ()
    known = after_legs({}, {"main": 1.5, "local": 1.0}, mixed(30))["ride:day"]
    assert from_json(Observed, to_json(known)) == known


def test_the_factor_of_a_class_slows_its_roads_and_no_other(tmp_path: Path) -> None:
    street = SmallMap()
    street.way((0, 0), (600, 0), highway="primary")
    street.way((600, 0), (1200, 0), highway="residential")
    street.report(tmp_path)
    city = load_city(tmp_path / "city")
    a, b = city.street_place(*at(0, 0)), city.street_place(*at(1200, 0))
    before = city.ridden(a, b, "day")[:2]
    # 21.6 and 19.8 km/h are 6 and 5.5 m/s.
    assert [(part.roads, part.factor) for part in before] == [("main", 1), ("local", 1)]
    assert [part.seconds for part in before] == pytest.approx([100, 600 / 5.5], abs=0.2)
    epoch = city.travel_epoch
    assert city.set_ride_factors({"day": 1.1}, {("day", "main"): 1.5}) > epoch
    after = city.ridden(a, b, "day")[:2]
    assert [part.seconds for part in after] == pytest.approx([165, 120], abs=0.3)
    assert [part.factor for part in after] == pytest.approx([1.65, 1.1])
    assert city.ride_times((a, b), "day")[0, 1] == pytest.approx(285, abs=2)
    # The rush has factors of its own, reported speeds are as reported, and all of it ends.
    rush = city.ridden(a, b, "day/rush")[:2]
    assert [part.seconds for part in rush] == pytest.approx([100 / 0.95, 600 / 5.5 / 0.95], abs=0.2)
    assert city.set_speeds({(1, 2): 10}) > epoch
    assert city.ridden(a, b, "day")[0].seconds == pytest.approx(216 * 1.1, abs=0.3)
    city.set_speeds({(1, 2): None})
    city.set_ride_factors({})
    assert city.ridden(a, b, "day")[:2] == before
