"""When promises are due, and how they stand, from what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.calendar_compile import compile_calendar
from dispatch.calendars import Calendar, hours_of, local, measure, second_of_day
from dispatch.errors import InvalidRequest
from dispatch.promise_clocks import (
    Facts,
    Standing,
    answer_of,
    due_of,
    elapsed,
    promise_of,
    started_at,
    state_of,
    warnings_due,
)
from dispatch.promises import (
    BusinessTime,
    CalendarDays,
    Clock,
    Pause,
    Promise,
    PromiseState,
    Service,
    Start,
    WallClock,
    WorkingDays,
)

if TYPE_CHECKING:
    import random

SHANGHAI, HELSINKI = "Asia/Shanghai", "Europe/Helsinki"
MINUTE, HOUR = 60, 3600

CHINA = compile_calendar("cn", [2026], SHANGHAI)
"""Monday to Friday and make-up days, 09:00 to 12:00 and 13:00 to 18:00."""
FINLAND = compile_calendar("fi", range(2026, 2028), HELSINKI)

URGENT = Promise(WallClock(22 * MINUTE))
SPECIAL = Promise(WallClock(22 * MINUTE), starts=Start.GOODS_ARRIVED, answer_s=60)
STANDARD = Promise(WorkingDays(1))
HALF_A_DAY = Promise(BusinessTime(4 * HOUR))
WEEK = Promise(CalendarDays(7))


def at(text: str, timezone: str = SHANGHAI) -> int:
    """Returns the Unix second of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).timestamp())


def due(promise: Promise, start: str, *pauses: Pause) -> str | None:
    """Returns when a promise in China is due, as its clocks show it."""
    found = due_of(promise, at(start), pauses, CHINA)
    return None if found is None else f"{local(found, SHANGHAI):%Y-%m-%d %H:%M}"


def pause(since: str, until: str | None) -> Pause:
    """Returns a pause in China."""
    return Pause("customer", at(since), None if until is None else at(until))


def urgent(now: int, **facts: object) -> Standing:
    """Returns how an urgent order of second 0 stands."""
    return state_of(URGENT, replace(Facts(0), **facts), None, now)  # type: ignore[arg-type]


# --- When it is due ---------------------------------------------------------------------


@pytest.mark.parametrize("placed", ["00:00", "09:00", "17:59", "23:59"])
@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-09-30", "2026-10-08"),
        ("2026-10-09", "2026-10-10"),  # a Saturday that is worked
        ("2026-10-10", "2026-10-12"),
        ("2026-10-11", "2026-10-12"),  # a Sunday that is not
        ("2026-02-13", "2026-02-14"),
        ("2026-02-14", "2026-02-24"),
        ("2026-04-30", "2026-05-06"),
        ("2026-09-18", "2026-09-20"),
        ("2026-09-24", "2026-09-28"),
        ("2026-12-31", "2027-01-04"),
    ],
)
def test_standard_is_due_at_the_close_of_the_next_working_day(
    day: str, following: str, placed: str
) -> None:
    assert due(STANDARD, f"{day} {placed}") == f"{following} 18:00"


def test_a_working_day_may_end_at_midnight() -> None:
    promise = Promise(WorkingDays(1, at_close=False))
    assert due(promise, "2026-10-09 10:00") == "2026-10-11 00:00"
    late = replace(Facts(at("2026-10-09 10:00")), closed_at=at("2026-10-10 23:59:59"))
    assert state_of(promise, late, CHINA, at("2026-10-12 00:00")).state is PromiseState.MET


def test_the_same_working_day_is_the_next_after_it_has_ended() -> None:
    same_day = Promise(WorkingDays(0))
    assert due(same_day, "2026-10-09 17:59") == "2026-10-09 18:00"
    assert due(same_day, "2026-10-09 18:00") == "2026-10-10 18:00"
    assert due(same_day, "2026-10-11 10:00") == "2026-10-12 18:00"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-09-30 16:30", "2026-10-08 11:30"),
        ("2026-10-09 17:00", "2026-10-10 12:00"),
        ("2026-10-12 10:00", "2026-10-12 15:00"),
        ("2026-10-12 20:00", "2026-10-13 14:00"),
    ],
)
def test_half_a_working_day_is_four_business_hours(start: str, end: str) -> None:
    assert due(HALF_A_DAY, start) == end


