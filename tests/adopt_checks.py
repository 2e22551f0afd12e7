"""
What must hold after every step of `tests.adopt_world`: I1 to I9 of the design, one function each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, sequences_of_plan
from dispatch.chain import START, link
from dispatch.codec import event_from_json
from dispatch.events import (
    Arrived,
    Delivered,
    Departed,
    Event,
    Failed,
    HoldLapsed,
    Loaded,
    Returned,
)
from dispatch.orders import Commitment, DropStatus, Quote, StopKind
from dispatch.reach import gap
from dispatch.records import PLAN_PUBLISHED
from dispatch.state import State, apply
from solver.check import violations
from tests.adopt_rules import rest_left_out
from tests.adopt_world import STORES, ZONE

if TYPE_CHECKING:
    from tests.adopt_world import World

TAPPED = (Departed, Arrived, Loaded, Delivered, Failed, Returned)
"""Events that only a courier's own tap brings about."""

EFFECTIVE = ("departed", "arrived", "loaded", "delivered", "failed")
"""Kinds of tap that bring one such event about."""

Check = Callable[["World", "Seen"], Iterator[str]]


@dataclass(slots=True)
class Seen:
    """What was read back of the log so far; mutable because it grows."""

    seq: int = 0
    hash: str = START
    version: int = 0
    folded: State = field(default_factory=lambda: State(stores=STORES))
    events: list[Event] = field(default_factory=list)
    taps: int = 0
    lapsed: set[str] = field(default_factory=set)
    carriers: dict[str, str] = field(default_factory=dict)
    commitments: dict[str, Commitment | None] = field(default_factory=dict)
    held: dict[str, Quote] = field(default_factory=dict)
    checked: int = 0

    def read(self, world: World) -> Iterator[str]:
        """Yields what is wrong with the entries that are new, and takes them (I5)."""
        self.events = []
        for entry in world.database.entries_after(ZONE, self.seq, limit=10_000):
            if entry["seq"] != self.seq + 1:
                yield f"after entry {self.seq} comes {entry['seq']}"
            if link(self.hash, ZONE, entry) != entry["hash"]:
                yield f"entry {entry['seq']} is not chained to the one before"
            self.seq, self.hash = entry["seq"], entry["hash"]
            if entry["kind"] == PLAN_PUBLISHED:
                if entry["body"]["version"] <= self.version:
                    yield f"plan {entry['body']['version']} follows {self.version}"
                self.version = entry["body"]["version"]
                continue
            event = event_from_json(entry["kind"], entry["body"])
            self.events.append(event)
            self.taps += isinstance(event, TAPPED)
            self.lapsed |= {event.quote} if isinstance(event, HoldLapsed) else set()
            try:
                self.folded = apply(self.folded, event)
            except KeyError as error:
                yield f"entry {entry['seq']} is about {error}, which no entry brought"


def the_log_is_whole(world: World, seen: Seen) -> Iterator[str]:
    """I5: numbers without gaps, each chained to the one before, versions rise."""
    yield from seen.read(world)
    ((head, digest, version),) = world.query("SELECT head_seq, head_hash, plan_version FROM zone")
    if (head, digest, version) != (seen.seq, seen.hash, seen.version):
        yield f"the zone is at {head}, plan {version}; its log at {seen.seq}, plan {seen.version}"


def who_writes_was_started_last(world: World, seen: Seen) -> Iterator[str]:
    """I5: no plan is of an epoch that another had followed by then."""
    for version, seq, epoch in world.query(
        "SELECT version, seq, epoch FROM plan WHERE seq > ?", seen.checked
    ):
        newest = max(e for head, e in world.epochs if head < seq)
        if epoch < newest:
            yield f"plan {version} is of epoch {epoch}, when {newest} had begun"
    if world.epochs[-1][0] < seen.seq:
        seen.checked = seen.seq


def answered_orders_are_there(world: World, seen: Seen) -> Iterator[str]:
    """I1: what was answered stays, with its deadline, and a cancellation holds."""
    for name, deadline in world.told.deadlines.items():
        order = world.state.orders.get(name)
        if order is None:
            yield f"{name} was answered and is not there"
        elif order.deadline != deadline and name not in world.told.moved:
            yield f"{name} was due {deadline}, now {order.deadline}"
    for name in world.told.cancelled:
        if name not in world.state.orders or world.state.orders[name].cancelled_at is None:
            yield f"{name} was cancelled and is not"


