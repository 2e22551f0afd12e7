"""
Reader of VRPLIB text: CVRP, VRPTW, and VRPTW of several trips with release times.

The form is that of TSPLIB 95 with the sections that PyVRP documents ("The VRPLIB format"). What is
not known here is refused, so that no limit of an instance is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.instances import BadInstance, Line, Rounding, fleet, lines_of
from solver.problem import TRAVEL_TIERS, Job, Problem, Task, TimeWindow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_IGNORED = frozenset(("NAME", "COMMENT", "TYPE", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"))

_NUMBERS = frozenset(("DIMENSION", "CAPACITY", "VEHICLES", "SERVICE_TIME"))

_WORDS = frozenset(("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT"))

_SECTIONS = frozenset(
    (
        "NODE_COORD_SECTION",
        "EDGE_WEIGHT_SECTION",
        "DEMAND_SECTION",
        "TIME_WINDOW_SECTION",
        "SERVICE_TIME_SECTION",
        "RELEASE_TIME_SECTION",
        "VEHICLES_RELOAD_DEPOT_SECTION",
        "DEPOT_SECTION",
    )
)


def read_vrplib(path: Path, rounding: Rounding = Rounding.DIMACS) -> Problem:
    """
    Returns the problem of a VRPLIB file, a job named by its node counted from 0.

    Where all vehicles reload at the depot each job has a pickup there, from its release time on,
    and a load stop waits for the last of its goods; elsewhere goods are on board from the start.
    Without VEHICLES there is one for each customer. Raises BadInstance with the line and how to
    mend it.
    """
    file = _File(path)
    size = file.whole("DIMENSION", least=1)
    file.check_depot()
    windows = file.windows(size, rounding)
    demands = file.column("DEMAND_SECTION", size, "demand")
    services = file.services(size, rounding)
    pickups = file.pickups(size, rounding)
    jobs = tuple(
        Job(str(i), Task(i, windows[i], services[i]), pickups[i], load=(demands[i],))
        for i in range(1, size)
    )
    count = file.whole("VEHICLES") if "VEHICLES" in file.values else size - 1
    capacity = file.whole("CAPACITY") if "CAPACITY" in file.values else None
    durations = file.durations(size, rounding)
    return Problem(fleet(count, capacity, windows[0]), jobs, durations, TRAVEL_TIERS)


class _File:
    """A VRPLIB file by key: the line and text of each value, the rows of each section."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self.values: dict[str, tuple[Line, str]] = {}
        self.sections: dict[str, list[Line]] = {}
        rows: list[Line] | None = None
        for line in lines_of(path):
            first = line.words[0]
            if first == "EOF":
                break
            if first.endswith("_SECTION"):
                rows = self._opened(line, first)
            elif rows is not None and (first[0].isdigit() or first[0] in "-+."):
                rows.append(line)
            else:
                rows = None
                self._keep(line)

    def _opened(self, line: Line, title: str) -> list[Line]:
        if title not in _SECTIONS:
            known = ", ".join(sorted(_SECTIONS))
            raise line.bad(f"{title} is not known; known are {known}.")
        return self.sections.setdefault(title, [])

    def _keep(self, line: Line) -> None:
        key, colon, value = " ".join(line.words).partition(":")
        key = key.strip()
        if not colon or key not in _IGNORED | _NUMBERS | _WORDS:
            known = ", ".join(sorted(_IGNORED | _NUMBERS | _WORDS))
            raise line.bad(f"{key!r} is no section and no key; known keys are {known}.")
        self.values[key] = line, value.strip()

    def whole(self, key: str, least: int = 0) -> int:
        """Returns the whole number of a key; raises BadInstance."""
        if key not in self.values:
            raise BadInstance(f"{self._name}: no {key}; add a line like '{key} : 100'.")
        line, text = self.values[key]
        return line.whole(key, line.number_of(key, text), least)

    def check_depot(self) -> None:
        """Raises BadInstance unless the depot is the first node alone."""
        rows = self.sections.get("DEPOT_SECTION", [])
        named = [word for row in rows for word in row.words if word != "-1"]
        if named not in ([], ["1"]):
            raise rows[0].bad(f"the depots are {', '.join(named)}; only node 1 alone is known.")

    def rows(self, title: str, size: int, names: Sequence[str]) -> list[tuple[float, ...]]:
        """Returns the numbers after the node of each row, in order of nodes from 1."""
        found = []
        for i, row in enumerate(self.sections[title], 1):
            node, *rest = row.numbers(("node", *names))
            if node != i:
                raise row.bad(f"expected node {i}, got {node:g}; number the rows from 1.")
            found.append(tuple(rest))
        if len(found) != size:
            raise BadInstance(
                f"{self._name}: {title} has {len(found)} rows, DIMENSION is {size}; one is wrong."
            )
        return found

    def column(self, title: str, size: int, name: str) -> list[int]:
        """Returns a whole number >= 0 for each node; raises BadInstance."""
        if title not in self.sections:
            raise BadInstance(f"{self._name}: no {title}; add one with a row for each node.")
        lines = self.sections[title]
        values = self.rows(title, size, (name,))
        return [line.whole(name, value[0]) for line, value in zip(lines, values, strict=True)]

    def windows(self, size: int, rounding: Rounding) -> list[TimeWindow]:
        """Returns the windows of all nodes, open where the file has none."""
        title = "TIME_WINDOW_SECTION"
        if title not in self.sections:
            return [TimeWindow()] * size
        pairs = self.rows(title, size, ("early", "late"))
        lines = self.sections[title]
        return [
            line.window(pair[0], pair[1], rounding) for line, pair in zip(lines, pairs, strict=True)
        ]

    def services(self, size: int, rounding: Rounding) -> list[int]:
        """Returns the service durations: one for all customers, or a section's."""
        if "SERVICE_TIME_SECTION" in self.sections:
            values = self.column("SERVICE_TIME_SECTION", size, "service time")
            return [rounding.whole(value) for value in values]
        same = self.whole("SERVICE_TIME") if "SERVICE_TIME" in self.values else 0
        return [0, *[rounding.whole(same)] * (size - 1)]

    def pickups(self, size: int, rounding: Rounding) -> list[Task | None]:
        """Returns the pickups at the depot, all None where vehicles never come back to it."""
        reloads = self.sections.get("VEHICLES_RELOAD_DEPOT_SECTION")
        releases = self.sections.get("RELEASE_TIME_SECTION")
        if reloads is None:
            if releases:
                raise releases[0].bad(
                    "release times need a VEHICLES_RELOAD_DEPOT_SECTION; add one with a row"
                    " 'vehicle 1' for each vehicle."
                )
            return [None] * size
        for i, row in enumerate(reloads, 1):
            if row.words != (str(i), "1"):
                raise row.bad(f"expected '{i} 1': every vehicle reloads at node 1.")
        if len(reloads) != self.whole("VEHICLES"):
            raise reloads[-1].bad(
                f"{len(reloads)} vehicles reload, VEHICLES is {self.whole('VEHICLES')}."
            )
        ready = self.column("RELEASE_TIME_SECTION", size, "release time") if releases else []
        earliest = [rounding.whole(value) for value in ready] or [0] * size
        return [Task(0, TimeWindow(early)) for early in earliest]

    def durations(self, size: int, rounding: Rounding) -> NDArray[np.int64]:
        """Returns the distances between nodes, of coordinates or as given."""
        line, kind = self.values.get("EDGE_WEIGHT_TYPE", (None, "EUC_2D"))
        if kind == "EUC_2D":
            if "NODE_COORD_SECTION" not in self.sections:
                raise BadInstance(f"{self._name}: no NODE_COORD_SECTION, which EUC_2D needs.")
            points = self.rows("NODE_COORD_SECTION", size, ("x", "y"))
            return rounding.distances([(x, y) for x, y in points])
        layout = self.values.get("EDGE_WEIGHT_FORMAT", (None, ""))[1]
        if kind != "EXPLICIT" or layout != "FULL_MATRIX":
            found = f"EDGE_WEIGHT_TYPE {kind} {layout}".strip()
            text = f"{found} is not known; known are EUC_2D and EXPLICIT FULL_MATRIX."
            raise BadInstance(f"{self._name}: {text}") if line is None else line.bad(text)
        rows = self.sections.get("EDGE_WEIGHT_SECTION", [])
        numbers = [row.number_of("distance", word) for row in rows for word in row.words]
        if len(numbers) != size * size:
            raise BadInstance(
                f"{self._name}: EDGE_WEIGHT_SECTION has {len(numbers)} numbers, expected"
                f" {size * size} for DIMENSION {size}."
            )
        whole = [rounding.whole(value) for value in numbers]
        return np.array(whole, dtype=np.int64).reshape(size, size)
