"""The way up: from a solution to stops with ids, times and reasons."""

from __future__ import annotations

from dispatch.crew import change_courier
from dispatch.hand import move_drop
from dispatch.orders import StopKind
from dispatch.plan import Change
from dispatch.requests import CourierChange, Move
from tests.little_city import AT_STORE, HOUR, NOW, LittleZone


def test_a_route_is_loaded_brought_and_ridden_home() -> None:
    zone = LittleZone()
    drop = zone.urgent(3, floor=2)
    load, deliver, home = zone.stops("c_1")
    assert [stop.kind for stop in (load, deliver, home)] == list(StopKind)
    # 15 s to load; 180 to ride, 45 to check in, 60 up; 60 to hand over; 60 down, 180 home.
    times = [(stop.arrival - NOW, stop.departure - NOW) for stop in (load, deliver, home)]
    assert times == [(0, 15), (300, 360), (600, 600)]
    assert (deliver.due_at, deliver.slack_s) == (NOW + 1320, 960)
    assert (load.drops, deliver.drops, home.drops) == ((drop,), (drop,), ())


def test_waiting_for_goods_is_between_arrival_and_start() -> None:
    zone = LittleZone()
    zone.urgent(3, ready_at=NOW + 200)
    load = zone.stops("c_1")[0]
    assert (load.arrival, load.start, load.departure) == (NOW, NOW + 200, NOW + 215)


def test_stops_keep_their_ids_while_the_plan_changes_around_them() -> None:
    zone = LittleZone(capacity=1)
    zone.urgent(1)
    zone.urgent(2)
    assert zone.stop_ids("c_1") == ["s_1-l0", "s_1", "s_1-l1", "s_2", "s_1-r0"]
    zone.load("c_1")
    assert zone.stop_ids("c_1") == ["s_1", "s_1-l1", "s_2", "s_1-r0"]


def test_a_committed_load_stop_is_committed_in_its_place_and_takes_newcomers() -> None:
    zone = LittleZone()
    first = zone.urgent(3)
    zone.do("c_1", "departed", "s_1-l0")
    second = zone.urgent(3)
    load = zone.stops("c_1")[0]
    assert (load.id, load.committed, load.drops) == ("s_1-l0", True, (first, second))


def test_a_committed_load_stop_stays_when_its_goods_are_another_couriers() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    zone.do("c_1", "departed", "s_1-l0")
    move_drop(zone.dispatcher, drop, Move("c_2"), zone.now)
    load = zone.stops("c_1")[0]
    assert (load.id, load.committed, load.drops) == ("s_1-l0", True, ())
    assert zone.stop_ids("c_2") == ["s_2-l0", "s_1", "s_2-r0"]


def test_a_committed_stop_leads_whatever_comes() -> None:
    zone = LittleZone()
    far = zone.urgent(9)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    zone.urgent(1)
    assert zone.stop_ids("c_1") == ["s_1", "s_1-l1", "s_2", "s_1-r0"]
    assert zone.stops("c_1")[0].committed
    assert zone.carrier(far) == "c_1"


def test_a_way_home_that_is_begun_is_committed_and_empty() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_1")
    zone.do("c_1", "departed", "s_1-r0")
    zone.urgent(4)
    home = zone.stops("c_1")[0]
    assert (home.id, home.committed, home.place, home.drops) == ("s_1-r0", True, AT_STORE, ())
    # 180 s home, then 15 to load, 285 to b_4 and 60 to hand over.
    assert zone.eta("d_2") == 540


def test_the_origin_of_a_route_is_the_end_of_the_committed_stop() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "departed", "s_1")
    route = zone.plan.route_of("c_1")
    assert route is not None
    assert (route.origin.building, route.free_at) == ("b_3", NOW + 285)


def test_a_unit_too_heavy_for_anyone_is_a_reason() -> None:
    zone = LittleZone(2, capacity=20)
    drop = zone.urgent(3, load=25)
    (left_out,) = zone.plan.unassigned
    found = [(r.courier, r.kind, r.short_by, r.unit) for r in left_out.reasons]
    assert found == [("c_1", "capacity", 5, "units"), ("c_2", "capacity", 5, "units")]
    assert zone.carrier(drop) is None


def test_without_couriers_a_drop_waits_for_a_shift() -> None:
    zone = LittleZone(0)
    assert zone.reasons(zone.urgent(3)) == ["shift"]


def test_a_shift_too_short_tells_by_how_much() -> None:
    zone = LittleZone(shift_s=400)
    zone.urgent(3)
    (reason,) = zone.plan.unassigned[0].reasons
    # 15 + 225 + 60 s until it is handed over and 180 home.
    assert (reason.kind, reason.short_by, reason.unit) == ("shift", 80, "s")


def test_a_building_that_closes_too_early_is_a_reason() -> None:
    # Houses close at 20:00; ready at 19:58, at the desk at 20:02 at the earliest.
    zone = LittleZone(now=NOW + 9 * HOUR)
    drop = zone.urgent(3, ready_at=NOW + 10 * HOUR - 120)
    assert zone.reasons(drop) == ["closed"]


def test_goods_on_board_for_a_building_about_to_close_are_left_out_with_the_reason() -> None:
    # Houses close at 20:00; at 19:58 the desk is 225 s away.
    zone = LittleZone(2, now=NOW + 10 * HOUR - 600)
    drop = zone.urgent(3)
    zone.load("c_1")
    zone.wait(480)
    assert zone.reasons(drop) == ["closed", "pinned"]
    # A second after eight it is planned for the morning.
    zone.wait(121)
    assert zone.carrier(drop) == "c_1"


def test_who_gets_no_new_work_is_named_with_the_cause() -> None:
    zone = LittleZone(2)
    change_courier(zone.dispatcher, "c_1", CourierChange(paused=True), zone.now)
    change_courier(zone.dispatcher, "c_2", CourierChange(paused=True), zone.now)
    zone.urgent(3)
    reasons = zone.plan.unassigned[0].reasons
    assert [(r.courier, r.kind) for r in reasons] == [("c_1", "shift"), ("c_2", "shift")]
    assert "paused" in reasons[0].text


def test_a_drop_pinned_to_somebody_absent_is_pinned_for_the_others() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    move_drop(zone.dispatcher, drop, Move("c_2"), zone.now)
    change_courier(zone.dispatcher, "c_2", CourierChange(paused=True), zone.now)
    assert zone.reasons(drop) == ["pinned", "shift"]


def test_a_plan_tells_who_has_a_drop_now_and_had_it_before() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    assert zone.plan.changes == (Change(drop, None, "c_1"),)
    move_drop(zone.dispatcher, drop, Move("c_2"), zone.now)
    assert zone.plan.changes == (Change(drop, "c_1", "c_2"),)
    change_courier(zone.dispatcher, "c_2", CourierChange(paused=True), zone.now)
    assert zone.plan.changes == (Change(drop, "c_2", None),)


def test_a_drop_that_is_handed_over_is_no_change() -> None:
    zone = LittleZone()
    zone.urgent(3)
    zone.load("c_1")
    zone.do("c_1", "delivered", "s_1")
    assert zone.plan.changes == ()
    assert zone.plan.assignments() == {}
