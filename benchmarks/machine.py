"""
What every published figure names: machine, versions, and how figures are summed up.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

PACKAGES = ("ortools", "numpy", "scipy", "fastapi", "sqlalchemy", "uvicorn")


def machine() -> str:
    """Returns one line about the machine and one about the versions that matter."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = ", ".join(f"{figure:.2f}" for figure in os.getloadavg())
    return (
        f"{os.cpu_count()} cores of {processor()}, {platform.system()} {platform.release()}, "
        f"load before {load}\nPython {platform.python_version()}, {versions}"
    )


def processor() -> str:
    """Returns the name of the processor."""
    return next(
        (
            line.split(":", 1)[1].strip()
            for line in _read(Path("/proc/cpuinfo")).splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or "unknown processor",
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def percentiles(values: list[float], *, unit: str) -> str:
    """Returns p50, p95, p99 and the largest of some figures, as one line."""
    if not values:
        return "no figures"
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return (
        f"p50 {p50:.1f} {unit}, p95 {p95:.1f} {unit}, p99 {p99:.1f} {unit}, "
        f"largest {max(values):.1f} {unit} (n = {len(values)})"
    )
