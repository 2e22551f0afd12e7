"""Metrics: every figure derived by hand from a log of three orders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.orders import Item, StopKind
from dispatch.promises import STANDARD, URGENT
from scenarios.couriers import Leg
from scenarios.demand import KnownDesk, WantedDrop, WantedOrder
from scenarios.log import Closing, Outcome, PlacedOrder, ShiftLog
from scenarios.metrics import Late, courier_shares, is_on_course, percentile, summarise

DESK = KnownDesk("k_1", "Asianajotoimisto Oy", "b_1")
USUAL = 1320


def an_order(
    number: int, *, promise_s: int = USUAL, drops: int = 1, service: str = URGENT
) -> PlacedOrder:
    goods = WantedDrop(DESK, (Item("A4-80", 2),))
    wanted = WantedOrder(number, 0, service, (goods,) * drops)
    names = tuple(f"d_{number}{j}" for j in range(drops))
    usual_s = USUAL if service == URGENT else promise_s
    return PlacedOrder(wanted, f"o_{number}", 0, promise_s, names, usual_s)


def a_log(*orders: PlacedOrder) -> ShiftLog:
    return ShiftLog(0, 3600, {"c_1": "Aino", "c_2": "Eetu"}, placed=list(orders))


def a_leg(departed: int, arrived: int, began: int | None = None, ended: int | None = None) -> Leg:
    return Leg(
        "c_1", "s_1", StopKind.LOAD, (), departed, departed, arrived, arrived, began, ended, 500
    )


def test_a_promise_holds_to_its_last_second() -> None:
    log = a_log(an_order(1), an_order(2))
    log.closings = {
        "d_10": Closing(USUAL, Outcome.ACCEPTED),
        "d_20": Closing(USUAL + 1, Outcome.ACCEPTED),
    }
    summary = summarise(log)
    assert (summary.kept, summary.late) == (1, (Late("o_2", DESK.name, 1),))


def test_an_order_is_as_late_as_its_last_drop() -> None:
    log = a_log(an_order(1, drops=2))
    log.closings = {"d_10": Closing(100, Outcome.ACCEPTED), "d_11": Closing(1400, Outcome.ACCEPTED)}
    assert log.slack(log.placed[0]) == -80
    assert summarise(log).late_max_s == 80


def test_an_order_with_an_open_drop_is_neither_kept_nor_late() -> None:
    log = a_log(an_order(1, drops=2))
    log.closings = {"d_10": Closing(9999, Outcome.ACCEPTED)}
    summary = summarise(log)
    assert (summary.kept, summary.late, summary.urgent_open) == (0, (), 1)
    assert not summary.is_good


def test_a_longer_promise_is_counted_apart_and_judged_by_its_own_time() -> None:
    log = a_log(an_order(1), an_order(2, promise_s=USUAL + 1))
    log.closings = {
        "d_10": Closing(900, Outcome.ACCEPTED),
        "d_20": Closing(USUAL + 1, Outcome.PARTLY),
    }
    summary = summarise(log)
    assert (summary.usual_promise, summary.requoted, summary.kept) == (1, 1, 2)
    # Median of 900 and 1321 by nearest rank is the first, the 95th percentile the second.
    assert (summary.desk_p50_s, summary.desk_p95_s) == (900, 1321)


def test_a_cancelled_order_is_not_kept_and_a_closed_desk_in_time_is() -> None:
    log = a_log(an_order(1), an_order(2))
    log.closings = {
        "d_10": Closing(60, Outcome.CANCELLED),
        "d_20": Closing(900, Outcome.CLOSED),
    }
    summary = summarise(log)
    assert (summary.cancelled, summary.desks_closed, summary.kept) == (1, 1, 1)
    assert summary.is_good


def test_a_fault_is_not_good() -> None:
    log = a_log()
    log.faults.append("something")
    assert not summarise(log).is_good


@pytest.mark.parametrize(("expected", "on_course"), [(5000, True), (5001, False), (None, False)])
def test_standard_is_on_course_when_expected_by_its_date(
    expected: int | None, on_course: bool
) -> None:
    order = an_order(1, promise_s=5000, drops=2, service=STANDARD)
    log = a_log(order)
    log.closings = {"d_10": Closing(4000, Outcome.ACCEPTED)}
    log.expected = {"d_11": expected}
    assert is_on_course(log, order) is on_course


def test_work_is_the_way_and_the_service_but_not_waiting_for_goods() -> None:
    # On the way 100 s, waiting 200 s, loading 15 s, of two couriers in 1000 s.
    legs = [a_leg(0, 100, 300, 315)]
    assert courier_shares(legs, 2, 0, 1000) == (115 / 2000, 200 / 2000)


def test_work_outside_the_window_does_not_count() -> None:
    # Of 900..1100 only the first 100 s; the service after it not at all.
    assert courier_shares([a_leg(900, 1100, 1100, 1200)], 1, 0, 1000) == (0.1, 0.0)


def test_a_leg_that_is_not_over_counts_its_way() -> None:
    assert courier_shares([a_leg(0, 100)], 1, 0, 1000) == (0.1, 0.0)


def test_no_time_is_no_work() -> None:
    assert courier_shares([], 0, 0, 0) == (0.0, 0.0)


def test_distance_is_that_of_all_legs() -> None:
    log = a_log()
    log.legs = [a_leg(0, 1), a_leg(2, 3), a_leg(4, 5)]
    assert summarise(log).distance_km == 1.5


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 10), (25, 10), (26, 20), (50, 20), (75, 30), (76, 40), (100, 40)]
)
def test_percentiles_are_values_that_occurred(percent: float, value: float) -> None:
    assert percentile([40, 10, 30, 20], percent) == value


def test_nothing_has_percentile_nought() -> None:
    assert percentile([], 50) == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 100))
def test_a_percentile_is_not_exceeded_by_its_share(values: list[float], percent: float) -> None:
    value = percentile(values, percent)
    assert value in values
    assert sum(v <= value for v in values) >= percent / 100 * len(values) - 1e-9
