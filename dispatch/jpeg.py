"""
Pictures in JPEG: whether bytes are one, and the same picture without what is hidden in it.

Only the marks between its segments are read; what the picture shows is never unpacked here.

References
----------
ITU-T (1992). *Recommendation T.81*, annex B: compressed data formats.
https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_PX = 4096
"""Width and height at most."""

_BEGIN, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_TABLES = frozenset({0xC4, 0xDB, 0xDC, 0xDD})
_JFIF, _ADOBE = 0xE0, 0xEE
_NEXT_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends the data of a scan; stuffed bytes and restarts are part of it."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A mark and what belongs to it; ``end`` is where the next one begins."""

    mark: int
    body: bytes
    end: int


def without_metadata(data: bytes) -> bytes:
    """
    Returns a picture without where and by what it was taken, comments, and what follows its end.

    Raises ValueError, with what is wrong, for bytes that are no picture in JPEG.
    """
    if data[:2] != bytes((0xFF, _BEGIN)):
        raise ValueError("It does not begin as a JPEG picture does.")
    kept, at, framed, scanned = [data[:2]], 2, False, False
    while True:
        found = _segment(data, at)
        if found.mark == _END:
            if not scanned:
                raise ValueError("It shows nothing.")
            return b"".join([*kept, bytes((0xFF, _END))])
        if found.mark in _FRAMES:
            _check_frame(found.body)
            framed = True
        end = found.end
        if found.mark == _SCAN:
            if not framed:
                raise ValueError("It does not say how large it is.")
            end, scanned = _scan_end(data, found.end), True
        if _is_needed(found):
            kept.append(bytes((0xFF, found.mark)) + _length(found.body) + found.body)
            kept.append(data[found.end : end])
        at = end


def _segment(data: bytes, at: int) -> _Segment:
    while data[at : at + 2] == b"\xff\xff":
        at += 1
    if len(data) < at + 2 or data[at] != 0xFF:
        raise ValueError("It breaks off.")
    mark = data[at + 1]
    if mark == _END:
        return _Segment(mark, b"", at + 2)
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    body = data[at + 4 : at + 2 + length]
    if mark < 0xC0 or length < 2 or len(body) != length - 2:
        raise ValueError("It breaks off.")
    return _Segment(mark, body, at + 2 + length)


def _length(body: bytes) -> bytes:
    return (len(body) + 2).to_bytes(2, "big")


def _scan_end(data: bytes, begins: int) -> int:
    mark = _NEXT_MARK.search(data, begins)
    if mark is None:
        raise ValueError("It breaks off.")
    return mark.start()


def _check_frame(body: bytes) -> None:
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    if not (0 < height <= MOST_PX and 0 < width <= MOST_PX):
        raise ValueError(f"It is {width} by {height} pixels; at most {MOST_PX} each way are taken.")


def _is_needed(segment: _Segment) -> bool:
    """Returns whether a picture looks the same with a segment only."""
    if segment.mark == _JFIF:
        # Longer ones, and those of other kinds, have a small picture in them.
        return segment.body.startswith(b"JFIF\0") and len(segment.body) == 14
    if segment.mark == _ADOBE:
        return segment.body.startswith(b"Adobe") and len(segment.body) == 12
    return segment.mark in _FRAMES or segment.mark in _TABLES or segment.mark == _SCAN
