"""Taps come in batches, numbered by the phone: each counts once, in order, and none is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.events import EvidenceKept
from dispatch.hand import move_drop
from dispatch.numbering import SequenceGap
from dispatch.orders import DropStatus, Line
from dispatch.requests import Move
from dispatch.taps import ABOUT_GOODS
from tests.little_city import HOUR, NOW, LittleZone, an_action

if TYPE_CHECKING:
    from dispatch.requests import Action, ActionAnswer

DAY = 24 * HOUR


def at_work() -> LittleZone:
    """Returns a zone in which c_1 is to bring d_1 to b_3."""
    zone = LittleZone()
    zone.urgent(3)
    return zone


def the_round() -> list[Action]:
    """Returns all that c_1 taps for d_1, from number 1 on."""
    kinds = ("departed", "arrived", "loaded")
    load = [an_action(f"a{i}", i, kind, "s_1-l0") for i, kind in enumerate(kinds, 1)]
    kinds = ("departed", "arrived", "delivered")
    return load + [an_action(f"a{i}", i, kind, "s_1") for i, kind in enumerate(kinds, 4)]


def results(answers: tuple[ActionAnswer, ...]) -> list[str]:
    return [answer.result for answer in answers]


def kept(zone: LittleZone) -> list[EvidenceKept]:
    """Returns the evidence that somebody was told of."""
    events = (event for commit in zone.journal.commits for event in commit.events)
    return [event for event in events if isinstance(event, EvidenceKept)]


# Numbers


def test_a_batch_goes_on_where_the_one_before_ended() -> None:
    zone, taps = at_work(), the_round()
    assert results(zone.send("c_1", *taps[:2])) == ["applied"] * 2
    assert results(zone.send("c_1", *taps[2:])) == ["applied"] * 4
    assert zone.drop("d_1").status is DropStatus.ACCEPTED


@pytest.mark.parametrize(
    ("sent", "expected", "missing", "got"),
    [
        # After 2, number 4 has nothing before it; nor has 6 after 3, 4 though they are there.
        ((4,), 3, 3, 4),
        ((3, 4, 6), 3, 5, 6),
    ],
)
def test_a_gap_takes_nothing_and_tells_where_to_begin(
    sent: tuple[int, ...], expected: int, missing: int, got: int
) -> None:
    zone, taps = at_work(), the_round()
    zone.send("c_1", *taps[:2])
    commits = list(zone.journal.commits)
    with pytest.raises(SequenceGap, match=f"number {missing} is missing before number {got}") as e:
        zone.send("c_1", *(taps[n - 1] for n in sent))
    assert e.value.more == {"expected_seq": expected}
    assert zone.journal.commits == commits
    assert results(zone.send("c_1", *taps[expected - 1 :])) == ["applied"] * 4


@pytest.mark.parametrize("begin", [0, 1, 17, 2**53])
def test_the_first_taps_ever_heard_begin_anywhere(begin: int) -> None:
    zone = at_work()
    taps = [replace(tap, seq=begin + i) for i, tap in enumerate(the_round())]
    assert results(zone.send("c_1", *taps)) == ["applied"] * 6


def test_the_first_taps_have_no_gap_among_them_either() -> None:
    zone, taps = at_work(), the_round()
    with pytest.raises(SequenceGap) as gap:
        zone.send("c_1", taps[0], taps[2])
    assert gap.value.more == {"expected_seq": 1}


def test_each_courier_has_numbers_of_its_own() -> None:
    zone = LittleZone(2)
    for courier, begin in (("c_1", 5), ("c_2", 80)):
        for number in (begin, begin + 1):
            tap = an_action(f"{courier}-{number}", number, "resumed")
            assert results(zone.send(courier, tap)) == ["applied"]


def test_a_number_belongs_to_the_tap_that_had_it_first() -> None:
    zone, taps = at_work(), the_round()
    zone.send("c_1", *taps[:3])
    (answer,) = zone.send("c_1", an_action("other", 3, "loaded", "s_1-l0"))
    assert (answer.result, answer.reason) == ("rejected", "The number 3 belongs to the tap a3.")
    # It is kept, tells the dispatcher, and is not in the way of what follows.
    assert [event.action for event in kept(zone)] == ["other"]
    assert results(zone.send("c_1", an_action("other", 3, "loaded", "s_1-l0"))) == ["duplicate"]
    assert results(zone.send("c_1", taps[3])) == ["applied"]


def test_a_tap_from_before_the_first_one_heard_is_too_late() -> None:
    zone, taps = at_work(), the_round()
    zone.send("c_1", *taps[2:3])
    (answer,) = zone.send("c_1", taps[1])
    assert answer.result == "superseded"
    assert answer.reason == "The taps up to number 3 were taken before number 2 came."


# Ids


def test_a_duplicate_says_what_it_was_answered_first() -> None:
    zone, taps = at_work(), the_round()
    early = replace(taps[5], seq=1)
    (first,) = zone.send("c_1", early)
    (again,) = zone.send("c_1", early)
    assert (first.result, first.reason) == ("rejected", "d_1 was not loaded by c_1.")
    assert (again.result, again.first, again.reason) == ("duplicate", "rejected", first.reason)


def test_an_id_belongs_to_one_tap_and_the_other_is_kept_once() -> None:
    zone, taps = at_work(), the_round()
    zone.send("c_1", *taps[:2])
    other = replace(taps[2], action_id="a1")
    (answer,) = zone.send("c_1", other)
    assert answer.action_id == "a1"
    assert (answer.result, answer.reason) == (
        "rejected",
        "The action id a1 belongs to another tap of the courier.",
    )
    (again,) = zone.send("c_1", other)
    assert (again.action_id, again.result, again.first) == ("a1", "duplicate", "rejected")
    assert len(kept(zone)) == 1
    # The tap that had the id first has the answer it had, and its number is not used up.
    assert zone.send("c_1", taps[0])[0].first == "applied"
    assert results(zone.send("c_1", replace(taps[2], seq=4))) == ["applied"]


def test_twice_in_one_batch_is_once() -> None:
    zone, taps = at_work(), the_round()
    answers = zone.send("c_1", *(tap for tap in taps for _ in (1, 2)))
    assert results(answers) == ["applied", "duplicate"] * 6


def test_one_id_for_two_taps_of_a_batch_does_not_stop_those_behind() -> None:
    zone, taps = at_work(), the_round()
    twin = an_action("a1", 2, "paused")
    behind = an_action("a3", 3, "arrived", "s_1-l0")
    assert results(zone.send("c_1", taps[0], twin, behind)) == ["applied", "rejected", "applied"]


# Evidence


def test_a_tap_is_kept_as_it_was_sent() -> None:
    zone, taps = at_work(), the_round()
    tap = replace(taps[0], occurred_at=NOW - DAY)
    (answer,) = zone.send("c_1", tap, device_now=NOW - DAY + 5)
    assert answer.evidence is not None
    assert answer.evidence.action == tap
    assert (answer.evidence.device_now, answer.evidence.received_at) == (NOW - DAY + 5, NOW)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off_moves_nothing(days: int) -> None:
    zone = at_work()
    for n, tap in enumerate(the_round(), 1):
        zone.now = NOW + 60 * n
        off = zone.now + days * DAY
        zone.send("c_1", replace(tap, occurred_at=off - 7), device_now=off)
    assert zone.drop("d_1").closed_at == NOW + 360 - 7


def test_a_hand_over_of_what_moved_away_is_told_to_the_dispatcher() -> None:
    zone = LittleZone(2)
    drop = zone.urgent(3)
    move_drop(zone.dispatcher, drop, Move("c_2"), zone.now)
    zone.load("c_2", drop)
    lines = (Line("paper", 1),)
    late = an_action("late", 1, "delivered", "s_1", lines=lines, occurred_at=NOW - 9)
    (answer,) = zone.send("c_1", late)
    assert (answer.result, answer.reason) == ("superseded", "d_1 is with c_2.")
    (event,) = kept(zone)
    assert (event.courier, event.action, event.tap, event.drop) == (
        "c_1",
        "late",
        "delivered",
        "d_1",
    )
    assert (event.result, event.reason) == ("superseded", "d_1 is with c_2.")
    assert (event.lines, event.occurred_at) == (lines, NOW - 9)
    # It changes no drop, but the courier was heard.
    assert zone.drop(drop).status is DropStatus.ON_BOARD
    assert zone.state.couriers["c_1"].heard_at == NOW - 9


@pytest.mark.parametrize("kind", ["departed", "arrived", "loaded", "delivered", "failed"])
def test_only_what_is_about_goods_is_told(kind: str) -> None:
    zone = at_work()
    rest: dict[str, Any] = {"reason": "closed"} if kind == "failed" else {}
    (answer,) = zone.send("c_1", an_action("x", 1, kind, "s_nowhere", **rest))
    assert answer.result == "rejected"
    assert [event.drop for event in kept(zone)] == ([None] if kind in ABOUT_GOODS else [])


# Whatever the network does


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Returns parts of the queue, from and to, as they reach the server: in any order, again."""
    parts = st.tuples(st.integers(0, 5), st.integers(1, 6)).filter(lambda part: part[0] < part[1])
    return draw(st.lists(parts, max_size=12))


@settings(max_examples=40, deadline=None)
@given(deliveries(), st.lists(st.sampled_from((0, 1, 1, 2)), min_size=6, max_size=6))
def test_a_queue_ends_the_same_however_it_gets_there(
    parts: list[tuple[int, int]], shuffle: list[int]
) -> None:
    """Answers that are lost are parts sent again; a phone begins with its first tap."""
    taps = the_round()
    once, flaky = at_work(), at_work()
    wanted = {answer.action_id: answer for answer in once.send("c_1", *taps)}
    first: dict[str, str] = {}
    for begin, end in [(0, 1), *parts, (0, 6)]:
        part = sorted(taps[begin:end], key=lambda tap: shuffle[tap.seq - 1])
        try:
            answers = flaky.send("c_1", *part)
        except SequenceGap as gap:
            # Something before has not arrived: the phone sends from there.
            answers = flaky.send("c_1", *taps[cast("int", gap.more["expected_seq"]) - 1 :])
        for answer in answers:
            first[answer.action_id] = answer.first or answer.result
            assert first[answer.action_id] == wanted[answer.action_id].result
    assert set(first) == set(wanted)
    assert flaky.state == once.state
    assert flaky.plan == once.plan
