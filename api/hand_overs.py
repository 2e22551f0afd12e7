"""
What shows a hand-over: taken with the tap that tells of it, and shown to those who may see persons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.access import needs
from api.bodies import In, Moment, Out, Page
from api.depends import Here, Who
from api.drops import DropId
from api.photos import PhotoOut, photo_out
from api.sight import NOTHING, sees_drop
from api.view import View
from api.zone import Room
from dispatch import photos, proofs
from dispatch.hand import known_drop
from dispatch.photos import Photo
from dispatch.plan_reading import drop_of_stop
from dispatch.proofs import Proof
from dispatch.requests import Action, ActionAnswer

router = APIRouter(prefix="/v1/drops", tags=["drops"])

Strokes = Annotated[
    str, Field(pattern=r"^M[0-9]{1,3} [0-9]{1,3}([ML][0-9]{1,3} [0-9]{1,3})*$", max_length=8000)
]
"""A signature as an SVG path of straight lines, on 300 by 150."""


class ProofIn(In):
    """
    What was given for the goods: the PIN that the buyer's page shows, or a ``signature``, as an SVG
    path of straight lines (``M10 20L12 24``) on a ground of 300 by 150.
    """

    pin: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    signature: Strokes | None = None

    @model_validator(mode="after")
    def _is_one(self) -> ProofIn:
        if (self.pin is None) == (self.signature is None):
            raise PydanticCustomError("one_proof", "Give a pin or a signature, one of them")
        return self


class ProofOut(Out):
    """
    What was given for a drop, or shows its hand-over; ``signature`` is null where the PIN was told.

    ``photo`` is null for what is none; the picture itself is at its ``path``.
    """

    kind: Literal["pin", "signature", "photo"]
    courier: str
    at: Moment
    signature: str | None
    photo: PhotoOut | None


@router.get(
    "/{drop_id}/proofs",
    summary="Show what was given for a drop",
    dependencies=[needs("contacts.read")],
)
async def show_proofs(drop_id: DropId, zone: Here, who: Who) -> Page[ProofOut]:
    """Answers what is held, the oldest first: it is kept as long as contacts are."""

    def work(room: Room) -> Page[ProofOut]:
        view = View.of(room.dispatcher, room.now)
        known_drop(view.state if sees_drop(view, who, drop_id) else NOTHING, drop_id)
        with room.database.read() as connection:
            given = proofs.read(connection, room.zone, (drop_id,))
            taken = photos.read(connection, room.zone, (drop_id,))
        shown: list[Proof | Photo] = [*given, *taken]
        return Page(items=[_proof_out(each, view) for each in sorted(shown, key=lambda e: e.at)])

    return await zone.ask(work, wake=False)


def _proof_out(proof: Proof | Photo, view: View) -> ProofOut:
    about = {"courier": proof.courier, "at": view.moment(proof.at)}
    if isinstance(proof, Photo):
        only = {"kind": "photo", "signature": None, "photo": photo_out(proof)}
    else:
        only = {"kind": proof.kind, "signature": proof.body or None, "photo": None}
    return ProofOut.model_validate(about | only)


def judged(
    room: Room,
    courier: str,
    actions: Sequence[Action],
    given: Mapping[str, ProofIn],
    answered: Mapping[str, ActionAnswer],
) -> list[Action]:
    """
    Returns taps of a courier with what their proof is found to be; ``given`` are proofs by action.

    A tap that was answered before is as it was then: a PIN counts as told once.
    """
    found = []
    for action in actions:
        before = answered.get(action.action_id)
        if (proof := given.get(action.action_id)) is None:
            found.append(action)
        elif before is not None and before.evidence is not None:
            found.append(replace(action, proof=before.evidence.action.proof))
        else:
            found.append(replace(action, proof=_kind(room, courier, action, proof)))
    return found


def _kind(room: Room, courier: str, action: Action, proof: ProofIn) -> str:
    if proof.pin is None:
        return proofs.SIGNATURE
    drop = room.dispatcher.state.live.get(_drop_of(room, action))
    if drop is None or drop.courier != courier:
        # Nobody uses up the tries for what somebody else brings.
        return proofs.NO_PIN
    with room.write() as connection:
        return proofs.judge_pin(connection, room.zone, drop.id, proof.pin)


def _drop_of(room: Room, action: Action) -> str:
    """Returns the drop that a tap is about, by name or by its stop; empty for none."""
    # Among all: one that has just been handed over is not live any more.
    return action.drop or drop_of_stop(action.stop, room.dispatcher.state.drops) or ""


def keep_proofs(
    room: Room,
    courier: str,
    actions: Sequence[Action],
    given: Mapping[str, ProofIn],
    answers: Sequence[ActionAnswer],
) -> None:
    """Keeps what was given with taps that took effect just now."""
    applied = {answer.action_id for answer in answers if answer.result == "applied"}
    for action in actions:
        if action.action_id in applied and action.proof in (proofs.PIN, proofs.SIGNATURE):
            body = given[action.action_id].signature or ""
            drop = _drop_of(room, action)
            proof = Proof(drop, action.action_id, courier, action.proof, body, room.now)
            with room.write() as connection:
                proofs.write(connection, room.zone, proof)
