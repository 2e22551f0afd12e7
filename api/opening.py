"""
Opens a zone: its city, its stores, and what the database remembers of it.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from api.calendars import open_calendars
from api.clock import Clock, ManualClock
from api.settings import Settings
from dispatch.city import City, load_city
from dispatch.commit import CommitTo
from dispatch.coordinates import check_order
from dispatch.dispatcher import Dispatcher
from dispatch.errors import CityError, InvalidRequest
from dispatch.plan import Plan
from dispatch.state import State
from dispatch.store import Database

log = logging.getLogger(__name__)

SKEW_S = 300
"""Seconds by which the machine's clock may be behind the last event of the database."""


def open_zone(
    settings: Settings, clock: Clock, city: City | None, commit: CommitTo
) -> tuple[Dispatcher, Database]:
    """
    Returns the dispatcher with the state and plan last committed, and its database.

    ``city`` None loads the one of the settings. Raises CityError, DatabaseError, InvalidRequest
    where settings and database contradict each other, or Unavailable where a routing server is
    named that does not answer. Nothing is solved.
    """
    if city is not None:
        return _open_zone(settings, clock, city, commit)
    city = open_city(settings)
    try:
        return _open_zone(settings, clock, city, commit)
    except BaseException:
        city.close()
        raise


def open_city(settings: Settings) -> City:
    """Returns the city of the settings on their streets; raises CityError as `load_city` does."""
    if settings.osrm is None:
        return load_city(settings.city, profile=settings.profile, search=settings.search)
    # Its HTTP client takes a while to load, and most services need none.
    from dispatch.osrm import OsrmStreets

    streets = OsrmStreets(settings.osrm, profile=settings.profile)
    try:
        return load_city(settings.city, streets=streets)
    except BaseException:
        streets.close()
        raise


def _open_zone(
    settings: Settings, clock: Clock, city: City, commit: CommitTo
) -> tuple[Dispatcher, Database]:
    check_stores(settings, city)
    database = Database.open(settings.db)
    try:
        database.start_zone(settings.zone)
        state, plan = database.load(settings.zone, settings.stores())
        state = replace(state, services=settings.services())
        _check_state(settings, state)
        _set_clock(clock, database, settings.zone, plan)
        _warn_of_profiles(city, state, clock.now())
        dispatcher = Dispatcher(
            zone=settings.zone,
            city=city,
            policy=settings.policy_values(),
            state=state,
            plan=plan,
            commit=commit,
            calendars=open_calendars(settings, city, state, clock.now()),
        )
        for courier, position in database.positions(settings.zone).items():
            dispatcher.note_positions(courier, [position], clock.now())
    except BaseException:
        database.close()
        raise
    return dispatcher, database


def reload_zone(settings: Settings, dispatcher: Dispatcher, database: Database) -> None:
    """Makes a dispatcher know what its database knows; raises DatabaseError where it cannot."""
    state, plan = database.load(settings.zone, settings.stores())
    state = replace(state, services=settings.services())
    known = dispatcher.memory()
    # What rests on the state before is worked out anew; couriers are where they were.
    dispatcher.restore(replace(known, state=state, plan=plan, watched={}, found={}, present=None))


def check_stores(settings: Settings, city: City) -> None:
    """Raises InvalidRequest for a store that lies outside the city, or by none of its roads."""
    stores = settings.stores().values()
    check_order(city, {f"store[{i}]": (s.lat, s.lon) for i, s in enumerate(stores)})
    for i, store in enumerate(stores):
        try:
            city.street_place(store.lat, store.lon)
        except CityError as error:
            raise InvalidRequest(
                f"Store {store.id} is not in the city: {error.what}",
                at=f"store[{i}]",
                cure="Declare the city's own stores in the settings: [[store]] with id, name, lat "
                "and lon, at most 150 m from a road.",
                code="store-outside-city",
                value=[store.lat, store.lon],
            ) from error


def _check_state(settings: Settings, state: State) -> None:
    used = {courier.store for courier in state.couriers.values()}
    used |= {order.store for order in state.orders.values()}
    missing = sorted(used - {store.id for store in settings.store})
    if missing:
        raise InvalidRequest(
            f"The database knows the stores {', '.join(missing)}, the settings do not.",
            at="store",
            cure="Declare them in the settings, or name another database.",
            code="store-missing",
            value=missing,
        )


def _warn_of_profiles(city: City, state: State, now: int) -> None:
    """All couriers are planned with the times of the settings, however they got about before."""
    others = [
        f"{courier.id} ({courier.profile})"
        for courier in state.couriers.values()
        if courier.profile != city.profile and courier.shift_end > now
    ]
    if others:
        log.warning(
            "All times are for %s from now on, for the couriers %s too",
            city.profile,
            ", ".join(others),
        )


def _set_clock(clock: Clock, database: Database, zone: str, plan: Plan) -> None:
    """A manual clock goes on where it stood; the machine's must not be long before that."""
    latest = max(plan.made_at, database.latest(zone))
    if isinstance(clock, ManualClock):
        clock.move_to(max(clock.now(), latest))
    elif latest > clock.now() + SKEW_S:
        raise InvalidRequest(
            f"The last event of zone {zone} is {latest - clock.now()} s in the future.",
            at="clock",
            cure="It was made with a manual clock: start with --clock manual, or name another "
            "database. Else set the machine's clock.",
            code="clock-behind",
            value=latest,
        )
