"""
What may stand in a log: an allowlist, so that what nobody thought of stays out.

Names, phone numbers, addresses and whereabouts come in with requests and may be in any text made
from them: in errors above all. So fields are told by name, texts only where the program itself
wrote them, and of their values only numbers, ids of ours and what is known to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from traceback import extract_tb
from types import TracebackType
from typing import Any

from api.request_context import REQUEST
from api.search_pool import SearchLost
from dispatch.errors import Unavailable
from dispatch.store import DatabaseError

FIELDS = frozenset(
    {
        *("at", "level", "logger", "event", "zone", "request_id", "seq", "error"),
        *("method", "route", "status", "ms", "ids"),
    }
)
"""Names of fields that are told; all others are left out, and their names too."""

OWN = ("api.", "dispatch.", "solver.", "scenarios.")
"""Prefixes of loggers whose messages are constants of this program."""

FRAMEWORK = ("uvicorn", "asyncio", "alembic", "concurrent")
"""Libraries whose messages begin with a line that is a constant of theirs."""

PLAIN_TEXTS = frozenset(
    {
        "zone %s %s",
        "PostgreSQL %s at %s.",
        "SQLite %s.",
        "A search upon plan %d was adopted: %s",
        "All times are for %s from now on, for the couriers %s too",
        "%s %s failed",
        "%s: %s",
    }
)
"""Messages of this program whose texts are made of names and figures of its own."""

PLAIN_ERRORS = (
    *(AttributeError, ImportError, IndexError, MemoryError, NotImplementedError),
    *(RecursionError, TimeoutError, TypeError, ZeroDivisionError),
    *(SearchLost, Unavailable, DatabaseError),
)
"""Errors whose text names types, places and servers, but no values of requests."""

Entry = MutableMapping[str, Any]
"""A line of the log before it is written, by names of fields."""

HIDDEN = "…"
"""What stands for a value that is not told."""

MOST_FRAMES = 30
"""Frames of a traceback that are told, the innermost."""

_ID = re.compile(r"(?:o|d|c|s|b|e|k|st|q|t|wh)_[A-Za-z0-9_-]{1,60}")
_SECRETS = (
    # What a server of a database adds about the row.
    re.compile(r"\bDETAIL:.*", re.DOTALL),
    # Latitudes and longitudes.
    re.compile(r"-?\d{1,3}\.\d{3,}"),
    # Addresses of mail, and numbers of phones.
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    re.compile(r"\+?\d(?:[ ()-]?\d){6,}"),
)


def is_id(value: object) -> bool:
    """Returns whether a value is an id as this program gives them."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def without_secrets(text: str) -> str:
    """Returns a text of ours without what looks like somebody's: a second net, not the first."""
    for pattern in _SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


def allowed(_: object, __: str, entry: Entry) -> Entry:
    """Returns the fields of a log entry that may be told: a processor for structlog."""
    return {name: entry[name] for name in entry if name in FIELDS}


def in_context(_: object, __: str, entry: Entry) -> Entry:
    """Returns an entry with the request it belongs to: a processor for structlog."""
    asking = REQUEST.get()
    if asking is not None:
        entry["request_id"] = asking.id
    return entry


def worded(_: object, __: str, entry: Entry) -> Entry:
    """
    Returns an entry of the standard library's logging with a text that may be told.

    A processor for structlog: ``event`` is the message as it is in the program, and
    ``positional_args`` are its values.
    """
    name = str(entry["_record"].name)
    message, values = str(entry["event"]), entry.pop("positional_args", ())
    if not name.startswith(OWN):
        message = message.partition("\n")[0] if name.startswith(FRAMEWORK) else HIDDEN
    entry["event"] = _filled(message, values, plain=message in PLAIN_TEXTS)
    entry["logger"] = name
    return entry


def _filled(message: str, values: Any, *, plain: bool) -> str:
    if not values:
        return message
    if isinstance(values, Mapping):
        told: Any = {name: _told(value, plain) for name, value in values.items()}
    else:
        told = tuple(_told(value, plain) for value in values)
    try:
        return str(message % told)
    except (TypeError, ValueError):
        # A hidden text where a number was to stand.
        return message


def _told(value: object, plain: bool) -> object:
    if value is None or isinstance(value, int | float) or is_id(value):
        return value
    if isinstance(value, BaseException):
        return text_of(value)
    return without_secrets(str(value)) if plain and isinstance(value, str) else HIDDEN


def text_of(error: BaseException) -> str:
    """Returns what may be told of an error: its text only where that holds no values."""
    name = type(error).__name__
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return f"{name}: {error.strerror or HIDDEN}"
    return f"{name}: {without_secrets(str(error))}" if isinstance(error, PLAIN_ERRORS) else name


def traced(_: object, __: str, entry: Entry) -> Entry:
    """Returns an entry whose exception is told by kinds and places: a processor for structlog."""
    info = entry.pop("exc_info", None)
    entry.pop("stack_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        entry["error"] = "\n".join(_lines(info[1]))
    return entry


def _lines(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield text_of(error)
        yield from _frames(error.__traceback__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(traceback: TracebackType | None) -> Iterator[str]:
    for frame in extract_tb(traceback)[-MOST_FRAMES:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
