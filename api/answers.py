"""
Answers with a tag, and requests that depend on one.

A tag is ``"o_101-r17.1f3a9c"``: the id, its revision, which is the number of the last event about
it, and a digest of what is shown. ``If-None-Match`` asks whether anything shown is new, times too,
which change without an event. ``If-Match`` on an edit asks for the revision only: an arrival that
moved by a minute is no reason to refuse it. Weak tags count as strong, since proxies weaken them.

References
----------
R. Fielding, M. Nottingham, J. Reschke (2022). *HTTP Semantics*, RFC 9110, 8.8.3 and 13.1.
https://doi.org/10.17487/RFC9110
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import BaseModel

from api.problems import Problem
from api.zone import Room
from dispatch.revisions import revision

IfMatch = Annotated[
    str | None,
    Header(max_length=500, description="Tag of what is edited; 412 where it has changed since."),
]
"""The parameter by which an edit says what it is an edit of."""

IfNoneMatch = Annotated[
    str | None,
    Header(max_length=500, description="Tag of what is known already; 304 where it is still so."),
]
"""The parameter by which a reader says what it has."""

SAME: dict[int | str, dict[str, Any]] = {
    304: {"description": "What is shown is still that of `If-None-Match`."}
}
"""What a path with a tag may answer besides."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer as it goes out: status, headers and the text of its body."""

    status: int
    headers: Mapping[str, str]
    body: str

    def response(self, more: Mapping[str, str] | None = None) -> Response:
        """Returns the answer, with more headers if there are any."""
        return Response(self.body or None, self.status, {**self.headers, **(more or {})})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to a request that was carried out: a body or none, a status, a tag."""

    body: BaseModel | None
    status: int = 200
    tag: str | None = None

    def rendered(self) -> Rendered:
        """Returns the answer as it goes out."""
        headers = {} if self.tag is None else {"ETag": f'"{self.tag}"'}
        if self.body is None:
            return Rendered(self.status, headers, "")
        text = self.body.model_dump_json(by_alias=True)
        return Rendered(self.status, {**headers, "content-type": "application/json"}, text)


def shown(body: BaseModel, tag: str, if_none_match: str | None) -> Response:
    """Returns what a reader asked for with its tag, or 304 where that is the one it has."""
    text = body.model_dump_json(by_alias=True)
    whole = f'"{tag}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"'
    if if_none_match is not None and is_same(if_none_match, whole):
        return Response(status_code=304, headers={"ETag": whole})
    return Response(text, headers={"ETag": whole}, media_type="application/json")


def is_same(if_none_match: str, tag: str) -> bool:
    """Returns whether a header ``If-None-Match`` names this tag, weakly compared."""
    named = _named(if_none_match)
    return "*" in named or tag in named


def _named(header: str) -> list[str]:
    return [name.strip().removeprefix("W/") for name in header.split(",")]


def tag_of(room: Room, name: str, *, planned: bool = True) -> str:
    """Returns id and revision of a thing; ``planned`` as in :func:`dispatch.revisions.revision`."""
    with room.database.read() as connection:
        return f"{name}-r{revision(connection, room.zone, name, planned=planned)}"


def check_match(if_match: str | None, tag: str, current: Callable[[], BaseModel]) -> None:
    """
    Raises Problem 412, with what is so now, where an edit is for another revision than ``tag``.

    Nothing is asked for without the header, and ``*`` fits any.
    """
    if if_match is None:
        return
    named = _named(if_match)
    if "*" in named or any(name.strip('"').partition(".")[0] == tag for name in named):
        return
    raise Problem(
        412,
        "changed-meanwhile",
        f'The edit is for {if_match[:100]}, which has changed: it is "{tag}" now.',
        cure="Look at `current`; then send the edit with its tag, or leave If-Match out.",
        more={"current": current().model_dump(mode="json", by_alias=True)},
        headers={"ETag": f'"{tag}"'},
    )
