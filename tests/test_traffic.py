"""Reports of traffic in a zone: what they do to times, when they end, what is refused."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

from dispatch.areas import Area
from dispatch.errors import CityError, Conflict, DispatchError, InvalidRequest, NotFound
from dispatch.live import AreaSpeed, SegmentSpeed, live_streets
from dispatch.store import Database
from dispatch.traffic import end_traffic, restore, set_traffic
from dispatch.traffic_checks import TrafficRequest
from tests.little_city import NOW, LittleZone
from tests.live_city import LiveCity, live_zone, restarted, told

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.live import Traffic


def box(west: float, east: float) -> Area:
    """Returns the street from a block to another, ends in blocks."""
    a, b = 25 + west / 1000, 25 + east / 1000
    return Area((((59.9, a), (59.9, b), (60.1, b), (60.1, a)),))


def segment(block: int, kmh: float) -> SegmentSpeed:
    """Returns a speed from a block to the next."""
    return SegmentSpeed(100 + block, 101 + block, kmh)


def report(zone: LittleZone, *parts: SegmentSpeed | AreaSpeed, until: int | None = None) -> Traffic:
    request = TrafficRequest(
        tuple(p for p in parts if isinstance(p, SegmentSpeed)),
        tuple(p for p in parts if isinstance(p, AreaSpeed)),
        until,
    )
    return set_traffic(zone.dispatcher, request, zone.now)


def refused(zone: LittleZone, *parts: SegmentSpeed | AreaSpeed, until: int | None = None) -> str:
    """Returns the code by which a report is refused, having checked that nothing is half done."""
    before = (zone.state, zone.plan, dict(told(zone)), len(zone.journal.commits))
    with pytest.raises(DispatchError) as caught:
        report(zone, *parts, until=until)
    assert before == (zone.state, zone.plan, told(zone), len(zone.journal.commits))
    return caught.value.code


def test_the_next_plan_has_the_new_times_and_their_epoch() -> None:
    zone = live_zone()
    drop = zone.urgent(2)
    before, epoch = zone.eta(drop), zone.plan.travel_epoch
    made = report(zone, segment(0, 5))
    # A block at 5 km/h takes three minutes instead of one.
    assert zone.eta(drop) == before + 120
    assert zone.plan.travel_epoch == zone.city.travel_epoch == epoch + 1
    assert (made.id, list(zone.state.traffic)) == ("t_1", ["t_1"])
    end_traffic(zone.dispatcher, "t_1", zone.now)
    assert zone.eta(drop) == before
    assert not zone.state.traffic
    # An id is never given again.
    assert report(zone, segment(0, 5)).id == "t_2"


def test_an_area_sets_the_segments_with_their_middle_inside_both_ways() -> None:
    zone = live_zone()
    # From 0.4 to 2.6: the middles of blocks 0-1, 1-2 and 2-3 are 0.5, 1.5 and 2.5.
    report(zone, AreaSpeed(box(0.4, 2.6), 10))
    assert set(told(zone)) == {(a, b) for n in (100, 101, 102) for a, b in ((n, n + 1), (n + 1, n))}
    end_traffic(zone.dispatcher, "t_1", zone.now)
    # From 0.6 to 2.4 only that of 1-2 is left.
    report(zone, AreaSpeed(box(0.6, 2.4), 10))
    assert set(told(zone)) == {(101, 102), (102, 101)}


def test_a_hole_in_an_area_is_not_in_it() -> None:
    zone = live_zone()
    ring, hole = box(0.4, 2.6).rings[0], box(1.2, 1.8).rings[0]
    report(zone, AreaSpeed(Area((ring, hole)), 10))
    assert (101, 102) not in told(zone)
    assert {(100, 101), (102, 103)} <= set(told(zone))


def test_the_latest_report_holds_and_the_one_before_holds_again() -> None:
    zone = live_zone()
    report(zone, segment(0, 5), segment(1, 5))
    report(zone, segment(0, 10))
    assert told(zone) == {(100, 101): 10, (101, 102): 5}
    end_traffic(zone.dispatcher, "t_2", zone.now)
    assert told(zone) == {(100, 101): 5, (101, 102): 5}


def test_a_report_ends_by_the_tick_at_its_moment() -> None:
    zone = live_zone(0)
    report(zone, segment(0, 5), until=NOW + 60)
    zone.wait(59)
    assert told(zone)
    zone.wait(1)
    # Nothing is planned, and the end is in the log all the same.
    assert not told(zone)
    assert not zone.state.traffic
    assert zone.journal.fold(zone.empty).traffic == {}


def test_a_report_for_the_present_second_is_over_and_one_for_the_next_is_not() -> None:
    zone = live_zone()
    assert refused(zone, segment(0, 5), until=NOW) == "traffic-over"
    assert report(zone, segment(0, 5), until=NOW + 1).until == NOW + 1


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "empty-traffic"),
        ((segment(0, 0.9),), "bad-speed"),
        ((segment(0, 200.1),), "bad-speed"),
        ((segment(0, -1),), "bad-speed"),
        ((segment(0, float("nan")),), "bad-speed"),
        ((segment(0, 5), segment(0, 6)), "contradictory-speeds"),
        ((segment(0, 5), AreaSpeed(box(0.4, 0.6), 6)), "contradictory-speeds"),
        ((AreaSpeed(box(0, 2), 5), AreaSpeed(box(1, 3), 6)), "contradictory-speeds"),
        ((AreaSpeed(box(0.6, 0.9), 5),), "empty-area"),
        ((segment(0, 5), segment(30, 5)), "unknown-segment"),
        ((SegmentSpeed(100, 102, 5),), "unknown-segment"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_whole(
    parts: tuple[SegmentSpeed | AreaSpeed, ...], code: str
) -> None:
    assert refused(live_zone(), *parts) == code


def test_one_speed_told_twice_is_no_contradiction() -> None:
    zone = live_zone()
    report(zone, segment(0, 5), AreaSpeed(box(0, 2), 5))
    assert told(zone)[100, 101] == 5


@pytest.mark.parametrize("kmh", [1, 200])
def test_the_slowest_and_the_fastest_speed_are_taken(kmh: float) -> None:
    zone = live_zone()
    report(zone, segment(0, kmh))
    assert told(zone) == {(100, 101): kmh}


def test_an_area_with_its_coordinates_swapped_is_told_so() -> None:
    with pytest.raises(InvalidRequest, match="look swapped"):
        report(live_zone(), AreaSpeed(box(0, 2).swapped(), 5))


def test_a_desk_that_is_cut_off_gets_no_order_until_the_street_is_open() -> None:
    zone = live_zone()
    report(zone, segment(1, 0))
    with pytest.raises(CityError, match="closed"):
        zone.urgent(2)
    assert not zone.state.orders
    end_traffic(zone.dispatcher, "t_1", zone.now)
    assert zone.eta(zone.urgent(2)) > 0


def test_a_commit_that_fails_leaves_the_speeds_as_they_were() -> None:
    zone = live_zone()
    report(zone, segment(0, 5))
    zone.journal.broken = True
    with pytest.raises(OSError, match="full"):
        report(zone, segment(0, 10), segment(1, 10))
    assert told(zone) == {(100, 101): 5}
    with pytest.raises(OSError, match="full"):
        end_traffic(zone.dispatcher, "t_1", zone.now)
    assert told(zone) == {(100, 101): 5}


def test_ending_what_is_not_in_force_is_an_error() -> None:
    with pytest.raises(NotFound, match="t_9"):
        end_traffic(live_zone().dispatcher, "t_9", NOW)


def test_a_city_without_live_streets_says_so() -> None:
    zone = LittleZone()
    assert live_streets(zone.city) is None
    with pytest.raises(Conflict, match="no reports"):
        report(zone, segment(0, 5))


def test_a_restart_puts_the_reports_in_force_again() -> None:
    zone = live_zone()
    report(zone, segment(0, 5), AreaSpeed(box(3, 5), 10))
    report(zone, segment(0, 8))
    again = restarted(zone, zone.journal.fold(zone.empty))
    restore(again.dispatcher, again.now)
    assert told(again) == told(zone)
    assert not again.journal.commits


def test_a_restart_ends_what_is_over_and_what_the_map_no_longer_has() -> None:
    zone = live_zone()
    report(zone, segment(0, 5), until=NOW + 100)
    report(zone, segment(29, 5))
    report(zone, segment(1, 5))
    zone.now += 100
    again = restarted(zone, zone.journal.fold(zone.empty))
    city = cast("LiveCity", again.city)
    # A newer map ends at block 29.
    known = city.set_speeds

    def set_speeds(kmh: dict[tuple[int, int], float | None]) -> int:
        if (129, 130) in kmh:
            raise CityError("There is no segment.", code="unknown-segment")
        return known(kmh)

    city.set_speeds = set_speeds  # type: ignore[method-assign,assignment]
    restore(again.dispatcher, again.now)
    assert told(again) == {(101, 102): 5}
    assert list(again.state.traffic) == ["t_3"]


def test_reports_are_durable_and_their_numbers_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/zone.db"
    zone = live_zone(0)
    for kmh in (5, 6):
        report(zone, segment(0, kmh), AreaSpeed(box(3, 5), 10))
    end_traffic(zone.dispatcher, "t_2", zone.now)
    with closing(Database.open(url)) as database:
        database.start_zone("little")
        for commit in zone.journal.commits:
            database.commit("little", commit)
    with closing(Database.open(url)) as database:
        state = database.load("little", zone.empty.stores)[0]
        assert state == zone.state == database.fold("little", zone.empty.stores)
    again = restarted(zone, state)
    assert report(again, segment(0, 5)).id == "t_3"
