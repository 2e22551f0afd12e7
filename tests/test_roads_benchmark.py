"""The benchmark of the roads: its made-up cities, its peers, and what it says of them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import peer_env, road_peers
from benchmarks.peer_env import Skipped, peers_python
from benchmarks.road_growth import write_grid, write_tiled
from benchmarks.road_tables import ratios
from dispatch.osm import build_city


def test_a_made_up_city_is_a_map(tmp_path: Path) -> None:
    pbf = tmp_path / "grid.osm.pbf"
    write_grid(12, pbf)
    report = build_city(pbf, tmp_path / "city", name="Grid", timezone="Europe/Lisbon")
    # Few of the 144 crossings are lost to streets left out and to one-ways.
    assert 100 <= report.junctions <= 144


def test_copies_of_a_city_are_joined_to_one(tmp_path: Path) -> None:
    one, four = tmp_path / "one.osm.pbf", tmp_path / "four.osm.pbf"
    write_grid(12, one)
    write_tiled(one, 2, 2, four)
    small = build_city(one, tmp_path / "a", name="One", timezone="Europe/Lisbon")
    large = build_city(four, tmp_path / "b", name="Four", timezone="Europe/Lisbon")
    # Only the largest connected part is kept: all copies are in it, or it would be one's.
    assert large.junctions >= 4 * small.junctions


def test_peers_need_nothing_of_ours() -> None:
    tree = ast.parse(peer_env.SCRIPT.read_text("utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names


def test_without_a_newer_python_peers_are_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_PEERS", str(tmp_path))
    monkeypatch.setattr(peer_env, "PYTHONS", ("no-such-python",))
    monkeypatch.setattr(sys, "executable", "no-such-python")
    with pytest.raises(Skipped, match=r"no Python 3\.12 or newer"):
        peers_python()


def test_a_peer_that_takes_too_long_is_skipped(tmp_path: Path, monkeypatch: Any) -> None:
    script = tmp_path / "slow.py"
    script.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(peer_env, "SCRIPT", script)
    request = {"folder": str(tmp_path)}
    with pytest.raises(Skipped, match="longer than 0 s"):
        peer_env.ask(Path(sys.executable), "task", request, limit_s=0.2)


def test_a_median_is_of_three_at_least() -> None:
    calls = []
    road_peers.timed(lambda: calls.append(1))
    assert len(calls) >= road_peers.REPEATS == 3


def test_what_is_called_before_does_not_count() -> None:
    calls: list[str] = []

    def slow() -> None:
        calls.append("before")
        # A million additions take far longer than what is timed.
        sum(range(1_000_000))

    cpu, _, least = road_peers.timed(lambda: calls.append("call"), before=slow)
    assert calls[:4] == ["before", "call", "before", "call"]
    assert least <= cpu < 0.005


def test_an_aim_is_reached_or_missed_or_skipped() -> None:
    def figures(seconds: float) -> dict[str, Any]:
        return {what: {"60": [seconds, seconds, seconds]} for what in ("table", "add")}

    ours = {**figures(0.02), "all_speeds": [0.25, 0.3], "one_speed": [0.1, 0.1]}
    text = ratios({"cch": ours, "osrm-ch": figures(0.03), "osrm-mld": "no wheel"}).splitlines()
    # 30 ms are 1.5 times 20 ms: enough for the table, not for one place more.
    assert text[1].startswith("60 x 60 against OSRM CH: 1.5 x as fast (wall 1.5 x, ")
    assert text[1].endswith("aim 1 x: reached")
    assert text[2] == "60 x 60 against OSRM MLD: skipped, no wheel"
    assert text[3].endswith("aim 10 x: MISSED")
    assert text[5] == "all speeds, by name: 250 ms, aim 200 ms: MISSED"
    assert text[6].endswith("100 ms, aim 200 ms: reached")