def the_plan_is_the_last_committed(world: World, seen: Seen) -> Iterator[str]:
    """I2: what is published is what is durable."""
    if world.plan.version != seen.version:
        yield f"plan {world.plan.version} is published, {seen.version} is durable"
    elif world.plan.version and world.database.plan(ZONE, seen.version) != world.plan:
        yield f"plan {seen.version} is not the one that is durable"


def a_drop_is_once_in_the_plan(world: World, seen: Seen) -> Iterator[str]:
    """I3: one courier, one stop to load it and one to hand it over."""
    stops = [stop for route in world.plan.whole_routes() for stop in route.stops]
    for kind in (StopKind.LOAD, StopKind.DELIVER):
        drops = [d for stop in stops if stop.kind is kind for d in stop.drops]
        yield from (f"{d} is twice in the plan" for d in set(drops) if drops.count(d) > 1)
    ids = [stop.id for route in world.plan.routes for stop in route.stops]
    yield from (f"stop {name} is there twice" for name in set(ids) if ids.count(name) > 1)
    left = {left.drop for left in world.plan.unassigned} & world.plan.assignments().keys()
    yield from (f"{d} is both planned and left out" for d in left)


def a_tap_takes_effect_once(world: World, seen: Seen) -> Iterator[str]:
    """I4: a tap's stored answer never changes, and no tap counts twice."""
    yield from world.told.faults
    told = world.told
    may = [
        key
        for key, action in told.sent.items()
        if action.kind in EFFECTIVE
        and (key not in told.heard or told.heard[key].result in ("applied", "duplicate"))
    ]
    if seen.taps > len(may):
        yield f"{len(may)} taps were applied, {seen.taps} took effect"
    for courier, action_id in list(world.told.heard)[-5:]:
        heard, stored = told.heard[courier, action_id], world.database.answer(courier, action_id)
        if heard.result == "duplicate":
            # The first answer was lost on its way.
            continue
        if stored is None or (stored.result, stored.reason) != (heard.result, heard.reason):
            yield f"{action_id} was answered {heard.result}, stored is {stored}"


def the_log_folds_to_the_state(world: World, seen: Seen) -> Iterator[str]:
    """I6: in memory."""
    if seen.folded != world.state:
        yield "the state is not what the log gives"


def the_tables_are_the_state(world: World, seen: Seen) -> Iterator[str]:
    """I6: in the database."""
    state, _ = world.database.load(ZONE, STORES)
    if state != seen.folded:
        yield "the tables are not what the log gives"
    if list(state.live) != list(seen.folded.live):
        yield "the live drops are in another order"


def goods_stay_with_their_courier(world: World, seen: Seen) -> Iterator[str]:
    """I7: what is on board changes courier by nothing."""
    for event in seen.events:
        if isinstance(event, Loaded):
            for drop in event.drops:
                if seen.carriers.setdefault(drop, event.courier) != event.courier:
                    yield f"{drop} was loaded by {event.courier}, {seen.carriers[drop]} has it"
        elif not isinstance(event, Delivered | Failed):
            continue
        elif seen.carriers.get(event.drop) != event.courier:
            yield f"{event.drop} is ended by {event.courier}, who does not have it"
    assigned = world.plan.assignments()
    for carried in world.state.open_drops():
        planned = assigned[carried.id][0] if carried.id in assigned else carried.courier
        if carried.status is DropStatus.ON_BOARD and planned != carried.courier:
            yield f"{carried.id} is with {carried.courier}, planned for {planned}"


def committed_stops_stay(world: World, seen: Seen) -> Iterator[str]:
    """I7: who is on the way stays so until it taps, and its stop leads its route."""
    tapped = {event.courier for event in seen.events if isinstance(event, TAPPED)}
    for name, courier in world.state.couriers.items():
        before, now = seen.commitments.get(name), courier.committed
        if name not in tapped and before != now:
            yield f"{name} was committed to {before}, now to {now}"
        seen.commitments[name] = now
        route = world.plan.route_of(name)
        shown = [stop for stop in (route.stops if route else ()) if stop.committed]
        if len(shown) != (now is not None):
            yield f"{name} has {len(shown)} committed stops in the plan"
        elif now is not None and route is not None:
            first = route.stops[0]
            if (first.id, first.kind, first.place) != (now.stop, now.kind, now.place):
                yield f"{name} is on the way to {now.stop}, its route begins with {first.id}"


