"""Where benchmarks keep what they measured, and how: whole files in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path


def cache() -> Path:
    """Returns the folder of the user's cache for benchmarks."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "dispatch-benchmarks"


def keep(file: Path, text: str) -> None:
    """Writes a file, whole or not at all, and the folders that it is in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
