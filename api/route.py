"""
A courier's own route.
"""

from __future__ import annotations

import logging
from functools import partial

from fastapi import APIRouter, Response

from api.access import needs
from api.answers import SAME, IfNoneMatch, is_same
from api.bodies import Moment
from api.contacts import with_contacts
from api.couriers import CourierId, known_courier
from api.depends import Here, Who
from api.route_answers import RouteOut, legs_of, route_out
from api.view import View
from api.zone import Room, Zone
from dispatch.city import Place, Way
from dispatch.errors import CityError, Unavailable
from dispatch.orders import StopKind
from dispatch.proofs import pins_of

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/couriers", tags=["couriers"])


class OwnRouteOut(RouteOut):
    """A route as its courier gets it; ``now`` is the service's clock, as phones' may be wrong."""

    now: Moment


@router.get(
    "/{courier_id}/route",
    summary="Show a courier's route",
    response_model=OwnRouteOut,
    responses=SAME,
    dependencies=[needs("routes.read")],
)
async def show_route(
    courier_id: CourierId,
    zone: Here,
    who: Who,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> OwnRouteOut | Response:
    """Answers the stops with the ways to them; the ETag changes with this route only."""

    def look(room: Room) -> tuple[View, frozenset[str]]:
        known_courier(room, courier_id)
        view = View.of(room.dispatcher, room.now)
        route = view.plan.route_of(courier_id)
        stops = [s for s in route.stops if s.kind is StopKind.DELIVER] if route else []
        drops = [view.state.drops[drop] for stop in stops for drop in stop.drops]
        with room.database.read() as connection:
            pinned = frozenset(pins_of(connection, room.zone, [drop.id for drop in drops]))
        return with_contacts(who, view, drops, room.contacts), pinned

    view, pinned = await zone.ask(look)
    ways = await ways_of(zone, view, courier_id)
    route = route_out(courier_id, view, ways, pinned)
    tag = route.etag()
    if if_none_match is not None and is_same(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return OwnRouteOut(**dict(route), now=view.moment(view.now))


async def ways_of(zone: Zone, view: View, courier_id: str) -> list[Way | None]:
    """Returns the ways of a route's legs; without those that a server would have to tell now."""
    legs = legs_of(courier_id, view)
    ways: list[Way | None] = []
    try:
        # Leg by leg: one takes some milliseconds to find, and orders shall not wait for all.
        for a, b, band in legs:
            ways.append(await zone.ask(partial(_way, a=a, b=b, band=band)))
    except Unavailable as error:
        # The stops are the plan's own, and couriers know their town.
        log.warning("A route is shown without its ways: %s", error)
    return [*ways, *[None] * (len(legs) - len(ways))]


def _way(room: Room, a: Place, b: Place, band: str) -> Way | None:
    try:
        return room.ways.between(a, b, band)
    except CityError:
        # Closed since the courier set off, or just now: the stop says so, or the next plan does.
        return None