def the_plan_is_legal(world: World, seen: Seen) -> Iterator[str]:
    """I8: carried into a problem made from nothing, it loses no drop and breaks no limit."""
    if world.plan.made_at != world.now or not world.plan.version:
        return
    model = world.dispatcher.model(world.state, world.now)
    solution = rest_left_out(model.problem, carry_over(sequences_of_plan(world.plan), model))
    yield from map(str, violations(model.problem, solution))
    told = {left.drop for left in world.plan.unassigned}
    for j in solution.unassigned:
        job = model.problem.jobs[j]
        if job.name.startswith("return:") and job.carrier is not None:
            # Goods on their way back are no open drops: they wait on board for a way.
            if gap(model.problem, job.carrier, j) is None:
                yield f"{job.name} is left out though there is a way"
        elif job.name not in told:
            yield f"{job.name} is in the problem, neither planned nor left out"


def nothing_open_is_forgotten(world: World, seen: Seen) -> Iterator[str]:
    """I9: an open drop is planned with its deadline shown, or somebody can read why not."""
    told = {left.drop: left.reasons for left in world.plan.unassigned}
    assigned = world.plan.assignments()
    for drop in world.state.open_drops():
        if drop.id in assigned:
            stop, order = assigned[drop.id][1], world.state.orders[drop.order]
            if stop.due_at != order.deadline:
                yield f"{drop.id} is due {order.deadline}, the plan shows {stop.due_at}"
        elif not told.get(drop.id):
            yield f"{drop.id} is neither planned nor left out with a reason"
    drops = world.state.drops
    yield from (f"{d} is left out, though over" for d in told if not drops[d].status.is_open)


def adopting_is_for_the_better(world: World, seen: Seen) -> Iterator[str]:
    """What a search found is adopted for a lower price only, and makes no promise late for time."""
    found = world.adopted
    if found is None:
        return
    if found.after >= found.before:
        yield f"a plan of {found.after} was adopted for one of {found.before}"
    if found.newly_late and found.after[:3] >= found.before[:3]:
        yield f"{sorted(found.newly_late)} became late by adopting, and nothing was saved"
    if found.held_before != found.held_after:
        yield f"adopting lost places held: {found.held_before} to {found.held_after}"


def places_held_go_with_an_event_only(world: World, seen: Seen) -> Iterator[str]:
    """A place held is taken, given up, expired or lost with an event; until then it is planned."""
    now = {quote.id: quote for quote in world.held()}
    for name, quote in seen.held.items():
        after = world.state.quotes.get(name)
        is_used = after is not None and after.order is not None
        is_over = is_used or world.now > quote.expires_at or name in seen.lapsed
        if name not in now and not is_over:
            yield f"the place held for {name} is gone without an event"
    planned = {d for route in world.plan.holding for stop in route.stops for d in stop.drops}
    if world.plan.made_at == world.now:
        for quote in now.values():
            yield from (
                f"{d.id} is held and not planned" for d in quote.held if d.id not in planned
            )
    seen.held = now


CHECKS: tuple[Check, ...] = (
    # Reads the log, which the others rest on.
    the_log_is_whole,
    who_writes_was_started_last,
    answered_orders_are_there,
    the_plan_is_the_last_committed,
    a_drop_is_once_in_the_plan,
    a_tap_takes_effect_once,
    the_log_folds_to_the_state,
    the_tables_are_the_state,
    goods_stay_with_their_courier,
    committed_stops_stay,
    the_plan_is_legal,
    nothing_open_is_forgotten,
    adopting_is_for_the_better,
    places_held_go_with_an_event_only,
)


def wrong(world: World, seen: Seen, *, thorough: bool = True) -> list[tuple[str, str]]:
    """Returns what does not hold: the name of each check, and what it says."""
    found = [
        (check.__name__, text)
        for check in CHECKS
        if thorough or check is not the_tables_are_the_state
        for text in check(world, seen)
    ]
    world.adopted = None
    return found
