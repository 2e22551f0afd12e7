"""
Readers of the files of Solomon, of Gehring and Homberger, and of Li and Lim.

Solomon 1987 (doi 10.1287/opre.35.2.254), Gehring and Homberger 1999, in the text form that SINTEF
publishes; Li and Lim 2001 (doi 10.1109/ICTAI.2001.974461), pickup and delivery in one row each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.instances import BadInstance, Line, Node, Rounding, fleet, lines_of
from solver.problem import TRAVEL_TIERS, Job, Problem, Task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_COLUMNS = ("number", "x", "y", "demand", "ready time", "due date", "service time")

_PAIR_COLUMNS = (*_COLUMNS, "pickup", "delivery")


def read_solomon(path: Path, rounding: Rounding = Rounding.DIMACS) -> Problem:
    """
    Returns the problem of a file of Solomon or of Gehring and Homberger.

    A job is named by the number of its customer and is on board from the start. Raises BadInstance
    with the line and how to mend it.
    """
    lines = lines_of(path)
    count, capacity = _fleet_row(path, lines)
    nodes = _nodes(path, lines[_at(path, lines, "CUSTOMER") + 2 :], _COLUMNS, rounding)
    jobs = tuple(
        Job(str(i), Task(i, node.window, node.service_duration), load=(node.demand,))
        for i, node in enumerate(nodes)
        if i
    )
    return Problem(
        fleet(count, capacity, nodes[0].window),
        jobs,
        rounding.distances([node.point for node in nodes]),
        TRAVEL_TIERS,
    )


def read_li_lim(path: Path, rounding: Rounding = Rounding.DIMACS) -> Problem:
    """
    Returns the problem of a file of Li and Lim, each pickup timed on its own.

    A job is named by its two rows, like "3-75". The speed is not used: it is 0 or 1 in the files,
    and a unit of distance takes one of time in all of them. Raises BadInstance with the line and
    how to mend it.
    """
    lines = lines_of(path)
    if not lines:
        raise BadInstance(f"{path.name}: the file is empty.")
    head = lines[0]
    count, capacity, _ = head.numbers(("vehicles", "capacity", "speed"))
    nodes = _nodes(path, lines[1:], _PAIR_COLUMNS, rounding)
    return Problem(
        fleet(head.whole("vehicles", count), head.whole("capacity", capacity), nodes[0].window),
        tuple(_pair(nodes, i) for i in range(1, len(nodes)) if not _partners(nodes[i])[0]),
        rounding.distances([node.point for node in nodes]),
        TRAVEL_TIERS,
        joint_loading=False,
    )


def _at(path: Path, lines: Sequence[Line], title: str) -> int:
    """Returns where a section is; raises BadInstance."""
    for i, line in enumerate(lines):
        if line.words == (title,):
            return i
    raise BadInstance(f"{path.name}: no line {title!r}; is this a file of Solomon's form?")


def _fleet_row(path: Path, lines: Sequence[Line]) -> tuple[int, int]:
    start = _at(path, lines, "VEHICLE")
    if len(lines) < start + 3:
        raise BadInstance(f"{path.name}: no number and capacity of vehicles after 'VEHICLE'.")
    row = lines[start + 2]
    count, capacity = row.numbers(("number of vehicles", "capacity"))
    return row.whole("number of vehicles", count), row.whole("capacity", capacity)


def _nodes(
    path: Path, rows: Sequence[Line], columns: Sequence[str], rounding: Rounding
) -> list[Node]:
    """Returns the rows from the depot on; raises BadInstance where one is amiss."""
    if not rows:
        raise BadInstance(f"{path.name}: no rows of customers; the first is the depot, number 0.")
    nodes = []
    for i, row in enumerate(rows):
        number, x, y, demand, ready, due, service = row.numbers(columns)[: len(_COLUMNS)]
        if number != i:
            raise row.bad(f"expected number {i}, got {number:g}; number the rows from 0.")
        window = row.window(ready, due, rounding)
        least = -(2**30) if len(columns) > len(_COLUMNS) else 0
        amount = row.whole("demand", demand, least)
        if service < 0:
            raise row.bad(f"expected a service time >= 0, got {service:g}.")
        nodes.append(Node(row, (x, y), amount, window, rounding.whole(service)))
    return nodes


def _partners(node: Node) -> tuple[int, int]:
    """Returns the row that goods come from and the row they go to, one of which is 0."""
    pickup, delivery = node.line.words[-2:]
    from_row = node.line.whole("pickup", node.line.number_of("pickup", pickup))
    to_row = node.line.whole("delivery", node.line.number_of("delivery", delivery))
    if bool(from_row) == bool(to_row):
        raise node.line.bad(
            f"pickup {from_row} and delivery {to_row}; expected 0 for one of them and the row of"
            " the other half of the pair."
        )
    return from_row, to_row


def _pair(nodes: Sequence[Node], i: int) -> Job:
    """Returns the job whose goods are picked up at row i; raises BadInstance."""
    here, to_row = nodes[i], _partners(nodes[i])[1]
    if to_row >= len(nodes):
        raise here.line.bad(f"delivery {to_row} is no row; the last one is {len(nodes) - 1}.")
    there = nodes[to_row]
    if _partners(there)[0] != i:
        raise here.line.bad(
            f"goods go to row {to_row}, whose pickup is {_partners(there)[0]}; expected {i}."
        )
    if there.demand != -here.demand:
        raise here.line.bad(
            f"the demand is {here.demand} and that of row {to_row} is {there.demand}; expected"
            f" {-here.demand} there."
        )
    return Job(
        f"{i}-{to_row}",
        Task(to_row, there.window, there.service_duration),
        Task(i, here.window, here.service_duration),
        load=(here.line.whole("demand of a pickup", here.demand),),
    )
