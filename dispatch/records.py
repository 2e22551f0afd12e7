"""
What a commit adds to the log and changes in the state, as rows.

Pure: the rows follow from the state before and the commit alone, so the tables are a function of
the log. ``ordinal`` keeps the order of things: the number of the event that brought a thing, and
its place among those the event is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dispatch.codec import event_kind, to_json
from dispatch.events import DesksReplaced, Event, OrderPlaced, Returned
from dispatch.live import Traffic
from dispatch.observed import Observed
from dispatch.orders import Courier, Drop, Order, Quote
from dispatch.places import DirectoryDesk
from dispatch.state import State, apply_run, runs

if TYPE_CHECKING:
    from dispatch.commit import Commit
    from dispatch.plan import Plan

Row = dict[str, Any]

PLAN_PUBLISHED = "plan_published"
"""The kind of the one entry of the log that is no event of :mod:`dispatch.events`."""

ENTITIES = ("orders", "drops", "couriers", "quotes", "desks", "traffic", "observed")
"""The mappings of a state that have a table of the same name."""

FORGOTTEN = ("quotes", "desks", "traffic")
"""Those of which things go again."""

SUMS = ("observed",)
"""Those that are sums over events, which are about nothing in them."""

MOST_SUBJECTS = 1 << 20
"""More than an event can be about."""


@dataclass(frozen=True, slots=True)
class Rows:
    """
    The rows of one commit.

    ``state`` is the one after, ``entities`` are by table and id, ``forgotten`` are
    ids of what is gone, by table.
    ``live`` are places among the live drops of those that are newly so, None of those no longer.
    """

    state: State
    log: list[Row] = field(default_factory=list)
    entities: Mapping[str, dict[str, Row]] = field(
        default_factory=lambda: {name: {} for name in ENTITIES}
    )
    live: dict[str, int | None] = field(default_factory=dict)
    forgotten: Mapping[str, set[str]] = field(
        default_factory=lambda: {name: set() for name in FORGOTTEN}
    )


def rows_of(head: int, state: State, plan: Plan, commit: Commit) -> Rows:
    """
    Returns the rows of a commit that follows event number ``head``, this state and this plan.

    Raises
    ------
    KeyError
        If an event is about something the state never heard of.
    """
    rows = Rows(state)
    seq = head
    for run in runs(commit.events):
        after = apply_run(rows.state, run)
        for event in run:
            seq += 1
            about = subjects(rows.state, event)
            _note_changes(rows, after, about, seq)
            body = to_json(event)
            rows.log.append(_entry(seq, event.at, commit, event_kind(event), body, about))
        rows = replace(rows, state=after)
    if commit.plan is not None:
        body = {"version": commit.plan.version, "changes": to_json(commit.plan.changes)}
        about = _concerned(rows.state, plan, commit.plan)
        seq = head + len(rows.log) + 1
        rows.log.append(_entry(seq, commit.at, commit, PLAN_PUBLISHED, body, about))
    return rows


def _entry(seq: int, at: int, commit: Commit, kind: str, body: Any, about: tuple[str, ...]) -> Row:
    return {
        "seq": seq,
        "at": at,
        "recorded_at": commit.at,
        "kind": kind,
        "body": body,
        "subjects": about,
        "actor": commit.actor,
    }


def subjects(state: State, event: Event) -> tuple[str, ...]:
    """
    Returns the ids of all that an event is about, or changes; ``state`` is the one before it.

    An order is a subject of what happens to its drops, a drop of what happens to its whole order.
    """
    if isinstance(event, OrderPlaced):
        quote = (event.order.quote,) if event.order.quote else ()
        return (event.order.id, *(drop.id for drop in event.drops), *quote)
    named = dict.fromkeys(_named(event))
    if isinstance(event, Returned):
        named |= dict.fromkeys(drop.id for drop in state.returning(event.courier))
    if isinstance(event, DesksReplaced):
        named |= {k: None for k, desk in state.desks.items() if desk.customer == event.customer}
    for name in tuple(named):
        if name in state.drops:
            named[state.drops[name].order] = None
        elif name in state.orders:
            named |= dict.fromkeys(state.orders[name].drops)
    return tuple(named)


def _named(event: Event) -> Iterator[str]:
    """Yields the ids in an event's own fields."""
    for name in ("order", "drop", "drops", "courier", "quote", "desk", "desks", "traffic"):
        match getattr(event, name, None):
            case str(id_) | Courier(id=id_) | Quote(id=id_) | DirectoryDesk(id=id_):
                yield id_
            case Traffic(id=id_):
                yield id_
            case tuple(things):
                yield from (t if isinstance(t, str) else t.id for t in things)


def _concerned(state: State, before: Plan, plan: Plan) -> tuple[str, ...]:
    """Returns the drops that changed courier, their orders, and whose stops are not as before."""
    moved = [change.drop for change in plan.changes]
    owners = [state.drops[drop].order for drop in moved if drop in state.drops]
    old = {route.courier: route.stops for route in before.routes}
    new = {route.courier: route.stops for route in plan.routes}
    couriers = [c for c in {**old, **new} if old.get(c, ()) != new.get(c, ())]
    return tuple(dict.fromkeys((*moved, *owners, *couriers)))


def _note_changes(rows: Rows, after: State, about: tuple[str, ...], seq: int) -> None:
    before = rows.state
    sums = [
        i
        for name in SUMS
        if getattr(after, name) is not getattr(before, name)
        for i in getattr(after, name)
    ]
    for place, id_ in enumerate((*about, *sums)):
        ordinal = seq * MOST_SUBJECTS + place
        for name in ENTITIES:
            value = getattr(after, name).get(id_)
            if value is not None and value is not getattr(before, name).get(id_):
                known = rows.entities[name].get(id_, {"ordinal": ordinal})
                rows.entities[name][id_] = {"ordinal": known["ordinal"], **columns(value)}
        if (id_ in after.live) != (id_ in before.live):
            rows.live[id_] = ordinal if id_ in after.live else None
    for name in FORGOTTEN:
        old, new = getattr(before, name), getattr(after, name)
        for gone in () if old is new else old.keys() - new.keys():
            rows.entities[name].pop(gone, None)
            rows.forgotten[name].add(gone)


Entity = Order | Drop | Courier | Quote | DirectoryDesk | Traffic | Observed


def columns(value: Entity) -> Row:
    """Returns the columns of a thing's row, but for its zone and its place in the order."""
    row: Row = {"id": value.id, "body": to_json(value)}
    if isinstance(value, Order):
        for name in ("external_id", "service", "placed_at", "cancelled_at"):
            row[name] = getattr(value, name)
    if isinstance(value, Drop):
        row |= {"order_id": value.order, "status": value.status, "courier": value.courier}
    return row
