"""The map of the pages is drawn from the city's own roads and buildings."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.city_map import drawn
from api.map_lines import chains, drawn_as, road_lines, simplified
from api.settings import Settings
from dispatch.geo import distance, metres_per_degree
from dispatch.road_rules import CLASSES
from tests.access_world import guarded
from tests.api_world import helsinki, service

if TYPE_CHECKING:
    from pathlib import Path

LAT = 60.0


@pytest.fixture(scope="module")
def sheet() -> dict[str, Any]:
    """The map of the embedded city."""
    return drawn(helsinki())


def metres(*rows: tuple[float, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns points so many metres north and east of a point at 60° north."""
    north, east = metres_per_degree(LAT)
    return np.array([(LAT + n / float(north), 25 + e / float(east)) for n, e in rows])


def test_every_building_and_entrance_is_on_the_map(sheet: dict[str, Any]) -> None:
    ids = {kind: set() for kind in ("building", "entrance")}  # type: dict[str, set[str]]
    for feature in sheet["features"]:
        about = feature["properties"]
        if about["kind"] in ids:
            ids[about["kind"]].add(about["id"])
    buildings = helsinki().buildings
    assert ids["building"] == set(buildings)
    assert ids["entrance"] == {e.id for b in buildings.values() for e in b.entrances}


def test_rings_of_buildings_are_closed(sheet: dict[str, Any]) -> None:
    rings = [
        f["geometry"]["coordinates"][0]
        for f in sheet["features"]
        if f["geometry"]["type"] == "Polygon"
    ]
    assert rings
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in rings)


def test_all_lies_within_the_bounds(sheet: dict[str, Any]) -> None:
    west, south, east, north = sheet["bbox"]
    for feature in sheet["features"]:
        if feature["properties"]["kind"] == "road":
            for lon, lat in feature["geometry"]["coordinates"]:
                assert west - 1e-5 <= lon <= east + 1e-5
                assert south - 1e-5 <= lat <= north + 1e-5


def test_the_roads_drawn_are_as_long_as_those_of_the_map() -> None:
    roads = helsinki().roads
    real = sum(
        distance(a, b) for road in range(len(roads.tail)) for a, b in pairwise(roads.line(road))
    )
    lines = list(road_lines(roads))
    shown = sum(distance(tuple(a), tuple(b)) for _, _, line in lines for a, b in pairwise(line))
    # Bends of less than 1.5 m are cut.
    assert 0.98 * real < shown <= real * 1.000001
    assert len(lines) < len(roads.tail) / 2


def test_every_class_of_road_is_drawn_somehow() -> None:
    widths = {name: drawn_as(i) for i, name in enumerate(CLASSES)}
    assert widths["primary_link"] == "main"
    assert widths["residential"] == "street"
    assert widths["pedestrian"] == "lane"
    assert widths["steps"] == "path"


def test_edges_that_meet_are_one_chain_and_a_crossing_ends_it() -> None:
    # 0 - 1 - 2 is a line, at 2 three meet, 5 - 6 - 7 is a ring.
    edges = [(0, 1), (2, 1), (2, 3), (4, 2), (5, 6), (6, 7), (7, 5)]
    assert list(chains(edges)) == [
        [(0, False), (1, True)],
        [(2, False)],
        [(3, False)],
        [(4, False), (5, False), (6, False)],
    ]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_chains_use_each_edge_once_and_hang_together(edges: list[tuple[int, int]]) -> None:
    found = list(chains(edges))
    assert sorted(index for chain in found for index, _ in chain) == list(range(len(edges)))
    for chain in found:
        ends = [edges[i][::-1] if is_back else edges[i] for i, is_back in chain]
        assert all(a[1] == b[0] for a, b in pairwise(ends))


@pytest.mark.parametrize(("off", "kept"), [(1.4, 2), (1.6, 3)])
def test_a_bend_is_left_out_where_it_is_less_than_the_tolerance(off: float, kept: int) -> None:
    line = metres((0, 0), (off, 50), (0, 100))
    assert len(simplified(line, 1.5)) == kept


@given(st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=2, max_size=30))
def test_no_point_left_out_is_far_from_the_line(rows: list[tuple[float, float]]) -> None:
    line = metres(*rows)
    short = simplified(line, 1.5)
    assert (short[0] == line[0]).all()
    assert (short[-1] == line[-1]).all()
    north, east = metres_per_degree(LAT)
    scale = np.array([float(north), float(east)])
    for point in line:
        away = min(_away(point * scale, a * scale, b * scale) for a, b in pairwise(short))
        assert away <= 1.51


def _away(point: Any, a: Any, b: Any) -> float:
    length = float((b - a) @ (b - a))
    share = min(1.0, max(0.0, float((point - a) @ (b - a)) / length)) if length else 0.0
    return float(np.hypot(*(point - a - share * (b - a))))


def test_the_map_is_sent_once_and_packed(tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=1) as world:
        first = world.ask("c_1", "GET", "/v1/city/map")
        assert first.json()["attribution"] == "© OpenStreetMap contributors"
        assert first.headers["Content-Encoding"] == "gzip"
        plain = world.ask("desk", "GET", "/v1/city/map", headers={"Accept-Encoding": "identity"})
        assert plain.json() == first.json()
        known = {"If-None-Match": first.headers["ETag"]}
        assert world.ask("desk", "GET", "/v1/city/map", headers=known).status_code == 304
        assert world.ask("shop", "GET", "/v1/city/map").status_code == 403
        assert world.ask(None, "GET", "/v1/city/map").status_code == 401


TILES = "https://tile.example.org/a/{z}/{x}/{y}.png?key=1"


def test_tiles_are_told_with_their_owner_and_allowed_by_the_pages_policy(tmp_path: Path) -> None:
    with service(tmp_path, map_tiles=TILES, map_tiles_attribution="© Example") as client:
        sheet = client.get("/v1/city/map")
        assert sheet.json()["tiles"] == {"url": TILES, "attribution": "© Example"}
        policy = sheet.headers["Content-Security-Policy"]
        assert "img-src 'self' data: blob: https://tile.example.org;" in policy


def test_without_tiles_nothing_is_asked_of_others(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        sheet = client.get("/v1/city/map")
        assert sheet.json()["tiles"] is None
        assert "img-src 'self' data: blob:;" in sheet.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("template", "is_one"),
    [
        ("https://tile.example.org/{z}/{x}/{y}.png", True),
        ("http://127.0.0.1:8080/{y}/{z}/{x}", True),
        # Not by https, without y, with a fourth part, with one twice, with what ends the policy.
        ("http://tile.example.org/{z}/{x}/{y}.png", False),
        ("https://tile.example.org/{z}/{x}.png", False),
        ("https://{s}.example.org/{z}/{x}/{y}.png", False),
        ("https://tile.example.org/{z}/{x}/{x}/{y}.png", False),
        ("https://tile.example.org; script-src */{z}/{x}/{y}", False),
    ],
)
def test_a_template_of_tiles_has_each_part_once_and_a_plain_origin(
    template: str, is_one: bool
) -> None:
    if is_one:
        assert Settings(map_tiles=template).map_tiles == template
    else:
        with pytest.raises(ValidationError, match="is no template of tiles; give one like"):
            Settings(map_tiles=template)