def test_a_week_ends_at_midnight_of_its_last_day() -> None:
    # Monday to Monday, the first day not counted.
    assert due(WEEK, "2026-11-02 23:59") == "2026-11-10 00:00"


def test_a_week_that_ends_on_a_day_of_rest_ends_with_the_next_working_day() -> None:
    # Friday 25 September + 7 is in National Day, which ends on 7 October.
    assert due(WEEK, "2026-09-25 10:00") == "2026-10-09 00:00"
    # Saturday 3 October + 7 is Saturday 10 October, which is worked.
    assert due(WEEK, "2026-10-03 10:00") == "2026-10-11 00:00"
    assert due(Promise(CalendarDays(7, rolls=False)), "2026-09-25 10:00") == "2026-10-03 00:00"


def test_an_urgent_order_needs_no_calendar_and_runs_through_the_night() -> None:
    assert due_of(URGENT, 1000, (), None) == 1000 + 1320


def test_special_goods_start_the_clock_when_they_arrive() -> None:
    facts = Facts(placed_at=100)
    assert started_at(SPECIAL, facts) is None
    assert due_of(SPECIAL, None, (), None) is None
    arrived = replace(facts, goods_arrived_at=700)
    assert due_of(SPECIAL, started_at(SPECIAL, arrived), (), None) == 700 + 1320
    # Goods that were there before the order wait for it.
    assert started_at(SPECIAL, replace(facts, goods_arrived_at=50)) == 100


# --- Cut-off ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("placed", "standard", "half_a_day"),
    [
        ("2026-10-09 15:59:59", "2026-10-10 18:00", "2026-10-10 10:59"),
        ("2026-10-09 16:00:00", "2026-10-12 18:00", "2026-10-10 14:00"),
        # A Sunday of rest: what comes counts as placed on Monday.
        ("2026-10-11 10:00:00", "2026-10-13 18:00", "2026-10-12 14:00"),
        # Before the opening it is the day itself.
        ("2026-10-12 00:00:00", "2026-10-13 18:00", "2026-10-12 14:00"),
    ],
)
def test_from_the_cut_off_on_an_order_counts_as_placed_on_the_next_working_day(
    placed: str, standard: str, half_a_day: str
) -> None:
    four = 16 * HOUR
    assert due(replace(STANDARD, cut_off=four), placed) == standard
    assert due(replace(HALF_A_DAY, cut_off=four), placed) == half_a_day


def test_a_pause_between_the_cut_off_and_the_opening_moves_nothing() -> None:
    promise = replace(HALF_A_DAY, cut_off=16 * HOUR)
    stop = pause("2026-10-09 16:10", "2026-10-09 17:50")
    assert due(promise, "2026-10-09 16:05", stop) == due(promise, "2026-10-09 16:05")


def test_clocks_that_run_through_the_night_have_no_cut_off() -> None:
    assert due_of(replace(URGENT, cut_off=0), 1000, (), CHINA) == 2320
    assert due(replace(WEEK, cut_off=0), "2026-11-02 10:00") == due(WEEK, "2026-11-02 10:00")


# --- Pauses -----------------------------------------------------------------------------


def test_a_pause_moves_the_wall_clock_by_its_seconds() -> None:
    assert due_of(URGENT, 0, [Pause("customer", 100, 160)], None) == 1380
    assert due_of(URGENT, 0, [Pause("customer", 100, None)], None) is None
    # What was before the start does not count.
    assert due_of(URGENT, 0, [Pause("customer", -50, 10)], None) == 1330


def test_a_pause_in_business_hours_moves_the_due_instant_by_the_business_time_in_it() -> None:
    # 11:30 to 13:30 holds one business hour; 10:00 + 4 h is 15:00.
    stop = pause("2026-10-12 11:30", "2026-10-12 13:30")
    assert due(HALF_A_DAY, "2026-10-12 10:00", stop) == "2026-10-12 16:00"
    # The next working day closes at 18:00; an hour later is 10:00 of the day after.
    assert due(STANDARD, "2026-10-12 10:00", stop) == "2026-10-14 10:00"


