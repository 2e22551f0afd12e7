"""Pictures lose what is hidden in them, and what is no picture is told."""

from __future__ import annotations

import random

import pytest

from dispatch.jpeg import MOST_PX, without_metadata
from tests.pictures import PICTURE, PLACE, as_taken, segment

SIZE = PICTURE.index(bytes((0xFF, 0xC0))) + 5
"""Where the height and then the width stand, after mark, length and bits of a sample."""


def sized(height: int, width: int) -> bytes:
    told = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return PICTURE[:SIZE] + told + PICTURE[SIZE + 4 :]


def test_place_comment_and_trailer_are_taken_out_and_the_picture_stays() -> None:
    assert PLACE in as_taken()
    assert without_metadata(as_taken()) == PICTURE == without_metadata(PICTURE)


def test_data_of_a_scan_goes_on_behind_stuffed_bytes_and_restarts() -> None:
    before_end = PICTURE[:-2] + b"\xff\x00\xff\xd3\x01"
    assert without_metadata(before_end + b"\xff\xd9\xff\xd8") == before_end + b"\xff\xd9"


def test_what_is_hidden_between_two_scans_goes_too() -> None:
    scan = PICTURE[PICTURE.index(bytes((0xFF, 0xDA))) : -2]
    two = PICTURE[:-2] + segment(0xE1, PLACE) + scan + b"\xff\xd9"
    assert without_metadata(two) == PICTURE[:-2] + scan + b"\xff\xd9"


@pytest.mark.parametrize(("height", "width"), [(1, MOST_PX), (MOST_PX, 1)])
def test_a_picture_of_the_most_pixels_is_taken(height: int, width: int) -> None:
    assert without_metadata(sized(height, width)) == sized(height, width)


@pytest.mark.parametrize(("height", "width"), [(1, MOST_PX + 1), (MOST_PX + 1, 1), (0, 8), (8, 0)])
def test_one_with_more_or_with_none_is_not(height: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"{width} by {height} pixels"):
        without_metadata(sized(height, width))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"<svg onload='alert(1)'/>",
        b"\xff\xd8<script>",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xda\x00\x02\x00\xff\xd9",
        b"\xff\xd8\xff\xe1\x00\x01",
        PICTURE[:2] + b"\xff" * 100,
    ],
)
def test_what_is_no_picture_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^It "):
        without_metadata(data)


def test_a_picture_cut_anywhere_is_none() -> None:
    for length in range(len(PICTURE)):
        with pytest.raises(ValueError, match=r"^It "):
            without_metadata(PICTURE[:length])


@pytest.mark.parametrize("seed", range(20))
def test_of_broken_bytes_comes_a_picture_or_a_fault_and_never_a_place(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(200):
        data = bytearray(as_taken())
        # Behind the place, which is a segment of its own at the beginning.
        begins = data.index(PLACE) + len(PLACE)
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(begins, len(data))] = rng.randrange(256)
        try:
            found = without_metadata(bytes(data))
        except ValueError:
            continue
        assert PLACE not in found
        assert without_metadata(found) == found
