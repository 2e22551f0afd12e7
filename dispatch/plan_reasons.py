"""
Why a drop is in nobody's route, and what would mend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dispatch.orders import DropStatus
from dispatch.plan import Reason, Unassigned
from dispatch.reach import gap
from dispatch.reported import closing
from solver.explain import explain

if TYPE_CHECKING:
    from dispatch.model import Model
    from dispatch.orders import Courier, Drop
    from dispatch.places import Place
    from dispatch.state import State
    from solver.explain import Obstacle
    from solver.solution import Solution

KINDS = {
    "late": "late",
    "capacity": "capacity",
    "window": "closed",
    "shift": "shift",
}
"""The solver's obstacles in the words of the business."""


def left_out(model: Model, solution: Solution, state: State) -> tuple[Unassigned, ...]:
    """Returns the drops in nobody's route: reasons for the held, and tested ones for the rest."""
    out = {model.problem.jobs[j].name: j for j in sorted(solution.unassigned)}
    held = model.entering.held
    return (
        tuple(
            Unassigned(drop, (_held_reason(until - model.now),), until)
            for drop, until in held.items()
            if drop in state.drops and (drop in out or drop not in model.entering.fills)
        )
        + tuple(
            Unassigned(drop, reasons_for(model, solution, state, j))
            for drop, j in out.items()
            if drop in state.drops and drop not in held
        )
        + tuple(Unassigned(drop, (_STOPPED[why],)) for drop, why in model.entering.stopped.items())
    )


_STOPPED = {
    "goods": Reason(
        courier=None,
        kind="goods",
        short_by=0,
        unit="",
        text="Waits for goods that are not in the store yet.",
        relaxation="Report goods-arrived when they are.",
    ),
    "paused": Reason(
        courier=None,
        kind="paused",
        short_by=0,
        unit="",
        text="Its clock stands still: the order is paused.",
        relaxation="Resume the order.",
    ),
}


def _held_reason(wait_s: int) -> Reason:
    return Reason(
        courier=None,
        kind="held",
        short_by=wait_s,
        unit="s",
        text="Waits for more goods to the same building, or for an urgent trip there.",
        relaxation="Pin the drop to a courier to send it now.",
    )


def reasons_for(model: Model, solution: Solution, state: State, j: int) -> tuple[Reason, ...]:
    """
    Returns why each courier cannot take a job, by really testing it.

    Goods on board that their courier cannot bring are nobody else's: that is the only reason then.
    """
    carrier = model.problem.jobs[j].carrier
    stuck = None if carrier is None else _cut_off(model, state, carrier, j)
    if stuck is not None:
        return (stuck,)
    obstacles = explain(model.problem, solution, j)
    if not obstacles:
        return (_nobody(),)
    return tuple(_reason(model, state, j, obstacle) for obstacle in obstacles)


def _reason(model: Model, state: State, j: int, obstacle: Obstacle) -> Reason:
    drop = state.drops[model.problem.jobs[j].name]
    courier = state.couriers[model.problem.vehicles[obstacle.vehicle].name]
    if obstacle.kind == "vehicle_not_allowed":
        stuck = _cut_off(model, state, obstacle.vehicle, j)
        return _not_allowed(model, drop, courier, stuck)
    kind = KINDS.get(obstacle.kind, obstacle.kind)
    return Reason(
        courier.id, kind, obstacle.short_by, obstacle.unit, obstacle.text, obstacle.relaxation
    )


def _not_allowed(model: Model, drop: Drop, courier: Courier, stuck: Reason | None) -> Reason:
    """Returns why a courier is out of the question, whatever the time."""
    allowed = model.entering.couriers.get(drop.id)
    if drop.status is DropStatus.ON_BOARD:
        kind, text = "pinned", f"{drop.id} is on board with {drop.courier}."
        cure = f"Let {drop.courier} bring it, or report it as failed."
    elif drop.pinned not in (None, courier.id):
        kind, text = "pinned", f"{drop.id} is pinned to {drop.pinned}."
        cure = f"Release {drop.id}."
    elif allowed is not None and courier.id not in allowed:
        kind, text = "held", f"{courier.id} is not the one to bring standard goods there now."
        cure = f"Pin {drop.id} to {courier.id}."
    elif stuck is not None:
        return stuck
    else:
        kind, text = "shift", f"{courier.id} gets no new work: {_absence(courier, model.now)}."
        cure = f"Resume {courier.id} or extend the shift."
    return Reason(courier.id, kind, 0, "", text, cure)


def _cut_off(model: Model, state: State, vehicle: int, j: int) -> Reason | None:
    """Returns why a courier cannot bring a job whatever the time: streets are closed."""
    ends = gap(model.problem, vehicle, j)
    if ends is None:
        return None
    courier = state.couriers[model.problem.vehicles[vehicle].name]
    return no_way(model, state, courier, *(model.places[end] for end in ends))


def no_way(model: Model, state: State, courier: Courier, a: Place, b: Place) -> Reason:
    """Returns the reason that a courier finds no way between two places, and who closed it."""
    reports = closing(model.travel.city, tuple(state.traffic.values()))
    closed = f" Streets are closed by {', '.join(reports)}." if reports else ""
    return Reason(
        courier=courier.id,
        kind="unreachable",
        short_by=0,
        unit="",
        text=f"There is no way from {_name(a, state)} to {_name(b, state)}.{closed}",
        relaxation=f"End {' or '.join(reports)}, or leave a way open."
        if reports
        else "Open a way.",
    )


def _name(place: Place, state: State) -> str:
    if place.building is not None:
        return place.building
    stores = (s.id for s in state.stores.values() if (s.lat, s.lon) == (place.lat, place.lon))
    return next(stores, f"({place.lat:.6f}, {place.lon:.6f})")


def _absence(courier: Courier, now: int) -> str:
    if courier.paused:
        return "paused"
    if courier.silent:
        return "not heard of for too long"
    return "the shift is over" if courier.shift_end <= now else "its goods take the whole shift"


def _nobody() -> Reason:
    return Reason(
        courier=None,
        kind="shift",
        short_by=1,
        unit="couriers",
        text="No courier is on shift.",
        relaxation="Add a courier or extend a shift.",
    )