def test_a_pause_outside_business_hours_moves_nothing() -> None:
    stops = (
        pause("2026-10-12 12:00", "2026-10-12 13:00"),
        pause("2026-10-12 18:00", "2026-10-13 09:00"),
    )
    for promise in (STANDARD, HALF_A_DAY):
        assert due(promise, "2026-10-12 11:00", *stops) == due(promise, "2026-10-12 11:00")


def test_a_pause_may_carry_a_week_past_a_holiday() -> None:
    # The week ends on Monday 28 September at 24:00, three days later is in National Day.
    stop = pause("2026-09-22 00:00", "2026-09-25 00:00")
    assert due(WEEK, "2026-09-21 10:00") == "2026-09-29 00:00"
    assert due(WEEK, "2026-09-21 10:00", stop) == "2026-10-09 00:00"


def test_a_pause_from_the_due_instant_on_undoes_no_breach() -> None:
    assert due_of(URGENT, 0, [Pause("customer", 1319, 2000)], None) == 2001
    assert due_of(URGENT, 0, [Pause("customer", 1320, 2000)], None) == 1320
    assert due_of(URGENT, 0, [Pause("customer", 1320, None)], None) == 1320
    # The first pause moves it, so that the second begins in time.
    assert due_of(URGENT, 0, [Pause("a", 0, 10), Pause("b", 1320, 1330)], None) == 1340


def test_pauses_that_overlap_count_once() -> None:
    pauses = [
        Pause("a", 100, 200),
        Pause("b", 150, 250),
        Pause("a", 160, 170),
        Pause("c", 250, 260),
    ]
    assert due_of(URGENT, 0, pauses, None) == 1320 + 160


def test_a_pause_that_ends_before_it_began_is_told() -> None:
    with pytest.raises(InvalidRequest, match="run again at 5, before it stopped at 10") as told:
        due_of(URGENT, 0, [Pause("customer", 10, 5)], None)
    assert told.value.cure
    assert due_of(URGENT, 0, [Pause("customer", 10, 10)], None) == 1320


# --- How it stands ----------------------------------------------------------------------


def test_a_promise_runs_to_its_last_second_and_is_breached_after_it() -> None:
    assert urgent(1320) == Standing(PromiseState.RUNNING, 1320, 0, 1.0, False)
    assert urgent(1321) == Standing(PromiseState.BREACHED, 1320, -1, 1.0, False)
    assert urgent(330).used == 0.25


def test_a_tap_is_met_by_its_own_time_however_late_the_phone_comes_back() -> None:
    assert urgent(9999, closed_at=1320) == Standing(PromiseState.MET, 1320, 0, 1.0, False)
    assert urgent(9999, closed_at=660) == Standing(PromiseState.MET, 1320, 660, 0.5, False)
    assert urgent(9999, closed_at=1321) == Standing(PromiseState.MET_LATE, 1320, -1, 1.0, False)


def test_what_is_cancelled_in_time_is_cancelled_and_later_stays_breached() -> None:
    assert urgent(9999, cancelled_at=1320).state is PromiseState.CANCELLED
    assert urgent(9999, cancelled_at=1321).state is PromiseState.BREACHED
    # Taken over at the counter after it was called off, or before.
    assert urgent(9999, closed_at=500, cancelled_at=400).state is PromiseState.CANCELLED
    assert urgent(9999, closed_at=400, cancelled_at=500).state is PromiseState.MET
    assert urgent(9999, closed_at=400, cancelled_at=400).state is PromiseState.MET


def test_a_paused_promise_has_a_due_instant_once_the_end_of_the_pause_is_known() -> None:
    held = urgent(500, pauses=(Pause("customer", 330, None),))
    assert held == Standing(PromiseState.PAUSED, None, None, 0.25, False)
    known = urgent(500, pauses=(Pause("customer", 330, 600),))
    assert known == Standing(PromiseState.PAUSED, 1590, 1090, 0.25, False)
    assert urgent(600, pauses=(Pause("customer", 330, 600),)).state is PromiseState.RUNNING
    assert urgent(330, pauses=(Pause("customer", 330, None),)).state is PromiseState.PAUSED


def test_a_pause_after_the_due_instant_hides_no_breach() -> None:
    held = urgent(5000, pauses=(Pause("customer", 1320, None),))
    assert held == Standing(PromiseState.BREACHED, 1320, -3680, 1.0, False)


