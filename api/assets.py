"""
What is the same for everybody for a long time: made once, known by its tag, smaller by gzip.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Response

from api.answers import is_same

Encodings = Annotated[str, Header(alias="accept-encoding", include_in_schema=False)]
"""The parameter by which a reader says that it knows gzip."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A body as it goes out; ``small`` is its gzip, None where that gains nothing."""

    body: bytes
    small: bytes | None
    media_type: str
    tag: str


def asset_of(body: bytes, media_type: str) -> Asset:
    """Returns a body with its gzip and its tag."""
    small = gzip.compress(body, 9, mtime=0)
    return Asset(
        body=body,
        small=small if len(small) < 0.9 * len(body) else None,
        media_type=media_type,
        tag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
    )


def answer_with(
    asset: Asset, accept_encoding: str, if_none_match: str | None, more: Mapping[str, str]
) -> Response:
    """Returns what is sent of an asset, with more headers: 304 where it is the one known."""
    headers = {"ETag": asset.tag, "Vary": "Accept-Encoding", **more}
    if if_none_match is not None and is_same(if_none_match, asset.tag):
        return Response(status_code=304, headers=headers)
    body = asset.body
    if asset.small is not None and "gzip" in accept_encoding.lower():
        headers["Content-Encoding"] = "gzip"
        body = asset.small
    return Response(body, headers=headers, media_type=asset.media_type)
