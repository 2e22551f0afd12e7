"""
How a courier's route looks from outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Literal

from pydantic import Field

from api.bodies import ItemBody, Moment, Out
from api.order_answers import ContactOut, ReasonOut, contact_out, item_out, reason_out
from api.place_answers import DeskPlaceOut, StorePlaceOut, desk_place_out, store_out
from api.view import View
from dispatch.band_times import band_during
from dispatch.city import InsideLeg, Place, Way
from dispatch.orders import StopKind
from dispatch.plan import Stop


class LineStringOut(Out):
    """A line in GeoJSON's form: longitude before latitude."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]


class LegOut(Out):
    """A part of the way that is not riding, with the floors of a lift or stairs."""

    kind: str
    from_floor: int | None = Field(serialization_alias="from")
    to_floor: int | None = Field(serialization_alias="to")
    duration_s: int


class TextOut(Out):
    """A sentence in Chinese and in English."""

    zh: str
    en: str


class StepOut(Out):
    """One thing to do on the ride, and how long and far it is to the next one."""

    text: TextOut
    duration_s: int
    distance_m: int


class WayOut(Out):
    """The way to a stop from the one before; ``line`` is null within one building."""

    duration_s: int
    distance_m: int
    line: LineStringOut | None
    steps: list[StepOut]
    inside: list[LegOut]


class HandOverOut(Out):
    """Who takes a drop at a stop, and what was noted for the courier, where one is told."""

    drop: str
    contact: ContactOut | None
    note: str | None


class GoodsOut(Out):
    """
    What is carried of a drop; ``order`` is what is written on it, its external id if it has one.

    ``pin`` says that its buyer was shown a PIN, which may stand for a signature.
    """

    drop: str
    order: str
    urgent: bool
    department: str | None
    items: list[ItemBody]
    load: int
    pin: bool


class StopOut(Out):
    """
    A stop of a route; ``way`` is told where it is asked for, and in the courier's own route: where
    there is one and it is known, so not while a routing server does not answer.

    ``arrived_at`` is when the courier said to be there. ``cut_off`` says why a committed stop can
    no longer be reached; its times are those last known. ``hand_overs`` are there in a courier's
    own route only, for drops with a contact or a note, and so are ``goods``, for all.
    """

    id: str
    kind: StopKind
    place: StorePlaceOut | DeskPlaceOut
    drops: list[str]
    arrival: Moment
    start: Moment
    departure: Moment
    due_at: Moment | None
    slack_s: int | None
    committed: bool
    arrived_at: Moment | None
    cut_off: ReasonOut | None
    way: WayOut | None
    hand_overs: list[HandOverOut]
    goods: list[GoodsOut]


class RouteOut(Out):
    """The stops of a courier in the order in which they are served."""

    courier: str
    plan_version: int
    stops: list[StopOut]

    def etag(self) -> str:
        """Returns the strong entity tag of this courier's route, whatever the plan's version."""
        content = "\n".join(stop.model_dump_json() for stop in self.stops)
        return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def route_out(
    courier: str,
    view: View,
    ways: Sequence[Way | None] | None = None,
    pinned: Collection[str] | None = None,
) -> RouteOut:
    """
    Returns the route of a courier as JSON; ``ways`` are those of its legs, if they are shown.

    ``pinned`` are drops whose buyers were shown a PIN; without it, goods are not shown.
    """
    route = view.plan.route_of(courier)
    stops = route.stops if route else ()
    shown: Sequence[Way | None] = [None] * len(stops) if ways is None else ways
    goods = [[] if pinned is None else _goods(stop, view, pinned) for stop in stops]
    return RouteOut(
        courier=courier,
        plan_version=view.plan.version,
        stops=[
            _stop_out(stop, courier, view, way, inside)
            for stop, way, inside in zip(stops, shown, goods, strict=True)
        ],
    )


def legs_of(courier: str, view: View) -> tuple[tuple[Place, Place, str], ...]:
    """Returns for each stop where the courier comes from, where it is, and the band it ends in."""
    route = view.plan.route_of(courier)
    # A committed stop is ridden to from where the last one ended; `origin` is its own place.
    stops = route.stops if route else ()
    places = (view.state.couriers[courier].place, *(stop.place for stop in stops))
    bands = (band_during(stop.arrival, view.city.timezone)[0] for stop in stops)
    return tuple((a, b, band) for (a, b), band in zip(pairwise(places), bands, strict=True))


def _stop_out(
    stop: Stop, courier: str, view: View, way: Way | None, goods: list[GoodsOut]
) -> StopOut:
    at_store = stop.kind is not StopKind.DELIVER
    return StopOut(
        id=stop.id,
        kind=stop.kind,
        place=store_out(stop, courier, view) if at_store else desk_place_out(stop, view, way),
        drops=list(stop.drops),
        arrival=view.moment(stop.arrival),
        start=view.moment(stop.start),
        departure=view.moment(stop.departure),
        due_at=view.moment_or_none(stop.due_at),
        slack_s=stop.slack_s,
        committed=stop.committed,
        arrived_at=view.moment_or_none(_arrived_at(stop, courier, view)),
        cut_off=None if stop.cut_off is None else reason_out(stop.cut_off),
        way=None if way is None else _way_out(way),
        hand_overs=[] if at_store else _hand_overs(stop, view),
        goods=goods,
    )


def _arrived_at(stop: Stop, courier: str, view: View) -> int | None:
    committed = view.state.couriers[courier].committed
    return committed.arrived_at if committed and committed.stop == stop.id else None


def _goods(stop: Stop, view: View, pinned: Collection[str]) -> list[GoodsOut]:
    """Returns what is carried to, from, or back to a stop."""
    back = stop.kind is StopKind.RETURN
    drops = [view.state.drops[drop] for drop in stop.drops]
    return [
        GoodsOut(
            drop=drop.id,
            order=view.state.orders[drop.order].external_id or drop.order,
            urgent=view.state.orders[drop.order].urgent,
            department=drop.desk.department or None,
            items=[item_out(item) for item in (drop.items_back if back else drop.items)],
            load=drop.returning if back else drop.load,
            pin=drop.id in pinned,
        )
        for drop in drops
    ]


def _hand_overs(stop: Stop, view: View) -> list[HandOverOut]:
    """Returns what may be told of the persons at a stop."""
    drops = [view.state.drops[drop] for drop in stop.drops]
    told = [(d.id, contact_out(view.contact(d.desk.contact)), view.contact(d.note)) for d in drops]
    return [
        HandOverOut(drop=drop, contact=contact, note=note.text or None)
        for drop, contact, note in told
        if contact is not None or note.text
    ]


def _way_out(way: Way) -> WayOut:
    return WayOut(
        duration_s=way.duration_s,
        distance_m=way.distance_m,
        line=LineStringOut(coordinates=list(way.line)) if way.line else None,
        steps=[
            StepOut(
                text=TextOut(zh=step.text_zh, en=step.text_en),
                duration_s=step.duration_s,
                distance_m=step.distance_m,
            )
            for step in way.steps
        ],
        inside=[_leg_out(leg) for leg in way.inside],
    )


def _leg_out(leg: InsideLeg) -> LegOut:
    return LegOut(
        kind=leg.kind,
        from_floor=leg.from_floor,
        to_floor=leg.to_floor,
        duration_s=leg.duration_s,
    )