def test_what_ends_while_the_clock_stands_still_is_met() -> None:
    pauses = (Pause("customer", 1000, None),)
    # 320 s are left whenever it would run again.
    met = urgent(9999, pauses=pauses, closed_at=5000)
    assert met == Standing(PromiseState.MET, 5320, 320, 1000 / 1320, False)
    assert urgent(9999, pauses=pauses, cancelled_at=5000).state is PromiseState.CANCELLED


def test_goods_that_never_arrive_leave_the_promise_waiting_for_ever() -> None:
    waiting = state_of(SPECIAL, Facts(0), None, 10**9)
    assert waiting == Standing(PromiseState.PAUSED, None, None, 0.0, False)
    cancelled = state_of(SPECIAL, Facts(0, cancelled_at=50), None, 10**9)
    assert cancelled.state is PromiseState.CANCELLED


def test_the_time_used_of_a_working_day_is_business_time() -> None:
    # 10:00 to 18:00 of the next day is 7 h + 8 h; at 12:30 two of the 15 are gone.
    facts = Facts(at("2026-10-12 10:00"))
    half_past = state_of(STANDARD, facts, CHINA, at("2026-10-12 12:30"))
    assert half_past.used == pytest.approx(2 / 15)
    assert half_past.slack_s == 29.5 * HOUR
    assert state_of(STANDARD, facts, CHINA, at("2026-10-12 13:00")).used == half_past.used


def test_an_order_placed_after_hours_for_midnight_is_running_though_it_has_no_business_time() -> (
    None
):
    promise = Promise(WorkingDays(0, at_close=False))
    standing = state_of(promise, Facts(at("2026-10-12 20:00")), CHINA, at("2026-10-12 21:00"))
    assert standing.state is PromiseState.RUNNING
    assert standing.used == 0


def test_an_old_promise_is_still_told_when_its_calendar_has_long_ended() -> None:
    facts = Facts(at("2026-10-12 10:00"))
    long_after = at("2035-01-01 00:00")
    assert state_of(STANDARD, facts, CHINA, long_after).state is PromiseState.BREACHED
    held = replace(facts, pauses=(Pause("customer", at("2026-10-12 11:00")),))
    assert state_of(STANDARD, held, CHINA, long_after).state is PromiseState.PAUSED


def test_a_promise_into_a_year_not_yet_published_says_so() -> None:
    now = at("2026-12-31 12:00")
    standing = state_of(STANDARD, Facts(now), CHINA, now)
    assert (standing.provisional, standing.state) == (True, PromiseState.RUNNING)
    # Due on 31 December at 24:00, the last second of the year.
    tonight = Promise(WorkingDays(0, at_close=False))
    assert not state_of(tonight, Facts(now), CHINA, now).provisional
    assert not state_of(URGENT, Facts(now), CHINA, now).provisional


# --- Warnings and the first answer --------------------------------------------------------


def test_warnings_are_due_when_half_and_four_fifths_of_the_time_are_used() -> None:
    assert warnings_due(URGENT, 0, (), None) == ((0.5, 660), (0.8, 1056))
    start = at("2026-10-12 10:00")
    # Half of 4 h is 12:00; 3 h 12 min are used 1 h 12 min after lunch.
    found = warnings_due(HALF_A_DAY, start, (), CHINA)
    assert found == ((0.5, at("2026-10-12 12:00")), (0.8, at("2026-10-12 14:12")))
    # Half of 15 h is 17:30 + 0, four fifths are 12 h: seven on Monday, five on Tuesday.
    found = warnings_due(STANDARD, start, (), CHINA)
    assert found == ((0.5, at("2026-10-13 09:30")), (0.8, at("2026-10-13 15:00")))


def test_a_warning_is_put_off_by_a_pause_and_never_due_in_an_endless_one() -> None:
    assert warnings_due(URGENT, 0, [Pause("a", 700, 800)], None) == ((0.5, 660), (0.8, 1156))
    assert warnings_due(URGENT, 0, [Pause("a", 700, None)], None) == ((0.5, 660),)
    assert warnings_due(SPECIAL, None, (), None) == ()


