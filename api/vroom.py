"""
Route optimization in VROOM's format, for clients that the field already has.

`POST /vroom/` and `GET /vroom/health` keep vroom-express's contract, `POST /optimization` is
openrouteservice's path. Nothing here touches orders or plans of the zone.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.access import Principal, needs
from api.bodies import Out
from api.depends import Here, Who
from api.limits import Limits, Spending
from api.vroom_pool import GRACE_S, BusyError, VroomPool
from api.vroom_requests import INPUT, INTERNAL, OK, TOO_LARGE, Caps
from api.vroom_travel import Travel
from api.vroom_worker import Cost, Job, Told, written
from api.zone import Zone

router = APIRouter(tags=["vroom"])

HEALTHCHECK = written(
    {
        "vehicles": [{"id": 1, "start_index": 0, "end_index": 0}],
        "jobs": [{"id": 1, "location_index": 1}],
        "matrix": [[0, 1], [1, 0]],
        "options": {"l": 0},
    }
)
"""A problem so small that only a service that cannot answer any fails on it."""

RETRY_S = 1
"""Seconds after which a client that was sent away may come again."""


class VroomOut(Out):
    """
    An answer in VROOM's format: ``code`` 0, ``summary``, ``unassigned`` and ``routes``, as VROOM's
    `docs/API.md` has them. Keys that begin with ``x_`` are this service's own.
    """

    code: int
    summary: dict[str, Any]
    unassigned: list[dict[str, Any]]
    routes: list[dict[str, Any]]


class VroomErrorOut(Out):
    """What is wrong: ``code`` 2 the request, 3 the travel times, 4 its size, 1 the service."""

    code: int
    error: str


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Vehicles, and jobs or shipments, as VROOM's `docs/API.md` has them; "
        "unknown keys are passed over. `options` may ask for geometry (`g`), plan mode (`c`), "
        "seconds of search (`l`) or an exploration level (`x`).",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["vehicles"],
                    "properties": {
                        "vehicles": {"type": "array", "items": {"type": "object"}},
                        "jobs": {"type": "array", "items": {"type": "object"}},
                        "shipments": {"type": "array", "items": {"type": "object"}},
                        "matrices": {"type": "object"},
                        "options": {"type": "object"},
                    },
                }
            }
        },
    }
}

ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": VroomOut, "description": "Routes, and what is in none."},
    400: {"model": VroomErrorOut, "description": "The request is wrong: code 2."},
    413: {"model": VroomErrorOut, "description": "It is too large: code 4."},
    500: {
        "model": VroomErrorOut,
        "description": "No travel times (code 3), or a failure (code 1).",
    },
    503: {"model": VroomErrorOut, "description": "Too many requests wait: come again."},
}


@router.post(
    "/vroom/",
    summary="Solve a problem in VROOM's format",
    responses=ANSWERS,
    openapi_extra=BODY,
    dependencies=[needs("solve")],
)
async def solve(request: Request, zone: Here, who: Who, limits: Spending) -> Response:
    """Answers as vroom-express does, with its statuses: code 0 is 200, 2 is 400, 4 is 413."""
    return await _answered(request, zone, who, limits, is_openrouteservice=False)


@router.post(
    "/optimization",
    summary="Solve a problem as openrouteservice's clients send it",
    responses=ANSWERS,
    openapi_extra=BODY,
    dependencies=[needs("solve")],
)
async def optimize(request: Request, zone: Here, who: Who, limits: Spending) -> Response:
    """Answers as `POST /vroom/`; a top-level ``matrix`` is that of every profile."""
    return await _answered(request, zone, who, limits, is_openrouteservice=True)


@router.get(
    "/vroom/health",
    summary="Can problems in VROOM's format be solved",
    responses={
        200: {"description": "They can.", "content": {}},
        500: {"description": "They cannot.", "content": {}},
    },
    response_class=Response,
    dependencies=[needs("solve")],
)
async def health(request: Request, zone: Here, who: Who) -> Response:
    """Answers 200 or 500 without a body, after it has solved a small problem or failed to."""
    if _pool(request).is_busy:
        # It solves others, as many as it can.
        return Response(status_code=200)
    job = _job(zone, HEALTHCHECK, is_openrouteservice=False)
    told = await _pool(request).answer(job, await _travel(request, zone))
    return Response(status_code=told.status)


async def _answered(
    request: Request, zone: Zone, who: Principal, limits: Limits, *, is_openrouteservice: bool
) -> Response:
    def spend(cost: Cost) -> None:
        limits.check(who, "points", cost.points)
        limits.spend(who, "solve_s", cost.seconds)
        limits.spend(who, "points", cost.points)

    try:
        body = await request.body()
    except HTTPException as error:
        code = TOO_LARGE if error.status_code == 413 else INPUT
        return _response(_refused(error.status_code, code, error.detail))
    except ClientDisconnect:
        return Response(status_code=503)
    job = _job(zone, body, is_openrouteservice=is_openrouteservice)
    work = asyncio.create_task(_pool(request).answer(job, await _travel(request, zone), spend))
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            # Nobody reads this any more.
            return Response(status_code=503)
        return _response(work.result())
    except BusyError:
        text = f"Too many requests wait; send it again in {RETRY_S} s"
        return _response(_refused(503, INTERNAL, text), {"Retry-After": str(RETRY_S)})
    finally:
        gone.cancel()
        work.cancel()


async def _disconnected(request: Request) -> None:
    """Returns once the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _job(zone: Zone, body: bytes, *, is_openrouteservice: bool) -> Job:
    settings = zone.settings
    caps = Caps(
        locations=settings.vroom_locations,
        vehicles=settings.vroom_vehicles,
        usual_seconds=min(settings.vroom_seconds, settings.vroom_most_seconds),
        most_seconds=settings.vroom_most_seconds,
    )
    over = settings.vroom_most_seconds + GRACE_S
    return Job(body, caps, is_openrouteservice, settings.seed, over)


def _pool(request: Request) -> VroomPool:
    pool: VroomPool = request.app.state.vroom
    return pool


async def _travel(request: Request, zone: Zone) -> Travel:
    """Returns the travel times of the zone's city; the same ones each time."""
    state = request.app.state
    if state.vroom_travel is None:
        city = await zone.ask(lambda room: room.dispatcher.city, wake=False)
        state.vroom_travel = state.vroom_travel or Travel(city, zone.settings.city)
    travel: Travel = state.vroom_travel
    return travel


def _refused(status: int, code: int, text: str) -> Told:
    assert code != OK
    return Told(status, written({"code": code, "error": text}))


def _response(told: Told, headers: dict[str, str] | None = None) -> Response:
    return Response(told.body, told.status, headers, media_type="application/json")
