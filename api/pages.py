"""
The pages for people: shells, modules, styles and words, as files that hold no data.

Anybody may have them; what a page shows it asks for like any other client. Only files found at the
start are served, under the names they were found by, so that no path leads anywhere else.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from xstatic.pkg import leaflet

from api.access import ANYBODY
from api.assets import Asset, Encodings, answer_with, asset_of
from api.problems import Problem

router = APIRouter(tags=["pages"], include_in_schema=False)

WEB = Path(__file__).parent / "web"
"""Our own files."""

FOLDERS = {"": WEB, "leaflet/": Path(leaflet.BASE_DIR)}
"""What is served below ``/assets/``, and the name it is put before."""

SHELLS = {"/": "console", "/courier": "courier", "/track": "track"}
"""The pages, and the folders with their ``index.html``."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""Media types that must not depend on the machine."""

WORKER = "worker.js"
"""The name of a module that a browser may run for pages above its own folder."""


@cache
def assets() -> dict[str, Asset]:
    """Returns all files by their paths below ``/assets/``."""
    return dict(sorted(_found()))


def _found() -> Iterator[tuple[str, Asset]]:
    for before, folder in FOLDERS.items():
        for path in folder.rglob("*"):
            # What only a debugger reads stays where it is.
            if path.is_file() and path.suffix != ".map":
                yield before + path.relative_to(folder).as_posix(), _asset(path)


def _asset(path: Path) -> Asset:
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return asset_of(path.read_bytes(), TYPES.get(path.suffix, guessed))


Known = Annotated[str | None, Header(alias="if-none-match", max_length=500)]


async def shell(
    request: Request, accept_encoding: Encodings = "", if_none_match: Known = None
) -> Response:
    """Answers the page that the path names."""
    folder = SHELLS[request.scope["route"].path]
    return _served(f"{folder}/index.html", accept_encoding, if_none_match)


for path in SHELLS:
    router.add_api_route(path, shell, methods=["GET", "HEAD"], dependencies=[ANYBODY])


@router.api_route("/assets/{path:path}", methods=["GET", "HEAD"], dependencies=[ANYBODY])
async def asset(
    path: str, accept_encoding: Encodings = "", if_none_match: Known = None
) -> Response:
    """Answers a file of the pages."""
    return _served(path, accept_encoding, if_none_match)


def _served(path: str, accept_encoding: str, if_none_match: str | None) -> Response:
    """Returns a file, or 304 where it is the one known; raises Problem 404 for any other path."""
    found = assets().get(path)
    if found is None:
        raise Problem(
            404,
            "unknown-path",
            "There is no such file among those of the pages.",
            cure="Begin at `/`.",
        )
    # A page that is kept is asked for each time all the same, so that all its parts fit together.
    headers = {"Cache-Control": "no-cache"}
    if path.rpartition("/")[2] == WORKER:
        headers["Service-Worker-Allowed"] = "/"
    return answer_with(found, accept_encoding, if_none_match, headers)
