"""The pauses of a promise as times in which its clock stood still."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dispatch.promises import Pause

NEVER = 2**62
"""The end of a pause that has none yet; later than any instant."""


def stops_of(pauses: Iterable[Pause], start: int) -> list[tuple[int, int]]:
    """Returns when the clock stood still after its start: apart, in order, NEVER for no end."""
    found: list[tuple[int, int]] = []
    for pause in sorted(pauses, key=lambda p: p.since):
        since, until = max(pause.since, start), end_of(pause)
        if until <= since:
            continue
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def end_of(pause: Pause) -> int:
    """Returns when a pause ends, NEVER for no end; raises InvalidRequest where before it began."""
    if pause.until is None:
        return NEVER
    if pause.until < pause.since:
        raise InvalidRequest(
            f"The clock would run again at {pause.until}, before it stopped at {pause.since}.",
            at="pauses",
            cure="Give an end that is not before the beginning.",
            code="bad-pause",
            value=pause.until,
        )
    return pause.until


def cut(pauses: Iterable[Pause], at: int) -> Iterator[Pause]:
    """Yields the parts of pauses before an instant; raises InvalidRequest as `end_of` does."""
    return (replace(p, until=min(end_of(p), at)) for p in pauses if p.since < at)
