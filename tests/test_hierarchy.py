"""The hierarchy and its labels: exact against Dijkstra and RoutingKit, kept, and bounded."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch import compile as compiling
from dispatch import hierarchy
from dispatch.cch import load_routingkit, no_panics
from dispatch.cch_kernels import contract, customize, elimination_tree
from dispatch.cch_labels import labels, table
from dispatch.cch_paths import path
from dispatch.hierarchy import Hierarchy
from dispatch.searching import DijkstraSearch
from dispatch.segment_kernels import put
from dispatch.timing import NEVER
from dispatch.timing_kernels import along_roads

if TYPE_CHECKING:
    from dispatch.hierarchy import CchSearch

Turns = list[tuple[int, int, int]]
"""Arcs and the ms of the turn between them, the next arc's included."""

TURN = st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 50) | st.just(NEVER))
OPTIONS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 40)), max_size=3, unique_by=lambda o: o[0]
).map(tuple)


def graph_of(size: int, turns: Turns) -> tuple[Any, Any]:
    """Returns the arcs and turns as far as searches read them, and their times."""
    known = {(a, b): ms for a, b, ms in turns if a != b}
    ends = np.array(sorted(known), dtype=np.int32).reshape(-1, 2)
    start, end = ends.T
    into = np.lexsort((start, end))
    bounds = np.arange(size + 1)
    graph = SimpleNamespace(
        road=np.arange(size),
        tail=np.arange(size),
        head=np.arange(size),
        start=start,
        end=end,
        first=np.searchsorted(start, bounds),
        into=into,
        into_first=np.searchsorted(end[into], bounds),
    )
    weight = np.array([known[a, b] for a, b in ends.tolist()], dtype=np.int64)
    return graph, SimpleNamespace(weight=weight)


def searches(size: int, turns: Turns, rank: list[int]) -> tuple[CchSearch, DijkstraSearch]:
    graph, metric = graph_of(size, turns)
    ranks = np.array(rank, dtype=np.int32)
    return Hierarchy(graph, ranks).search(metric), DijkstraSearch(graph, metric)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(TURN, max_size=40),
    st.permutations(range(12)),
    st.lists(OPTIONS, min_size=1, max_size=4),
    st.lists(OPTIONS, min_size=1, max_size=4),
)
def test_tables_and_paths_are_those_of_dijkstra(
    turns: Turns, rank: list[int], starts: list[Any], stops: list[Any]
) -> None:
    cch, dijkstra = searches(12, turns, rank)
    found = cch.table(starts, stops)
    assert found.tolist() == dijkstra.table(starts, stops).tolist()
    known = {(a, b): ms for a, b, ms in turns if a != b}
    for i, start in enumerate(starts):
        for j, stop in enumerate(stops):
            arcs = cch.path(start, stop)
            if found[i, j] == np.inf:
                assert arcs == []
                continue
            # The arcs follow each other by turns, and take what the table says.
            within = sum(known[pair] for pair in pairwise(arcs))
            assert dict(start)[arcs[0]] + within + dict(stop)[arcs[-1]] == found[i, j]


@pytest.mark.skipif(load_routingkit() is None, reason="routingkit-cch does not import")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_are_those_of_routingkit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 300
    turns = [
        (int(a), int(a + step) % size, int(rng.integers(1, 9000)))
        for a in range(size)
        for step in rng.integers(1, 30, 3)
    ]
    graph, metric = graph_of(size, turns)
    rank = rng.permutation(size).astype(np.int32)
    ours = Hierarchy(graph, rank).search(metric)
    package: Any = load_routingkit()
    arcs = rng.integers(0, size, 20).tolist()
    with no_panics():
        order = np.argsort(rank).tolist()
        theirs = package.CCH(order, graph.start.tolist(), graph.end.tolist(), False)
        kit = package.CCHMetric(theirs, metric.weight.tolist())
        query = package.CCHOneToMany(kit, arcs)
        rows = [query.distances_from_multi([(arc, 0)]) for arc in arcs]
        del query
    expected = [[np.inf if x is None or x >= NEVER else x for x in row] for row in rows]
    points = [((arc, 0),) for arc in arcs]
    assert ours.table(points, points).tolist() == expected


