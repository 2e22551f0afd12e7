"""
Requests that take effect once, however often they are sent: the header ``Idempotency-Key``.

The answer is stored in the transaction of the effect. A request sent again under its key gets that
answer, byte for byte, also from a program that was started again in between. An answer that says
that nothing happened *now* (401, 403, 409, 412, 429) is not kept, nor is one that says that we
failed: sent again, such a request has another chance.

References
----------
J. Jena, S. Dalal (2025). *The Idempotency-Key HTTP Header Field*, Internet-Draft 07.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Depends, Header, Request, Response

from api.access import Principal, Who
from api.answers import Answer, Rendered
from api.problems import Problem, answer_to
from api.zone import Room, Zone
from dispatch.answered import Answered, read_answered, write_answered
from dispatch.errors import DispatchError

DAY_S = 86_400
"""How long an answer is kept."""

WEEK_S = 7 * DAY_S
"""The same for what couriers send, whose phones may be without a network for days."""

PASSING = frozenset({401, 403, 409, 412, 429})
"""Refusals that may be none the next time."""

BARE = re.compile(r"[!-~]{1,255}")
"""A key without quotes: visible ASCII."""

QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"')
"""A key as a string of structured fields (RFC 9651, 3.3.3)."""

Running = MutableMapping[tuple[str, str], str]
"""Fingerprints of what is being worked on, by principal and key."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request and its key, None without one: then it takes effect each time."""

    principal: str
    key: str | None
    fingerprint: str
    running: Running
    who: Principal

    async def ask(
        self,
        zone: Zone,
        work: Callable[[Room], Answer],
        *,
        wake: bool = True,
        keep_s: int = DAY_S,
    ) -> Response:
        """
        Returns the answer to work that is done on the zone's thread, or was done before.

        ``wake`` as in :meth:`api.zone.Zone.ask`. Raises what work raises, and Problem for a key
        that belongs to another request (422) or to one that is not answered yet (409).
        """
        if self.key is None:
            return (await zone.ask(work, wake=wake)).rendered().response()
        with self._alone():
            try:
                answered, is_new = await zone.ask(
                    lambda room: self._keep(room, lambda: work(room).rendered(), keep_s), wake=wake
                )
            except (DispatchError, Problem) as error:
                refusal = rendered(answer_to(error))
                if refusal.status >= 500 or refusal.status in PASSING:
                    raise
                # All that was done is undone; that it was refused is kept by itself.
                answered, is_new = await zone.ask(
                    lambda room: self._keep(room, lambda: refusal, keep_s), wake=False
                )
        if answered.fingerprint != self.fingerprint:
            raise self._mismatch()
        found = Rendered(answered.status, answered.headers, answered.body)
        return found.response() if is_new else found.response({"Idempotency-Replayed": "true"})

    def _keep(self, room: Room, make: Callable[[], Rendered], keep_s: int) -> tuple[Answered, bool]:
        """Returns what was answered under the key, and whether it was made and stored only now."""
        assert self.key is not None
        with room.database.read() as connection:
            before = read_answered(connection, self.principal, self.key, room.now)
        if before is not None:
            return before, False
        made = make()
        answered = Answered(
            self.principal,
            self.key,
            self.fingerprint,
            made.status,
            made.headers,
            made.body,
            room.now + keep_s,
        )
        with room.write() as connection:
            write_answered(connection, room.zone, answered, room.now)
        return answered, True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps others with the same key away; raises where one is under way."""
        assert self.key is not None
        name = self.principal, self.key
        if (fingerprint := self.running.get(name)) is not None:
            if fingerprint != self.fingerprint:
                raise self._mismatch()
            raise Problem(
                409,
                "idempotency-running",
                f"The request with the key {self.key!r} is still being worked on.",
                cure="Send it again in a moment, for its answer.",
            )
        self.running[name] = self.fingerprint
        try:
            yield
        finally:
            del self.running[name]

    def _mismatch(self) -> Problem:
        return Problem(
            422,
            "idempotency-mismatch",
            f"The key {self.key!r} belongs to another request.",
            cure="Give each request a key of its own; the same one only to send it again.",
        )


async def once_of(
    request: Request,
    who: Who,
    _: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="1 to 255 visible characters, quoted or not, of the client's own choice: "
            "sent again under the same key, a request takes no effect again, and is answered as "
            "the first time.",
        ),
    ] = None,
) -> Once:
    """Returns a request with its key; raises Problem 400 for a header that is none."""
    running: Running = request.app.state.running
    told = request.headers.getlist("idempotency-key")
    if not told:
        return Once(who.name, None, "", running, who)
    key = key_of(told)
    body = canonical(await request.body())
    where = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Once(who.name, key, hashlib.sha256(where + body).hexdigest(), running, who)


Sent = Annotated[Once, Depends(once_of)]
"""The parameter by which a handler that changes something learns how often it was sent."""


def key_of(told: Sequence[str]) -> str:
    """Returns the key in the header's values; raises Problem 400 for none, or for several."""
    value = told[0].strip()
    if len(told) == 1 and (quoted := QUOTED.fullmatch(value)):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if len(told) == 1 and BARE.fullmatch(value) and not value.startswith('"'):
        return value
    raise Problem(
        400,
        "bad-idempotency-key",
        f"The header Idempotency-Key is {', '.join(told)[:100]!r}.",
        cure="Give one key of 1 to 255 visible ASCII characters, quoted or not.",
    )


def canonical(body: bytes) -> bytes:
    """Returns a body such that equal JSON is equal bytes; what is not JSON stays as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, TypeError):
        return body


def rendered(response: Response) -> Rendered:
    """Returns a response as it goes out, without what every server adds."""
    kept = {k: v for k, v in response.headers.items() if k != "content-length"}
    return Rendered(response.status_code, kept, bytes(response.body).decode())
