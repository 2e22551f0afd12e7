"""
A little picture, and the same with what a phone's camera writes into one.
"""

from __future__ import annotations

from base64 import b64decode

PICTURE = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1"
    "tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABQQAQAAAAAA"
    "AAAAAAAAAAAAAAD/2gAIAQEAAD8AI//Z"
)
"""Eight by eight grey pixels in JPEG, without any metadata."""

PLACE = b"Exif\0\0 GPS 60.17 N 24.94 E"
"""What stands for where a picture was taken."""


def segment(mark: int, body: bytes) -> bytes:
    """Returns a segment of a picture in JPEG."""
    return bytes((0xFF, mark)) + (len(body) + 2).to_bytes(2, "big") + body


def as_taken(picture: bytes = PICTURE, trailer: bytes = b"PK\x03\x04") -> bytes:
    """Returns a picture with place, comment, a small copy of itself, and bytes behind its end."""
    told = segment(0xE1, PLACE) + segment(0xFE, b"by a phone") + segment(0xE0, b"JFXX\0" + picture)
    return picture[:2] + told + picture[2:] + trailer


def numbered(n: int) -> bytes:
    """Returns a picture unlike any other number's: its table of shades is another."""
    return PICTURE[:2] + segment(0xDB, bytes((3, n, *[1] * 63))) + PICTURE[2:]
