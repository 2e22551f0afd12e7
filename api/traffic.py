"""
Live traffic: what is known of speeds beyond the map. For dispatchers.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from api.access import needs
from api.answers import Answer, IfMatch, check_match, tag_of
from api.bodies import In, Instant, Moment, Note, Out, Page
from api.depends import Here, Who
from api.once import Sent
from api.paging import Cursor, Limit, page_of
from api.view import View
from api.zone import Room
from dispatch.areas import Area, read_area
from dispatch.live import AreaSpeed, SegmentSpeed, Traffic
from dispatch.traffic import end_traffic, set_traffic
from dispatch.traffic_checks import TrafficRequest

router = APIRouter(prefix="/v1/traffic", tags=["traffic"])

MOST_SEGMENTS, MOST_AREAS = 5000, 20
"""Segments and areas of one report at most."""

NodeId = Annotated[int, Field(strict=True, gt=0, lt=2**63)]
Speed = Annotated[float, Field(strict=True, ge=0)]
Position = Annotated[list[Annotated[float, Field(strict=True)]], Field(max_length=3)]


class SegmentBody(In):
    """From a node of the map to a neighbouring one, in this direction; 0 km/h closes it."""

    from_node: Annotated[NodeId, Field(alias="from")]
    to_node: Annotated[NodeId, Field(alias="to")]
    kmh: Speed


class PolygonBody(In):
    """A GeoJSON polygon in WGS-84: closed rings of [lon, lat], the outer one, then its holes."""

    type: Literal["Polygon"]
    coordinates: list[list[Position]]


class AreaBody(In):
    """Every segment with its middle inside, in both directions; 0 km/h closes them."""

    area: PolygonBody
    kmh: Speed


class TrafficIn(In):
    """
    What somebody reports; ``until`` null: in force until it is deleted.

    Two speeds for one segment are an error. Of several reports the latest holds; when it ends, the
    one before holds again.
    """

    segments: Annotated[list[SegmentBody], Field(default_factory=list, max_length=MOST_SEGMENTS)]
    areas: Annotated[list[AreaBody], Field(default_factory=list, max_length=MOST_AREAS)]
    until: Instant | None = None
    note: Note = ""

    def to_domain(self) -> TrafficRequest:
        """Returns the report as a value; raises InvalidRequest for a malformed polygon."""
        return TrafficRequest(
            segments=tuple(SegmentSpeed(s.from_node, s.to_node, s.kmh) for s in self.segments),
            areas=tuple(
                AreaSpeed(read_area(part.area.coordinates, f"areas[{i}].area"), part.kmh)
                for i, part in enumerate(self.areas)
            ),
            until=self.until,
            note=self.note,
        )


class TrafficOut(Out):
    """A report; ``travel_epoch`` is the number of the travel times in force as it is shown."""

    id: str
    set_at: Moment
    until: Moment | None
    segments: list[SegmentBody]
    areas: list[AreaBody]
    note: str | None
    travel_epoch: int


@router.post(
    "",
    status_code=201,
    summary="Set or close streets",
    response_model=TrafficOut,
    dependencies=[needs("traffic.change")],
)
async def report(body: TrafficIn, zone: Here, once: Sent) -> Response:
    """Answers the report; the plan is made with its speeds from now on."""

    def work(room: Room) -> Answer:
        made = set_traffic(room.dispatcher, body.to_domain(), room.now)
        out = traffic_out(made, View.of(room.dispatcher, room.now))
        return Answer(out, 201, tag_of(room, made.id))

    return await once.ask(zone, work)


@router.get("", summary="List what is in force", dependencies=[needs("traffic.read")])
async def list_traffic(
    zone: Here, _: Who, cursor: Cursor = None, limit: Limit = 100
) -> Page[TrafficOut]:
    """Answers the reports in force; the later hold where they contradict the earlier."""
    view = await zone.look()
    ids, following = page_of(view.state.traffic, cursor, limit)
    items = [traffic_out(view.state.traffic[name], view) for name in ids]
    return Page(items=items, next=following)


@router.delete(
    "/{traffic_id}",
    summary="End a report",
    response_model=TrafficOut,
    dependencies=[needs("traffic.change")],
)
async def end(
    traffic_id: Annotated[str, Path(max_length=100)],
    zone: Here,
    once: Sent,
    if_match: IfMatch = None,
) -> Response:
    """Answers the report that is no longer in force; the plan is made without it."""

    def work(room: Room) -> Answer:
        known = room.dispatcher.state.traffic.get(traffic_id)
        if if_match is not None and known is not None:
            view = View.of(room.dispatcher, room.now)
            check_match(if_match, tag_of(room, traffic_id), lambda: traffic_out(known, view))
        ended = end_traffic(room.dispatcher, traffic_id, room.now)
        return Answer(traffic_out(ended, View.of(room.dispatcher, room.now)))

    return await once.ask(zone, work)


def traffic_out(traffic: Traffic, view: View) -> TrafficOut:
    """Returns a report as JSON."""
    return TrafficOut(
        id=traffic.id,
        set_at=view.moment(traffic.set_at),
        until=view.moment_or_none(traffic.until),
        segments=[
            SegmentBody.model_validate({"from": s.a, "to": s.b, "kmh": s.kmh})
            for s in traffic.segments
        ],
        areas=[AreaBody(area=_polygon(part.area), kmh=part.kmh) for part in traffic.areas],
        note=traffic.note or None,
        travel_epoch=view.city.travel_epoch,
    )


def _polygon(area: Area) -> PolygonBody:
    rings = [[[lon, lat] for lat, lon in (*ring, ring[0])] for ring in area.rings]
    return PolygonBody(type="Polygon", coordinates=rings)
