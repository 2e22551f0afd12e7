"""
Photos of a hand-over: taken one by one after the tap that tells of it, shown to those who may see
persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Principal, needs
from api.bodies import Moment, Out
from api.depends import Here, Who
from api.drops import DropId
from api.problems import Problem
from api.sight import NOTHING, sees_drop
from api.view import View
from api.zone import Room
from dispatch import kept_contacts, photos
from dispatch.errors import Conflict, InvalidRequest, NotFound
from dispatch.hand import known_drop
from dispatch.jpeg import without_metadata
from dispatch.orders import Drop, DropStatus
from dispatch.photos import MOST_BYTES, MOST_OF_DROP, Photo

router = APIRouter(prefix="/v1/drops", tags=["drops"])

PhotoId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="the sender's choice")]

JPEG = "image/jpeg"

_PICTURE: Mapping[str, Any] = {JPEG: {"schema": {"type": "string", "format": "binary"}}}

HEADERS = {
    "Cache-Control": "private, no-store",
    # Shown by itself it is a picture and nothing else, whatever its bytes say.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": 'inline; filename="hand-over.jpg"',
}
"""What an answer carries that is a photo, beside what every answer does."""


class PhotoOut(Out):
    """A photo that is held; ``sku`` is the line it is of, null for the hand-over as a whole."""

    id: str
    sku: str | None
    size_bytes: int
    path: str


class TakenOut(PhotoOut):
    """A photo as it was taken: ``drop`` it is of, who brought that, and when it came."""

    drop: str
    courier: str
    at: Moment


@router.put(
    "/{drop_id}/photos/{photo_id}",
    summary="Add a photo to a hand-over",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": dict(_PICTURE)}},
    dependencies=[needs("actions.tell")],
)
async def add_photo(
    drop_id: DropId,
    photo_id: PhotoId,
    request: Request,
    zone: Here,
    who: Who,
    sku: Annotated[str | None, Query(max_length=100, description="the line it is of")] = None,
) -> TakenOut:
    """
    Takes a picture in JPEG, of at most 400 000 bytes and 4096 pixels each way, as the body.

    Where and by what it was taken is thrown away. Sent again under its id it is kept once. A
    courier adds photos to drops that they have, or had, on board; a drop has 8 at most.
    """
    body = _picture(await request.body())

    def work(room: Room) -> TakenOut:
        drop = _brought(room, who, drop_id, sku)
        photo = Photo(drop_id, photo_id, drop.courier or "", sku or "", len(body), room.now)
        return _taken_out(room, _kept(room, photo, body))

    return await zone.ask(work, wake=False)


@router.get(
    "/{drop_id}/photos/{photo_id}",
    summary="Show a photo of a hand-over",
    response_class=Response,
    responses={200: {"content": dict(_PICTURE)}},
    dependencies=[needs("contacts.read")],
)
async def show_photo(drop_id: DropId, photo_id: PhotoId, zone: Here, who: Who) -> Response:
    """Answers the picture; the proofs of a drop list what there is, as long as contacts."""

    def work(room: Room) -> bytes | None:
        view = View.of(room.dispatcher, room.now)
        known_drop(view.state if sees_drop(view, who, drop_id) else NOTHING, drop_id)
        with room.database.read() as connection:
            return photos.body_of(connection, room.zone, drop_id, photo_id)

    body = await zone.ask(work, wake=False)
    if body is None:
        raise NotFound(
            f"There is no photo {photo_id!r} of {drop_id}.",
            at="photo",
            cure="See GET /v1/drops/{id}/proofs; photos are forgotten with contacts.",
            code="unknown-photo",
            value=photo_id,
        )
    return Response(body, media_type=JPEG, headers=HEADERS)


def photo_out(photo: Photo) -> PhotoOut:
    """Returns what is known of a photo as JSON."""
    return PhotoOut(
        id=photo.photo_id,
        sku=photo.sku or None,
        size_bytes=photo.size,
        path=f"/v1/drops/{photo.drop_id}/photos/{photo.photo_id}",
    )


def _taken_out(room: Room, photo: Photo) -> TakenOut:
    at = View.of(room.dispatcher, room.now).moment(photo.at)
    about = {"drop": photo.drop_id, "courier": photo.courier, "at": at}
    return TakenOut.model_validate(photo_out(photo).model_dump() | about)


def _picture(data: bytes) -> bytes:
    """Returns the picture in a body, cleaned; raises Problem for one that is too large or none."""
    if len(data) > MOST_BYTES:
        raise Problem(
            413,
            "photo-too-large",
            f"The photo has {len(data)} bytes, at most {MOST_BYTES} are taken.",
            cure="Scale it down first.",
        )
    try:
        return without_metadata(data)
    except ValueError as error:
        raise InvalidRequest(
            f"The body is no picture in JPEG: {error}",
            at="body",
            cure="Send the bytes of one picture, whatever its content type says.",
            code="bad-photo",
            value=data[:16].hex(" "),
        ) from error


def _brought(room: Room, who: Principal, drop_id: str, sku: str | None) -> Drop:
    """Returns a drop that was on board; of a courier's own. Raises for what takes no photo."""
    state = room.dispatcher.state
    found = state.drops.get(drop_id)
    is_mine = who.sees_all or (found is not None and found.courier == who.courier)
    drop = known_drop(state if is_mine else NOTHING, drop_id)
    if drop.courier is None or drop.status is DropStatus.CANCELLED:
        raise Conflict(
            f"{drop_id} is {drop.status}: nobody has it, so there is nothing to show.",
            at="drop",
            cure="Add photos of what is, or was, on board.",
            code="not-brought",
            value=drop_id,
        )
    if sku is not None and sku not in {item.sku for item in drop.items}:
        raise InvalidRequest(
            f"{drop_id} has no line {sku!r}.",
            at="query.sku",
            cure="Name one of its lines, or none.",
            code="unknown-line",
            value=sku,
        )
    return drop


def _kept(room: Room, photo: Photo, body: bytes) -> Photo:
    """Returns the photo as it is held, stored now or, the same one, before."""
    with room.write() as connection:
        held = {p.photo_id: p for p in photos.read(connection, room.zone, (photo.drop_id,))}
        if (before := held.get(photo.photo_id)) is not None:
            if photos.body_of(connection, room.zone, photo.drop_id, photo.photo_id) == body:
                return before
            raise Conflict(
                f"The id {photo.photo_id!r} belongs to another photo of {photo.drop_id}.",
                at="photo",
                cure="Give each photo an id of its own.",
                code="photo-id-reused",
                value=photo.photo_id,
            )
        if len(held) >= MOST_OF_DROP:
            raise Conflict(
                f"{photo.drop_id} has {MOST_OF_DROP} photos already.",
                at="drop",
                cure="Send the most telling ones only.",
                code="too-many-photos",
                value=photo.drop_id,
            )
        _check_wanted(room, photo)
        photos.write(connection, room.zone, photo, body)
    return photo


def _check_wanted(room: Room, photo: Photo) -> None:
    """Raises Problem 410 where what is known of the person at the desk was erased meanwhile."""
    ref = room.dispatcher.state.drops[photo.drop_id].desk.contact
    with room.database.read() as connection:
        erased = ref and ref not in kept_contacts.read(connection, room.zone, (ref,))
    if erased:
        raise Problem(
            410,
            "photo-too-late",
            f"What was known of persons at {photo.drop_id} was erased; its photos are not wanted.",
            cure="Throw the photo away.",
        )
