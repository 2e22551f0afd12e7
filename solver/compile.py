"""
Compiles the loops that numba keeps, so that nothing is compiled while it is needed.

Usage: ``python -m solver.compile``. Where it was not run, the first solve takes a minute longer.
What is compiled is kept beside the modules, or in the user's cache where that cannot be written.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

KERNELS = (
    "solver.assignment",
    "solver.broad_moves",
    "solver.broad_routes",
    "solver.bundle_bounds",
    "solver.bundle_kernels",
    "solver.bundle_loads",
    "solver.bundle_trips",
    "solver.offers",
    "solver.strings",
    "solver.tours",
)
"""The modules with loops of numba; their signatures are given, so importing compiles them."""


def compile_all() -> None:
    """Compiles what is not yet compiled for this machine."""
    import_all(KERNELS)


def import_all(modules: Iterable[str]) -> None:
    """Imports modules, which compiles the loops in them that were not compiled yet."""
    for name in modules:
        import_module(name)


if __name__ == "__main__":
    compile_all()
