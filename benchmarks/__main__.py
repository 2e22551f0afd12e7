"""
Runs proofs by name and leaves what they print under ``benchmarks/results/``.

Usage: ``python -m benchmarks NAME [NAME ...]``; ``all`` runs every one.
``machine`` takes ``--steps N`` and ``--seed N``.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.adopting import FIRST_SEED, STEPS, adopting
from benchmarks.calibration import calibration
from benchmarks.crash import crash
from benchmarks.days import days
from benchmarks.exact import exact
from benchmarks.flooding import flooding
from benchmarks.floods import floods
from benchmarks.fuzzing import fuzzing
from benchmarks.importing import importing
from benchmarks.lanes import lanes
from benchmarks.latency import latency
from benchmarks.load import load_both
from benchmarks.mdrp import mdrp
from benchmarks.pages import pages
from benchmarks.power import power
from benchmarks.push import push
from benchmarks.quotes import quotes
from benchmarks.roads import roads
from benchmarks.shifts import shifts
from benchmarks.simulator import simulator
from benchmarks.snapshots import snapshots
from benchmarks.static import static
from benchmarks.vroom_agreement import agreement
from benchmarks.vroom_format import vroom_format

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"

PROOFS: dict[str, Callable[[], str]] = {
    "latency": latency,
    "crash": crash,
    "power": power,
    "push": push,
    "fuzzing": fuzzing,
    "load": load_both,
    "machine": adopting,
    "simulator": simulator,
    "shifts": shifts,
    "roads": roads,
    "exact": exact,
    "vroom": vroom_format,
    "agreement": agreement,
    "snapshots": snapshots,
    "lanes": lanes,
    "static": static,
    "calibration": calibration,
    "quotes": quotes,
    "floods": floods,
    "flooding": flooding,
    "importing": importing,
    "mdrp": mdrp,
    "days": days,
    "pages": pages,
}


def main(arguments: list[str]) -> int:
    """Returns 0 when every proof named ran, 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="benchmarks", allow_abbrev=False)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of machine")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="first seed of machine")
    told = parser.parse_args(arguments)
    names: list[str] = told.names
    proofs: dict[str, Callable[[], str]] = {
        **PROOFS,
        "machine": partial(adopting, told.steps, told.seed),
    }
    unknown = [name for name in names if name not in PROOFS and name != "all"]
    if unknown or not names:
        print(f"Unknown: {', '.join(unknown)}. Choose from {', '.join(PROOFS)}, all.")
        return 2
    for name in PROOFS if "all" in names else names:
        text = proofs[name]()
        print(f"== {name}\n{text}", flush=True)
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.txt").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
