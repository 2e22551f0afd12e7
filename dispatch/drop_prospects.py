"""
Why a drop is with nobody, or comes too late, and what would help: for whoever looks at it now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.orders import DropStatus
from dispatch.plan_reasons import reasons_for
from dispatch.rescue import best_rescue

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.events import Rescue
    from dispatch.orders import Drop
    from dispatch.plan import Plan, Reason
    from dispatch.proposals import Proposal


def rescue_of(dispatcher: Dispatcher, drop: Drop, now: int) -> tuple[Rescue | None, str]:
    """
    Returns the move of a drop that keeps most promises, and else why there is none.

    It is looked for where a clock runs that can still be kept, of goods that are at the store.
    """
    order = dispatcher.state.orders[drop.order]
    if drop.status is DropStatus.ON_BOARD:
        return None, f"{drop.id} is on board with {drop.courier}, who alone can bring it."
    if drop.status is not DropStatus.WAITING:
        return None, f"{drop.id} is {drop.status}."
    if not order.urgent or order.deadline is None:
        return None, f"No clock of minutes runs for {order.id}."
    if now > order.deadline:
        return None, f"The deadline of {order.id} is over."
    if drop.id not in {job.name for job in dispatcher.present(now).model.problem.jobs}:
        return None, f"{drop.id} is not to be planned now."
    return best_rescue(dispatcher, order, drop, now)


def obstacles(proposal: Proposal, plan: Plan, drop: Drop) -> tuple[Reason, ...]:
    """
    Returns why couriers cannot bring a drop in time, each really tested; none for who can.

    Of a drop that is not to be planned now they are those of the plan.
    """
    model = proposal.model
    index = {job.name: j for j, job in enumerate(model.problem.jobs)}
    if drop.id not in index:
        return next((left.reasons for left in plan.unassigned if left.drop == drop.id), ())
    found = reasons_for(model, proposal.solution, proposal.state, index[drop.id])
    # That nobody is there is the reason of those in nobody's route only.
    is_planned = index[drop.id] not in proposal.solution.unassigned
    return tuple(r for r in found if r.courier is not None or not is_planned)
