"""
The credentials in force: in memory, so that to check one takes microseconds and waits for nobody.

They are loaded when the zone opens and changed on its thread: what is told here was stored before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast, get_args

from api.access import LOCAL, Principal
from api.scopes import ROLES, Role, Scope
from api.zone import Room, Zone
from dispatch import credentials as stored
from dispatch.credentials import Credential
from dispatch.errors import Conflict
from dispatch.shown_once import Shown, new_shown, read_shown

TOKEN, SESSION = "dsp", "dss"
"""What a token, and the cookie of a browser's session, begins with."""

MOST = 10_000
"""Credentials in force at most."""


def new_credential(
    name: str,
    role: Role,
    now: int,
    *,
    scopes: frozenset[Scope] | None = None,
    courier: str | None = None,
    parent: str | None = None,
    expires_at: int | None = None,
    created_by: str = "",
) -> tuple[Credential, str]:
    """Returns a new credential and what is shown of it, once; ``scopes`` None: all of its role."""
    shown = new_shown(TOKEN if parent is None else SESSION)
    made = Credential(
        id=_id_of(shown),
        digest=shown.digest,
        name=name,
        role=role,
        scopes=tuple(sorted(ROLES[role] if scopes is None else scopes & ROLES[role])),
        created_at=now,
        created_by=created_by,
        courier=courier,
        parent=parent,
        expires_at=expires_at,
    )
    return made, shown.text


def _id_of(shown: Shown) -> str:
    return f"{'t' if shown.kind == TOKEN else 'w'}_{shown.number}"


def csrf_of(shown: str) -> str:
    """Returns what a page repeats in a header, and whoever cannot read its answers cannot know."""
    return hashlib.sha256(f"csrf {shown}".encode()).hexdigest()[:32]


def principal_of(credential: Credential) -> Principal:
    """Returns who shows a credential; scopes that its role has no longer are not theirs."""
    role = cast("Role", credential.role)
    allowed = ROLES[role] if role in get_args(Role) else frozenset()
    return Principal(
        name=credential.name,
        role=role,
        scopes=allowed & frozenset(cast("tuple[Scope, ...]", credential.scopes)),
        credential=credential.id,
        courier=credential.courier,
        is_session=credential.parent is not None,
    )


def check_new(credential: Credential, known: Iterable[Credential], now: int) -> None:
    """Raises Conflict where another role has a new credential's name, or where there are many."""
    everybody = tuple(known)
    roles = {each.role for each in everybody if each.name == credential.name}
    if credential.name == LOCAL.name or roles - {credential.role}:
        raise Conflict(
            f"The name {credential.name!r} belongs to a principal with another role.",
            at="name",
            cure="Choose another name: what was done under it stays told of the first.",
            code="name-taken",
            value=credential.name,
        )
    if sum(not each.is_over(now) for each in everybody) >= MOST:
        raise Conflict(
            f"{MOST} credentials are in force already.",
            cure="Revoke those that nobody uses: DELETE /v1/tokens/{id}.",
            code="too-many-credentials",
        )


class Credentials:
    """
    Those in force in a zone, and when they were last used. Used on the event loop only.

    Mutable because they come and go. ``ended`` is called with the ids of those that are over.
    """

    def __init__(self, zone: Zone, ended: Callable[[frozenset[str]], None]) -> None:
        self._zone = zone
        self._ended = ended
        self._known: dict[str, Credential] = {}
        self._principals: dict[str, Principal] = {}
        self._used: dict[str, int] = {}

    async def open(self) -> None:
        """Loads what is stored, and forgets what has long been over."""

        def work(room: Room) -> tuple[Credential, ...]:
            with room.write() as connection:
                stored.forget_over(connection, room.zone, room.now)
                return stored.read_all(connection, room.zone)

        self._know(*await self._zone.ask(work, wake=False))

    def all(self) -> tuple[Credential, ...]:
        """Returns all tokens, those that are over too, as they are; no sessions."""
        return tuple(each for each in self._known.values() if each.parent is None)

    def in_force(self, credential: str) -> bool:
        """Returns whether a credential is good now, by its id; so must be what it rests on."""
        known = self._known.get(credential)
        if known is None or known.is_over(self._zone.clock.now()):
            return False
        return known.parent is None or self.in_force(known.parent)

    def check(self, shown: str, kind: str) -> Principal | None:
        """Returns who shows a token, or a session's cookie; None for one not in force."""
        found = read_shown(shown, kind)
        if found is None:
            return None
        name = _id_of(found)
        known = self._known.get(name)
        is_same = found.is_of(known.digest if known else None)
        if known is None or not is_same or not self.in_force(name):
            return None
        self._used[name] = self._zone.clock.now()
        return self._principals[name]

    async def add(self, credential: Credential, *, instead: bool = False) -> None:
        """
        Stores a credential; with ``instead`` what its principal had before ends.

        Raises Conflict where another role has its name, or where there are too many.
        """
        check_new(credential, self._known.values(), self._zone.clock.now())
        others = [each.id for each in self._of(credential.name)] if instead else []

        def work(room: Room) -> int:
            with room.write() as connection:
                stored.revoke(connection, tuple(others), room.now)
                stored.add(connection, room.zone, credential)
            return room.now

        now = await self._zone.ask(work, wake=False)
        self._know(credential)
        self._end(others, now)

    async def revoke(self, *ids: str) -> None:
        """Ends credentials, and the sessions that rest on them: from the next request on."""
        mine = [*ids, *(e.id for e in self._known.values() if e.parent in ids)]

        def work(room: Room) -> int:
            with room.write() as connection:
                stored.revoke(connection, tuple(mine), room.now)
            return room.now

        self._end(mine, await self._zone.ask(work, wake=False))

    def of_courier(self, courier: str) -> tuple[str, ...]:
        """Returns the tokens of a courier's phones that are in force, by id."""
        return tuple(each.id for each in self._of(courier) if each.courier == courier)

    def get(self, credential: str) -> Credential | None:
        """Returns a credential by its id, None for an unknown one."""
        return self._known.get(credential)

    def has_admin(self) -> bool:
        """Returns whether anybody could make tokens now."""
        return any("tokens" in e.scopes and self.in_force(e.id) for e in self.all())

    def sweep(self) -> None:
        """Ends what was begun in the name of credentials that expired meanwhile."""
        now = self._zone.clock.now()
        over = [each.id for each in self._known.values() if each.is_over(now)]
        self._ended(frozenset(over))
        for name in over:
            if self._known[name].parent is not None:
                del self._known[name], self._principals[name]

    async def write_used(self) -> None:
        """Stores when credentials were last used, those that were since the last time."""
        used = {name: at for name, at in self._used.items() if name in self._known}
        self._used.clear()
        if not used:
            return

        def work(room: Room) -> None:
            with room.write() as connection:
                stored.note_used(connection, used)

        await self._zone.ask(work, wake=False)
        self._know(*(replace(self._known[n], last_used_at=at) for n, at in used.items()))

    def _of(self, name: str) -> list[Credential]:
        now = self._zone.clock.now()
        return [e for e in self._known.values() if e.name == name and not e.is_over(now)]

    def _know(self, *credentials: Credential) -> None:
        for each in credentials:
            self._known[each.id] = each
            self._principals[each.id] = principal_of(each)

    def _end(self, ids: list[str], now: int) -> None:
        for name in ids:
            if (known := self._known.get(name)) is not None and known.revoked_at is None:
                self._known[name] = replace(known, revoked_at=now)
        self._ended(frozenset(ids))