def test_the_first_answer_is_due_a_minute_after_placing_whatever_the_goods_do() -> None:
    now = 60
    waiting = answer_of(SPECIAL, Facts(0, pauses=(Pause("customer", 10),)), now)
    assert waiting == Standing(PromiseState.RUNNING, 60, 0, 1.0, False)
    states = {
        answered: standing.state
        for answered in (None, 60, 61)
        if (standing := answer_of(SPECIAL, Facts(0, answered_at=answered), 61)) is not None
    }
    assert states == {
        None: PromiseState.BREACHED,
        60: PromiseState.MET,
        61: PromiseState.MET_LATE,
    }
    handed_over = answer_of(SPECIAL, Facts(0, closed_at=30), 99)
    assert handed_over is not None
    assert handed_over.state is PromiseState.MET
    assert answer_of(URGENT, Facts(0), 99) is None


# --- Pinning ----------------------------------------------------------------------------


def test_a_promise_is_pinned_to_the_calendar_it_was_given_by() -> None:
    standard = Service("standard", WorkingDays(1), False, False, cut_off=64_800, calendar="cn")
    given = promise_of(standard, CHINA, at("2026-10-09 10:00"))
    assert given == Promise(WorkingDays(1), cut_off=64_800, calendar=CHINA.version)
    assert promise_of(standard, CHINA, at("2026-12-31 10:00")).provisional
    assert promise_of(Service("urgent", WallClock(1320), True, False), None, 0) == URGENT


def test_another_version_of_the_calendar_is_refused() -> None:
    pinned = replace(STANDARD, calendar=CHINA.version)
    shorter = compile_calendar("cn", [2026], SHANGHAI, ((9 * HOUR, 17 * HOUR),))
    with pytest.raises(InvalidRequest, match="not by") as told:
        due_of(pinned, 0, (), shorter)
    assert told.value.code == "other-calendar"


@pytest.mark.parametrize("clock", [BusinessTime(60), WorkingDays(1), CalendarDays(1)])
def test_a_service_whose_clock_has_no_calendar_is_told(clock: Clock) -> None:
    with pytest.raises(InvalidRequest, match="has no calendar") as told:
        promise_of(Service("slow", clock, False, False), None, 0)
    assert told.value.at == "service slow"
    assert told.value.code == "no-calendar"
    assert told.value.cure


def test_nothing_is_promised_beyond_the_calendar() -> None:
    standard = Service("standard", WorkingDays(1), False, False, calendar="cn")
    promise_of(standard, CHINA, at("2028-12-28 10:00"))
    with pytest.raises(InvalidRequest, match="2029-01-01 is not in the calendar"):
        promise_of(standard, CHINA, at("2028-12-29 10:00"))


# --- Properties -------------------------------------------------------------------------

CALENDARS = st.sampled_from([CHINA, FINLAND])
# Half-hours from Monday 23 March 2026: a change of clocks in Finland, Easter, Tomb-Sweeping Day.
STARTS = st.integers(0, 700).map(lambda i: at("2026-03-23 00:00") + i * 30 * MINUTE)
CLOCKS: st.SearchStrategy[Clock] = st.one_of(
    st.integers(1, 100_000).map(WallClock),
    st.integers(1, 100_000).map(BusinessTime),
    st.builds(WorkingDays, st.integers(0, 4), st.booleans()),
    st.builds(CalendarDays, st.integers(0, 9), st.booleans()),
)
CUT_OFFS = st.sampled_from([None, 16 * HOUR])
SPANS = st.lists(
    st.tuples(st.integers(-50, 300), st.integers(0, 60)).map(
        lambda p: (p[0] * 15 * MINUTE, (p[0] + p[1]) * 15 * MINUTE)
    ),
    max_size=4,
)


def pauses_of(start: int, spans: list[tuple[int, int]]) -> tuple[Pause, ...]:
    """Returns pauses at these seconds after the start."""
    return tuple(Pause("customer", start + a, start + b) for a, b in spans)


@given(CALENDARS, CLOCKS, CUT_OFFS, STARTS, STARTS)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar, clock: Clock, cut_off: int | None, one: int, other: int
) -> None:
    early, late = sorted((one, other))
    promise = Promise(clock, cut_off=cut_off)
    first = due_of(promise, early, (), calendar)
    second = due_of(promise, late, (), calendar)
    assert first is not None
    assert second is not None
    assert early < first <= second


