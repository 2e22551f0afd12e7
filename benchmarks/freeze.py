"""
Freezes dispatch problems out of simulated shifts; ``python -m benchmarks.freeze`` makes them anew.
"""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.freeze_files import FILE, write
from benchmarks.freeze_moments import Peak, play
from benchmarks.helsinki import embedded_city
from benchmarks.kept import cache
from benchmarks.snapshots_runs import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.freeze_moments import Moment

PEAKS = (
    Peak(20, 5, 3000),
    Peak(60, 15, 2000),
    Peak(150, 35, 1500),
    Peak(300, 60, 1000, shifts=3, moments=5),
)
"""What is frozen: 15 moments of each size."""


def freeze(
    path: Path = FILE,
    peaks: Sequence[Peak] = PEAKS,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """
    Writes the moments of all peaks to a file, in their order whatever core was the first.

    ``tell`` hears of each shift. What was played before a run was cut short is not played again.
    """
    shifts = [(peak, shift) for peak in peaks for shift in range(1, peak.shifts + 1)]
    began = time.perf_counter()
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        # The largest first: nobody waits for them at the end.
        asked = {
            (peak, shift): pool.submit(played, peak, shift) for peak, shift in reversed(shifts)
        }
        for (peak, shift), moments in asked.items():
            moments.result()
            took = time.perf_counter() - began
            tell(f"{peak.open_drops} open drops, shift {shift}: done after {took:.0f} s")
    keep(path, [moment for key in shifts for moment in asked[key].result()])


def played(peak: Peak, shift: int) -> list[Moment]:
    """Returns the moments of one shift, from the cache where this very code has played it."""
    here = Path(__file__).parent
    code = sources(*sorted(here.glob("freeze_*.py")), here / "snapshots_common.py")
    file = cache() / f"freeze-{code}" / f"{peak.open_drops}-{peak.couriers}-{shift}.pickle"
    if file.exists():
        # Written below, by this user, in a folder of its own.
        found: list[Moment] = pickle.loads(file.read_bytes())  # noqa: S301
        return found
    moments = play(peak, shift)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(moments))
    return moments


def keep(path: Path, kept: Sequence[Moment]) -> None:
    """Writes moments to a file; raises RuntimeError where one table cannot hold their durations."""
    bands = {band for _, _, band in kept}
    if len(bands) != 1:
        raise RuntimeError(f"The moments have more than one table of durations: {sorted(bands)}.")
    places = tuple(dict.fromkeys(place for _, there, _ in kept for place in there))
    row = {place: i for i, place in enumerate(places)}
    table = embedded_city().travel_times(places, bands.pop()).astype(np.int64)
    found = [replace(one, places=tuple(row[p] for p in there)) for one, there, _ in kept]
    for one in found:
        if not np.array_equal(one.problem.durations, table[np.ix_(one.places, one.places)]):
            raise RuntimeError(f"The durations of {one.name} are not those of the table.")
    write(path, found, table)


def main() -> None:
    """Makes the snapshots anew."""
    freeze(tell=lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
