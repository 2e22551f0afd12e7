"""
The log of a service: one JSON object a line, or lines for people at a terminal.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import Processor

from api.log_words import FIELDS, Entry, allowed, in_context, traced, worded
from api.settings import Settings

CHATTY = ("alembic", "uvicorn", "httpx2", "httpcore2", "matplotlib", "numba")
"""Libraries of which only warnings are told."""


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Lets everything that is logged go to a stream, stderr if None, as the settings say."""
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter(settings, is_terminal=target.isatty()))
    handler.addFilter(_is_news)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def formatter(settings: Settings, *, is_terminal: bool) -> logging.Formatter:
    """Returns what makes lines of log records, with nothing in them but what is allowed."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not is_terminal)

    def placed(_: object, level: str, entry: Entry) -> Entry:
        at = datetime.fromtimestamp(entry["_record"].created, UTC)
        entry["at"] = at.isoformat(timespec="milliseconds")
        entry["level"], entry["zone"] = level, settings.zone
        return entry

    return ProcessorFormatter(
        processors=[allowed, _json if as_json else _text(colors=is_terminal)],
        foreign_pre_chain=[ExtraAdder(FIELDS), placed, in_context, worded, traced],
        pass_foreign_args=True,
        use_get_message=False,
    )


def _json(_: object, __: str, entry: Entry) -> str:
    first = {name: entry[name] for name in ("at", "level", "event") if name in entry}
    return orjson.dumps({**first, **entry}, default=repr).decode()


def _text(*, colors: bool) -> Processor:
    render = structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="at")

    def rendered(logger: Any, name: str, entry: Entry) -> str:
        error = entry.pop("error", None)
        line = str(render(logger, name, entry))
        return line if error is None else f"{line}\n{error}"

    return rendered


def _is_news(record: logging.LogRecord) -> bool:
    """What fails in a request is told by the service itself, with the request's id."""
    return not str(record.msg).startswith("Exception in ASGI application")
