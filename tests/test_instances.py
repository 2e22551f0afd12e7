"""Readers of the field's instance files: tiny files by hand, and the real ones where they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.instances import BadInstance, Rounding
from scenarios.instances_best import BestKnown, read_best_known
from scenarios.instances_solomon import read_li_lim, read_solomon
from scenarios.instances_solutions import read_solution, sintef_text
from scenarios.instances_vrplib import read_vrplib
from solver.check import violations
from solver.problem import TRAVEL_TIERS, Task, TimeWindow
from solver.solution import Activity, Kind, Solution, cost

DATA = Path(__file__).parents[2] / "shared/data/vrp"

SOLOMON = """T1

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME

0  0 0   0   0 100  0
1  3 4   6   0  50  2
2  1 1   7  10  60  1
"""

LI_LIM = """2 10 1
0 0 0   0  0 100 0 0 0
1 3 4  -6  0  90 2 2 0
2 1 1   6 10  60 1 0 1
"""

TRIPS = """NAME: T
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 1
CAPACITY: 1
SERVICE_TIME: 2
NODE_COORD_SECTION
1 0 0
2 3 4
3 0 1
DEMAND_SECTION
1 0
2 1
3 1
TIME_WINDOW_SECTION
1 0 100
2 0 50
3 0 90
RELEASE_TIME_SECTION
1 0
2 0
3 30
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
-1
EOF
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "t.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_of_solomon_is_read_ten_times_as_large_and_cut_off(tmp_path: Path) -> None:
    problem = read_solomon(written(tmp_path, SOLOMON))
    # From (0, 0) to (1, 1): 10 x 1.414 = 14.14.
    assert problem.durations.tolist() == [[0, 50, 14], [50, 0, 36], [14, 36, 0]]
    assert [v.capacity for v in problem.vehicles] == [(10,), (10,)]
    assert {(v.start, v.end, v.shift) for v in problem.vehicles} == {(0, 0, TimeWindow(0, 1000))}
    assert problem.jobs[1].delivery == Task(2, TimeWindow(100, 600), 10)
    assert (problem.jobs[1].name, problem.jobs[1].load) == ("2", (7,))
    assert (problem.jobs[1].pickup, problem.jobs[1].carrier) == (None, None)
    assert problem.tiers == TRAVEL_TIERS


def test_plain_rounding_takes_the_nearest_whole_number(tmp_path: Path) -> None:
    problem = read_solomon(written(tmp_path, SOLOMON), Rounding.PLAIN)
    # 1.41 and, from (3, 4) to (1, 1), 3.61.
    assert problem.durations.tolist() == [[0, 5, 1], [5, 0, 4], [1, 4, 0]]
    assert problem.jobs[1].delivery.window == TimeWindow(10, 60)


@given(st.floats(0, 1e6))
def test_rounding_is_off_by_less_than_its_unit(value: float) -> None:
    assert 0 <= value * 10 - Rounding.DIMACS.whole(value) < 1
    assert abs(value - Rounding.PLAIN.whole(value)) <= 0.5


def test_a_file_of_li_and_lim_has_pairs_that_load_one_by_one(tmp_path: Path) -> None:
    problem = read_li_lim(written(tmp_path, LI_LIM))
    (job,) = problem.jobs
    assert job.pickup == Task(2, TimeWindow(100, 600), 10)
    assert job.delivery == Task(1, TimeWindow(0, 900), 20)
    assert (job.name, job.load, problem.joint_loading) == ("2-1", (6,), False)


def test_several_trips_wait_at_the_depot_for_their_goods(tmp_path: Path) -> None:
    problem = read_vrplib(written(tmp_path, TRIPS))
    assert problem.jobs[1].pickup == Task(0, TimeWindow(300))
    assert problem.jobs[0].delivery == Task(1, TimeWindow(0, 500), 20)
    assert problem.joint_loading
    assert problem.vehicles[0].shift == TimeWindow(0, 1000)


