"""One zone: events in, plans out, nothing half-done, and the answers of the search."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dispatch.carrying import sequences_of_plan
from dispatch.crew import change_courier
from dispatch.errors import NotFound
from dispatch.events import Heard, Silenced
from dispatch.hand import move_drop
from dispatch.ordering import cancel_order
from dispatch.plan import Change
from dispatch.policy import Policy
from dispatch.positions import newest
from dispatch.proposals import carried
from dispatch.requests import CourierChange, Move, Position
from solver.check import violations
from solver.solution import Activity, Kind, Solution
from tests.little_city import NOW, STORE, LittleZone, a_drop

if TYPE_CHECKING:
    from dispatch.dispatcher import Snapshot
    from dispatch.plan import Plan

SILENCE_S = 900


def test_plan_versions_rise_by_one_with_everything_that_changes() -> None:
    zone = LittleZone(1)
    for block in range(1, 5):
        zone.urgent(block)
        zone.load("c_1")
    versions = [c.plan.version for c in zone.journal.commits if c.plan is not None]
    assert versions == list(range(1, len(versions) + 1))
    assert zone.plan.version == versions[-1]


def test_an_event_that_changes_no_stop_is_stored_without_a_plan() -> None:
    zone = LittleZone()
    zone.urgent(1)
    before = zone.plan
    zone.dispatcher.handle(zone.now, Heard(zone.now, "c_1"))
    assert zone.plan is before
    assert zone.journal.commits[-1].plan is None


def test_the_log_folds_to_the_state() -> None:
    zone = LittleZone(2)
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "failed", "s_1", reason="absent")
    assert zone.journal.fold(zone.empty) == zone.state


def test_what_cannot_be_stored_did_not_happen() -> None:
    zone = LittleZone()
    zone.urgent(3)
    state, plan = zone.state, zone.plan
    zone.journal.broken = True
    with pytest.raises(OSError, match="full"):
        zone.urgent(4)
    with pytest.raises(OSError, match="full"):
        zone.tap("c_1", "departed", "s_1-l0")
    with pytest.raises(OSError, match="full"):
        zone.wait(3600)
    assert (zone.state, zone.plan) == (state, plan)
    zone.journal.broken = False
    assert zone.carrier(zone.urgent(4)) == "c_1"


# The tick


@pytest.mark.parametrize(("waited", "news"), [(30, 0), (31, 1)])
def test_a_tick_publishes_times_that_moved_by_more_than_half_a_minute(
    waited: int, news: int
) -> None:
    zone = LittleZone()
    zone.urgent(3)
    version = zone.plan.version
    # The courier has not set off: every stop is as much later as the time that passed.
    zone.wait(waited)
    assert zone.plan.version == version + news


@pytest.mark.parametrize(("waited", "arrival"), [(225, 225), (226, 256)])
def test_a_courier_who_is_behind_is_expected_in_the_usual_remainder(
    waited: int, arrival: int
) -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    # Expected after 180 + 45 s; a second later it is behind, and 30 s are still to come.
    zone.wait(waited)
    assert zone.stops("c_1")[0].arrival == NOW + arrival


def test_a_tick_of_a_zone_at_rest_stores_nothing() -> None:
    zone = LittleZone(2)
    commits = len(zone.journal.commits)
    zone.wait(3600)
    assert len(zone.journal.commits) == commits


def test_a_fresh_position_tells_the_remaining_ride() -> None:
    zone = LittleZone()
    zone.urgent(9)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.now += 300
    zone.sees("c_1", 8)
    zone.wait(20)
    # 60 s to ride and 45 to check in from block 8, of which 20 have passed; 585 were expected.
    assert zone.stops("c_1")[0].arrival == zone.now + 85


def test_a_position_is_forgotten_after_two_minutes() -> None:
    zone = LittleZone()
    zone.urgent(9)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.sees("c_1", 1)
    zone.wait(120)
    # 8 blocks and the lobby: 525 s when it was seen.
    assert zone.stops("c_1")[0].arrival == NOW + 525
    zone.wait(1)
    assert zone.stops("c_1")[0].arrival == NOW + 585


@pytest.mark.parametrize("lat", [60.0, 61.0])
def test_a_position_from_before_departure_or_off_the_map_tells_nothing(lat: float) -> None:
    zone = LittleZone()
    zone.urgent(9)
    zone.load("c_1")
    zone.sees("c_1", 8)
    zone.wait(10)
    zone.do("c_1", "departed", "s_1")
    if lat != 60.0:
        zone.dispatcher.note_positions("c_1", [Position(lat, 25.008, zone.now)], zone.now)
    zone.wait(30)
    assert zone.stops("c_1")[0].arrival == NOW + 10 + 585


def test_the_newest_position_counts_and_none_from_the_future() -> None:
    told = [Position(60.0, 25.001, NOW - 9), Position(60.0, 25.002, NOW - 5)]
    future = Position(60.0, 26, NOW + 999)
    assert newest([told[1], told[0], future], None, Policy(), NOW) == told[1]
    assert newest(told[:1], told[1], Policy(), NOW) == told[1]
    # What is a little in the future was heard now: the phone's clock is ahead.
    assert newest([replace(told[0], at=NOW + 9)], told[1], Policy(), NOW) == replace(
        told[0], at=NOW
    )


def test_a_position_of_nobody_is_refused() -> None:
    zone = LittleZone()
    with pytest.raises(NotFound, match="c_9"):
        zone.dispatcher.note_positions("c_9", [], zone.now)


# Silence


def on_the_way() -> LittleZone:
    """Returns a zone in which c_1 set off for b_3, to be over after 285 s, and c_2 is idle."""
    zone = LittleZone(2)
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    return zone


def test_a_courier_who_owes_a_tap_for_too_long_is_silent() -> None:
    zone = on_the_way()
    zone.wait(285 + SILENCE_S)
    assert not zone.state.couriers["c_1"].silent
    zone.wait(1)
    assert zone.state.couriers["c_1"].silent
    assert zone.journal.commits[-1].events == (Silenced(zone.now, "c_1"),)


def test_a_silent_courier_loses_new_work_and_gets_it_back_when_heard() -> None:
    zone = LittleZone(1)
    carried_on = zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    waiting = zone.urgent(4)
    zone.wait(285 + SILENCE_S + 1)
    assert zone.reasons(waiting) == ["shift"]
    # What it drives to stays its own.
    assert zone.carrier(carried_on) == "c_1"
    zone.do("c_1", "arrived", "s_1")
    assert not zone.state.couriers["c_1"].silent
    assert zone.carrier(waiting) == "c_1"


def test_a_phone_that_tells_its_position_is_not_silent() -> None:
    zone = on_the_way()
    zone.now += 285 + SILENCE_S
    zone.sees("c_1", 2)
    zone.wait(SILENCE_S)
    assert not zone.state.couriers["c_1"].silent
    zone.wait(1)
    assert zone.state.couriers["c_1"].silent


def test_nobody_waits_for_a_tap_of_the_idle() -> None:
    zone = LittleZone(2)
    zone.urgent(3)
    zone.load("c_1")
    zone.wait(10 * SILENCE_S)
    assert not zone.state.couriers["c_2"].silent


def test_a_courier_at_the_counter_owes_no_tap_before_the_goods_are_ready() -> None:
    zone = LittleZone(1)
    zone.urgent(3, ready_at=NOW + 2000)
    zone.do("c_1", "departed", "s_1-l0")
    zone.do("c_1", "arrived", "s_1-l0")
    zone.wait(2000 + SILENCE_S)
    assert not zone.state.couriers["c_1"].silent
    zone.wait(1)
    assert zone.state.couriers["c_1"].silent


def test_work_that_a_courier_never_sets_off_for_goes_to_another() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.wait(30)
    # Asked since the first tick that found the work planned.
    zone.wait(SILENCE_S)
    assert zone.carrier(drop) == "c_1"
    zone.wait(1)
    assert zone.state.couriers["c_1"].silent
    assert zone.carrier(drop) == "c_2"


def test_a_courier_who_waits_for_goods_or_a_shift_is_asked_for_nothing() -> None:
    zone = LittleZone(1)
    zone.urgent(3, ready_at=NOW + 5000)
    change_courier(zone.dispatcher, "c_1", CourierChange(shift_start=NOW + 3000), NOW)
    for _ in range(9):
        zone.wait(500)
    assert not zone.state.couriers["c_1"].silent


# Breaks and the end of the shift


def test_a_courier_on_a_break_keeps_what_is_on_board_and_nothing_else() -> None:
    zone = LittleZone(2)
    aboard = zone.urgent(3)
    zone.load("c_1")
    waiting = zone.urgent(3)
    move_drop(zone.dispatcher, waiting, Move("c_1", pinned=False), zone.now)
    zone.do("c_1", "paused")
    assert zone.carrier(aboard) == "c_1"
    assert zone.carrier(waiting) == "c_2"


def test_at_the_end_of_the_shift_new_work_goes_to_another() -> None:
    zone = LittleZone(1, shift_s=3000)
    zone.courier(shift_s=9000)
    drop = zone.urgent(3)
    assert zone.carrier(drop) == "c_1"
    change_courier(zone.dispatcher, "c_1", CourierChange(shift_end=NOW + 1), zone.now)
    assert zone.carrier(drop) == "c_2"


def test_a_courier_committed_to_a_counter_at_the_end_of_the_shift_can_finish() -> None:
    zone = LittleZone(1, shift_s=1000)
    zone.urgent(3)
    zone.do("c_1", "departed", "s_1-l0")
    zone.wait(1000)
    assert [(stop.id, stop.drops) for stop in zone.stops("c_1")] == [("s_1-l0", ())]
    zone.do("c_1", "loaded", "s_1-l0")
    assert zone.stops("c_1") == ()


# Reasons


def test_a_plan_is_news_when_a_drop_is_left_out_for_another_reason() -> None:
    zone = LittleZone(1)
    drop = zone.standard(3)
    assert zone.reasons(drop) == ["held"]
    version = zone.plan.version
    move_drop(zone.dispatcher, drop, Move("c_1"), zone.now)
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    assert zone.reasons(drop) == ["shift"]
    assert zone.plan.version > version


# The search


def apart(zone: LittleZone) -> tuple[str, str]:
    """Places two drops for b_5 and gives one to each courier, by hand, unpinned."""
    first, second = zone.urgent(5), zone.urgent(5)
    move_drop(zone.dispatcher, second, Move("c_2", pinned=False), zone.now)
    assert (zone.carrier(first), zone.carrier(second)) == ("c_1", "c_2")
    return first, second


def snapshot_of(zone: LittleZone) -> Snapshot:
    """Returns the snapshot of this moment, as a worker process receives it."""
    snapshot = zone.dispatcher.snapshot(zone.now)
    copy: Snapshot = pickle.loads(pickle.dumps(snapshot))  # noqa: S301
    return copy


def answer(snapshot: Snapshot, **routes: tuple[str, ...]) -> Solution:
    """Returns a solution in which couriers load and then bring these drops."""
    jobs = {job.name: j for j, job in enumerate(snapshot.problem.jobs)}
    found = tuple(
        tuple(
            Activity(jobs[drop], kind)
            for kind in (Kind.PICKUP, Kind.DELIVERY)
            for drop in routes.get(vehicle.name, ())
        )
        for vehicle in snapshot.problem.vehicles
    )
    served = {activity.job for route in found for activity in route}
    return Solution(found, frozenset(jobs.values()) - served)


def test_a_zone_without_work_has_nothing_to_search_for() -> None:
    zone = LittleZone()
    assert zone.dispatcher.snapshot(zone.now) is None


def test_a_snapshot_starts_from_the_published_plan() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    assert snapshot.initial == answer(snapshot, c_1=(first,), c_2=(second,))
    assert snapshot.version == zone.plan.version
    assert violations(snapshot.problem, snapshot.initial) == ()


def test_a_better_answer_is_published_with_its_changes() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot, version = snapshot_of(zone), zone.plan.version
    # Together they save 15 minutes of one courier's time and more than the 240 s that a new
    # courier for a drop (60) and another next stop (180) cost.
    together = answer(snapshot, c_1=(first, second))
    assert zone.dispatcher.adopt(snapshot, together, zone.now)
    assert {zone.carrier(first), zone.carrier(second)} == {"c_1"}
    assert zone.plan.version == version + 1
    assert zone.plan.changes == (Change(second, "c_2", "c_1"),)
    assert zone.journal.commits[-1].events == ()


def test_an_answer_that_is_not_better_is_dropped() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot, plan = snapshot_of(zone), zone.plan
    same = answer(snapshot, c_1=(first,), c_2=(second,))
    swapped = answer(snapshot, c_1=(second,), c_2=(first,))
    for candidate in (same, swapped):
        assert not zone.dispatcher.adopt(snapshot, candidate, zone.now)
    assert zone.plan is plan


def test_orders_placed_meanwhile_are_inserted_into_the_answer() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    third = zone.urgent(1)
    zone.now += 5
    assert zone.dispatcher.adopt(snapshot, answer(snapshot, c_1=(first, second)), zone.now)
    assert zone.carrier(second) == "c_1"
    assert zone.carrier(third) is not None


def test_goods_loaded_meanwhile_stay_with_their_courier() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    zone.load("c_2")
    assert not zone.dispatcher.adopt(snapshot, answer(snapshot, c_1=(first, second)), zone.now)
    assert zone.carrier(second) == "c_2"


def test_drops_cancelled_or_closed_meanwhile_are_left_out_of_the_answer() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    cancel_order(zone.dispatcher, "o_1", zone.now)
    assert not zone.dispatcher.adopt(snapshot, answer(snapshot, c_2=(first, second)), zone.now)
    zone.load("c_2")
    zone.do("c_2", "delivered", "s_2")
    assert not zone.dispatcher.adopt(snapshot, answer(snapshot, c_1=(first, second)), zone.now)
    assert zone.plan.assignments() == {}


def test_an_answer_for_a_courier_who_is_gone_is_mended() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    zone.dispatcher.adopt(snapshot, answer(snapshot, c_1=(first, second)), zone.now)
    assert {zone.carrier(first), zone.carrier(second)} == {"c_2"}


def test_a_pinned_drop_is_not_moved_by_an_older_answer() -> None:
    zone = LittleZone(2)
    first, second = apart(zone)
    snapshot = snapshot_of(zone)
    move_drop(zone.dispatcher, second, Move("c_2"), zone.now)
    assert not zone.dispatcher.adopt(snapshot, answer(snapshot, c_1=(first, second)), zone.now)
    assert zone.carrier(second) == "c_2"


def test_any_nonsense_of_a_search_is_mended_before_it_is_compared() -> None:
    zone = LittleZone(1)
    zone.urgent(5)
    snapshot, plan = snapshot_of(zone), zone.plan
    backwards = Solution(((Activity(0, Kind.DELIVERY), Activity(0, Kind.PICKUP)),))
    for candidate in (backwards, answer(snapshot)):
        assert not zone.dispatcher.adopt(snapshot, candidate, zone.now)
    assert zone.plan is plan


def test_two_stores_serve_from_two_counters() -> None:
    east = type(STORE)("st_2", "East", 60.0, 25.006)
    zone = LittleZone(1, stores=(STORE, east))
    zone.courier(store="st_2")
    here = zone.urgent(1, store="st_1")
    there = zone.urgent(5, store="st_2")
    assert (zone.carrier(here), zone.carrier(there)) == ("c_1", "c_2")
    assert [stop.place.lon for stop in zone.stops("c_2")] == [25.006, 25.005, 25.006]


def test_a_plan_from_an_earlier_life_is_carried_on() -> None:
    zone = LittleZone(2)
    zone.order(a_drop(3), a_drop(4))
    before: Plan = zone.plan
    model = zone.dispatcher.model(zone.state, zone.now)
    proposal = carried(zone.state, model, sequences_of_plan(before))
    zone.dispatcher.publish(zone.now, (), proposal)
    assert zone.plan is before


def test_what_is_planned_anyway_is_worked_out_once_for_a_moment() -> None:
    zone = LittleZone()
    zone.urgent(3)
    found = zone.dispatcher.present(zone.now)
    assert zone.dispatcher.present(zone.now) is found
    assert found.solution == zone.dispatcher.propose(zone.state, zone.now).solution


@pytest.mark.parametrize("what", ["time", "order", "phone", "policy", "streets"])
def test_what_is_planned_anyway_is_worked_out_anew_after_any_news(what: str) -> None:
    zone = LittleZone()
    zone.urgent(3)
    found = zone.dispatcher.present(zone.now)
    if what == "time":
        zone.now += 1
    elif what == "order":
        zone.urgent(4)
    elif what == "phone":
        zone.sees("c_1", 2)
    elif what == "policy":
        zone.dispatcher.policy = replace(zone.dispatcher.policy, handover_s=61)
    else:
        zone.city.travel_epoch += 1
    assert zone.dispatcher.present(zone.now) is not found
