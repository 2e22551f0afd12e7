"""
The dispatcher's hand: a drop is moved, pinned or released, and the consequences are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.carrying import sequences_of_plan
from dispatch.dispatcher import unknown_courier
from dispatch.errors import Conflict, InvalidRequest, NotFound
from dispatch.events import DropPinned
from dispatch.holds import is_held
from dispatch.orders import DropStatus
from dispatch.proposals import carried, handover_ends
from dispatch.quoting import Delay, delays
from dispatch.state import apply
from solver.solution import Kind

if TYPE_CHECKING:
    from dispatch.carrying import Sequences
    from dispatch.dispatcher import Dispatcher
    from dispatch.orders import Drop
    from dispatch.proposals import Proposal
    from dispatch.requests import Move
    from dispatch.state import State


@dataclass(frozen=True, slots=True)
class Moved:
    """
    Who is handed over later by it, and the plan version in force (None: a dry run).

    ``end`` is when the drop itself is handed over then, in Unix seconds, None where nobody has it.
    """

    delays: tuple[Delay, ...]
    version: int | None
    end: int | None


def move_drop(dispatcher: Dispatcher, drop_id: str, move: Move, now: int) -> Moved:
    """
    Returns the consequences of a dispatcher's wish, carried out unless it is a dry run.

    A pinned drop stays with its courier until it is released; one that is moved without a pin may
    be moved again by the next search. Raises NotFound for an unknown drop or courier, Conflict for
    a drop that is no longer waiting, InvalidRequest for an ``after`` outside the courier's route.
    """
    before = dispatcher.present(now)
    after = after_move(dispatcher, drop_id, move, now)
    consequences = delays(handover_ends(before), after)
    end, _ = handover_ends(after).get(drop_id, (None, None))
    if move.dry_run:
        return Moved(consequences, None, end)
    lasting = DropPinned(now, drop_id, move.courier if move.pinned else None)
    after = replace(after, state=apply(dispatcher.state, lasting))
    plan = dispatcher.publish(now, (lasting,), after)
    return Moved(consequences, plan.version, end)


def after_move(dispatcher: Dispatcher, drop_id: str, move: Move, now: int) -> Proposal:
    """Returns what would be planned with a drop moved and pinned; raises as `move_drop`."""
    drop = _waiting(dispatcher, drop_id)
    if move.courier is not None and move.courier not in dispatcher.state.couriers:
        raise unknown_courier(move.courier)
    state = apply(dispatcher.state, DropPinned(now, drop_id, move.courier))
    return carried(state, dispatcher.model(state, now), _moved(dispatcher, drop, move))


def known_drop(state: State, drop_id: str) -> Drop:
    """Returns a drop; raises NotFound for an unknown one."""
    drop = state.drops.get(drop_id)
    if drop is None:
        raise NotFound(
            f"There is no drop {drop_id!r}.",
            at="drop",
            cure="See GET /v1/orders.",
            code="unknown-drop",
            value=drop_id,
        )
    return drop


def _waiting(dispatcher: Dispatcher, drop_id: str) -> Drop:
    drop = known_drop(dispatcher.state, drop_id)
    if drop.status is not DropStatus.WAITING:
        raise Conflict(
            f"{drop_id} is {drop.status}.",
            at="drop",
            cure="Only drops whose goods are still at the store can be moved.",
            code="drop-not-waiting",
            value=drop_id,
        )
    return drop


def _moved(dispatcher: Dispatcher, drop: Drop, move: Move) -> Sequences:
    """Returns the published sequences without the drop, or with it right after another one."""
    sequences = {
        courier: tuple(task for task in tasks if task[0] != drop.id)
        for courier, tasks in sequences_of_plan(dispatcher.plan).items()
    }
    if move.courier is None or move.after is None:
        return sequences
    tasks = sequences.get(move.courier, ())
    # A place held is shown to nobody, and nothing can be put behind it.
    shown = [name for name, kind in tasks if kind is Kind.DELIVERY and not is_held(name)]
    if move.after not in shown:
        raise InvalidRequest(
            f"{move.after} is not in the route of {move.courier}.",
            at="after",
            cure=f"Choose from {', '.join(shown)}." if shown else "Leave after out.",
            code="not-in-route",
            value=move.after,
        )
    behind = tasks.index((move.after, Kind.DELIVERY)) + 1
    pickup = _pickup_position(tasks, behind)
    tasks = (*tasks[:behind], (drop.id, Kind.DELIVERY), *tasks[behind:])
    return {
        **sequences,
        move.courier: (*tasks[:pickup], (drop.id, Kind.PICKUP), *tasks[pickup:]),
    }


def _pickup_position(tasks: tuple[tuple[str, Kind], ...], behind: int) -> int:
    """Returns where the goods are loaded: with the last load before, else first of all."""
    loads = [i + 1 for i, (_, kind) in enumerate(tasks[:behind]) if kind is Kind.PICKUP]
    return max(loads, default=0)
