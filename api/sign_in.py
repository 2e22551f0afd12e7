"""
How a courier's phone signs in: by a code that a dispatcher tells, good once and for ten minutes.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.access import ANYBODY, needs, unauthenticated
from api.bodies import In, Moment, Out
from api.couriers import CourierId, known_courier
from api.credentials import new_credential
from api.depends import Here
from api.gate import address_of, locked_out
from api.tokens import credentials_of
from api.watch import Watch

router = APIRouter(prefix="/v1", tags=["access"])

DEVICE_S = 30 * 86_400
"""Seconds for which a phone stays signed in."""


class CodeOut(Out):
    """A code that signs a phone in, once, until ``expires_at``."""

    courier: str
    code: str
    expires_at: Moment


class SignInIn(In):
    """The code that was told; small letters, blanks and hyphens do not matter."""

    code: Annotated[str, Field(min_length=1, max_length=50)]


class SignedInOut(Out):
    """The phone's token, never shown again, and whose phone it is."""

    token: str
    courier: str
    expires_at: Moment


@router.post(
    "/couriers/{courier_id}/sign-in-codes",
    status_code=201,
    summary="Let a courier's phone sign in",
    dependencies=[needs("couriers.invite")],
)
async def invite(courier_id: CourierId, zone: Here, request: Request) -> CodeOut:
    """Answers a code, in place of one before; until it is used a phone stays signed in."""
    courier = await zone.ask(lambda room: known_courier(room, courier_id), wake=False)
    code, until = await _watch(request).codes.make(courier.id)
    return CodeOut(courier=courier.id, code=code, expires_at=zone.moment(until))


@router.delete(
    "/couriers/{courier_id}/sign-in",
    status_code=204,
    summary="Sign a courier's phone out",
    response_class=Response,
    dependencies=[needs("couriers.invite")],
)
async def sign_out(courier_id: CourierId, zone: Here, request: Request) -> Response:
    """Ends the token of the phone at once, because it was lost, or its courier left."""
    courier = await zone.ask(lambda room: known_courier(room, courier_id), wake=False)
    credentials = credentials_of(request)
    await credentials.revoke(*credentials.of_courier(courier.id))
    return Response(status_code=204)


@router.post("/sign-in", status_code=201, summary="Sign in with a code", dependencies=[ANYBODY])
async def sign_in(body: SignInIn, zone: Here, request: Request) -> SignedInOut:
    """Answers a token for 30 days; a phone that was signed in for the courier before is no more."""
    watch, address = _watch(request), address_of(request)
    if wait_s := watch.lockout.wait_s(address):
        raise locked_out(wait_s)
    # Before it is looked at: of many guesses at once none shall be let in by waiting for another.
    watch.lockout.note(address)
    courier = await watch.codes.take(body.code)
    if courier is None:
        raise unauthenticated("The code is not, or no longer, in force; ask for a new one.")
    watch.lockout.pardon(address)
    now = zone.clock.now()
    made, shown = new_credential(
        courier, "courier", now, courier=courier, expires_at=now + DEVICE_S, created_by=courier
    )
    await credentials_of(request).add(made, instead=True)
    return SignedInOut(token=shown, courier=courier, expires_at=zone.moment(now + DEVICE_S))


def _watch(request: Request) -> Watch:
    found: Watch = request.app.state.watch
    return found
