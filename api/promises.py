"""
How promises were kept.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import needs
from api.bodies import Moment, Out
from api.depends import Here, Who
from api.spreadsheets import CSV, csv_parts
from dispatch.errors import InvalidRequest
from dispatch.promise_report import By, PromiseReport, PromiseRow, promise_report
from dispatch.stored_promises import find_promises

router = APIRouter(prefix="/v1/promises", tags=["promises"])

EVER = 1 << 40
"""A moment after all that can be asked for."""

BOUND = "RFC 3339 with offset, or a date: its 00:00 in the city"
"""How a range is told."""


class ReportOut(Out):
    """Promises of orders placed from ``from`` and before ``to`` (null: no bound), as of now."""

    since: Moment | None = Field(serialization_alias="from")
    until: Moment | None = Field(serialization_alias="to")
    by: By
    items: tuple[PromiseRow, ...]
    total: PromiseRow


@router.get(
    "/report",
    summary="See how promises were kept",
    response_model=ReportOut,
    dependencies=[needs("promises.read")],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def report(
    zone: Here,
    _: Who,
    since: Annotated[str | None, Query(alias="from", max_length=40, description=BOUND)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=40, description=BOUND)] = None,
    by: By = By.SERVICE,
    file_format: Annotated[
        Literal["json", "csv"], Query(alias="format", description="csv: the rows without the total")
    ] = "json",
) -> ReportOut | Response:
    """
    Answers a row for each service, store, building, courier, channel, or local hour of placing.

    Orders placed at ``from`` count, those placed at ``to`` do not.
    """
    view = await zone.look()
    bounds = read_range(since, until, view.city.timezone, ("query.from", "query.to"))
    # On a thread and a connection of its own: nobody's order waits for a report.
    found = await asyncio.to_thread(
        made, zone.settings.db, zone.settings.zone, bounds, by, view.now, view.city.timezone
    )
    if file_format == "csv":
        headers = {"Content-Disposition": 'attachment; filename="promises.csv"'}
        return Response(b"".join(csv_of(found)), media_type=CSV, headers=headers)
    first, last = (view.moment_or_none(bound) for bound in bounds)
    return ReportOut(since=first, until=last, by=by, items=found.rows, total=found.total)


def csv_of(found: PromiseReport) -> Iterator[bytes]:
    """Yields a report as CSV; what is not known is empty."""
    names = [field.name for field in fields(found.total)]
    return csv_parts(names, ([getattr(row, name) for name in names] for row in found.rows))


def made(
    db: str, zone: str, bounds: tuple[int | None, int | None], by: By, now: int, timezone: str
) -> PromiseReport:
    """Returns the report of a zone's database; raises as `find_promises` does."""
    since = 0 if bounds[0] is None else bounds[0]
    until = EVER if bounds[1] is None else bounds[1]
    drops = find_promises(db, zone, since, until)
    return promise_report(drops, by, now, timezone)


def read_range(
    since: str | None, until: str | None, timezone: str, at: tuple[str, str]
) -> tuple[int | None, int | None]:
    """
    Returns the bounds of a range in Unix seconds, None for none; ``at`` names them in errors.

    Raises InvalidRequest for a bound that is no moment, and for a range that ends before it begins.
    """
    first, last = (
        None if text is None else _read_moment(text, timezone, where)
        for text, where in zip((since, until), at, strict=True)
    )
    if first is not None and last is not None and first > last:
        raise InvalidRequest(
            f"The range ends ({until}) before it begins ({since}).",
            at=at[0],
            cure=f"Give a {at[0]} that is not after {at[1]}.",
            value=since,
        )
    return first, last


def _read_moment(text: str, timezone: str, at: str) -> int:
    # In a query an unescaped plus, before the offset, arrives as a blank.
    wanted = re.sub(r"(?<=\d) (?=\d\d:\d\d$)", "+", text) if "T" in text else text
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError:
        moment = None
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", wanted) is not None
    if moment is None or (moment.tzinfo is None and not is_date):
        raise InvalidRequest(
            f"{text!r} is neither a date nor a moment with an offset.",
            at=at,
            cure="Give one like 2026-11-23 or 2026-11-23T10:00:00+02:00.",
            value=text,
        )
    return int((moment.replace(tzinfo=ZoneInfo(timezone)) if is_date else moment).timestamp())
