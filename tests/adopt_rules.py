"""
All that can happen to a zone in `tests.adopt_world`, one function each.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.clocks import goods_arrived, pause_order, resume_order
from dispatch.crew import change_courier
from dispatch.foresight import foresee
from dispatch.hand import move_drop
from dispatch.keeping import release_hold
from dispatch.live import SegmentSpeed
from dispatch.ordering import cancel_order, goods_ready, place_order
from dispatch.orders import Line, StopKind
from dispatch.proposals import without
from dispatch.quoting import give_quote
from dispatch.requests import CourierChange, Move, OrderRequest, Position, QuoteRequest
from dispatch.store import DatabaseError
from dispatch.taps import FAILURES, KINDS
from dispatch.traffic import end_traffic, set_traffic
from dispatch.traffic_checks import TrafficRequest
from solver.insertion import complete
from solver.problem import PROMISED
from solver.solution import Kind, Solution, cost, schedule
from solver.solve import SolveParams, solve
from tests.adopt_world import ZONE, Adopted, Crashed
from tests.little_city import a_drop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dispatch.dispatcher import Snapshot
    from dispatch.requests import DropRequest
    from solver.problem import Problem
    from tests.adopt_world import Pick, World

MOST_COURIERS = 4
MOST_OPEN = 14
"""Open drops at most: what is more makes a step slower, and finds no more."""


def _drops(pick: Pick) -> tuple[DropRequest, ...]:
    return tuple(
        a_drop(
            pick.number(1, 6),
            floor=pick.one_of((0, 0, 3)),
            load=pick.one_of((0, 1, 1, 3)),
            quantity=pick.number(1, 2),
        )
        for _ in range(pick.one_of((1, 1, 1, 2, 3)))
    )


def place(world: World, pick: Pick) -> None:
    """Somebody orders, perhaps with a quote just asked for."""
    if len(world.state.open_drops()) >= MOST_OPEN:
        return
    ready_in = pick.one_of((None, 0, 0, 300))
    request = OrderRequest(
        pick.one_of(("urgent", "urgent", "urgent", "standard", "special")),
        _drops(pick),
        ready_at=None if ready_in is None else world.now + ready_in,
        external_id=f"x-{next(world.numbers)}",
        on_infeasible=pick.one_of(("requote", "requote", "reject", "accept_late")),
    )
    if pick.one_of((False, False, True)):
        asked = QuoteRequest(request.service, request.drops, ready_at=request.ready_at)
        with world.refused("unreachable"):
            quote = give_quote(world.dispatcher, asked, world.now).quote.id
            request = replace(request, quote_id=quote)
    _order(world, request)


def _order(world: World, request: OrderRequest) -> None:
    world.told.unanswered.append(request)
    with world.refused(
        *("no-capacity", "unreachable", "quote-expired", "quote-used", "unknown-quote")
    ):
        order = place_order(world.dispatcher, request, world.now)
        world.told.deadlines[order.id] = order.deadline
    world.told.unanswered.remove(request)


def order_again(world: World, pick: Pick) -> None:
    """Who got no answer asks again."""
    if world.told.unanswered:
        _order(world, pick.one_of(world.told.unanswered))


def reserve(world: World, pick: Pick) -> None:
    """Somebody asks for a time and has the place held."""
    if len(world.held()) < 3:
        request = QuoteRequest("urgent", _drops(pick), reserve=True)
        with world.refused("too-many-holds", "unreachable"):
            quote = give_quote(world.dispatcher, request, world.now).quote
            world.wanted[quote.id] = request


def order_reserved(world: World, pick: Pick) -> None:
    """Somebody orders what was held, in time or not."""
    if world.wanted:
        name = pick.one_of(list(world.wanted))
        request = world.wanted.pop(name)
        _order(world, OrderRequest("urgent", request.drops, quote_id=name))


def release(world: World, pick: Pick) -> None:
    """Somebody gives a place up."""
    if world.held():
        release_hold(world.dispatcher, pick.one_of(world.held()).id, world.now)


def cancel(world: World, pick: Pick) -> None:
    """Somebody cancels an order, any there ever was."""
    if world.state.orders:
        order = pick.one_of(list(world.state.orders))
        with world.refused("order-on-board", "order-closed"):
            cancel_order(world.dispatcher, order, world.now)
            world.told.cancelled.add(order)


def store_tells(world: World, pick: Pick) -> None:
    """Goods arrive, are ready later, or an order is paused and goes on."""
    live = list(dict.fromkeys(drop.order for drop in world.state.open_drops()))
    if not live:
        return
    order, now = pick.one_of(live), world.now
    what = pick.one_of(("arrived", "ready", "pause", "resume"))
    world.told.moved.add(order)
    with world.refused(
        *("goods-not-awaited", "order-under-way", "order-on-board", "order-closed"),
        *("order-paused", "conflict", "goods-arrived-already"),
    ):
        if what == "arrived":
            goods_arrived(world.dispatcher, order, None, now)
        elif what == "ready":
            goods_ready(world.dispatcher, order, now + pick.one_of((0, 600)), now)
        elif what == "pause":
            pause_order(world.dispatcher, order, "address", now)
        else:
            resume_order(world.dispatcher, order, now)


def courier_joins(world: World, pick: Pick) -> None:
    """A courier more, up to some."""
    if len(world.state.couriers) < MOST_COURIERS:
        world.courier(pick.number(1, 8))


def courier_changes(world: World, pick: Pick) -> None:
    """A shift ends sooner or goes on, somebody takes a break, a bag is smaller."""
    ends_in = pick.one_of((None, None, 1, 600, 7200))
    change = CourierChange(
        shift_end=None if ends_in is None else world.now + ends_in,
        capacity=pick.one_of((None, 1, 4, 8)),
        paused=pick.one_of((None, False, False, True)),
    )
    with world.refused("empty-shift"):
        change_courier(world.dispatcher, pick.one_of(list(world.state.couriers)), change, world.now)


def work(world: World, pick: Pick) -> None:
    """A courier does what the phone shows, a few times."""
    courier = pick.one_of(list(world.state.couriers))
    for _ in range(pick.one_of((1, 2, 5))):
        route = world.plan.route_of(courier)
        if route is None or not route.stops:
            return
        stop, committed = route.stops[0], world.state.couriers[courier].committed
        kind = {StopKind.LOAD: "loaded"}.get(stop.kind, "delivered")
        if committed is None:
            kind = "departed"
        elif committed.arrived_at is None:
            kind = "arrived"
        elif stop.kind is StopKind.DELIVER and pick.one_of((False, False, False, True)):
            kind = "failed"
        answer = world.tap(courier, kind, stop.id, reason=FAILURES[0])
        if answer.result != "applied":
            world.told.faults.append(f"{courier} {kind} {stop.id}: {answer.reason}")
        if pick.one_of((True, True, False)):
            world.now += pick.one_of((5, 60, 200))


def tap_wildly(world: World, pick: Pick) -> None:
    """A courier taps what an old screen, or another's, shows; the phone's clock is off."""
    courier = pick.one_of(list(world.state.couriers))
    stops = [s.id for route in world.plan.routes for s in route.stops]
    old = [a.stop for _, a in zip(range(9), reversed(world.told.sent.values()), strict=False)]
    stop = pick.one_of([None, *stops, *(s for s in old if s)])
    drops = list(world.state.drops)
    drop = pick.one_of([None, *drops[-6:]])
    lines: tuple[Line, ...] = ()
    if drop is not None and pick.one_of((False, True)):
        items = world.state.drops[drop].items
        lines = tuple(Line(i.sku, i.quantity - 1, 1, "dirty") for i in items)
    action = world.an_action(
        pick.one_of(KINDS),
        stop,
        drop=drop,
        drops=pick.one_of((None, (drop,) if drop else None)),
        occurred_at=pick.one_of((None, world.now - 600, world.now + 86_400)),
        lines=lines,
        reason=pick.one_of(FAILURES),
    )
    world.ask(courier, action, device_now=pick.one_of((None, world.now, world.now - 7200)))


def tap_in_disorder(world: World, pick: Pick) -> None:
    """Two taps arrive in one batch, the later one first; perhaps the batch comes twice."""
    courier = pick.one_of(list(world.state.couriers))
    route = world.plan.route_of(courier)
    if route is None or not route.stops:
        return
    stop = route.stops[0].id
    taps = (world.an_action("departed", stop), world.an_action("arrived", stop))
    for _ in range(pick.number(1, 2)):
        world.ask(courier, *reversed(taps))


def tap_again(world: World, pick: Pick) -> None:
    """A phone sends again what it sent before, minutes or hours ago."""
    if world.told.sent:
        recent = list(world.told.sent)[-20:]
        courier, action_id = pick.one_of(recent)
        world.ask(courier, world.told.sent[courier, action_id])


def move(world: World, pick: Pick) -> None:
    """A dispatcher pins, moves or releases a drop, or only looks what it would do."""
    drops = list(world.state.drops)[-MOST_OPEN:]
    if drops:
        courier = pick.one_of([None, *world.state.couriers])
        after = pick.one_of((None, None, pick.one_of(drops)))
        wish = Move(courier, after, pick.one_of((True, False)), pick.one_of((False, False, True)))
        with world.refused("drop-not-waiting", "not-in-route"):
            move_drop(world.dispatcher, pick.one_of(drops), wish, world.now)


def traffic(world: World, pick: Pick) -> None:
    """A street is slow or closed, one way or both, or a report of it ends."""
    ends = pick.one_of((True, False))
    if world.state.traffic and ends:
        end_traffic(world.dispatcher, pick.one_of(list(world.state.traffic)), world.now)
        return
    a, ways = 100 + pick.number(0, 6), pick.one_of(((0, 1), (1, 0), (0, 1, 0)))
    kmh = pick.one_of((0.0, 5.0, 5.0))
    segments = tuple(SegmentSpeed(a + i, a + j, kmh) for i, j in pairwise(ways))
    lasts = pick.one_of((60, 300))
    set_traffic(world.dispatcher, TrafficRequest(segments, (), world.now + lasts), world.now)


def position(world: World, pick: Pick) -> None:
    """A phone tells where it is."""
    courier = pick.one_of(list(world.state.couriers))
    told = Position(60.0, 25 + pick.number(0, 10) / 1000, world.now)
    world.database.save_positions(ZONE, courier, [told])
    world.dispatcher.note_positions(courier, [told], world.now)


def tick(world: World, pick: Pick) -> None:
    """Half a minute, minutes or an hour go by."""
    world.now += pick.one_of((1, 30, 30, 30, 60, 300, 1200, 3600))
    world.dispatcher.notice(world.now)
    world.dispatcher.tick(world.now)
    if pick.one_of((False, False, True)):
        world.dispatcher.record(world.now, *foresee(world.dispatcher, world.now))


def snapshot(world: World, pick: Pick) -> None:
    """A search begins."""
    taken = world.dispatcher.snapshot(world.now)
    if taken is not None:
        world.snapshots = [*world.snapshots[-4:], taken]


def adopt(world: World, pick: Pick) -> None:
    """The answer of a search comes in, perhaps long after it was asked for."""
    if not world.snapshots:
        snapshot(world, pick)
    if not world.snapshots:
        return
    taken = pick.one_of(world.snapshots)
    world.snapshots = [other for other in world.snapshots if other is not taken]
    found = _searched(taken, pick)
    if pick.one_of((False, False, True)):
        # The zone serves others before it takes what it weighed.
        world.weighed = world.dispatcher.weigh(taken, found, world.now)
    else:
        _adopting(world, lambda: world.dispatcher.adopt(taken, found, world.now))


def take(world: World, pick: Pick) -> None:
    """What was weighed is taken, whatever happened since."""
    weighed, world.weighed = world.weighed, None
    if weighed is not None:
        _adopting(world, lambda: world.dispatcher.take(weighed, world.now))


def _adopting(world: World, adopts: Callable[[], bool]) -> None:
    before = world.dispatcher.propose(world.state, world.now)
    held = tuple(quote.id for quote in world.held())
    if adopts():
        problem = before.model.problem
        after = rest_left_out(problem, carry_over(sequences_of_plan(world.plan), before.model))
        world.adopted = Adopted(
            before=cost(problem, before.solution),
            after=cost(problem, after),
            newly_late=late(problem, after) - late(problem, before.solution),
            held_before=held,
            held_after=tuple(quote.id for quote in world.held()),
        )


def _searched(taken: Snapshot, pick: Pick) -> Solution:
    """Returns what a search may answer: a better solution, another one, or none."""
    problem, initial = taken.problem, taken.initial
    how = pick.one_of(("searched", "searched", "shaken", "kept"))
    if how == "searched":
        params = SolveParams(iterations=pick.number(1, 30), seed=pick.number(0, 99), engine="sisr")
        return solve(problem, params, initial).solution
    if how == "shaken":
        jobs = range(len(problem.jobs))
        out = {pick.one_of(jobs) for _ in range(pick.number(1, 4))}
        return complete(problem, without(problem, initial.routes, out).routes)
    return complete(problem, initial.routes)


def rest_left_out(problem: Problem, routes: Sequence[Sequence[object]]) -> Solution:
    """Returns routes as a solution that leaves out what is in none of them."""
    served = {activity.job for route in routes for activity in route}  # type: ignore[attr-defined]
    left = frozenset(range(len(problem.jobs))) - served
    return Solution(tuple(map(tuple, routes)), left)  # type: ignore[arg-type]


def late(problem: Problem, solution: Solution) -> frozenset[str]:
    """Returns the promised jobs that would be late, or are in nobody's route."""
    names = {problem.jobs[j].name for j in solution.unassigned if problem.jobs[j].rank == PROMISED}
    for v, route in enumerate(solution.routes):
        for visit in schedule(problem, v, route).visits:
            job = problem.jobs[visit.activity.job]
            due = job.delivery.due
            if visit.activity.kind is Kind.DELIVERY and due is not None and visit.start > due:
                names |= {job.name} if job.rank == PROMISED else set()
    return frozenset(names)


