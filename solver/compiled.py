"""
How kernels are compiled: with explicit signatures, when their module is first imported.

What numba makes is kept beside the sources, so later imports only load it; `compile` does the first
import for an installation. The cache of numba knows when the file of a function changes, but not
when one it calls does: `make` compiles all anew if any kernel changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from numba import njit, types

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

NONE, INT, REAL, FLAG = types.void, types.int64, types.float64, types.boolean
INTS, INTS2, INTS3 = types.int32[::1], types.int32[:, ::1], types.int32[:, :, ::1]
LONGS, LONGS2, LONGS3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
BYTES, BYTES2 = types.uint8[::1], types.uint8[:, ::1]
REALS, STATE = types.float64[::1], types.uint64[::1]


def several(*returned: Any) -> Any:
    """Returns the type of several values returned together."""
    return types.Tuple(returned)  # type: ignore[no-untyped-call]


def kernel(returned: Any, *given: Any) -> Callable[[Function], Function]:
    """
    Returns a decorator that compiles a function for these types of result and arguments.

    The function may not allocate: without numba's runtime there is no counting of references, which
    took half of the time.
    """
    how: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    decorate = njit(returned(*given), **how)
    return cast("Callable[[Function], Function]", decorate)


def part(function: Function) -> Function:
    """
    Returns a function that becomes part of the kernels calling it, and is never called by Python.

    Handing over ten arrays costs more than what a small function does.
    """
    return cast("Function", njit(inline="always", error_model="numpy")(function))
