"""
What answers one request in VROOM's format: a process of its own, forked for it and then gone.

It may be ended at any moment, its memory goes with it, and what it breaks breaks alone. It asks the
service for travel times over its pipe, and last tells the answer.
"""

from __future__ import annotations

import json
import math
import os
import signal
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

from api.vroom_places import Filled, Place, Table, filled, without_numbers
from api.vroom_requests import (
    INTERNAL,
    STATUS,
    Caps,
    check_size,
    for_openrouteservice,
    options_of,
    parsed,
    size_of,
)
from api.vroom_shapes import Line, draw
from solver.vroom import answer
from solver.vroom_checks import (
    check_breaks,
    check_coordinates,
    check_costs,
    check_geometry,
    check_speeds,
)
from solver.vroom_errors import ROUTING, Entry, VroomError
from solver.vroom_plan import planned_answer
from solver.vroom_reading import Request, read

NICENESS = 10
"""How much it stands back behind the service itself."""


@dataclass(frozen=True, slots=True)
class Job:
    """A request to answer: its body, what it may ask for, and when the process ends by itself."""

    body: bytes
    caps: Caps
    is_openrouteservice: bool
    seed: int
    ends_after_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """The answer, with its HTTP status; ``fault`` is where the program failed, if it did."""

    status: int
    body: bytes
    fault: str = ""


@dataclass(frozen=True, slots=True)
class TableWanted:
    """A question for a table; answered by a `Table`, or a VroomError."""

    profile: str
    places: tuple[Place, ...]
    needs_metres: bool


@dataclass(frozen=True, slots=True)
class LinesWanted:
    """A question for ways; answered by a list of `Line`, or a VroomError."""

    profile: str
    pairs: tuple[tuple[Place, Place], ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request is about to take: places in its problem, and seconds of search."""

    points: int
    seconds: float


def run(pipe: Connection, job: Job) -> None:
    """Answers a job over the pipe; for a new process."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A service that was killed cannot end it any more.
    signal.alarm(math.ceil(job.ends_after_s) + 1)
    # HiGHS prints now and then what nobody asked for.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pipe.send(told(job, pipe))


def told(job: Job, pipe: Connection) -> Told:
    """Returns the answer to a job; every error is an answer in VROOM's form."""
    try:
        found = _answered(job, pipe)
    except VroomError as error:
        found = error.as_answer()
    except Exception as error:
        # Where it failed, not on what: requests are of people.
        places = "".join(traceback.format_tb(error.__traceback__))
        found = {"code": INTERNAL, "error": "Internal error"}
        return Told(STATUS[INTERNAL], written(found), f"{type(error).__name__}\n{places}")
    return Told(STATUS[found["code"]], written(found))


def written(answer: Entry) -> bytes:
    """Returns an answer as JSON; texts stay as they came."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _answered(job: Job, pipe: Connection) -> Entry:
    began = perf_counter()
    root = parsed(job.body)
    check_size(root, job.caps)
    options = options_of(root, job.caps)
    asks = _Asks(pipe)
    asks.leave(Cost(size_of(root), 0.0 if options.plan else options.seconds))
    check_speeds(root)
    if job.is_openrouteservice:
        root = for_openrouteservice(root)
    request, whole = _read(root, asks)
    if not options.plan:
        check_breaks(request)
    if options.geometry:
        check_geometry(request)
    loaded = perf_counter()
    if options.plan:
        found = planned_answer(whole.root)
    else:
        found = answer(whole.root, options.seconds, job.seed)
    if found["code"]:
        return found
    solved = perf_counter()
    if whole.is_numbered:
        without_numbers(found)
    if options.geometry:
        draw(found, {v.id: v.profile for v in request.vehicles}, asks.lines)
    if whole.told:
        found["x_travel"] = list(whole.told)
    times = {
        "loading": loaded - began - asks.seconds,
        "solving": solved - loaded,
        "routing": asks.seconds,
    }
    found["summary"]["computing_times"] = {k: max(0, round(1000 * t)) for k, t in times.items()}
    return found


def _read(root: Entry, asks: _Asks) -> tuple[Request, Filled]:
    """Returns a request as read, its matrices asked for where it has none of its own."""
    check_costs(root)
    try:
        return read(root), Filled(root, is_numbered=False, told=())
    except VroomError as error:
        # VROOM would ask a routing engine now, having found nothing wrong.
        if error.code != ROUTING:
            raise
    check_coordinates(root)
    whole = filled(root, asks.table)
    check_costs(whole.root)
    return read(whole.root), whole


class _Asks:
    """Questions to the service, and how long they took; ``seconds`` grows with each."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.seconds = 0.0

    def leave(self, cost: Cost) -> None:
        """Waits for leave to go on; where there is none the service ends the process."""
        self._asked(cost)

    def table(self, profile: str, places: Sequence[Place], needs_metres: bool) -> Table:
        """Returns as `AskTable` does."""
        found: Table = self._asked(TableWanted(profile, tuple(places), needs_metres))
        return found

    def lines(self, profile: str, pairs: Sequence[tuple[Place, Place]]) -> list[Line]:
        """Returns as `AskLines` does."""
        found: list[Line] = self._asked(LinesWanted(profile, tuple(pairs)))
        return found

    def _asked(self, question: Cost | TableWanted | LinesWanted) -> Any:
        began = perf_counter()
        self._pipe.send(question)
        found = self._pipe.recv()
        self.seconds += perf_counter() - began
        if isinstance(found, VroomError):
            raise found
        return found