@given(CALENDARS, CLOCKS, STARTS)
def test_more_time_is_never_due_earlier(calendar: Calendar, clock: Clock, start: int) -> None:
    more: Clock
    if isinstance(clock, WallClock | BusinessTime):
        more = replace(clock, seconds=clock.seconds + 1)
    else:
        more = replace(clock, days=clock.days + 1)
    first = due_of(Promise(clock), start, (), calendar)
    second = due_of(Promise(more), start, (), calendar)
    assert first is not None
    assert second is not None
    assert first <= second


@given(CALENDARS, st.integers(1, 400), STARTS, SPANS)
def test_business_time_ends_where_counting_minute_by_minute_ends(
    calendar: Calendar, minutes: int, start: int, spans: list[tuple[int, int]]
) -> None:
    pauses = pauses_of(start, spans)
    promise = Promise(BusinessTime(minutes * MINUTE))
    left = minutes
    for now in count(start, MINUTE):
        if left == 0:
            break
        second = second_of_day(now, calendar.timezone)
        day = local(now, calendar.timezone).date()
        is_open = any(a <= second < b for a, b in hours_of(calendar, day))
        held = any(p.since <= now < (p.until or 0) for p in pauses)
        left -= is_open and not held
    assert due_of(promise, start, pauses, calendar) == now


@given(CALENDARS, CLOCKS, STARTS, st.integers(0, 40 * HOUR), st.integers(0, 40 * HOUR))
def test_a_pause_moves_the_due_instant_by_exactly_the_time_in_it(
    calendar: Calendar, clock: Clock, start: int, after: int, length: int
) -> None:
    promise = Promise(clock)
    plain = due_of(promise, start, (), calendar)
    moved = due_of(promise, start, pauses_of(start, [(after, after + length)]), calendar)
    assert plain is not None
    assert moved is not None
    since, until = start + after, start + after + length
    if since >= plain:
        assert moved == plain
    elif isinstance(clock, BusinessTime | WorkingDays):
        assert measure(calendar, plain, moved) == measure(calendar, since, until)
    elif isinstance(clock, WallClock) or not clock.rolls:
        assert moved == plain + length
    else:
        assert moved >= plain


@given(CALENDARS, CLOCKS, CUT_OFFS, STARTS, SPANS, st.integers(0, 200), st.randoms())
def test_the_order_of_what_happened_is_irrelevant_and_time_only_goes_on(
    calendar: Calendar,
    clock: Clock,
    cut_off: int | None,
    start: int,
    spans: list[tuple[int, int]],
    after: int,
    chance: random.Random,
) -> None:
    promise, pauses = Promise(clock, cut_off=cut_off), pauses_of(start, spans)
    shuffled = chance.sample(pauses, len(pauses))
    now = start + after * HOUR
    standing = state_of(promise, Facts(start, pauses=pauses), calendar, now)
    assert standing == state_of(promise, Facts(start, pauses=tuple(shuffled)), calendar, now)
    later = state_of(promise, Facts(start, pauses=pauses), calendar, now + HOUR)
    assert 0 <= standing.used <= later.used <= 1
    if standing.state is PromiseState.BREACHED:
        assert later.state is PromiseState.BREACHED


@given(CALENDARS, CLOCKS, CUT_OFFS, STARTS, SPANS)
def test_warnings_come_in_order_when_their_share_is_used_and_not_before(
    calendar: Calendar,
    clock: Clock,
    cut_off: int | None,
    start: int,
    spans: list[tuple[int, int]],
) -> None:
    promise, pauses = Promise(clock, cut_off=cut_off), pauses_of(start, spans)
    due_at = due_of(promise, start, pauses, calendar)
    warnings = warnings_due(promise, start, pauses, calendar)
    assert due_at is not None
    assert [share for share, _ in warnings] == [0.5, 0.8]
    instants = [instant for _, instant in warnings]
    assert instants == sorted(instants)
    # A pause may carry a week past a holiday, which gives it more than it has used.
    if not isinstance(clock, CalendarDays):
        used = [elapsed(promise, start, pauses, calendar, instant) for instant in instants]
        before = [elapsed(promise, start, pauses, calendar, instant - 1) for instant in instants]
        total = elapsed(promise, start, pauses, calendar, due_at)
        assert instants[-1] <= due_at
        if total > 1:
            assert [u / total >= s for u, (s, _) in zip(used, warnings, strict=True)] == [True] * 2
            assert [u / total < s for u, (s, _) in zip(before, warnings, strict=True)] == [True] * 2
