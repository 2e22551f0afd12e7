"""
What happened, as entries of the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.bodies import Moment, Out
from api.view import View
from dispatch.store import LoggedEvent

SHOWN = (
    *("courier", "drop", "drops", "stop", "kind", "reason", "text", "version", "lines"),
    *("calendar", "rescue", "p_on_time", "tap", "result"),
)
"""Fields of an event that its entry shows, where they are plain values."""

INSTANTS = ("ready_at", "arrives_at", "ends_at", "before", "deadline")
"""Fields of an event that are instants."""


class EntryOut(Out):
    """Something that happened; ``what`` is its name, ``facts`` its particulars."""

    seq: int
    at: Moment
    what: str
    facts: dict[str, Any]


OF_OTHERS = ("rescue", "drops")
"""Facts that may name what is others'."""


def history_out(
    events: Sequence[LoggedEvent], view: View, own: frozenset[str] | None = None
) -> list[EntryOut]:
    """Returns entries of the log as JSON, oldest first; of drops only ``own``, None: all."""
    return [
        EntryOut(seq=e.seq, at=view.moment(e.at), what=e.kind, facts=_own(_facts(e, view), own))
        for e in events
    ]


def _own(facts: dict[str, Any], own: frozenset[str] | None) -> dict[str, Any]:
    if own is None:
        return facts
    kept = {name: value for name, value in facts.items() if name not in OF_OTHERS}
    if "changes" in kept:
        kept["changes"] = [change for change in kept["changes"] if change["drop"] in own]
    return kept


def _facts(event: LoggedEvent, view: View) -> dict[str, Any]:
    body = event.body
    facts = {
        name: body[name]
        for name in SHOWN
        if body.get(name)
        and not isinstance(body[name], dict)
        and (name != "drops" or all(isinstance(drop, str) for drop in body[name]))
    }
    facts |= {name: view.moment(body[name]) for name in INSTANTS if body.get(name)}
    if "changes" in body:
        facts["changes"] = [
            {"drop": c["drop"], "from": c["before"], "to": c["after"]} for c in body["changes"]
        ]
    return facts
