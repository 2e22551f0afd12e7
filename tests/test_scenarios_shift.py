"""The shift: a world played against a service that plans one drop after another."""

from dataclasses import replace

import pytest

from dispatch.orders import Item, StopKind
from dispatch.promises import URGENT
from scenarios.couriers import make_riders
from scenarios.demand import (
    CHANGE_OF_MIND_S,
    Fate,
    KnownDesk,
    Preparation,
    WantedDrop,
    WantedOrder,
)
from scenarios.log import Outcome, PlacedOrder, ShiftLog
from scenarios.phone import Tap, hand_over
from scenarios.rounds import PAUSE_S, REACTION_S
from scenarios.route import RouteStop
from scenarios.shift import Shift

GOODS = WantedDrop(KnownDesk("k_1", "Office", "b_1"), (Item("A4-80", 3), Item("PEN-B", 1)))
READY_S, RIDE_S, LOADING_S, HANDOVER_S = 240, 300, 15, 60


class OneByOne:
    """A service that sends its one courier to load a drop, deliver it, and come back."""

    def __init__(self, refuse: str = "") -> None:
        self.version = 0
        self.now = 0
        self.taps: list[tuple[int, str, str | None]] = []
        self.waiting: list[tuple[str, int]] = []
        self.aboard: list[str] = []
        self.returning: tuple[str, ...] | None = None
        self.reports = 0
        self.promise_s, self.hold_s = 1320, 0
        self._refuse = refuse

    def advance(self, now: int) -> None:
        assert now > self.now
        self.now = now

    def place(self, order: WantedOrder) -> PlacedOrder:
        self.version += 1
        drops = tuple(f"d_{order.number}{j}" for j in range(len(order.drops)))
        self.waiting += [(drop, self.now + READY_S) for drop in drops]
        due_at = self.now + self.promise_s
        return PlacedOrder(order, f"o_{order.number}", self.now, due_at, drops, 1320)

    def cancel(self, order: str) -> bool:
        if any(drop.startswith(f"d_{order[2:]}") for drop in self.aboard):
            return False
        self.version += 1
        self.waiting = [w for w in self.waiting if not w[0].startswith(f"d_{order[2:]}")]
        return True

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        if self.aboard:
            return (self._deliver(now, self.aboard[0]),)
        if self.returning is not None:
            return (self._stop("s_r", StopKind.RETURN, self.returning, now, RIDE_S, LOADING_S),)
        if self.waiting:
            drop, ready_at = self.waiting[0]
            stop = self._stop("s_l", StopKind.LOAD, (drop,), now, 0, LOADING_S)
            start = max(now, ready_at + self.hold_s)
            return (replace(stop, start=start, departure=start + LOADING_S),)
        return ()

    def _deliver(self, now: int, drop: str) -> RouteStop:
        stop = self._stop(f"s_{drop}", StopKind.DELIVER, (drop,), now, RIDE_S, HANDOVER_S)
        return replace(stop, line=((24.0, 60.0), (24.1, 60.0)), distance_m=800)

    def _stop(
        self, name: str, kind: StopKind, drops: tuple[str, ...], now: int, ride: int, service: int
    ) -> RouteStop:
        there = now + ride
        return RouteStop(name, kind, drops, there, there, there + service, travel_s=ride)

    def act(self, courier: str, tap: Tap) -> str:
        self.taps.append((tap.at, tap.kind, tap.stop))
        if tap.kind == self._refuse:
            self._refuse = ""
            return "superseded: it moved away"
        self.version += 1
        if tap.kind == "loaded":
            assert tap.drops is not None
            self.aboard += tap.drops
            self.waiting = [w for w in self.waiting if w[0] not in tap.drops]
        elif tap.drop is not None:
            self.aboard.remove(tap.drop)
            rejected = tap.kind == "failed" or any(line.rejected for line in tap.lines)
            self.returning = (tap.drop,) if rejected else ()
        elif tap.stop == "s_r" and tap.kind == ("delivered" if self.returning else "arrived"):
            self.returning = None
        return "applied"

    def report(self, courier: str, lat: float, lon: float, now: int) -> None:
        assert (lat, lon) in {(60.0, 24.0), (60.0, 24.1)}
        self.reports += 1


def an_order(number: int = 1, at: int = 10, fate: Fate = Fate.USUAL, drops: int = 1) -> WantedOrder:
    return WantedOrder(number, at, URGENT, (GOODS,) * drops, fate)


