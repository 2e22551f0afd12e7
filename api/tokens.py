"""
Tokens: made, listed and revoked by administrators.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from api.access import needs
from api.bodies import In, Moment, Out, Page
from api.credentials import Credentials, new_credential
from api.depends import Here, Who
from api.scopes import ROLES, Role, Scope
from api.zone import Zone
from dispatch.credentials import Credential
from dispatch.errors import InvalidRequest, NotFound

router = APIRouter(prefix="/v1/tokens", tags=["access"])

DAY_S = 86_400

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9.-]{0,62}$")]
"""Of a principal: never that of a courier, whose tokens are made by signing in."""


class TokenIn(In):
    """
    Who gets a token. ``scopes`` null: all of the role; those named are all it has.

    ``days`` null: it is in force until it is revoked.
    """

    name: Name
    role: Role
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=100)] | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=3660)] | None = None


class TokenOut(Out):
    """
    A token, without what is shown once only; ``courier`` is who it is the phone of.

    ``last_used_at`` is known to the minute.
    """

    id: str
    name: str
    role: str
    scopes: list[str]
    courier: str | None
    created_at: Moment
    created_by: str | None
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewTokenOut(TokenOut):
    """A token as it is made: ``token`` is never shown again."""

    token: str


@router.post("", status_code=201, summary="Make a token", dependencies=[needs("tokens")])
async def make(body: TokenIn, zone: Here, who: Who, request: Request) -> NewTokenOut:
    """
    Answers the token, which nobody can show again: what is kept is a hash.

    It takes no ``Idempotency-Key``, since the answer would be kept: where none came, revoke the
    token and make another.
    """
    check_courier(body.role)
    made, shown = new_credential(
        body.name,
        body.role,
        zone.clock.now(),
        scopes=checked(body.role, body.scopes),
        expires_at=None if body.days is None else zone.clock.now() + body.days * DAY_S,
        created_by=who.name,
    )
    await credentials_of(request).add(made)
    return NewTokenOut(**token_out(made, zone).model_dump(), token=shown)


@router.get("", summary="List the tokens", dependencies=[needs("tokens")])
async def list_tokens(zone: Here, request: Request) -> Page[TokenOut]:
    """Answers all, the oldest first, those too that ended within the last month."""
    return Page(items=[token_out(each, zone) for each in credentials_of(request).all()])


@router.delete("/{token_id}", summary="Revoke a token", dependencies=[needs("tokens")])
async def revoke(
    token_id: Annotated[str, Path(max_length=100)], zone: Here, request: Request
) -> TokenOut:
    """Answers the token, good for nothing from now on; streams and sessions end at once."""
    credentials = credentials_of(request)
    known = credentials.get(token_id)
    if known is None or known.parent is not None:
        raise NotFound(
            f"There is no token {token_id!r}.",
            at="path.token_id",
            cure="See GET /v1/tokens.",
            code="unknown-token",
            value=token_id,
        )
    await credentials.revoke(token_id)
    return token_out(credentials.get(token_id) or known, zone)


def credentials_of(request: Request) -> Credentials:
    """Returns the credentials of this service."""
    found: Credentials = request.app.state.credentials
    return found


def check_courier(role: Role) -> None:
    """Raises InvalidRequest for a courier, whose phone signs in."""
    if role == "courier":
        raise InvalidRequest(
            "A courier's token belongs to a phone.",
            at="role",
            cure="Make a code with POST /v1/couriers/{id}/sign-in-codes, and sign in with it.",
            value=role,
        )


def checked(role: Role, scopes: list[Scope] | None) -> frozenset[Scope] | None:
    """Returns scopes as a set; raises InvalidRequest for one that the role does not have."""
    more = sorted(set(scopes or ()) - ROLES[role])
    if more:
        raise InvalidRequest(
            f"The role {role} has not the scope {', '.join(more)}.",
            at="scopes",
            cure=f"Choose from {', '.join(sorted(ROLES[role]))}.",
            value=more,
        )
    return None if scopes is None else frozenset(scopes)


def token_out(credential: Credential, zone: Zone) -> TokenOut:
    """Returns a token as JSON."""

    def moment(instant: int | None) -> str | None:
        return None if instant is None else zone.moment(instant)

    return TokenOut(
        id=credential.id,
        name=credential.name,
        role=credential.role,
        scopes=list(credential.scopes),
        courier=credential.courier,
        created_at=zone.moment(credential.created_at),
        created_by=credential.created_by or None,
        expires_at=moment(credential.expires_at),
        last_used_at=moment(credential.last_used_at),
        revoked_at=moment(credential.revoked_at),
    )
