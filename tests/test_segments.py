"""Finding segments by the numbers of their nodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.errors import CityError
from dispatch.segments import Segments

LINES = st.lists(st.lists(st.integers(-3, 9), min_size=2, max_size=5), min_size=1, max_size=6)


def points_of(lines: list[list[int]]) -> tuple[Segments, int]:
    """Returns the segments of lines laid end to end, and the number of their points."""
    node = np.array([n for line in lines for n in line], dtype=np.int64)
    is_step = np.array([k + 1 < len(line) for line in lines for k in range(len(line))])
    return Segments(node, is_step), len(node)


@given(LINES, st.randoms(use_true_random=False))
def test_values_are_put_wherever_a_segment_is(lines: list[list[int]], rng: object) -> None:
    segments, size = points_of(lines)
    places: dict[tuple[int, int], list[int]] = {}
    k = 0
    for line in lines:
        for a, b in zip(line, [*line[1:], None], strict=True):
            if b is not None:
                places.setdefault((a, b), []).append(k)
                places.setdefault((b, a), []).append(size + k)
            k += 1
    keys = list(places)
    rng.shuffle(keys)  # type: ignore[attr-defined]
    into = np.full(2 * size, -1.0)
    segments.put(np.array(keys), np.arange(len(keys), dtype=np.float64), into)
    expected = np.full(2 * size, -1.0)
    for value, key in enumerate(keys):
        expected[places[key]] = value
    assert into.tolist() == expected.tolist()


def test_the_end_of_a_line_and_the_next_one_are_no_segment() -> None:
    # 2 and 7 are next to each other in the arrays only.
    segments, size = points_of([[1, 2], [7, 8]])
    into = np.zeros(2 * size)
    with pytest.raises(CityError, match=r"no segment \(2, 7\): 2 of 3 are unknown") as caught:
        segments.put(np.array([[1, 2], [2, 7], [1, 8]]), np.ones(3), into)
    assert (caught.value.code, caught.value.value) == ("unknown-segment", (2, 7))


def test_no_segment_asked_for_is_none_unknown() -> None:
    segments, size = points_of([[1, 2]])
    into = np.zeros(2 * size)
    segments.put(np.zeros((0, 2), dtype=np.int64), np.zeros(0), into)
    assert into.tolist() == [0, 0, 0, 0]
