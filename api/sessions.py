"""
Sessions of browsers, which send a cookie by themselves, and who one is.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.access import Principal, needs, unauthenticated
from api.bodies import Moment, Out
from api.credentials import csrf_of, new_credential
from api.depends import Here, Who
from api.gate import COOKIE, LOCAL_NAMES, name_of
from api.tokens import credentials_of
from api.zone import Zone

router = APIRouter(prefix="/v1", tags=["access"])

SESSION_S = 12 * 3600
"""Seconds that a session lasts, unless the token it rests on ends before: a long shift."""


class MeOut(Out):
    """
    Who asks. ``courier`` is set for a courier's phone, ``expires_at`` for what ends by itself.

    ``csrf`` is there in a browser's session: the header ``X-CSRF-Token`` of whatever changes
    something.
    """

    name: str
    role: str
    scopes: list[str]
    courier: str | None
    expires_at: Moment | None
    csrf: str | None


@router.get("/me", summary="Who am I", dependencies=[needs()])
async def me(zone: Here, who: Who, request: Request) -> MeOut:
    """Answers in whose name this is answered, and what they may do."""
    known = None if who.credential is None else credentials_of(request).get(who.credential)
    shown = request.cookies.get(COOKIE) if who.is_session else None
    return me_out(who, zone, None if known is None else known.expires_at, shown)


@router.post("/sessions", status_code=201, summary="Begin a session", dependencies=[needs()])
async def begin(zone: Here, who: Who, request: Request, response: Response) -> MeOut:
    """Takes a token and sets a cookie in its place, which scripts of a page cannot read."""
    if who.credential is None or who.is_session:
        raise unauthenticated("A session rests on a token, and none was sent.")
    now, credentials = zone.clock.now(), credentials_of(request)
    token = credentials.get(who.credential)
    ends = now + SESSION_S
    if token is not None and token.expires_at is not None:
        ends = min(ends, token.expires_at)
    made, shown = new_credential(
        who.name,
        who.role,
        now,
        scopes=who.scopes,
        courier=who.courier,
        parent=who.credential,
        expires_at=ends,
        created_by=who.name,
    )
    await credentials.add(made)
    response.set_cookie(COOKIE, shown, max_age=ends - now, **_kept(request))
    return me_out(who, zone, ends, shown)


@router.delete(
    "/sessions",
    status_code=204,
    summary="End the session",
    response_class=Response,
    dependencies=[needs()],
)
async def end(who: Who, request: Request) -> Response:
    """Ends the session that the cookie names, and its streams."""
    if who.is_session and who.credential is not None:
        await credentials_of(request).revoke(who.credential)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, **_kept(request))
    return response


def _kept(request: Request) -> dict[str, Any]:
    """Returns how a browser keeps the cookie: only for pages of ours, and only on safe lines."""
    is_local = name_of(request.headers.get("host", "").lower()) in LOCAL_NAMES
    return {"path": "/", "httponly": True, "samesite": "strict", "secure": not is_local}


def me_out(who: Principal, zone: Zone, expires_at: int | None, shown: str | None) -> MeOut:
    """Returns who asks as JSON."""
    return MeOut(
        name=who.name,
        role=who.role,
        scopes=sorted(who.scopes),
        courier=who.courier,
        expires_at=None if expires_at is None else zone.moment(expires_at),
        csrf=None if shown is None else csrf_of(shown),
    )
