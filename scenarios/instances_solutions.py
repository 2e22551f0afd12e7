"""
Solutions of instances as text: the form that SINTEF publishes, and VRPLIB's, which is much alike.

A route is a line of its nodes, "Route 1 : 5 3 7"; the depot stands in it only where the vehicle
comes back to load, as 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scenarios.instances import BadInstance, lines_of
from solver.solution import Activity, Kind, Solution

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.instances import Line
    from solver.problem import Problem
    from solver.solution import Route

_ROUTE = re.compile(r"Route\s*#?\s*\d+\s*:(.*)", re.IGNORECASE)

_DEPOT = 0


def sintef_text(
    name: str,
    problem: Problem,
    solution: Solution,
    *,
    authors: str,
    date: str,
    reference: str = "",
) -> str:
    """Returns a solution in SINTEF's form; vehicles without a route have no line."""
    lines = [
        f"Instance name : {name}",
        f"Authors       : {authors}",
        f"Date          : {date}",
        f"Reference     : {reference}",
        "Solution",
    ]
    used = [route for route in solution.routes if route]
    lines += [
        f"Route  {i} : {' '.join(map(str, _nodes(problem, route)))}"
        for i, route in enumerate(used, 1)
    ]
    return "\n".join(lines) + "\n"


def _nodes(problem: Problem, route: Route) -> list[int]:
    """Returns the nodes of a route, each load stop at the depot but the first as one 0."""
    nodes: list[int] = []
    for activity in route:
        node = activity.task(problem).location
        if node != _DEPOT or (nodes and nodes[-1] != _DEPOT):
            nodes.append(node)
    return nodes


def read_solution(path: Path, problem: Problem) -> Solution:
    """
    Returns the solution in a file of SINTEF's form or of VRPLIB's; it may break limits.

    Customers in no route are unassigned. Raises BadInstance for unknown nodes, for one named twice
    and for more routes than vehicles.
    """
    halves = _halves(problem)
    routes: list[Route] = []
    named: dict[int, int] = {}
    for line in lines_of(path):
        found = _ROUTE.fullmatch(" ".join(line.words))
        if found is None:
            continue
        nodes = [_node(line, word, halves) for word in found[1].split()]
        for node in nodes:
            if node != _DEPOT and (before := named.setdefault(node, line.number)) != line.number:
                raise line.bad(f"node {node} is in the route of line {before} too; take one out.")
        routes.append(_route(problem, halves, nodes))
    if not routes:
        raise BadInstance(f"{path.name}: no routes; expected lines like 'Route 1 : 5 3 7'.")
    spare = len(problem.vehicles) - len(routes)
    if spare < 0:
        raise BadInstance(
            f"{path.name}: {len(routes)} routes for {len(problem.vehicles)} vehicles."
        )
    served = {activity.job for route in routes for activity in route}
    return Solution((*routes, *[()] * spare), frozenset(range(len(problem.jobs))) - served)


def _halves(problem: Problem) -> dict[int, Activity]:
    """Returns what is done at each node but the depot."""
    halves = {}
    for j, job in enumerate(problem.jobs):
        halves[job.delivery.location] = Activity(j, Kind.DELIVERY)
        if job.pickup is not None and job.pickup.location != _DEPOT:
            halves[job.pickup.location] = Activity(j, Kind.PICKUP)
    return halves


def _node(line: Line, word: str, halves: dict[int, Activity]) -> int:
    node = line.whole("node", line.number_of("node", word))
    if node != _DEPOT and node not in halves:
        raise line.bad(f"node {node} is no customer; they are 1 to {max(halves, default=0)}.")
    return node


def _route(problem: Problem, halves: dict[int, Activity], nodes: list[int]) -> Route:
    """Returns the activities at some nodes, loading at the depot all of the trip that follows."""
    route: list[Activity] = []
    for i, node in enumerate(nodes):
        if i == 0 or node == _DEPOT:
            rest = nodes[i:] if node != _DEPOT else nodes[i + 1 :]
            trip = rest[: rest.index(_DEPOT)] if _DEPOT in rest else rest
            route += [
                Activity(halves[n].job, Kind.PICKUP) for n in trip if _is_loaded(problem, halves[n])
            ]
        if node != _DEPOT:
            route.append(halves[node])
    return tuple(route)


def _is_loaded(problem: Problem, half: Activity) -> bool:
    pickup = problem.jobs[half.job].pickup
    return pickup is not None and pickup.location == _DEPOT