def test_vrplib_without_trips_has_goods_on_board_and_a_vehicle_for_each(tmp_path: Path) -> None:
    matrix = "EDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: FULL_MATRIX\nDIMENSION: 3\n"
    matrix += "CAPACITY: 5\nEDGE_WEIGHT_SECTION\n0 1 2\n3 0 4\n5 6 0\n"
    problem = read_vrplib(
        written(tmp_path, matrix + "DEMAND_SECTION\n1 0\n2 1\n3 1\nEOF\n"), Rounding.PLAIN
    )
    assert problem.durations.tolist() == [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
    assert len(problem.vehicles) == 2
    assert all(job.pickup is None for job in problem.jobs)


@pytest.mark.parametrize(
    ("text", "line", "old", "new", "told"),
    [
        (SOLOMON, 11, "1  3 4   6", "1  3 x   6", "expected a number as y, got 'x'"),
        (SOLOMON, 11, "6   0  50  2", "6   0  50", "expected 7 numbers"),
        (SOLOMON, 11, "6   0  50", "6  51  50", "from 51 to 50 is empty"),
        (SOLOMON, 11, "6   0  50", "6  -1  50", "starts before 0"),
        (SOLOMON, 11, "3 4   6", "3 4 6.5", "whole number >= 0 as demand, got 6.5"),
        (SOLOMON, 11, "50  2", "50 -2", "service time >= 0, got -2"),
        (SOLOMON, 12, "2  1 1", "3  1 1", "expected number 2, got 3"),
        (SOLOMON, 5, "  2         10", "  2.5       10", "number of vehicles, got 2.5"),
        (LI_LIM, 4, "0 1\n", "0 3\n", "delivery 3 is no row; the last one is 2"),
        (LI_LIM, 4, "0 1\n", "0 0\n", "expected 0 for one of them"),
        (LI_LIM, 3, "-6 ", "-5 ", "the demand is 6 and that of row 1 is -5; expected -6"),
        (TRIPS, 8, "NODE_COORD_SECTION", "BACKHAUL_SECTION", "BACKHAUL_SECTION is not known"),
        (TRIPS, 7, "SERVICE_TIME: 2", "DISTANCE: 2", "'DISTANCE' is no section and no key"),
        (TRIPS, 10, "2 3 4", "4 3 4", "expected node 2, got 4"),
        (TRIPS, 25, "1 1\nDEPOT", "1 2\nDEPOT", "expected '1 1'"),
        (TRIPS, 27, "1\n-1", "1\n2\n-1", "the depots are 1, 2; only node 1"),
        (TRIPS, 3, "EUC_2D", "GEO", "EDGE_WEIGHT_TYPE GEO is not known"),
    ],
)
def test_a_bad_file_says_where_and_what(
    tmp_path: Path, text: str, line: int, old: str, new: str, told: str
) -> None:
    assert old in text
    file = written(tmp_path, text.replace(old, new))
    read = {SOLOMON: read_solomon, LI_LIM: read_li_lim, TRIPS: read_vrplib}[text]
    with pytest.raises(BadInstance) as raised:
        read(file)
    assert told in str(raised.value)
    # A pair's halves are told of where the pickup is.
    assert f"line {4 if 'row 1 is -5' in told else line}:" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no line 'VEHICLE'"),
        ("VEHICLE\n", "no number and capacity"),
        (SOLOMON.split("0  0 0")[0], "no rows of customers"),
    ],
)
def test_a_file_of_solomon_that_ends_early_says_what_is_missing(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(BadInstance, match=told):
        read_solomon(written(tmp_path, text))


def test_vrplib_says_which_key_or_rows_are_missing(tmp_path: Path) -> None:
    with pytest.raises(BadInstance, match="no DIMENSION"):
        read_vrplib(written(tmp_path, "NAME: T\n"))
    with pytest.raises(BadInstance, match="DEMAND_SECTION has 2 rows, DIMENSION is 3"):
        read_vrplib(written(tmp_path, TRIPS.replace("3 1\nTIME", "TIME")))
    without = TRIPS.replace("VEHICLES_RELOAD_DEPOT_SECTION\n1 1\n", "")
    with pytest.raises(BadInstance, match="release times need a VEHICLES_RELOAD"):
        read_vrplib(written(tmp_path, without))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.txt"
    file.write_bytes(b"T1\xff")
    with pytest.raises(BadInstance, match="byte 2 is not UTF-8"):
        read_solomon(file)


def test_a_solution_of_several_trips_comes_back_from_its_text(tmp_path: Path) -> None:
    problem = read_vrplib(written(tmp_path, TRIPS))
    # 1 now, back by 120, wait for 2's goods until 300: 2 x 50 and 2 x 10 of riding.
    route = tuple(Activity(j, kind) for j in (0, 1) for kind in (Kind.PICKUP, Kind.DELIVERY))
    solution = Solution((route,))
    assert violations(problem, solution) == ()
    assert cost(problem, solution) == (0, 120)
    text = sintef_text("T", problem, solution, authors="us", date="2026-01-31")
    assert text.splitlines()[-2:] == ["Solution", "Route  1 : 1 0 2"]
    assert read_solution(written(tmp_path, text), problem) == solution


def test_who_is_in_no_route_is_unassigned(tmp_path: Path) -> None:
    problem = read_solomon(written(tmp_path, SOLOMON))
    found = read_solution(written(tmp_path, "Route #1: 2\nCost 28\n"), problem)
    assert found == Solution(((Activity(1, Kind.DELIVERY),), ()), frozenset({0}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Route 1 : 3", "line 1: node 3 is no customer; they are 1 to 2"),
        ("Route 1 : 2\nRoute 2 : 2", "line 2: node 2 is in the route of line 1 too"),
        ("Route 1 : 1\nRoute 2 : 2\nRoute 3 :", "3 routes for 2 vehicles"),
        ("1 2", "no routes"),
        ("Route 1 : one", "expected a number as node, got 'one'"),
    ],
)
def test_a_bad_solution_says_where_and_what(tmp_path: Path, text: str, told: str) -> None:
    problem = read_solomon(written(tmp_path, SOLOMON))
    with pytest.raises(BadInstance, match=told):
        read_solution(written(tmp_path, text), problem)


def test_best_values_for_the_distance_alone_go_first(tmp_path: Path) -> None:
    entries = {
        "R1_distance": {"best_known_cost": 5.5, "solved_with_vehicles": 3},
        "R1": {"best_known_cost": 6.5, "solved_with_vehicles": 2},
        "lc1": {"best_known_cost": 7, "solved_with_vehicles": 1},
    }
    best = read_best_known(written(tmp_path, json.dumps(entries)))
    assert best == {"r1": BestKnown(5.5, 3), "lc1": BestKnown(7.0, 1)}
    with pytest.raises(BadInstance, match="'lc1': expected numbers"):
        read_best_known(written(tmp_path, '{"lc1": {}}'))
    with pytest.raises(BadInstance, match="line 1"):
        read_best_known(written(tmp_path, "{"))


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is absent")
def test_all_instances_at_hand_are_read() -> None:
    solomon = sorted((DATA / "solomon").glob("*.txt"))
    assert len(solomon) == 56
    for file in solomon:
        assert len(read_solomon(file).jobs) == 100
    for file in (DATA / "li_lim_100").glob("*.txt"):
        problem = read_li_lim(file)
        assert 2 * len(problem.jobs) + 1 == len(problem.durations)


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is absent")
def test_the_best_solutions_known_are_legal_and_cost_what_they_say() -> None:
    for folder, read in (("gehring_homberger_200", read_solomon), ("li_lim_200", read_li_lim)):
        for file in (DATA / folder).glob("*.best_*"):
            name, _, rest = file.name.partition(".best_")
            problem = read(file.with_name(f"{name}.txt"))
            solution = read_solution(file, problem)
            assert violations(problem, solution) == ()
            # At most a tenth is cut off each ride; some 200 tasks and 20 routes.
            distance = float(rest.partition("_")[2].removesuffix(".txt"))
            assert distance * 10 - 230 < cost(problem, solution)[1] <= distance * 10
    for file in (DATA / "multi_trip_release").glob("*.sol"):
        problem = read_vrplib(file.with_suffix(".vrp"))
        solution = read_solution(file, problem)
        assert violations(problem, solution) == ()
        told = file.read_text("utf-8").partition("Cost:")[2].split()[0]
        assert cost(problem, solution) == (0, int(told))
