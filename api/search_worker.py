"""
What runs inside a search worker: a process of its own, since a search holds Python's lock.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from typing import Any

from api.warming import warm_up
from dispatch.dispatcher import Snapshot
from solver.solve import Result, SolveParams, solve

NICENESS = 10
"""How much a worker stands back behind the service itself."""


def start(everybody: Any) -> None:
    """Makes a new worker polite and mortal, and returns once all workers are warm."""
    os.nice(NICENESS)
    # Ctrl-C reaches the whole group of processes; the service decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up()
    everybody.wait()


def warm() -> None:
    """Does nothing; that it was done says that all workers are warm."""


def search(snapshot: Snapshot, seconds: float, seed: int, lanes: int = 1) -> Result:
    """Returns the best that was found in this time, by some lanes at once, each on a core."""
    params = SolveParams(seconds=seconds, seed=seed, lanes=lanes)
    return solve(snapshot.problem, params, snapshot.initial)


def _end_with_parent() -> None:
    """A worker whose service was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
