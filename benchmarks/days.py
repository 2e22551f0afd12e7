"""
Whole days by every policy on the same worlds: who keeps what is promised.

``python -m benchmarks days`` plays what is missing of all sizes, days and policies, an hour on one
core where nothing is at hand, a third more in a city that no default was tuned on, and says what
all come to. ``python -m benchmarks.days`` plays pieces of it, with ``--shanghai`` those of that
city, and with ``--ablation`` or ``--sensitivity`` varies our rules, or the worlds, one at a time.
"""

from __future__ import annotations

import argparse
import sys
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.days_cells import run
from benchmarks.days_lists import (
    ABLATION,
    AS_USUAL,
    DAYS,
    DECIDERS,
    ELSEWHERE,
    HOURS,
    OURS,
    SENSITIVITY,
    SHOWN,
    SIZES,
    START,
)
from benchmarks.days_report import KNOWN, Piece, report, section, varied
from benchmarks.days_zone import SECONDS
from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results"

VARIED = {"ablation": ABLATION, "sensitivity": SENSITIVITY}

VARIED_SIZES, VARIED_DAYS = ("14x4", "20x5"), 2
"""In which worlds rules and kinds of worlds are varied where nothing else is said."""


def days(results: Path = RESULTS) -> str:
    """Returns what all days come to, and leaves the pictures; plays what is missing."""
    piece, elsewhere = Piece(), Piece(tuple(ELSEWHERE))
    told = report(piece, run(piece.cells(), _tell), results)
    return f"{told}\n{section(elsewhere, run(elsewhere.cells(), _tell), results)}"


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main(words: Sequence[str]) -> int:
    """Plays a piece and prints its report; 2 for a name that nothing has."""
    given = _parser().parse_args(words)
    kind = next((kind for kind in VARIED if getattr(given, kind)), "")
    piece = Piece(
        tuple(given.cells or (VARIED_SIZES if kind else SIZES)),
        tuple(given.policies or ((OURS,) if kind else SHOWN)),
        given.days or (VARIED_DAYS if kind else DAYS),
        given.start,
        given.hours,
        given.seconds,
    )
    try:
        settings = VARIED.get(kind, (AS_USUAL,))
        cells = [cell for setting in settings for cell in piece.cells(setting)]
        # Whatever makes no sense is said before hours of playing.
        _ = [(cell.scenario, cell.policy_figures) for cell in cells]
    except InvalidRequest as error:
        sys.stderr.write(f"{error}\n")
        return 2
    skipped = {} if given.report else run(cells, _tell)
    given.out.mkdir(exist_ok=True)
    name = f"{piece.name}_{kind}" if kind else piece.name
    if kind:
        text = varied(kind, piece, settings, skipped, given.out / f"{name}.png")
    else:
        text = report(piece, skipped, given.out)
    (given.out / f"{name}.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.days",
        description="Plays days by several policies and prints what all at hand come to.",
    )
    parser.add_argument("--cells", nargs="+", metavar="SIZE", help=f"of {', '.join(KNOWN)}")
    parser.add_argument(
        "--shanghai",
        dest="cells",
        action="store_const",
        const=tuple(ELSEWHERE),
        help=f"the cells {', '.join(ELSEWHERE)}",
    )
    parser.add_argument("--policies", nargs="+", metavar="NAME", help=f"of {', '.join(DECIDERS)}")
    parser.add_argument("--days", type=_count, help=f"worlds of each size ({DAYS})")
    parser.add_argument("--start", type=time.fromisoformat, default=START, help="10:00 if not said")
    parser.add_argument("--hours", type=float, default=HOURS, help=f"of each day ({HOURS:g})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of search at an event")
    parser.add_argument("--report", action="store_true", help="play nothing")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where reports are left")
    kinds = parser.add_mutually_exclusive_group()
    for kind in VARIED:
        kinds.add_argument(f"--{kind}", action="store_true", help=f"the {kind} instead")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
