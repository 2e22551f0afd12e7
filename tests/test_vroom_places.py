"""Matrices put into requests that bring coordinates, and lines put into their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polyline

from api.vroom_places import Place, Table, filled
from api.vroom_shapes import Line, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

A, B, C = [24.0, 60.0], [25.0, 61.0], [26.0, 62.0]


class Asked:
    """Tables in which a ride is ten times the row and the column; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[Place], bool]] = []

    def __call__(self, profile: str, places: Sequence[Place], needs_metres: bool) -> Table:
        self.asked.append((profile, list(places), needs_metres))
        ways = np.add.outer(np.arange(len(places)) * 10, np.arange(len(places)))
        return Table(ways, ways * 100 if needs_metres else None, {"streets": "car"})


def test_equal_coordinates_are_one_place() -> None:
    ask = Asked()
    request: dict[str, Any] = {
        "vehicles": [{"id": 1, "start": A, "end": A}],
        "jobs": [{"id": 1, "location": B}, {"id": 2, "location": [25, 61]}],
        "shipments": [{"pickup": {"id": 1, "location": C}, "delivery": {"id": 1, "location": A}}],
    }
    whole = filled(request, ask)
    assert ask.asked == [("car", [(25.0, 61.0), (26.0, 62.0), (24.0, 60.0)], False)]
    assert [job["location_index"] for job in whole.root["jobs"]] == [0, 0]
    (vehicle,) = whole.root["vehicles"]
    assert (vehicle["start_index"], vehicle["end_index"]) == (2, 2)
    assert whole.root["shipments"][0]["pickup"]["location_index"] == 1
    assert whole.root["matrices"]["car"]["durations"] == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]
    assert whole.is_numbered
    # What was sent stays as it was.
    assert "location_index" not in request["jobs"][0]


def test_a_profile_without_a_matrix_is_asked_for_where_its_indices_have_coordinates() -> None:
    ask = Asked()
    given = [[0, 7, 7, 7]] * 4
    request = {
        "vehicles": [
            {"id": 1, "start": A, "start_index": 3},
            {"id": 2, "start": A, "start_index": 3, "profile": "bike"},
        ],
        "jobs": [{"id": 1, "location": B, "location_index": 1}],
        "matrices": {"car": {"durations": given}},
    }
    whole = filled(request, ask)
    assert ask.asked == [("bike", [(25.0, 61.0), (24.0, 60.0)], False)]
    assert whole.root["matrices"]["car"]["durations"] == given
    # Rows 1 and 3 are asked of, the others are nothing.
    bike = whole.root["matrices"]["bike"]["durations"]
    assert (bike[1][1], bike[1][3], bike[3][1], bike[3][3]) == (0, 1, 10, 11)
    assert (bike[0], len(bike)) == ([0, 0, 0, 0], 4)
    assert not whole.is_numbered


def test_metres_that_cost_are_asked_for_beside_durations_of_the_request() -> None:
    ask = Asked()
    request = {
        "vehicles": [{"id": 1, "start": A, "start_index": 0, "costs": {"per_km": 2}}],
        "jobs": [{"id": 1, "location": B, "location_index": 1}],
        "matrix": [[0, 5], [5, 0]],
    }
    kinds = filled(request, ask).root["matrices"]["car"]
    assert kinds["durations"] == [[0, 5], [5, 0]]
    # The place of the job, index 1, is the first that is asked of.
    assert kinds["distances"] == [[1100, 1000], [100, 0]]


def test_a_break_has_its_share_of_the_way_it_interrupts() -> None:
    def ask(profile: str, pairs: Sequence[tuple[Place, Place]]) -> list[Line]:
        assert profile == "foot"
        return [Line(((a[1], a[0]), (b[1], b[0])), 1000.0) for a, b in pairs]

    steps: list[dict[str, Any]] = [
        {"type": "start", "location": A, "duration": 0},
        {"type": "job", "location": B, "duration": 60},
        {"type": "break", "duration": 90},
        {"type": "end", "location": C, "duration": 180},
    ]
    answer: dict[str, Any] = {"routes": [{"vehicle": 4, "steps": steps}], "summary": {}}
    draw(answer, {4: "foot"}, ask)
    # A quarter of the 120 s from B to C is behind it at the break.
    assert [step["distance"] for step in steps] == [0, 1000, 1250, 2000]
    assert (answer["routes"][0]["distance"], answer["summary"]["distance"]) == (2000, 2000)
    points = polyline.decode(answer["routes"][0]["geometry"])
    assert points == [(60.0, 24.0), (61.0, 25.0), (62.0, 26.0)]
