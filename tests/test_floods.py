"""Floods of orders around a place held, and how quotes' times are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.floods import Pair, cost_lines, kept_lines
from benchmarks.floods_play import Flood, Played, cause_of, draw_flood, next_tap, play
from benchmarks.helsinki import embedded_city
from benchmarks.quotes import Asked, summary
from dispatch.commit import Commit
from dispatch.crew import change_courier
from dispatch.events import HoldLapsed, OrderReady
from dispatch.orders import StopKind
from dispatch.policy import Policy
from dispatch.promises import URGENT
from dispatch.quoting import give_quote
from dispatch.requests import CourierChange, QuoteRequest
from tests.little_city import NOW, LittleZone, a_drop

DESKS = ("a", "b", "c")

KEPT = Played(
    quote_s=1320,
    feasible=True,
    held=True,
    kept=True,
    lapse="",
    after="",
    promises=(1320, 1320),
    work_s=1000,
)


def pair(held: Played = KEPT, free: Played = KEPT) -> Pair:
    return Pair(1, held, replace(free, held=False))


# What is drawn and played


def test_a_flood_is_drawn_within_its_bounds_and_the_same_for_the_same_seed() -> None:
    drawn = [draw_flood(seed, DESKS) for seed in range(200)]
    assert drawn == [draw_flood(seed, DESKS) for seed in range(200)]
    assert {len(flood.working) for flood in drawn} == set(range(4, 16))
    assert {len(flood.burst) for flood in drawn} == set(range(3, 21))
    drops = {len(flood.open_orders) for flood in drawn}
    assert (min(drops), max(drops)) == (0, 60)
    seconds = [wanted.after_s for flood in drawn for wanted in flood.burst]
    assert (min(seconds), max(seconds)) == (0, Policy().quote_valid_s - 1)
    leaving = {flood.leaves_s for flood in drawn} - {None}
    assert leaving <= set(range(1, Policy().quote_valid_s))
    for flood in drawn:
        assert list(flood.burst) == sorted(flood.burst, key=lambda wanted: wanted.after_s)


def test_a_small_flood_is_played_twice_and_repeats_itself() -> None:
    city = embedded_city()
    desks = sorted(city.offices)
    drawn = draw_flood(1, desks)
    # Four couriers who all work, one open drop, and two orders in the quote's first second.
    small = Flood(1, (True,) * 4, drawn.open_orders[:1], 30, drawn.reserved, drawn.burst[:2])
    small = replace(small, burst=tuple(replace(wanted, after_s=1) for wanted in small.burst))
    held, free = play(small, city)
    assert play(small, city) == (held, free)
    assert (held.held, held.kept, held.lapse) == (True, True, "")
    assert (free.held, free.kept) == (False, True)
    assert len(held.promises) == len(free.promises) == 2


def test_a_courier_taps_what_is_planned_when_it_is_planned() -> None:
    zone = LittleZone()
    assert next_tap(zone.dispatcher, "c_1", NOW) is None
    zone.urgent(3)
    told = []
    # 15 s to load, 225 to ride, 60 to hand over; then home.
    while (found := next_tap(zone.dispatcher, "c_1", zone.now)) is not None:
        at, action = found
        told.append((at - NOW, action.kind, action.stop))
        zone.now = at
        zone.do("c_1", action.kind, action.stop, drops=action.drops)
    assert told == [
        (0, "departed", "s_1-l0"),
        (0, "arrived", "s_1-l0"),
        (15, "loaded", "s_1-l0"),
        (15, "departed", "s_1"),
        (240, "arrived", "s_1"),
        (300, "delivered", "s_1"),
        (300, "departed", "s_1-r0"),
        (480, "arrived", "s_1-r0"),
    ]


def test_a_courier_who_is_to_wait_for_a_place_held_taps_nothing() -> None:
    zone = LittleZone()
    give_quote(zone.dispatcher, QuoteRequest(URGENT, (a_drop(3),), reserve=True), zone.now)
    assert [stop.kind for route in zone.plan.holding for stop in route.stops] == [
        StopKind.LOAD,
        StopKind.DELIVER,
        StopKind.RETURN,
    ]
    assert next_tap(zone.dispatcher, "c_1", zone.now) is None


def test_the_cause_of_a_lapse_is_what_else_happened_in_its_step() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    lapse = HoldLapsed(NOW, "q_1", "late")
    events = {
        cause_of(commit): commit.events
        for commit in (
            replace(done, events=(*done.events, lapse)) for done in zone.journal.commits[1:]
        )
    }
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    assert cause_of(zone.journal.commits[-1]) == "break"
    assert set(events) == {"order", "tap"}
    assert cause_of(Commit(NOW, (lapse,))) == "time"
    assert cause_of(Commit(NOW, (lapse, OrderReady(NOW, "o_1", NOW)))) == "time"


# What is told of floods


def test_only_a_place_lost_to_a_tap_or_to_time_has_a_physical_reason() -> None:
    tapped = replace(KEPT, kept=False, lapse="late", after="tap")
    robbed = replace(KEPT, kept=False, lapse="late", after="order")
    silent = replace(KEPT, kept=False)
    unheld = replace(KEPT, held=False)
    text = "\n".join(kept_lines([pair(p) for p in (KEPT, tapped, robbed, silent, unheld)]))
    assert "places held: 4 of 5 quotes, 4 for the usual time and 0 for a longer one" in text
    assert "kept in planned times: 1 of 3 (33.3%) without physical reason, 1 of 4 in all" in text
    assert "lapsed (late): 1 after a courier's tap" in text
    assert text.count("FAILED: seed 1") == 2
    assert "FAILED: seed 1, no event" in text


def test_a_place_that_lapsed_but_whose_quote_was_kept_counts_as_kept() -> None:
    text = "\n".join(kept_lines([pair(replace(KEPT, lapse="late", after="tap"))]))
    assert "kept in planned times: 1 of 1 (100.0%)" in text
    assert "lapsed and kept all the same: 1" in text
    assert "FAILED" not in text


def test_the_cost_is_told_order_by_order_against_the_same_flood() -> None:
    held = replace(KEPT, promises=(1320, 1500), work_s=1100)
    free = replace(KEPT, promises=(1440, 1320), kept=False)
    orders, work = cost_lines([pair(held, free), pair()])
    # One of four is 180 s longer, one 120 s shorter: 60 s over four orders.
    assert "4, of them 1 (25.0%) promised a longer time" in orders
    assert "by 3.0 minutes on average, 1 (25.0%) a shorter one, by 2.0" in orders
    assert "+15 s an order" in orders
    assert "+50 s a flood on average, +0 s where the quote was kept either way" in work


def test_where_nothing_was_held_nothing_was_paid() -> None:
    assert cost_lines([pair(replace(KEPT, held=False))]) == ["what it cost: nothing was held"]


def test_a_burst_that_differs_between_the_two_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        cost_lines([pair(KEPT, replace(KEPT, promises=(1320,)))])


# What is told of quotes


def test_quotes_are_told_apart_by_promise_and_search_each_with_its_aim() -> None:
    asked = [
        Asked(50.0, 30.0, feasible=True, searched=False, reserved=False),
        Asked(50.2, 31.0, feasible=True, searched=False, reserved=True),
        Asked(300.0, 200.0, feasible=True, searched=True, reserved=False),
        Asked(300.1, 200.0, feasible=False, searched=True, reserved=False),
    ]
    text = summary(asked)
    assert text[0] == "after a search: 2 of 4"
    assert text[1].startswith("feasible at once: p50 50.1 ms")
    assert text[2].startswith("  nothing held: p50 50.0 ms")
    assert text[4].startswith("  on a processor: p50 30.5 ms")
    assert [line for line in text if "longer than" in line] == [
        "  longer than 50 ms: 1 of 2",
        "  longer than 300 ms: 0 of 1",
        "  longer than 300 ms: 1 of 1",
    ]


def test_no_quotes_of_a_kind_are_told_as_none() -> None:
    assert summary([])[1] == "feasible at once: none"
