"""
Values to JSON and back, by their types.

A frozen dataclass becomes an object with all its fields, defaults too: what was stored keeps its
meaning when a default changes. Events inside other values carry their kind under ``event`` (two of
them have a field ``kind``); alone they go with :func:`event_kind` and :func:`event_from_json`.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import orjson
from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError
from cattrs.preconf.orjson import make_converter
from cattrs.strategies import configure_tagged_union

from dispatch.events import Event
from dispatch.promises import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


def _snake_case(cls: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


EVENTS: Mapping[str, type[Event]] = {_snake_case(cls): cls for cls in get_args(Event)}
"""The kinds of events; ``OrderPlaced`` is ``order_placed``."""

_KINDS = {cls: kind for kind, cls in EVENTS.items()}


def _finite(value: float) -> float:
    """JSON knows no infinity: it would become null and could never be read again."""
    if not math.isfinite(value):
        raise ValueError(f"Expected a finite number, got {value}.")
    return value


_converter = make_converter(detailed_validation=False)
_converter.register_unstructure_hook(float, _finite)
configure_tagged_union(Clock, _converter, tag_generator=_snake_case, tag_name="kind")
configure_tagged_union(Event, _converter, tag_generator=_KINDS.__getitem__, tag_name="event")


def to_json(value: object) -> Any:
    """
    Returns a value as objects, lists, strings and numbers.

    Raises
    ------
    ValueError
        If a number in it is infinite or not a number.
    """
    return _converter.unstructure(value)


def from_json(cls: type[T], data: Any) -> T:
    """
    Returns the value that :func:`to_json` made ``data`` of.

    Raises
    ------
    ValueError
        If the data are not those of such a value.
    """
    try:
        return _converter.structure(data, cls)
    except (
        AttributeError,
        BaseValidationError,
        KeyError,
        StructureHandlerNotFoundError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(f"Expected a {cls.__name__}, got {data!r:.200}.") from error


def event_kind(event: Event) -> str:
    """Returns the name of what happened: the class in snake case."""
    return _KINDS[type(event)]


def event_from_json(kind: str, data: Any) -> Event:
    """
    Returns the event of a kind.

    Raises
    ------
    ValueError
        If there is no such kind, or the data are not those of such an event.
    """
    if kind not in EVENTS:
        raise ValueError(f"Expected a kind of event, got {kind!r}.")
    return from_json(EVENTS[kind], data)


def dumps(data: Any) -> str:
    """Returns JSON text."""
    return orjson.dumps(data).decode()


def loads(text: str | bytes) -> Any:
    """Returns the data of JSON text."""
    return orjson.loads(text)