def test_an_arc_is_added_only_in_the_direction_a_way_leads() -> None:
    # 1 -> 0 -> 2: contracting 0 leaves a way from 1 to 2, and none back.
    first, one = np.array([0, 1, 1, 1]), np.array([1], dtype=np.int32)
    two = np.array([2], dtype=np.int32)
    outs, ins = contract(first, two, first, one)
    assert (outs[0].tolist(), outs[1].tolist()) == ([0, 1, 2, 2], [2, 2])
    assert (ins[0].tolist(), ins[1].tolist()) == ([0, 1, 1, 1], [1])
    # The one triangle: by the arc in from 1, which is the first, and out to 2, the first.
    assert outs[3].tolist() == [[0, 0, 1]]
    assert len(ins[3]) == 0


def test_a_parent_is_the_lowest_node_above_that_elimination_joins() -> None:
    # A path 0 - 2 - 1 - 3: contracting 0 leaves 2 - 1 - 3, contracting 1 joins 2 and 3.
    first, lower = np.array([0, 0, 0, 2, 3]), np.array([0, 1, 1], dtype=np.int32)
    assert elimination_tree(first, lower).tolist() == [2, 2, 3, -1]


def line(size: int = 30) -> CchSearch:
    """Arcs in a row, a second from each to the next."""
    return searches(size, [(a, a + 1, 1000) for a in range(size - 1)], list(range(size)))[0]


def test_a_label_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    search = line()
    points = [((arc, 0),) for arc in range(5)]
    first = search.table(points, points)

    def made_again(*_: object) -> None:
        raise AssertionError("a known point was searched from")

    monkeypatch.setattr(hierarchy, "labels", made_again)
    assert search.table(points, points).tolist() == first.tolist()
    with pytest.raises(AssertionError, match="known point"):
        search.table([((9, 0),)], points)


@pytest.mark.parametrize("limit", ["LABELS_KEPT", "LABEL_BYTES"])
def test_labels_kept_are_bounded_and_forgotten_ones_made_again(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A label of arc 29 is itself alone, of 8 bytes; 4 labels or 32 bytes fit.
    monkeypatch.setattr(hierarchy, limit, 4 if limit == "LABELS_KEPT" else 32)
    search = line()
    points = [((arc, 0),) for arc in range(30)]
    before = search.table(points, points)
    kept = search._starts._kept  # noqa: SLF001
    assert len(kept) <= 4
    assert search.table(points, points).tolist() == before.tolist()
    assert before[3, 7] == 4000


def test_room_is_lent_to_each_thread_and_comes_back_empty() -> None:
    search = line()
    points = [((arc, 0),) for arc in range(30)]
    expected = search.table(points, points).tolist()
    wrong: list[int] = []

    def ask(seed: int) -> None:
        mine = np.random.default_rng(seed).permutation(30)
        for _ in range(40):
            fresh = line() if seed % 2 else search
            found = fresh.table([points[i] for i in mine], points)
            wrong.extend(i for i in range(30) if found[i].tolist() != expected[mine[i]])

    threads = [Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    rooms = search._hierarchy._rooms  # noqa: SLF001
    assert 1 <= len(rooms) <= 5
    assert all((room == NEVER).all() for room in rooms)


def test_every_loop_of_numba_is_compiled_ahead() -> None:
    folder = Path(compiling.__file__).parent
    users = {
        f"dispatch.{file.stem}"
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "numba"
    }
    assert users == set(compiling.KERNELS)
    compiling.compile_all()
    # One signature each, given in the module: nothing is left to compile for other types.
    kernels: list[Any] = [contract, customize, elimination_tree, labels, table, path, put]
    for kernel in [*kernels, along_roads]:
        assert len(kernel.signatures) == 1
        assert not kernel._can_compile  # noqa: SLF001
