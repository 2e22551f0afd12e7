"""
What is told of an entry of the log: a small fact, after which somebody fetches what they show.

The same on the stream of events and to webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from dispatch.codec import dumps
from dispatch.store import LoggedEvent

Name = Literal["plan", "order", "courier", "traffic", "breach_foreseen", "webhook_disabled"]
"""What a fact can be called."""

PREFIXES = {"o": "orders", "d": "drops", "c": "couriers", "t": "traffic"}
"""What the prefixes of ids name."""

UNTOLD = frozenset({"quote_given", "hold_lapsed", "desks_replaced", "desk_put"}) | frozenset(
    {"contacts_erased", "log_rechained"}
)
"""Kinds of events that concern nobody but who asked."""

OWN_NAMES = frozenset({"breach_foreseen", "webhook_disabled"})
"""Kinds of events that are facts of their own name."""

SHOWN = {
    "promise_warned": ("kind", "text"),
    "breach_foreseen": ("drop", "p_on_time", "rescue", "reason"),
    "evidence_kept": ("tap", "result", "reason"),
    "webhook_disabled": ("webhook", "reason"),
}
"""Fields of events that are sent along, by kind: what somebody should see at once."""


OTHER_COURIER = "another courier"
"""How couriers hear of each other."""

MOST_KEPT = 512
"""Facts that are kept to be told to the next who listens."""


@dataclass(frozen=True)
class News:
    """The fact of entry ``seq`` of the log: its `Name`, and what is told."""

    seq: int
    name: str
    data: dict[str, Any]

    @cached_property
    def text(self) -> str:
        """The data as JSON."""
        return dumps(self.data)


class Newsroom:
    """
    The facts of one zone; ``moment`` writes an instant as text.

    Mutable because it keeps the latest: hundreds who listen hear the same, written once.
    """

    def __init__(self, moment: Callable[[int], str]) -> None:
        self._moment = moment
        self._kept: dict[int, News | None] = {}

    def news_of(self, event: LoggedEvent) -> News | None:
        """Returns the fact of an entry, None if there is none."""
        if event.seq not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[event.seq] = news_of(event, self._moment)
        return self._kept[event.seq]


def name_of(event: LoggedEvent) -> str | None:
    """Returns what the fact of an entry is called, None for one that is told to nobody."""
    if event.kind in UNTOLD:
        return None
    if event.kind == "plan_published":
        return "plan"
    if event.kind in OWN_NAMES:
        return event.kind
    about = {subject.partition("_")[0] for subject in event.subjects}
    return "order" if "o" in about else "traffic" if "t" in about else "courier"


def news_of(event: LoggedEvent, moment: Callable[[int], str]) -> News | None:
    """Returns the fact of an entry, None if there is none; ``moment`` writes an instant."""
    name = name_of(event)
    if name is None:
        return None
    data: dict[str, Any] = {"kind": event.kind, "at": moment(event.at)}
    for prefix, plural in PREFIXES.items():
        data[plural] = [s for s in event.subjects if s.startswith(f"{prefix}_")]
    for field in SHOWN.get(event.kind, ()):
        data["warning" if field == "kind" else field] = event.body.get(field)
    if name == "plan":
        data["version"] = event.body["version"]
        data["changes"] = [
            {"drop": c["drop"], "from": c["before"], "to": c["after"]}
            for c in event.body["changes"]
        ]
    return News(event.seq, name, data)


def for_courier(news: News, courier: str) -> News | None:
    """
    Returns what a courier hears of a fact, None where it does not concern them.

    What they did, what was changed about them, and that their route is another; of a plan nothing
    about others.
    """
    if courier not in news.data["couriers"] or news.name in OWN_NAMES:
        return None
    data = news.data | {"couriers": [courier]}
    if isinstance(data.get("reason"), str):
        data["reason"] = without_others(data["reason"], courier)
    if news.name == "plan":
        own = [c for c in data["changes"] if courier in (c["from"], c["to"])]
        data |= {"changes": [_without_others(c, courier) for c in own]}
        data |= {"drops": [c["drop"] for c in own], "orders": []}
    return News(news.seq, news.name, data)


def _without_others(change: dict[str, Any], courier: str) -> dict[str, Any]:
    return {name: None if _is_other(value, courier) else value for name, value in change.items()}


def _is_other(value: str | None, courier: str) -> bool:
    return value is not None and value.startswith("c_") and value != courier


def without_others(text: str, courier: str | None) -> str:
    """Returns a text as a courier may read it, without who else is meant; None: anybody."""
    if courier is None:
        return text
    return re.sub(
        r"\bc_[0-9]+\b", lambda found: found[0] if found[0] == courier else OTHER_COURIER, text
    )
