"""
Who asks, and whether they may.

The gate (:mod:`api.gate`) finds out who asks before anything of a request is read. Each route says
by `needs` what one must be allowed for it; a route that says nothing answers nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security, params
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, SecurityScopes

from api.problems import Problem
from api.scopes import EVERYTHING, OWN_ONLY, Role, Scope

OPEN = frozenset(
    {("GET", "/livez"), ("POST", "/v1/sign-in"), ("GET", "/v1/track")}
    | {(method, path) for method in ("GET", "HEAD") for path in ("/", "/courier", "/track")}
)
"""Method and path of what anybody may ask, without saying who they are."""

ASSETS = "/assets/"
"""How paths of the pages' files begin, which hold no data and are for anybody too."""


@dataclass(frozen=True, slots=True)
class Principal:
    """
    In whose name a request is answered.

    ``credential`` is the id of the token or session shown, None without one; ``courier`` who it is
    the phone of; ``is_session`` says that a browser sent it by itself. ``name`` is the same for all
    credentials of one principal.
    """

    name: str
    role: Role
    scopes: frozenset[Scope]
    credential: str | None = None
    courier: str | None = None
    is_session: bool = False

    def may(self, scope: Scope) -> bool:
        """Returns whether a scope is one of the principal's."""
        return scope in self.scopes

    @property
    def sees_all(self) -> bool:
        """Whether things of others are there for the principal too."""
        return self.role not in OWN_ONLY


LOCAL = Principal("local", "admin", EVERYTHING)
"""Whoever sits at the machine, where no tokens are asked for: may do everything."""


async def principal(request: Request) -> Principal:
    """Returns who asks; raises Problem 401 for somebody who did not say so."""
    found: Principal | None = request.scope.get("state", {}).get("principal")
    if found is None:
        raise unauthenticated("This needs a token.")
    return found


Who = Annotated[Principal, Depends(principal)]
"""The parameter by which every handler learns who asks."""

BEARER = HTTPBearer(
    auto_error=False,
    description="A token: `dsp_…`, shown once when it is made.",
    scheme_name="token",
)


async def granted(
    scopes: SecurityScopes, who: Who, _: Annotated[Any, Depends(BEARER)]
) -> Principal:
    """Returns who asks; raises Problem 403 where one of the scopes is none of theirs."""
    missing = [scope for scope in scopes.scopes if scope not in who.scopes]
    if missing:
        raise forbidden(f"{who.name} ({who.role}) has not the scope {', '.join(missing)}.")
    return who


def needs(*scopes: Scope) -> Any:
    """
    Returns what a route depends on that is for principals with all these scopes.

    None: for everybody who said who they are.
    """
    return Security(granted, scopes=list(scopes))


async def anybody() -> None:
    """Marks a route that anybody may ask; it has to be in `OPEN` too."""


ANYBODY = Depends(anybody)


async def declared(request: Request) -> None:
    """Raises Problem 403 on a route that says neither what it needs nor that it is for anybody."""
    route = request.scope.get("route")
    if not (isinstance(route, APIRoute) and scopes_of(route) is not None):
        raise forbidden("Nobody may ask for this: the route does not say who may.")


def scopes_of(route: APIRoute) -> frozenset[str] | None:
    """Returns the scopes that a route needs, empty for anybody's; None where it does not say."""
    if any(each.dependency is anybody for each in route.dependencies):
        return frozenset()
    needed = [each for each in route.dependencies if isinstance(each, params.Security)]
    mine = [each for each in needed if each.dependency is granted]
    return frozenset(scope for each in mine for scope in each.scopes or ()) if mine else None


def is_open(method: str, path: str) -> bool:
    """Returns whether anybody may ask this, without saying who they are."""
    return (method, path) in OPEN or (method in ("GET", "HEAD") and path.startswith(ASSETS))


def unauthenticated(what: str) -> Problem:
    """Returns the refusal of somebody who did not say, or not truly, who they are."""
    return Problem(
        401,
        "unauthenticated",
        what,
        cure="Send `Authorization: Bearer dsp_…` with a token that is in force.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def forbidden(what: str) -> Problem:
    """Returns the refusal of somebody who may not do this."""
    return Problem(403, "forbidden", what, cure="Use a token of a role that may.")
