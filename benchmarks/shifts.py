"""
Plays the demo's shift with several worlds and leaves its pictures for the README.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

SEEDS = (1, 2, 3, 4, 5)
RESULTS = Path(__file__).parent / "results"
PICTURES = ("map.png", "timeline.png")


def shifts(seeds: tuple[int, ...] = SEEDS) -> str:
    """Returns a line per world and their sums, as text; raises RuntimeError where one fails."""
    rows = [_play(seed, keep_pictures=seed == seeds[0]) for seed in seeds]
    lines = [machine(), "The demo's shift, one line per world seed; solver seed 0, 0.05 s a search"]
    lines += [_line(seed, row) for seed, row in zip(seeds, rows, strict=True)]
    kept, late = sum(row["kept"] for row in rows), sum(len(row["late"]) for row in rows)
    lines.append(f"together: {kept} of {kept + late} urgent promises kept")
    return "\n".join(lines) + "\n"


def _play(seed: int, *, keep_pictures: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "api.cli", "demo", "--json", "--out", folder]
        # The command is made here, of this interpreter and a number.
        done = subprocess.run(
            [*command, "--seed", str(seed)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"The demo with seed {seed} failed:\n{done.stdout}{done.stderr}")
        if keep_pictures:
            RESULTS.mkdir(exist_ok=True)
            for picture in PICTURES:
                shutil.copyfile(Path(folder) / picture, RESULTS / picture)
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def _line(seed: int, row: dict[str, Any]) -> str:
    late = ", ".join(f"{late['by_s']} s" for late in row["late"]) or "none"
    return (
        f"seed {seed}: {row['urgent']} urgent orders, {row['usual_promise']} promised in 22 min, "
        f"{row['requoted']} longer; kept {row['kept']}, late {late}; "
        f"desk p50 {row['desk_p50_s']} s p95 {row['desk_p95_s']} s; "
        f"standard on course {row['standard_on_course']} of {row['standard']}; "
        f"{row['plan_versions']} plans, {row['moved_drops']} drops moved; "
        f"decision p50 {row['decision_p50_ms']} ms p99 {row['decision_p99_ms']} ms; "
        f"{row['distance_km']} km; utilisation {row['utilisation']:.2f}; wall {row['wall_s']:.0f} s"
    )
