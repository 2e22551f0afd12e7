"""The shift: a world played against a service that plans one drop after another."""

from dataclasses import replace

import pytest

from dispatch.orders import Item, StopKind
from dispatch.promises import URGENT
from scenarios.agenda import Agenda
from scenarios.couriers import make_riders
from scenarios.demand import Fate, KnownDesk, WantedDrop, WantedOrder
from scenarios.log import Outcome, PlacedOrder, ShiftLog
from scenarios.phone import Tap, hand_over
from scenarios.rounds import PAUSE_S, REACTION_S
from scenarios.route import RouteStop
from scenarios.shift import CHANGE_OF_MIND_S, Shift

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
        self._refuse = refuse

    def advance(self, now: int) -> None:
        assert now > self.now
        self.now = now

    def place(self, order: WantedOrder) -> PlacedOrder:
        self.version += 1
        drops = tuple(f"d_{order.number}{j}" for j in range(len(order.drops)))
        self.waiting += [(drop, self.now + READY_S) for drop in drops]
        due_at = self.now + 1320
        return PlacedOrder(order, f"o_{order.number}", self.now, due_at, drops, 1320)

    def cancel(self, order: str) -> None:
        self.version += 1
        self.waiting = [w for w in self.waiting if not w[0].startswith(f"d_{order[2:]}")]

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        if self.aboard:
            return (self._deliver(now, self.aboard[0]),)
        if self.returning is not None:
            return (self._stop("s_r", StopKind.RETURN, self.returning, now, RIDE_S, LOADING_S),)
        if self.waiting:
            drop, ready_at = self.waiting[0]
            stop = self._stop("s_l", StopKind.LOAD, (drop,), now, 0, LOADING_S)
            start = max(now, ready_at)
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


def test_what_is_due_at_one_moment_happens_in_order_of_entry() -> None:
    agenda, happened = Agenda(0), list[str]()
    for at, name in ((5, "b"), (3, "a"), (5, "c")):
        agenda.enter(at, lambda name=name: happened.append(name))  # type: ignore[misc]
    while agenda:
        agenda.take()()
    assert happened == ["a", "b", "c"]
    assert agenda.now == 5


def test_nothing_happens_in_the_past() -> None:
    with pytest.raises(ValueError, match="from 10 on"):
        Agenda(10).enter(9, lambda: None)
