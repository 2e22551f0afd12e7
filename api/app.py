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

from fastapi import FastAPI

from api import (
    actions,
    buildings,
    clock_moves,
    couriers,
    desks,
    drops,
    health,
    imports,
    order_exports,
    orders,
    plan,
    problems,
    promises,
    quotes,
    route,
    route_exports,
    stores,
    stream,
    traffic,
    webhook_replays,
    webhooks,
)
from api.body_limit import BodyLimit
from api.clock import Clock, ManualClock, SystemClock
from api.news import Newsroom
from api.search_pool import Search, SearchPool
from api.settings import Settings, start_of
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
    drops,
    stores,
    couriers,
    route,
    actions,
    plan,
    promises,
    stream,
    buildings,
    desks,
    traffic,
    webhooks,
    webhook_replays,
    clock_moves,
    health,
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
    zone = Zone(settings, clock or _clock(settings), city=city, search=search, thread=thread)
    newsroom = Newsroom(zone.moment)
    sender = Sender(zone, newsroom, Random(settings.seed), post)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await zone.start()
        sender.start()
        try:
            yield
        finally:
            await sender.stop()
            await zone.stop()

    app = FastAPI(
        title="Dispatch",
        summary="Plans couriers who bring office orders to the desk.",
        version=version("dispatch-desk"),
        lifespan=lifespan,
        responses=problems.RESPONSES,
        # What fails to validate may hold names and phone numbers; it stays out of any log.
        telemetry={"logs": False},
        docs_url=None,
        redoc_url=None,
    )
    app.state.zone = zone
    app.state.newsroom = newsroom
    app.state.sender = sender
    app.state.running = {}
    app.state.importing = asyncio.Semaphore(1)
    problems.install(app)
    app.add_middleware(BodyLimit)
    for resource in RESOURCES:
        app.include_router(resource.router)
    return app


def _clock(settings: Settings) -> Clock:
    if settings.clock == "manual":
        return ManualClock(start_of(settings, datetime.now(UTC)))
    return SystemClock()
