"""
Everything that can be wrong with what comes in.

* DispatchError
  * CityError          a map, a place or a building that cannot be used   (422)
  * InvalidRequest     a request that contradicts itself or the world      (422)
  * NotFound           an id that names nothing                            (404)
  * Conflict           a thing that is no longer, or not yet, possible     (409)
  * Unavailable        a server that is needed and does not answer         (503)

An order that cannot be served in time is a result with a reason, never an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class DispatchError(Exception):
    """
    What is wrong, where, and how to mend it; ``code`` names the problem for programs.

    ``more`` is what programs need besides, by name: it is told as it is.
    """

    def __init__(
        self,
        what: str,
        *,
        at: str = "",
        cure: str = "",
        code: str = "",
        value: object = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.at = at
        self.cure = cure
        self.code = code or self.default_code
        self.value = value
        self.more = more or {}

    default_code = "error"

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        return f"{place}{self.what} {self.cure}".rstrip()


class CityError(DispatchError):
    """A map, a place or a building that cannot be used."""

    default_code = "city"


class InvalidRequest(DispatchError):
    """A request that contradicts itself or the world."""

    default_code = "invalid-request"


class NotFound(DispatchError):
    """An id that names nothing."""

    default_code = "not-found"


class Conflict(DispatchError):
    """A thing that is no longer, or not yet, possible."""

    default_code = "conflict"


class Unavailable(DispatchError):
    """A server that is needed, and for now does not answer as it should."""

    default_code = "unavailable"
