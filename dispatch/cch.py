"""
The order in which junctions are contracted (`hierarchy`), found once when a city is built.

It is a nested dissection by inertial flow, the work of RoutingKit, by way of the package
`routingkit-cch` 0.1.4. Its wheel carries no licence text, but its sdist does: the bindings'
`Cargo.toml` and the wheel's bill of materials say BSD-2-Clause, as does the `LICENSE` of the
RoutingKit within (copyright 2016, RoutingKit contributors).

A mistake in a call makes the package raise its `PanicException`, a BaseException which
`except Exception` would let through; here it becomes a RuntimeError.

References
----------
A. Schild, C. Sommer (2015). On Balanced Separators in Road Networks. *Experimental
Algorithms (SEA)*, 286-297. https://doi.org/10.1007/978-3-319-20086-6_22
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dispatch.roads import Bytes, Ints

    Floats = NDArray[np.float64]


def load_routingkit() -> Any | None:
    """Returns the package, None where it does not import on this machine."""
    try:
        return import_module("routingkit_cch")
    except ImportError:
        return None


@contextmanager
def no_panics() -> Iterator[None]:
    """Turns a panic of the package into a RuntimeError; everything else passes."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"The road engine failed: {error}") from error


def order_junctions(
    num_junctions: int, tail: Ints, head: Ints, points: Floats, mode: Bytes
) -> Ints:
    """
    Returns for each profile the rank of each junction in a nested dissection: (profiles, n).

    ``points`` (m, 2, 2) are (lat, lon) of each road's tail and head, ``mode`` as `Roads` has
    it: roads that a profile cannot use would only make its order worse. Without rows where
    the package does not import; the order is then found where it does.
    """
    package = load_routingkit()
    if package is None:
        return np.zeros((0, num_junctions), dtype=np.int32)
    where = np.zeros((2, num_junctions))
    where[:, tail], where[:, head] = points[:, 0].T, points[:, 1].T
    place = where[0].tolist(), where[1].tolist()
    rank = np.empty((mode.shape[1], num_junctions), dtype=np.int32)
    known: dict[bytes, int] = {}
    for k in range(mode.shape[1]):
        used = mode[:, k] > 0
        same = known.setdefault(used.tobytes(), k)
        if same < k:
            rank[k] = rank[same]
            continue
        a, b = tail[used], head[used]
        ends = np.concatenate([a, b]).tolist(), np.concatenate([b, a]).tolist()
        with no_panics():
            order = package.compute_order_inertial(num_junctions, *ends, *place)
        rank[k, order] = np.arange(num_junctions, dtype=np.int32)
    return rank
