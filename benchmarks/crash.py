"""
What befalls a service under load, on SQLite and on PostgreSQL: nothing that was answered may be
lost, and what must always hold (DESIGN, I1-I9) holds after each fault.

Clients place orders, cancel some and tap for couriers; each asks again, under the same key or id,
until it is answered. After each fault the log is followed beside the service: its chain, its plans,
where goods are; and all that anybody was answered is looked for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks import crash_faults as faults
from benchmarks.crash_clients import PATIENCE_S
from benchmarks.crash_faults import Fault
from benchmarks.crash_scene import Scene, why_no_disk
from benchmarks.machine import machine
from benchmarks.postgres_server import PostgresServer, why_not
from benchmarks.service import Service

SEED = 11

KILLS, OTHERS = 200, 10
"""How often it is killed on each store, and how often each other fault comes."""

LOADED_S = 0.8
"""Seconds of load before each fault at most; it comes at a random moment."""

AUDIT_EVERY = 20
"""Faults after which all tables are compared with the log."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault by its name, on one store, and on what scene: settings of `Scene`."""

    name: str
    fault: Fault
    on_server: bool
    scene: Mapping[str, Any] = field(default_factory=dict)


WHOLE = {"program": Service, "workers": 1}
SMALL = {"on_small_disk": True}
LINE = {"by_line": True}

KINDS = (
    *(Kind("kill -9", faults.killed, server) for server in (False, True)),
    *(Kind("kill -9, searching", faults.killed, server, WHOLE) for server in (False, True)),
    Kind("server stop -m immediate", faults.server_stopped, on_server=True),
    *(Kind("SIGSTOP, SIGCONT", faults.paused, server) for server in (False, True)),
    *(Kind("SIGSTOP, another takes it", faults.usurped, server) for server in (False, True)),
    *(Kind("clients cut off", faults.cut, server) for server in (False, True)),
    *(Kind("clients drop by drop", faults.slow, server) for server in (False, True)),
    Kind("server cut off", faults.line_cut, True, LINE),
    Kind("server drop by drop", faults.line_slow, True, LINE),
    *(Kind("disk full", faults.full, server, SMALL) for server in (False, True)),
    Kind("disk read-only", faults.read_only, False, SMALL),
    Kind("server read-only", faults.read_only, True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault came to, so many ``times``; ``back_s`` are the seconds until it was over."""

    kind: Kind
    told: tuple[int, int, int]
    again: int
    back_s: tuple[float, ...]
    lost: tuple[str, ...]
    violations: tuple[str, ...]

    def line(self) -> str:
        """Returns it as a line of the table."""
        store = "PostgreSQL" if self.kind.on_server else "SQLite"
        counts = "".join(f"{count:8,}" for count in (*self.told, self.again))
        wrong = f"{len(self.lost):6,}{len(self.violations):6,}"
        low, mid, high = (float(np.percentile(self.back_s, share)) for share in (0, 50, 100))
        times = f"{low:7.2f}{mid:7.2f}{high:7.2f}"
        return f"{self.kind.name:26}{store:11}{len(self.back_s):6}{counts}{wrong}{times}"


def crash(kills: int = KILLS, others: int = OTHERS) -> str:
    """Returns what was lost by so many faults, as text; raises AssertionError if anything was."""
    began, rows, lines = time.monotonic(), list[Row](), [machine()]
    with ExitStack() as ends:
        server, reason = None, why_not()
        if not reason:
            server = PostgresServer()
            ends.callback(server.close)
            server.start()
        for number, kind in enumerate(KINDS):
            missing = reason if kind.on_server else ""
            missing = missing or (why_no_disk() if kind.scene is SMALL else "")
            if missing:
                lines.append(f"{kind.name}: not tried, {missing}")
                continue
            times = kills if kind.fault is faults.killed and not kind.scene else others
            rows.append(struck(kind, times, server if kind.on_server else None, SEED + number))
    lines += _table(rows, time.monotonic() - began)
    text = "\n".join(lines) + "\n"
    assert not any(row.lost or row.violations for row in rows), text
    return text


def struck(kind: Kind, times: int, server: PostgresServer | None, seed: int) -> Row:
    """Returns what came of a fault that befell a service so many times."""
    back_s = []
    with Scene(server, seed, **kind.scene) as scene:
        for number in range(1, times + 1):
            scene.load.answered()
            time.sleep(scene.rng.uniform(0.02, LOADED_S))
            back_s.append(kind.fault(scene))
            scene.look()
            if number % AUDIT_EVERY == 0:
                scene.follower.audit()
        scene.load.end()
        scene.look()
        scene.follower.audit()
        told, follower = scene.load.told, scene.follower
    wrong = tuple(follower.lost), tuple(follower.violations)
    return Row(kind, told.counts, told.again, tuple(back_s), *wrong)


def _table(rows: list[Row], seconds: float) -> list[str]:
    head = (
        f"{'fault':26}{'store':11}{'times':>6}{'orders':>8}{'cancel':>8}{'taps':>8}{'again':>8}"
        f"{'lost':>6}{'viol':>6}{'min':>7}{'p50':>7}{'max':>7}"
    )
    wrong = [text for row in rows for text in (*row.lost, *row.violations)][:20]
    return [
        f"Faults at random moments within {LOADED_S} s of load by 3 clients, in {seconds:.0f} s, "
        f"seed {SEED}. Answered: orders, cancellations, taps; asked again; lost; violations of "
        "I1-I9.",
        "Last: seconds from the end of the fault to the next answer, where the service was started "
        "anew those of its start, forked from a process that has loaded the program; searching: a "
        f"whole start, with a search worker. A client waits {PATIENCE_S:g} s and asks again.",
        head,
        *(row.line() for row in rows),
        *wrong,
    ]
