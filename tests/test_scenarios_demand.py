"""Demand: what is drawn from a seed, and the incidents written into it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.orders import Item
from dispatch.promises import STANDARD, URGENT
from scenarios.demand import (
    Demand,
    Fate,
    KnownDesk,
    WantedDrop,
    WantedOrder,
    arrivals,
    draw_orders,
    with_incidents,
)

DESKS = [KnownDesk(f"k_{j}", f"Office {j}", f"b_{j // 2}") for j in range(10)]


def an_order(number: int, *, quantity: int = 2, drops: int = 1, urgent: bool = True) -> WantedOrder:
    goods = WantedDrop(DESKS[0], (Item("A4-80", quantity),))
    service = URGENT if urgent else STANDARD
    return WantedOrder(number, 100 * number, service, (goods,) * drops)


def test_the_same_seed_gives_the_same_orders() -> None:
    demand = Demand(20, 10, 3600)
    assert draw_orders(demand, DESKS, 1000, 7) == draw_orders(demand, DESKS, 1000, 7)
    assert draw_orders(demand, DESKS, 1000, 7) != draw_orders(demand, DESKS, 1000, 8)


def test_a_later_start_only_moves_the_orders() -> None:
    early = draw_orders(Demand(20, 10, 3600), DESKS, 0, 7)
    late = draw_orders(Demand(20, 10, 3600), DESKS, 500, 7)
    assert [order.at + 500 for order in early] == [order.at for order in late]
    assert [order.drops for order in early] == [order.drops for order in late]


@given(
    urgent=st.floats(0, 60),
    standard=st.floats(0, 60),
    minutes=st.integers(0, 180),
    several=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_orders_are_numbered_by_time_within_the_shift(
    urgent: float, standard: float, minutes: int, several: float, seed: int
) -> None:
    demand = Demand(urgent, standard, minutes * 60, several)
    orders = draw_orders(demand, DESKS, 5000, seed)
    assert [order.number for order in orders] == list(range(1, len(orders) + 1))
    assert all(a.at <= b.at for a, b in pairwise(orders))
    for order in orders:
        assert 5000 <= order.at < 5000 + minutes * 60
        desks = [drop.desk.id for drop in order.drops]
        assert 1 <= len(desks) == len(set(desks)) <= 3
        for drop in order.drops:
            skus = [item.sku for item in drop.items]
            assert len(skus) == len(set(skus))
            assert all(item.quantity >= 1 and item.load >= 1 for item in drop.items)


def test_seeds_differ_in_when_and_where_but_not_in_how_much() -> None:
    shifts = [draw_orders(Demand(14, 10, 9000), DESKS, 0, seed) for seed in range(5)]
    urgent = [sum(order.service == URGENT for order in orders) for orders in shifts]
    # 2.5 hours at 14 and at 10 an hour.
    assert urgent == [35] * 5
    assert [len(orders) for orders in shifts] == [60] * 5
    assert len({tuple(order.at for order in orders) for orders in shifts}) == 5


def test_gaps_between_arrivals_are_those_of_a_poisson_stream() -> None:
    gaps = np.diff(arrivals(36, 3_600_000, np.random.default_rng(1)))
    # 36 an hour are 100 s apart; exponential gaps have a deviation equal to their mean. The error
    # over 36,000 gaps is 0.5 s.
    assert abs(gaps.mean() - 100) < 2
    assert abs(gaps.std() - 100) < 4


def test_departments_of_one_customer_share_a_roof_where_they_can() -> None:
    orders = draw_orders(Demand(60, 0, 7200, several_drops=1), DESKS, 0, 3)
    # Each building of DESKS has two desks, so the second drop is always next door.
    assert all(len({drop.desk.building for drop in order.drops}) == 1 for order in orders)


def test_an_order_has_no_second_drop_where_there_is_one_desk() -> None:
    orders = draw_orders(Demand(60, 0, 3600, several_drops=1), DESKS[:1], 0, 3)
    assert {len(order.drops) for order in orders} == {1}


def test_incidents_befall_one_order_each_after_a_quarter_half_and_three_quarters() -> None:
    told = with_incidents([an_order(number) for number in range(1, 9)])
    fates = {order.number: order.fate for order in told if order.fate is not Fate.USUAL}
    # Of 8 orders, index 2, 4 and 6.
    assert fates == {3: Fate.CANCELLED, 5: Fate.CLOSED, 7: Fate.REJECTED}


def test_incidents_pass_over_orders_they_do_not_fit() -> None:
    orders = [an_order(1), an_order(2, urgent=False), an_order(3, drops=2), an_order(4, quantity=1)]
    fates = [order.fate for order in with_incidents(orders)]
    # From index 1 on, only order 4 is urgent with one drop; nothing is left for the others.
    assert fates == [Fate.USUAL, Fate.USUAL, Fate.USUAL, Fate.CANCELLED]


def test_a_single_unit_is_never_partly_rejected() -> None:
    told = with_incidents([an_order(number, quantity=1) for number in range(1, 9)])
    assert Fate.REJECTED not in {order.fate for order in told}


@pytest.mark.parametrize(
    "wrong", [{"urgent_per_hour": -1}, {"several_drops": 1.1}, {"uneven": -0.1}, {"duration_s": -1}]
)
def test_demand_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    figures = {"urgent_per_hour": 1, "standard_per_hour": 1, "duration_s": 60} | wrong
    with pytest.raises(ValueError, match="rates >= 0"):
        Demand(**figures)  # type: ignore[arg-type]


def test_a_city_without_desks_orders_nothing() -> None:
    with pytest.raises(ValueError, match="at least one desk"):
        draw_orders(Demand(1, 1, 60), [], 0, 1)
