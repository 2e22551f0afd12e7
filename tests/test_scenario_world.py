"""Worlds of scenarios: paired by their seed, repeatable, and judged by what was seen."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.settings import EMBEDDED_CITY, HELSINKI_STORE
from dispatch.city import City, load_city
from dispatch.errors import InvalidRequest
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT
from scenarios.couriers import make_riders
from scenarios.day import draw_day
from scenarios.demand import Fate
from scenarios.in_process import InProcess
from scenarios.scenario import Burst, Profile, Scenario
from scenarios.verdict import judge
from scenarios.world import luck_of, open_zone, play_world, riders_of

if TYPE_CHECKING:
    from scenarios.demand import WantedOrder
    from scenarios.log import PlacedOrder, ShiftLog

STORE = HELSINKI_STORE.to_domain()
POLICY = Policy(quote_search_s=0)
HOUR = Scenario(start=time(11), minutes=60, couriers=3, urgent_per_hour=12, standard_per_hour=4)
ROUGH = replace(
    HOUR,
    rain=0.5,
    lift_queues=1.0,
    cancelled=0.2,
    closed=0.1,
    rejected=0.1,
    leaving=0.5,
    prepared_min=5.0,
    bursts=(Burst(20, orders=3),),
)
HELSINKI = "Europe/Helsinki"


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(EMBEDDED_CITY)


class Careless(InProcess):
    """A zone that plans alike but lets its clock tick only when something happens."""

    def advance(self, now: int) -> None:
        self.now = now


def played(city: City, scenario: Scenario, seed: int, kind: type[InProcess]) -> ShiftLog:
    return play_world(scenario, open_zone(scenario, city, STORE, POLICY, 10, kind=kind), seed)


def wanted(log: ShiftLog) -> list[WantedOrder]:
    return [order.wanted for order in log.placed]


def test_a_day_repeats_itself(city: City) -> None:
    first, second = (played(city, ROUGH, 1, InProcess) for _ in range(2))
    assert first == second
    assert first.faults == []
    assert first != played(city, ROUGH, 2, InProcess)


def test_the_same_seed_is_the_same_day_whatever_is_decided(city: City) -> None:
    ours, other = (played(city, ROUGH, 1, kind) for kind in (InProcess, Careless))
    assert ours.legs != other.legs
    assert wanted(ours) == wanted(other) == list(draw_day(ROUGH, city, 1))


def test_other_luck_or_fewer_couriers_leave_the_orders_as_they_are(city: City) -> None:
    rough = draw_day(ROUGH, city, 1)
    for changed in (replace(ROUGH, couriers=2), replace(ROUGH, rain=1.0, travel_noise=0.0)):
        assert draw_day(changed, city, 1) == rough


def test_more_incidents_befall_the_same_orders_and_others(city: City) -> None:
    few, many = (draw_day(replace(HOUR, cancelled=share), city, 1) for share in (0.1, 0.5))
    called_off = [{o.number for o in day if o.fate is Fate.CANCELLED} for day in (few, many)]
    assert called_off[0] < called_off[1]
    assert [order.drops for order in few] == [order.drops for order in many]


def test_there_is_as_much_demand_as_said_and_a_burst_besides(city: City) -> None:
    day = replace(HOUR, minutes=480, bursts=(Burst(30, orders=6, minutes=4),))
    orders = draw_day(day, city, 3)
    start = day.starts_at(HELSINKI)
    # Eight hours at 12 and at 4, and six more.
    assert sum(o.service == URGENT for o in orders) == 8 * 12 + 6
    assert sum(o.service == STANDARD for o in orders) == 8 * 4
    assert [o.number for o in orders] == list(range(1, len(orders) + 1))
    assert all(a.at <= b.at for a, b in itertools.pairwise(orders))
    quiet = {(o.at, o.drops) for o in draw_day(replace(day, bursts=()), city, 3)}
    moments = {at for at, _ in quiet}
    burst = [o for o in orders if o.at not in moments]
    assert min(o.at for o in burst) == start + 30 * 60
    assert max(o.at for o in burst) < start + 34 * 60
    assert len({o.drops[0].desk.building for o in burst}) == 1


def test_offices_order_most_at_noon_and_at_five(city: City) -> None:
    day = Scenario(urgent_per_hour=200, standard_per_hour=0, start=time(8), minutes=660)
    start = day.starts_at(HELSINKI)
    by_hour = {
        profile: np.bincount(
            [(o.at - start) // 3600 for o in draw_day(replace(day, profile=profile), city, 1)]
        )
        for profile in Profile
    }
    office, flat = by_hour[Profile.OFFICE], by_hour[Profile.FLAT]
    assert office.sum() == flat.sum() == 2200
    # From eight: the hours to 13 and to 18 are the largest, and 14 to 15 is a dip between them.
    assert set(np.argsort(office)[-4:]) == {3, 4, 8, 9}
    assert office[6] < office[4] / 1.5
    # 200 expected in each hour, with a deviation of 14.
    assert abs(flat - 200).max() < 57


def test_goods_take_as_long_as_said_on_average(city: City) -> None:
    day = replace(HOUR, urgent_per_hour=800, prepared_min=6.0, prepared_sigma=0.5)
    goods = [order.preparation for order in draw_day(day, city, 1)]
    assert {each.announced_s for each in goods if each} == {240}
    # 804 draws whose deviation is 0.53 of the mean: the error is 1.9 %.
    assert np.mean([each.really_s for each in goods if each]) == pytest.approx(360, rel=0.08)


def test_a_burst_in_no_building_of_the_city_is_refused(city: City) -> None:
    day = replace(HOUR, bursts=(Burst(1, building="b_none"),))
    with pytest.raises(InvalidRequest, match="There is no building 'b_none' in") as found:
        draw_day(day, city, 1)
    assert found.value.at == "burst.building"


def test_a_zone_of_another_scenario_is_refused(city: City) -> None:
    zone = InProcess(city, STORE, POLICY, HOUR.starts_at(HELSINKI), 0)
    with pytest.raises(ValueError, match="as open_zone makes it"):
        play_world(HOUR, zone, 1)


def test_some_drop_out_in_the_middle_and_others_come_late() -> None:
    day = replace(HOUR, couriers=5, dropping_out=2, coming_late=1, late_min=10)
    names = {f"c_{n}": f"Courier {n}" for n in range(5)}
    riders = riders_of(day, names, HELSINKI, 1)
    start = day.starts_at(HELSINKI)
    assert sum(rider.drops_out for rider in riders) == 2
    moments = [rider.pause_at - start for rider in riders if rider.pause_at is not None]
    assert all(900 <= moment <= 2700 for moment in moments)
    late = [rider for rider in riders if rider.comes_at]
    assert [(rider.comes_at - start, rider.drops_out) for rider in late] == [(600, False)]


def test_without_noise_rides_take_what_they_are_planned_to() -> None:
    calm = replace(HOUR, travel_noise=0.0, service_noise=0.0)
    (rider,) = make_riders({"c_1": "Aino"}, 1, luck=luck_of(calm, HELSINKI, 1))
    assert rider.takes(300, at=calm.starts_at(HELSINKI)) == 300


def test_a_worse_day_keeps_less_of_what_is_placed(city: City) -> None:
    calm = replace(HOUR, urgent_per_hour=16)
    worse = replace(calm, rain=1.0, rain_slows=1.0, lift_queues=3.0)
    kept = [judge(played(city, day, 1, InProcess)).within_usual_share for day in (calm, worse)]
    assert kept[0] > kept[1] + 0.1


def test_who_left_is_placed_and_not_kept_and_who_called_off_is_not_there(city: City) -> None:
    log = played(city, replace(ROUGH, couriers=1, leaving=1.0), 1, InProcess)
    verdict = judge(log)
    urgent: list[PlacedOrder] = log.of(URGENT)
    left = sum(log.has_left(order) for order in urgent)
    called_off = sum(log.is_cancelled(order) for order in urgent) - left
    assert min(left, called_off) > 0
    assert (verdict.placed, verdict.left) == (len(urgent) - called_off, left)
    assert verdict.promised == verdict.promised_usual == verdict.placed - left
    assert verdict.within_usual <= verdict.kept


def test_another_seed_of_the_searches_leaves_the_world_as_it_is(city: City) -> None:
    short = replace(HOUR, minutes=30, urgent_per_hour=20)
    zones = [open_zone(short, city, STORE, POLICY, 10, seed=seed) for seed in (0, 7)]
    days = [play_world(short, zone, 1) for zone in zones]
    assert wanted(days[0]) == wanted(days[1])
    assert days[0].legs != days[1].legs
