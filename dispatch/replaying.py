"""
Any plan that a zone published, the state it was made of, and why it is not the one before.

The state is folded from the log, the plan is the one stored. What the plan gained is found by
building the problem of its moment again: the plan before is carried over to it, newcomers inserted
where they cost least, and both are priced there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from dispatch import schema
from dispatch.audit import parts
from dispatch.beside import check_zone
from dispatch.errors import InvalidRequest, NotFound
from dispatch.folding import Folding
from dispatch.plan import Plan
from dispatch.records import PLAN_PUBLISHED
from dispatch.state import State
from dispatch.stored import read_entries, read_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from dispatch.orders import Store


@dataclass(frozen=True, slots=True)
class Past:
    """
    A zone as it once was.

    ``plan`` was in force, published by entry ``seq``; ``before`` is the plan before it. ``state``
    is that after entry ``state_seq``. ``causes`` are the entries between the two plans: those
    ``recorded_at`` the same second as the plan were decided with it or just before, the others
    changed no plan. ``decided`` is the state in which the plan was decided.
    """

    zone: str
    plan: Plan
    before: Plan
    seq: int
    state: State
    state_seq: int
    decided: State
    causes: tuple[dict[str, Any], ...]

    @property
    def decided_with(self) -> tuple[dict[str, Any], ...]:
        """The causes recorded in the second of the plan."""
        return tuple(c for c in self.causes if c["recorded_at"] == self.plan.made_at)


def past(
    connection: Connection,
    zone: str,
    stores: Mapping[str, Store],
    *,
    version: int | None = None,
    until: int | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Past:
    """
    Returns a zone as of a version of its plan, or of an instant, or of now if neither is given.

    The state of a version is that in which it was decided, of an instant that of all recorded by
    then, its second included. Raises InvalidRequest for both and for a zone that is not there,
    NotFound where there was no such plan.
    """
    check_zone(connection, zone)
    if version is not None and until is not None:
        raise InvalidRequest(
            "Both a version and an instant.", at="--version", cure="Give one of them."
        )
    is_of_version = version is not None
    found = _row(connection, zone, version, until)
    if found is None:
        raise _no_plan(connection, zone, version)
    version, seq = found
    last = seq if is_of_version else _last_seq(connection, zone, until)
    decided, state, state_seq = _folded(connection, zone, stores, seq, max(seq, last), tell)
    plan = read_plan(connection, zone, version)
    assert plan is not None
    earlier = _row(connection, zone, None, None, below=version)
    before = Plan() if earlier is None else read_plan(connection, zone, earlier[0]) or Plan()
    first = 0 if earlier is None else earlier[1]
    between = read_entries(connection, zone, first, seq - first)
    causes = tuple(entry for entry in between if entry["kind"] != PLAN_PUBLISHED)
    return Past(zone, plan, before, seq, state, state_seq, decided, causes)


def _row(
    connection: Connection,
    zone: str,
    version: int | None,
    until: int | None,
    below: int | None = None,
) -> tuple[int, int] | None:
    """Returns version and number of the plan that is wanted, of the last one within bounds."""
    plans = schema.plans.c
    wanted = select(plans.version, plans.seq).where(plans.zone == zone)
    if version is not None:
        wanted = wanted.where(plans.version == version)
    if until is not None:
        wanted = wanted.where(plans.made_at <= until)
    if below is not None:
        wanted = wanted.where(plans.version < below)
    row = connection.execute(wanted.order_by(plans.version.desc()).limit(1)).one_or_none()
    return None if row is None else (row.version, row.seq)


def _no_plan(connection: Connection, zone: str, version: int | None) -> NotFound:
    plans = schema.plans.c
    of_zone = select(func.min(plans.version), func.max(plans.version), func.min(plans.made_at))
    first, last, made_at = connection.execute(of_zone.where(plans.zone == zone)).one()
    if first is None:
        return NotFound("The zone has published no plan.", at="zone", cure="Let it work first.")
    if version is not None:
        return NotFound(
            f"There is no plan {version}.",
            at="--version",
            cure=f"Give one from {first} to {last}.",
            code="unknown-plan",
            value=version,
        )
    return NotFound(
        "There was no plan yet at that instant.",
        at="--until",
        cure=f"The first was made {made_at} (Unix seconds).",
        code="unknown-plan",
    )


def _last_seq(connection: Connection, zone: str, until: int | None) -> int:
    log = schema.events.c
    wanted = select(func.max(log.seq)).where(log.zone == zone)
    if until is not None:
        wanted = wanted.where(log.recorded_at <= until)
    return int(connection.scalar(wanted) or 0)


def _folded(
    connection: Connection,
    zone: str,
    stores: Mapping[str, Store],
    decided_seq: int,
    last: int,
    tell: Callable[[int, int], None],
) -> tuple[State, State, int]:
    """Returns the state in which a plan was decided, the state after ``last``, and its number."""
    folding = Folding(stores)
    decided = None
    for part in parts(connection, zone, after=0):
        first = [entry for entry in part if entry["seq"] <= decided_seq]
        folding.take(first)
        if decided is None and part[-1]["seq"] >= decided_seq:
            decided = folding.state()
        folding.take([entry for entry in part if decided_seq < entry["seq"] <= last])
        tell(min(part[-1]["seq"], last), last)
        if part[-1]["seq"] >= last:
            break
    assert decided is not None, "The plan's own entry is in the log."
    return decided, decided if last == decided_seq else folding.state(), last


@dataclass(frozen=True, slots=True)
class Moves:
    """
    What became of drops from one plan to the next, in the order of their names.

    ``moved`` went from a courier to another; ``came`` and ``went`` say with whom a drop is or was
    planned; ``over`` need not be planned any more, and how that ended.
    """

    moved: tuple[tuple[str, str, str], ...] = ()
    came: tuple[tuple[str, str], ...] = ()
    went: tuple[tuple[str, str], ...] = ()
    over: tuple[tuple[str, str], ...] = ()


def moves(before: Plan, plan: Plan, state: State) -> Moves:
    """Returns what became of drops from a plan to the next, which was decided in this state."""
    was = {drop: courier for drop, (courier, _) in before.assignments().items()}
    now = {drop: courier for drop, (courier, _) in plan.assignments().items()}
    names = sorted(was.keys() | now.keys(), key=lambda drop: (len(drop), drop))
    gone = [drop for drop in names if drop in was and drop not in now]
    is_open = {drop: drop in state.drops and state.drops[drop].status.is_open for drop in gone}
    return Moves(
        moved=tuple(
            (d, was[d], now[d]) for d in names if d in was and d in now and was[d] != now[d]
        ),
        came=tuple((d, now[d]) for d in names if d not in was),
        went=tuple((d, was[d]) for d in gone if is_open[d]),
        over=tuple(
            (d, state.drops[d].status.value if d in state.drops else "unknown")
            for d in gone
            if not is_open[d]
        ),
    )
