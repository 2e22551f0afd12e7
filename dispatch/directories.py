"""How a customer's directory of desks comes into a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.errors import Conflict
from dispatch.events import DesksReplaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.dispatcher import Dispatcher
    from dispatch.places import DirectoryDesk


@dataclass(frozen=True, slots=True)
class Replacement:
    """How many desks a customer has now, and what became of those it had before."""

    customer: str
    desks: int
    added: int
    changed: int
    removed: int


def compare_directory(
    known: Mapping[str, DirectoryDesk], customer: str, desks: Sequence[DirectoryDesk]
) -> Replacement:
    """
    Returns what would change if these became all desks of a customer; ``known`` are everybody's.

    Raises Conflict where another customer has one of the ids.
    """
    for desk in desks:
        if desk.id in known and known[desk.id].customer != customer:
            raise Conflict(
                f"{desk.id} is a desk of {known[desk.id].customer!r} by now.",
                at="id",
                cure="Give another id, or leave it out.",
                value=desk.id,
            )
    before = {key: desk for key, desk in known.items() if desk.customer == customer}
    after = {desk.id: desk for desk in desks}
    return Replacement(
        customer=customer,
        desks=len(after),
        added=len(after.keys() - before.keys()),
        changed=sum(desk != before.get(key, desk) for key, desk in after.items()),
        removed=len(before.keys() - after.keys()),
    )


def replace_directory(
    dispatcher: Dispatcher, customer: str, desks: Sequence[DirectoryDesk], now: int
) -> Replacement:
    """
    Returns what changed when these became all desks of a customer; no change is no event.

    Orders keep the desks they were placed for, so no plan changes. Raises Conflict where another
    customer took one of the ids meanwhile.
    """
    found = compare_directory(dispatcher.state.desks, customer, desks)
    if found.added or found.changed or found.removed:
        dispatcher.record(now, DesksReplaced(now, customer, tuple(desks)))
    return found
