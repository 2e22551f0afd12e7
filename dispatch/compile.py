"""
Compiles the loops that numba keeps, so that nothing is compiled while it is needed.

Usage: ``python -m dispatch.compile``. Where it was not run, the first city loaded takes
half a minute longer; the results are kept beside the modules, or in the user's cache where
that cannot be written.
"""

from __future__ import annotations

from solver.compile import import_all

KERNELS = (
    "dispatch.cch_kernels",
    "dispatch.cch_labels",
    "dispatch.cch_paths",
    "dispatch.segment_kernels",
    "dispatch.timing_kernels",
)
"""The modules with loops of numba; their signatures are given, so importing compiles them."""


def compile_all() -> None:
    """Compiles what is not yet compiled for this machine."""
    import_all(KERNELS)


if __name__ == "__main__":
    compile_all()
