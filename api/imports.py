"""
Orders and desks from files: looked at first if wanted, taken whole or as far as they are sound.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile

from api.access import needs
from api.answers import Answer
from api.depends import Here, Who
from api.desk_import import import_desks, read_desks
from api.desks import Customer
from api.import_answers import ImportOut, Kind, Mode
from api.import_template import template
from api.once import Once, Sent
from api.order_import import import_orders
from api.order_table import COLUMNS, MOST_ROWS, read_orders
from api.problems import MAX_TABLE, Problem
from api.spreadsheets import CSV, XLSX
from api.zone import Room, Zone
from dispatch import directory
from dispatch.errors import InvalidRequest
from dispatch.table_files import read_table
from dispatch.tables import Table, require

router = APIRouter(prefix="/v1/imports", tags=["imports"])

MULTIPART = "multipart/form-data"

TYPES = (
    *(MULTIPART, "text/csv", XLSX, "text/plain", "text/tab-separated-values"),
    # What browsers call a CSV file where Excel is installed, and what they do not know.
    *("application/csv", "application/vnd.ms-excel", "application/octet-stream"),
)
"""Content types of a file; what it is its first bytes say."""

KEY_DIGITS = 12
"""Digits of a file's hash that name its rows."""

_BINARY = {"schema": {"type": "string", "format": "binary"}}

REQUEST_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX: _BINARY,
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _BINARY["schema"]},
                }
            },
        },
    }
}
"""The body as OpenAPI tells it; FastAPI cannot see it, as it is read by its content type."""


@dataclass(frozen=True, slots=True)
class _File:
    """What was sent, the encoding that was said to be its (None: none), and its key."""

    data: bytes
    charset: str | None

    @property
    def key(self) -> str:
        """Names the file by its content."""
        return hashlib.sha256(self.data).hexdigest()[:KEY_DIGITS]


@router.post(
    "",
    summary="Import orders or desks from a file",
    response_model=ImportOut,
    openapi_extra=dict(REQUEST_BODY),
    dependencies=[needs("imports")],
)
async def import_file(
    request: Request,
    zone: Here,
    once: Sent,
    kind: Annotated[Kind, Query(description="what the rows are")],
    mode: Annotated[Mode, Query(description="what to do with them")] = "preview",
    customer: Annotated[
        Customer | None, Query(description="whose desks they are; for desks only")
    ] = None,
    sheet: Annotated[
        str | None, Query(max_length=100, description="sheet of a workbook; absent: the first")
    ] = None,
) -> Response:
    """
    Takes a CSV file or a workbook of Excel, as the body or as ``file`` of a form.

    ``preview`` changes nothing and tells what would become of it. ``all_or_nothing`` is one unit:
    where a row is wrong nothing is taken, and every wrong row is told with its cell.
    ``valid_rows`` takes what is sound and tells what is not. The same file again places nothing
    twice: orders are known by ``external_id``, rows without one by the file's content and their
    number. ``GET /v1/imports/template`` is an empty one.
    """
    if (kind == "desks") != (customer is not None):
        cure = "Say whose desks they are." if kind == "desks" else "Put the customer in its column."
        raise InvalidRequest(
            f"For {kind} a customer is {'missing' if kind == 'desks' else 'not asked for'}.",
            at="query.customer",
            cure=cure,
            value=customer,
        )
    file = await _sent_file(request)
    # One at a time: however many are sent, there is memory for one.
    async with request.app.state.importing:
        if kind == "desks":
            return await _desks(zone, once, file, mode, str(customer), sheet)
        return await _orders(zone, once, file, mode, sheet)


async def _orders(zone: Zone, once: Once, file: _File, mode: Mode, sheet: str | None) -> Response:
    def read() -> Table:
        table = read_table(file.data, COLUMNS, MOST_ROWS, sheet=sheet, charset=file.charset)
        for name in ("service", "sku", "quantity"):
            require(table.letters, [name])
        require(table.letters, ["desk_id", "building"])
        return table

    city = (await zone.look()).city
    # A large file takes seconds to read and to check; orders shall not wait for it.
    table = await asyncio.to_thread(read)
    lines = await asyncio.to_thread(read_orders, table, city, file.key)

    def work(room: Room) -> Answer:
        return Answer(import_orders(room, table, lines, file.key, mode))

    return await once.ask(zone, work, wake=mode != "preview")


async def _desks(
    zone: Zone, once: Once, file: _File, mode: Mode, customer: str, sheet: str | None
) -> Response:
    def read() -> Table:
        columns, most = directory.COLUMNS, directory.MOST_ROWS
        table = read_table(file.data, columns, most, sheet=sheet, charset=file.charset)
        require(table.letters, ["building"])
        return table

    view = await zone.look()
    table = await asyncio.to_thread(read)
    rows = await asyncio.to_thread(read_desks, table, view.city, customer, view.state.desks)

    def work(room: Room) -> Answer:
        return Answer(import_desks(room, table, rows, customer, file.key, mode))

    return await once.ask(zone, work, wake=False)


async def _sent_file(request: Request) -> _File:
    """Returns the file of a request; raises Problem 415 for a body of another kind."""
    kind, charset = _told_type(request.headers.get("content-type", ""))
    if kind not in TYPES:
        raise Problem(
            415,
            "unsupported-media-type",
            f"The body is {kind[:100] or 'of no content type'}.",
            cure=f"Send text/csv, {XLSX}, or a form ({MULTIPART}) with a file.",
        )
    if kind == MULTIPART:
        return await _of_form(request)
    return _File(await request.body(), charset)


async def _of_form(request: Request) -> _File:
    # A form that cannot be read is refused with 400 by the framework.
    async with request.form(max_files=1, max_fields=10, max_part_size=MAX_TABLE) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            cure = "Send one file under the name `file`."
            raise InvalidRequest("The form has no file.", at="file", cure=cure, code="bad-import")
        return _File(await file.read(), _told_type(file.content_type or "")[1])


def _told_type(header: str) -> tuple[str, str | None]:
    """Returns a content type, and the charset where one is said."""
    kind, options = parse_options_header(header)
    charset = options.get(b"charset")
    return kind.decode("latin-1"), None if charset is None else charset.decode("latin-1")


@router.get(
    "/template",
    summary="Give an empty table to fill in",
    dependencies=[needs("imports")],
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, XLSX: _BINARY}}},
)
async def show_template(
    _: Who,
    kind: Annotated[Kind, Query(description="what the rows shall be")],
    file_format: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
    language: Annotated[Literal["en", "zh"], Query(description="of the columns' names")] = "en",
) -> Response:
    """Answers a file with a row of names; the workbook also says what the columns mean."""
    columns = COLUMNS if kind == "orders" else directory.COLUMNS
    data = await asyncio.to_thread(template, columns, kind, file_format, language)
    headers = {"Content-Disposition": f'attachment; filename="{kind}.{file_format}"'}
    return Response(data, media_type=CSV if file_format == "csv" else XLSX, headers=headers)
