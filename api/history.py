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


def history_out(events: Sequence[LoggedEvent], view: View) -> list[EntryOut]:
    """Returns entries of the log as JSON, oldest first."""
    return [
        EntryOut(seq=e.seq, at=view.moment(e.at), what=e.kind, facts=_facts(e, view))
        for e in events
    ]


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
