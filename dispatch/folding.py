"""
The state of a zone from its log, part by part, in little memory.

What is over is packed away as JSON and unpacked when an entry is about it again: a log of years
takes a tenth of the room that the state has, and adding to it does not copy all there ever was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from dispatch.codec import event_from_json, from_json, to_json
from dispatch.orders import Drop, Order
from dispatch.records import PLAN_PUBLISHED
from dispatch.state import State, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dispatch.orders import Store

T = TypeVar("T")

OPEN = b""
"""Stands where a thing is in the state itself, for its place in the order of things."""


class Folding:
    """
    A zone as of the last entry taken.

    Mutable because it grows with the log; ``at_hand`` is the part of the state that may still
    change: all but closed orders and drops.
    """

    def __init__(self, stores: Mapping[str, Store] | None = None) -> None:
        self.at_hand = State(stores=stores or {})
        self._orders: dict[str, bytes] = {}
        self._drops: dict[str, bytes] = {}

    def take(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """
        Applies rows of the log that follow those taken before.

        Raises
        ------
        KeyError
            If an entry is about something that no entry before it brought.
        ValueError
            If an entry is no event of this program.
        """
        state = self._fetched({s for entry in entries for s in entry["subjects"]})
        for entry in entries:
            if entry["kind"] != PLAN_PUBLISHED:
                state = apply(state, event_from_json(entry["kind"], entry["body"]))
        self.at_hand = self._put_away(state)

    def orders(self) -> Iterator[Order]:
        """Yields all orders in the order in which they came."""
        for name, packed in self._orders.items():
            yield self.at_hand.orders[name] if packed == OPEN else _unpack(Order, packed)

    def drops(self) -> Iterator[Drop]:
        """Yields all drops in the order in which they came."""
        for name, packed in self._drops.items():
            yield self.at_hand.drops[name] if packed == OPEN else _unpack(Drop, packed)

    def state(self) -> State:
        """Returns the whole state, as `dispatch.stored.fold` does."""
        orders = {order.id: order for order in self.orders()}
        external = {o.external_id: o.id for o in orders.values() if o.external_id is not None}
        drops = {drop.id: drop for drop in self.drops()}
        return replace(self.at_hand, orders=orders, drops=drops, external=external)

    def _fetched(self, names: Iterable[str]) -> State:
        """Returns the state with the closed orders and drops of these names at hand again."""
        orders, drops = dict(self.at_hand.orders), dict(self.at_hand.drops)
        for name in names:
            if self._orders.get(name):
                orders[name] = _unpack(Order, self._orders[name])
            elif self._drops.get(name):
                drops[name] = _unpack(Drop, self._drops[name])
        for order in orders.values():
            drops |= {d: _unpack(Drop, self._drops[d]) for d in order.drops if self._drops.get(d)}
        return replace(self.at_hand, orders=orders, drops=drops)

    def _put_away(self, state: State) -> State:
        """Returns the state without closed orders and drops, which are packed."""
        kept = {drop.order for drop in state.live.values()}
        drops = {name: drop for name, drop in state.drops.items() if drop.order in kept}
        orders = {name: order for name, order in state.orders.items() if name in kept}
        for packed, before, after in (
            (self._orders, state.orders, orders),
            (self._drops, state.drops, drops),
        ):
            packed |= {
                name: OPEN if name in after else _pack(value) for name, value in before.items()
            }
        return replace(state, orders=orders, drops=drops, external={})


def _pack(value: object) -> bytes:
    # A copy: what orjson gives back keeps its whole buffer, ten times as much.
    return bytes(memoryview(orjson.dumps(to_json(value))))


def _unpack(cls: type[T], packed: bytes) -> T:
    return from_json(cls, orjson.loads(packed))