def play(
    service: OneByOne, *orders: WantedOrder, end: int = 600, pause_at: int | None = None
) -> ShiftLog:
    log = ShiftLog(0, end, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    riders[0].pause_at = pause_at
    Shift(service, orders, riders, log).play()
    return log


def test_a_courier_loads_delivers_and_comes_back() -> None:
    service = OneByOne()
    log = play(service, an_order(), an_order(2, at=599))
    # Placed at 10, seen 3 s later; ready at 250, loaded in 15 s; 3 s to look; 300 s ride; 60 s.
    first = [
        (13, "departed", "s_l"),
        (13, "arrived", "s_l"),
        (265, "loaded", "s_l"),
        (268, "departed", "s_d_10"),
        (568, "arrived", "s_d_10"),
        (628, "delivered", "s_d_10"),
        (631, "departed", "s_r"),
        (931, "arrived", "s_r"),
    ]
    assert service.taps[: len(first)] == first
    assert log.closings["d_10"].at == 628
    assert log.faults == []
    assert service.reports == 2


def test_the_play_ends_with_the_last_urgent_drop() -> None:
    log = play(OneByOne(), an_order(), end=300)
    # The next thing to happen after the hand-over at 628 is not played any more.
    assert log.finished == 628
    assert log.open_urgent_drops() == []


def test_a_play_cut_short_is_a_shorter_shift() -> None:
    log = ShiftLog(0, 600, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    shift = Shift(OneByOne(), [an_order(), an_order(2, at=500)], riders, log)

    def interrupt(now: int) -> None:
        if now >= 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shift.play(interrupt)
    shift.stop()
    assert (log.finished, log.end) == (300, 300)
    assert [order.id for order in log.placed] == ["o_1"]
    # Loading is over, the way to the desk is not.
    assert [leg.ended for leg in log.legs] == [265, None]


def test_an_order_that_is_turned_away_is_never_placed() -> None:
    log = ShiftLog(0, 600, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    orders = [an_order(1, at=10), an_order(2, at=20)]
    shift = Shift(OneByOne(), orders, riders, log, takes=lambda order: order.number == 2)
    shift.play()
    assert [placed.id for placed in log.placed] == ["o_2"]
    assert list(log.closings) == ["d_20"]


def test_an_urgent_drop_that_nobody_takes_is_a_fault() -> None:
    service = OneByOne()
    service.route = lambda courier, now: ()  # type: ignore[method-assign]
    log = play(service, an_order())
    assert log.faults == ["urgent drop d_10 was still open at the end"]
    # Demand ended at 600; the couriers get an hour more.
    assert 4140 <= log.finished <= 4200


def test_a_leg_has_the_real_times() -> None:
    log = play(OneByOne(), an_order())
    load, deliver = log.legs[:2]
    assert (load.arrived, load.began, load.ended) == (13, 250, 265)
    assert (deliver.departed, deliver.arrived, deliver.began, deliver.ended) == (268, 568, 568, 628)


def test_a_cancelled_order_ends_a_minute_after_it_came() -> None:
    log = play(OneByOne(), an_order(fate=Fate.CANCELLED))
    assert log.closings["d_10"].at == 10 + CHANGE_OF_MIND_S
    assert log.closings["d_10"].outcome is Outcome.CANCELLED


@pytest.mark.parametrize(
    ("fate", "outcome"), [(Fate.CLOSED, Outcome.CLOSED), (Fate.REJECTED, Outcome.PARTLY)]
)
def test_goods_that_come_back_are_handed_over_at_the_store(fate: Fate, outcome: Outcome) -> None:
    service = OneByOne()
    log = play(service, an_order(fate=fate), an_order(2, at=599))
    assert log.closings["d_10"].outcome is outcome
    # Back at 931, and 15 s to hand the goods over the counter.
    assert (931, "arrived", "s_r") in service.taps
    assert (946, "delivered", "s_r") in service.taps


def test_a_tap_overtaken_by_a_plan_is_counted_and_tried_again() -> None:
    service = OneByOne(refuse="departed")
    log = play(service, an_order())
    assert log.superseded == 1
    assert service.taps[:2] == [(13, "departed", "s_l"), (13 + REACTION_S, "departed", "s_l")]
    assert log.faults == []


def test_a_refused_tap_is_a_fault() -> None:
    service = OneByOne()
    service.act = lambda courier, tap: "rejected: no"  # type: ignore[method-assign]
    log = play(service, an_order())
    assert log.faults[0] == "departed of s_l by Aino was rejected: no"


def test_a_break_is_taken_at_the_store_and_ends() -> None:
    service = OneByOne()
    log = play(service, an_order(), an_order(2, at=599), pause_at=300)
    # At 300 goods are on board; the courier is back at 931 and looks at the phone 3 s later.
    assert log.pauses == [("c_1", 934, 934 + PAUSE_S)]
    assert service.taps[8:11] == [
        (934, "paused", None),
        (1534, "resumed", None),
        (1537, "departed", "s_l"),
    ]


def test_two_plays_of_one_world_are_the_same() -> None:
    orders = [an_order(1, 10), an_order(2, 20, drops=2), an_order(3, 30, Fate.REJECTED)]
    first, second = OneByOne(), OneByOne()
    assert play(first, *orders).legs == play(second, *orders).legs
    assert first.taps == second.taps


def test_one_unit_of_the_first_line_is_rejected() -> None:
    tap, outcome = hand_over(Tap(1, "delivered", 0), "d_1", GOODS, Fate.REJECTED)
    assert [(line.accepted, line.rejected, line.reason) for line in tap.lines] == [
        (2, 1, "dirty"),
        (1, 0, ""),
    ]
    assert outcome is Outcome.PARTLY


def test_orders_of_one_second_come_in_the_order_in_which_they_are_given() -> None:
    log = play(OneByOne(), an_order(2, at=20), an_order(1, at=20), an_order(3, at=10))
    assert [placed.id for placed in log.placed] == ["o_3", "o_2", "o_1"]


def test_an_order_before_the_start_is_refused() -> None:
    log = ShiftLog(100, 600, {"c_1": "Aino"})
    with pytest.raises(ValueError, match="from 100 on, got 99"):
        Shift(OneByOne(), [an_order(at=99)], make_riders(log.couriers, seed=1), log)


def test_the_courier_waits_for_goods_that_are_later_than_announced() -> None:
    late = replace(an_order(), preparation=Preparation(READY_S, READY_S + 100))
    load = play(OneByOne(), late).legs[0]
    # Announced for 250, there at 350; loading takes 15 s.
    assert (load.arrived, load.began, load.ended) == (13, 350, 365)


def test_goods_that_are_there_early_are_taken_early() -> None:
    early = replace(an_order(), preparation=Preparation(READY_S, 100))
    load = play(OneByOne(), early).legs[0]
    # There at 110, though announced for 250.
    assert (load.began, load.ended) == (110, 125)


def test_a_load_that_is_held_back_on_purpose_waits_with_its_goods_there() -> None:
    service = OneByOne()
    service.hold_s = 300
    held = replace(an_order(), preparation=Preparation(READY_S, READY_S))
    load = play(service, held).legs[0]
    # Announced and there at 250; the plan lets it begin at 250 + 300.
    assert (load.began, load.ended) == (550, 565)


def test_an_order_on_board_is_not_called_off_any_more() -> None:
    # On board from 265, 255 s after it came.
    for after_s, outcome in ((254, Outcome.CANCELLED), (256, Outcome.ACCEPTED)):
        order = replace(an_order(fate=Fate.CANCELLED), cancel_after_s=after_s)
        assert play(OneByOne(), order).closings["d_10"].outcome is outcome


@pytest.mark.parametrize(("promise_s", "left"), [(1320, False), (1321, True)])
def test_who_takes_no_longer_time_leaves_at_once(promise_s: int, left: bool) -> None:
    service = OneByOne()
    service.promise_s = promise_s
    log = play(service, replace(an_order(), leaves=True))
    assert log.has_left(log.placed[0]) is left
    assert (log.closings["d_10"].at == 10) is left


def test_who_drops_out_does_not_come_back() -> None:
    service = OneByOne()
    log = ShiftLog(0, 2000, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    riders[0].pause_at, riders[0].drops_out = 300, True
    Shift(service, [an_order(), an_order(2, at=1000)], riders, log).play()
    # Back at the store at 931, and gone 3 s later.
    assert service.taps[-1] == (934, "paused", None)
    assert log.pauses == [("c_1", 934, 2000)]
    assert log.faults == ["urgent drop d_20 was still open at the end"]


def test_who_comes_late_looks_at_nothing_before() -> None:
    service = OneByOne()
    log = ShiftLog(0, 600, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    riders[0].comes_at = 400
    Shift(service, [an_order()], riders, log).play()
    assert service.taps[:2] == [(400, "resumed", None), (403, "departed", "s_l")]


def test_answers_are_timed_by_the_clock_that_is_given() -> None:
    seconds = iter((10.0, 10.25))
    log = ShiftLog(0, 600, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1, sigma=0)
    Shift(OneByOne(), [an_order()], riders, log, clock=lambda: next(seconds)).play()
    assert log.decisions_ms == [250.0]


def test_luck_of_a_world_is_the_same_for_a_drop_whoever_brings_it_after_whatever() -> None:
    first, second = play_two(an_order(5)), play_two(an_order(4, at=5), an_order(5))
    own = {log.legs[-1].stop: log.legs[-1] for log in (first, second)}
    assert set(own) == {"s_d_50"}
    rides = [leg.parked - leg.riding for log in (first, second) for leg in log.legs[-1:]]
    assert rides[0] == rides[1] != RIDE_S


def play_two(*orders: WantedOrder) -> ShiftLog:
    """Plays with luck that belongs to what is done, until the last delivery."""
    log = ShiftLog(0, 100, {"c_1": "Aino"})
    riders = make_riders(log.couriers, seed=1)
    riders[0].world = 7
    Shift(OneByOne(), orders, riders, log).play()
    return log
