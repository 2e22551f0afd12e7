"""
What may be asked for, in scopes, and roles as sets of them: what a role does not have is refused.

Each route names its scope where it is declared. Couriers and intake see and change their own things
only, whatever the scope: see :mod:`api.access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Scope = Literal[
    "quotes.ask",
    "orders.place",
    "orders.read",
    "orders.change",
    "orders.cancel",
    "drops.read",
    "drops.move",
    "contacts.read",
    "stores.read",
    "couriers.read",
    "couriers.change",
    "couriers.invite",
    "positions.tell",
    "actions.tell",
    "actions.read",
    "routes.read",
    "plan.read",
    "promises.read",
    "stream.read",
    "city.read",
    "map.read",
    "desks.read",
    "desks.change",
    "traffic.read",
    "traffic.change",
    "webhooks.read",
    "webhooks.change",
    "solve",
    "imports",
    "exports",
    "tokens",
    "clock",
    "health.read",
]
"""A kind of thing to do; ``solve`` is a problem of one's own, in one of the field's formats."""

Role = Literal["dispatcher", "courier", "intake", "auditor", "admin"]

EVERYTHING: frozenset[Scope] = frozenset(get_args(Scope))

READING: frozenset[Scope] = frozenset(
    scope for scope in EVERYTHING if scope.endswith(".read") and scope != "contacts.read"
)
"""All that shows something and changes nothing, but for names and phone numbers."""

ROLES: Mapping[Role, frozenset[Scope]] = {
    "dispatcher": EVERYTHING - {"tokens", "clock"},
    "courier": frozenset(
        {
            *("couriers.read", "routes.read", "drops.read", "stores.read", "contacts.read"),
            *("actions.tell", "actions.read", "positions.tell", "stream.read", "map.read"),
        }
    ),
    "intake": frozenset(
        {"quotes.ask", "orders.place", "orders.read", "orders.cancel", "stores.read", "solve"}
    ),
    "auditor": READING | {"exports"},
    "admin": EVERYTHING,
}
"""What each role may do. A token can have fewer of them, never more."""

OWN_ONLY: frozenset[Role] = frozenset({"courier", "intake"})
"""Roles that see nothing of others: a thing of somebody else is answered like one unknown."""
