"""
Errors as problem documents (RFC 9457): what is wrong, where, and how to mend it.

References
----------
M. Nottingham, E. Wilde, S. Dalal (2023). *Problem Details for HTTP APIs*, RFC 9457.
https://doi.org/10.17487/RFC9457
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from api.request_context import REQUEST
from api.security_headers import HEADERS
from api.settings import MAX_BODY as MAX_BODY
from dispatch.errors import (
    CityError,
    Conflict,
    DispatchError,
    InvalidRequest,
    NotFound,
    Unavailable,
)
from dispatch.store import DatabaseError

log = logging.getLogger(__name__)

STATUS: Mapping[type[DispatchError], int] = {
    CityError: 422,
    InvalidRequest: 422,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    DatabaseError: 503,
}
"""The status of each kind of error; a test asserts that none is missing."""

MAX_TABLE = 8 * MAX_BODY
"""The same where a whole table is sent at once: a customer's directory."""

MAX_ERRORS = 20
"""Faults listed for one request at most."""

MAX_INPUT = 100
"""Characters of a faulty input that are shown at most."""

HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "Send a request that HTTP and JSON allow."),
    404: ("unknown-path", "See /openapi.json for the paths there are."),
    405: ("method-not-allowed", "See /openapi.json for what this path can do."),
    408: ("too-slow", "Send it again, faster or in parts."),
    413: ("body-too-large", "Split what is longer."),
    429: ("too-much", "Wait as long as Retry-After says, then send it again."),
}
"""Code and cure of the errors that the framework finds."""


class FaultOut(BaseModel):
    """
    Where in a request something is wrong, what, and what was there.

    Faults of a table also tell ``row``, ``column``, ``cure`` and, of an import, ``sheet`` and
    ``cell`` as spreadsheets name them.
    """

    at: str
    message: str
    input: Any = None
    row: int | None = None
    column: str | None = None
    cure: str | None = None
    sheet: str | None = None
    cell: str | None = None


class ProblemOut(BaseModel):
    """A problem document; ``type`` is ``/problems/`` and its code."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultOut] = []


def _schema() -> dict[str, Any]:
    """Returns the JSON schema of a problem document, in one piece."""
    schema = ProblemOut.model_json_schema()
    schema["properties"]["errors"]["items"] = schema.pop("$defs")["FaultOut"]
    return schema


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What is wrong with the request, where, and how to mend it.",
        "content": {"application/problem+json": {"schema": _schema()}},
    }
}
"""What every path may answer besides what it says itself."""


class Problem(Exception):
    """An error that belongs to HTTP, not to the business."""

    def __init__(
        self,
        status: int,
        code: str,
        what: str,
        *,
        cure: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what)
        self.status = status
        self.code = code
        self.detail = f"{what} {cure}".rstrip()
        self.errors = errors
        self.more = more or {}
        self.headers = headers


def status_of(error: DispatchError) -> int:
    """Returns the HTTP status of an error of the business; 500 for one without a status."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def clipped(value: object) -> object:
    """Returns a faulty input as JSON can show it, cut to ``MAX_INPUT`` characters."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # NaN and infinity, which are not JSON, and values that are not from JSON.
        return repr(value)[:MAX_INPUT]
    if len(text) > MAX_INPUT:
        return text[: MAX_INPUT - 1] + "…"
    return text if isinstance(value, dict | list) else value


def path_of(location: Sequence[str | int]) -> str:
    """Returns where in a request something is, as ``drops[0].desk.id``."""
    head, *rest = location
    names = rest if head == "body" else [head, *rest]
    path = ""
    for name in names:
        path += f"[{name}]" if isinstance(name, int) else f".{name}" if path else str(name)
    return path


def document(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, Any]] = (),
    *,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Returns the answer that carries a problem document, with ``more`` members of its own."""
    content: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
    }
    if errors:
        content["errors"] = list(errors)
    content |= more or {}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def answer_to(error: Problem | DispatchError) -> JSONResponse:
    """Returns the answer that says what is wrong."""
    if isinstance(error, Problem):
        return document(
            error.status,
            error.code,
            error.detail,
            error.errors,
            more=error.more,
            headers=error.headers,
        )
    detail = f"{error.what} {error.cure}".rstrip()
    errors = []
    if error.at:
        errors = [{"at": error.at, "message": error.what, "input": clipped(error.value)}]
    return document(status_of(error), error.code, detail, errors, more=error.more)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer_to(error)


async def _business(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DispatchError)
    if status_of(error) >= 500:
        log.error("%s: %s", error.code, error)
    return answer_to(error)


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if faults and faults[0]["type"] == "json_invalid":
        where = f"at character {faults[0]['loc'][-1]}"
        reason = faults[0]["ctx"]["error"]
        return document(400, "invalid-json", f"The body is not JSON {where}: {reason}.")
    errors = [
        {"at": path_of(f["loc"]), "message": f["msg"], "input": clipped(f.get("input"))}
        for f in faults[:MAX_ERRORS]
    ]
    first = f"{errors[0]['at']}: {errors[0]['message']}" if errors else "The request is not valid"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return document(422, "invalid-request", f"{first}{more}.", errors)


async def _framework(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, cure = HTTP_CODES.get(error.status_code, ("http", ""))
    detail = f"{error.detail}. {cure}".rstrip()
    return document(error.status_code, code, detail, headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    route = getattr(request.scope.get("route"), "path", "")
    log.error("%s %s failed", request.method, route, exc_info=error)
    asking = REQUEST.get()
    # What answers this stands outside of what adds headers to every other answer.
    known = {"X-Request-Id": asking.id} if asking else {}
    headers = {**HEADERS, "Cache-Control": "no-store", **known}
    return document(500, "internal", "The service failed; its log says how.", headers=headers)


def install(app: FastAPI) -> None:
    """Makes the app answer every error with a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(DispatchError, _business)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(Exception, _unexpected)