def plan_again(world: World, pick: Pick) -> None:
    """The same moment is planned once more."""
    world.dispatcher.handle(world.now)


def crash(world: World, pick: Pick) -> None:
    """The process ends: between two things, before something is durable, or before it is told."""
    world.fault = pick.one_of(("", "before", "after"))
    with suppress(Crashed):
        pick.one_of(INTERRUPTED)(world, pick)
    world.crash()


def superseded(world: World, pick: Pick) -> None:
    """Another program starts the zone; what this one still does must be refused."""
    with closing(sqlite3.connect(world.path)) as other, other:
        other.execute("UPDATE zone SET epoch = epoch + 1")
        ((head, epoch),) = other.execute("SELECT head_seq, epoch FROM zone").fetchall()
    world.epochs.append((head, epoch))
    try:
        pick.one_of(INTERRUPTED)(world, pick)
    except DatabaseError as error:
        if error.code != "fenced":
            raise
    world.crash()


def lose_the_disk(world: World, pick: Pick) -> None:
    """A commit fails: nobody is told, nothing has changed."""
    before = world.plan, world.state

    def broken(commit: object) -> None:
        raise OSError("The disk is full.")

    world.dispatcher._commit = broken  # noqa: SLF001
    failed = False
    try:
        pick.one_of((place, cancel, tick, tap_again))(world, pick)
    except OSError:
        failed = True
    world.dispatcher._commit = world.store  # noqa: SLF001
    # A tap answered before needs no disk, and a refusal none either.
    if failed and (world.plan, world.state) != before:
        world.told.faults.append("what could not be stored changed the zone")


INTERRUPTED = (place, cancel, work, tap_wildly, move, tick, adopt, reserve, courier_changes)
"""What a process may be at when it ends."""

RULES: dict[str, Callable[[World, Pick], None]] = {
    rule.__name__: rule
    for rule in (
        *(place, order_again, reserve, order_reserved, release, cancel, store_tells),
        *(courier_joins, courier_changes, work, tap_wildly, tap_in_disorder, tap_again),
        *(move, traffic, position, tick, snapshot, adopt, take, plan_again),
        *(crash, superseded, lose_the_disk),
    )
}

OFTEN = {
    **{"place": 5, "work": 5, "adopt": 4, "snapshot": 3},
    **{"tick": 3, "take": 3, "tap_again": 2, "reserve": 2},
}
"""How often a rule is chosen by a seed, for once of the others."""
