"""
The service as one ASGI application.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from random import Random

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from api import (
    actions,
    buildings,
    city_map,
    clock_moves,
    couriers,
    desks,
    drops,
    explanations,
    figures,
    hand_overs,
    health,
    imports,
    links,
    order_exports,
    orders,
    pages,
    past_plans,
    photos,
    plan,
    problems,
    promises,
    quotes,
    route,
    route_exports,
    sessions,
    sign_in,
    stores,
    stream,
    tokens,
    track,
    traffic,
    vroom,
    webhook_replays,
    webhooks,
)
from api.access import declared
from api.access_log import AccessLog
from api.admission import Admission
from api.body_limit import BodyLimit
from api.clock import Clock, ManualClock, SystemClock
from api.gate import Gate
from api.metrics import Metrics
from api.news import Newsroom
from api.search_pool import Search, SearchPool
from api.security_headers import SecurityHeaders
from api.settings import Settings, start_of
from api.vroom_pool import VroomPool
from api.watch import Watch
from api.webhook_sender import Post, Sender
from api.zone import Zone
from dispatch.city import City

RESOURCES = (
    quotes,
    imports,
    # Before what takes any name as an order's, or as a plan's version.
    order_exports,
    route_exports,
    orders,
    links,
    track,
    drops,
    explanations,
    hand_overs,
    photos,
    stores,
    couriers,
    route,
    actions,
    plan,
    past_plans,
    promises,
    stream,
    city_map,
    buildings,
    desks,
    traffic,
    vroom,
    webhooks,
    webhook_replays,
    tokens,
    sign_in,
    sessions,
    clock_moves,
    health,
    figures,
    pages,
)
"""The modules that have a router."""


def create_app(
    settings: Settings,
    *,
    city: City | None = None,
    search: Search | None = None,
    post: Post | None = None,
    clock: Clock | None = None,
    thread: Executor | None = None,
) -> FastAPI:
    """
    Returns the application; its lifespan opens the zone, and closes it.

    ``city`` None loads the one of the settings, ``search`` None starts their worker processes,
    ``post`` None sends webhooks over the network, ``clock`` None is the one they name, and
    ``thread`` None starts one for the zone.
    """
    if search is None and settings.workers:
        search = SearchPool(
            workers=settings.workers,
            seconds=settings.search_seconds,
            polish_seconds=settings.polish_seconds,
            seed=settings.seed,
        )
    metrics = Metrics()
    zone = Zone(
        settings,
        clock or _clock(settings),
        city=city,
        search=search,
        thread=thread,
        metrics=metrics,
    )
    newsroom = Newsroom(zone.moment)
    pool = VroomPool(settings.vroom_workers)
    sender = Sender(zone, newsroom, Random(settings.seed), post)

    watch = Watch(zone, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await zone.start()
        try:
            await watch.start()
            sender.start()
            yield
        finally:
            pool.close()
            await sender.stop()
            await watch.stop()
            await zone.stop()

    app = FastAPI(
        title="Dispatch",
        summary="Plans couriers who bring office orders to the desk.",
        version=version("dispatch-desk"),
        lifespan=lifespan,
        responses=problems.RESPONSES,
        # What fails to validate may hold names and phone numbers; it stays out of any log.
        telemetry={"logs": False},
        generate_unique_id_function=_operation,
        docs_url=None,
        # To where it would lead, a client's own header would say.
        redirect_slashes=False,
        redoc_url=None,
        dependencies=[Depends(declared)],
    )
    app.state.zone = zone
    app.state.newsroom = newsroom
    app.state.sender = sender
    app.state.watch = watch
    app.state.credentials = watch.credentials
    app.state.lockout = watch.lockout
    app.state.limits = watch.limits
    app.state.running = {}
    app.state.vroom = pool
    app.state.vroom_travel = None
    app.state.sheet = None
    app.state.importing = asyncio.Semaphore(1)
    problems.install(app)
    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, limits=watch.limits, vroom=settings.vroom_bytes)
    app.add_middleware(Admission, zone=zone)
    app.add_middleware(
        Gate,
        settings=settings,
        credentials=watch.credentials,
        lockout=watch.lockout,
        limits=watch.limits,
    )
    app.add_middleware(SecurityHeaders, tiles=settings.tiles_origin)
    app.add_middleware(AccessLog, figures=metrics.http)
    for resource in RESOURCES:
        app.include_router(resource.router)
    return app


def _operation(route: APIRoute) -> str:
    """Returns what clients that are generated call an operation."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def _clock(settings: Settings) -> Clock:
    if settings.clock == "manual":
        return ManualClock(start_of(settings, datetime.now(UTC)))
    return SystemClock()
