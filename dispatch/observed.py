"""
What couriers' taps show of how long things really take.

For every band of street traffic the rides, and for all hours the hand-overs, are counted by the
logarithm of observed over expected time. The median and the quartiles of these counts give a
factor and a spread that a few forgotten taps cannot move. What is special to a class of roads
is inferred from legs that mix them, see `observed_classes`.

References
----------
That ratios are taken as log-normal: F. Zheng et al. (2017). *Travel time reliability for urban
networks*, Journal of Advanced Transportation. https://doi.org/10.1155/2017/9147356
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.live import live_streets
from dispatch.observed_classes import Sums, bounded, shares, solved, with_leg
from dispatch.street_bands import street_band

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dispatch.live import Ridden
    from dispatch.orders import Commitment
    from dispatch.policy import Policy
    from dispatch.state import State

BIN = 0.05
"""Width of a bin of log ratios: five per cent."""

REACH = 32
"""Bins counted on either side; a ratio beyond e^1.6, five times, is a tap made at home."""

LEAST_RIDE_S = 60
"""Seconds of a ride below which the way inside decides about the ratio."""

LEAST_COUNT = 20
"""Observations below which nothing is concluded."""

PRIOR = 20
"""Observations that the expectation is worth: with as many of our own, half of each counts."""

MOST_COUNT = 1000
"""Observations at which all counts are halved, so that last year weighs ever less."""

MOST_FACTOR = 2.0
"""A factor is clipped to this and its inverse."""

STEP = 0.05
"""Factors are rounded to this, so that not every leg changes all times."""

QUARTILES = 1.349
"""Quartiles of a normal distribution are so many standard deviations apart."""

HANDOVER = "handover"
"""The id of the observed hand-overs."""


@dataclass(frozen=True, slots=True)
class Observed:
    """
    How often each bin of log ratios was observed: pairs of bin and count, ascending.

    Bin b holds log ratios from ``b · BIN`` to ``(b + 1) · BIN``. ``sums`` are those of the legs
    counted by class of road, empty where classes are not known.
    """

    id: str
    counts: tuple[tuple[int, int], ...] = ()
    sums: Sums = ()

    @property
    def num(self) -> int:
        """The observations counted."""
        return sum(count for _, count in self.counts)

    def quantile(self, share: float) -> float:
        """Returns the log ratio below which a share of the observations is, straight in a bin."""
        wanted = share * self.num
        for b, count in self.counts:
            if wanted <= count:
                return (b + wanted / count) * BIN
            wanted -= count
        raise ValueError(f"Expected observations and a share up to 1, got {share}.")

    def spread(self) -> float:
        """Returns the standard deviation of the log ratios by their quartiles."""
        return (self.quantile(0.75) - self.quantile(0.25)) / QUARTILES


def with_ratio(observed: Observed, ratio: float) -> Observed:
    """Returns the counts with one ratio more; one that is none, or beyond reach, is left out."""
    b = math.floor(math.log(ratio) / BIN) if ratio > 0 else -REACH - 1
    if not -REACH <= b < REACH:
        return observed
    counts = dict(observed.counts)
    counts[b] = counts.get(b, 0) + 1
    sums = observed.sums
    if sum(counts.values()) >= MOST_COUNT:
        counts = {b: count // 2 for b, count in counts.items() if count > 1}
        sums = tuple(value / 2 for value in sums)
    return Observed(observed.id, tuple(sorted(counts.items())), sums)


def ride_id(band: str) -> str:
    """Returns the id of the observed rides of a band."""
    return f"ride:{street_band(band)}"


def is_learned_from(leg: Commitment) -> bool:
    """Tells whether an arrival now shows how long a ride took."""
    return leg.arrived_at is None and leg.ride_s >= LEAST_RIDE_S


def with_ride(
    known: Mapping[str, Observed],
    leg: Commitment | None,
    arrived_at: int,
    ridden: Sequence[Ridden] = (),
) -> Mapping[str, Observed]:
    """
    Returns what is known after an arrival; ``ridden`` is the expected ride by class of road.

    The way inside is taken to last as long as expected: the rest of the leg was the ride.
    """
    if leg is None or not is_learned_from(leg):
        return known
    ratio = ride_ratio(leg, arrived_at)
    key = ride_id(leg.band)
    if not ridden:
        return _with(known, key, ratio * leg.ride_factor)
    x, learned = shares(ridden)
    plain = ratio * learned
    after = _with(known, key, plain)
    # What is beyond reach is a slip, for the classes too.
    return after if after is known else {**after, key: _with_classes(after[key], x, plain)}


def ride_ratio(leg: Commitment, arrived_at: int) -> float:
    """Returns real over expected seconds of a ride; the way inside lasts as long as expected."""
    inside_s = leg.arrives_at - leg.departed_at - leg.ride_s
    return (arrived_at - leg.departed_at - inside_s) / leg.ride_s


def _with_classes(observed: Observed, x: Sequence[float], ratio: float) -> Observed:
    """Returns what is known of a band with the classes of a leg that is counted already."""
    if observed.num >= LEAST_COUNT:
        ratio = bounded(ratio, observed.quantile(0.5), observed.spread())
    return replace(observed, sums=with_leg(observed.sums, x, ratio))


def with_handover(
    known: Mapping[str, Observed], stop: Commitment | None, drop: str, ended_at: int
) -> Mapping[str, Observed]:
    """Returns what is known after a hand-over at a desk where the courier had said to be."""
    ratio = handover_ratio(stop, drop, ended_at)
    return known if ratio is None else _with(known, HANDOVER, ratio)


def handover_ratio(stop: Commitment | None, drop: str, ended_at: int) -> float | None:
    """Returns real over expected seconds of a hand-over, None where nobody said to be there."""
    if stop is None or stop.drop != drop or stop.arrived_at is None or stop.service_s <= 0:
        return None
    return (ended_at - stop.serves_from) / stop.service_s


def _with(known: Mapping[str, Observed], key: str, ratio: float) -> Mapping[str, Observed]:
    before = known.get(key, Observed(key))
    after = with_ratio(before, ratio)
    return known if after is before else {**known, key: after}


def factor(observed: Observed) -> float:
    """
    Returns observed over expected time, as a mean: 1 while there is too little to go by.

    The mean of a log-normal with this median and spread, drawn toward 1 by the prior, clipped and
    rounded.
    """
    if observed.num < LEAST_COUNT:
        return 1.0
    mean = observed.quantile(0.5) + observed.spread() ** 2 / 2
    most = math.log(MOST_FACTOR)
    log = max(-most, min(most, mean * observed.num / (observed.num + PRIOR)))
    return round(round(math.exp(log) / STEP) * STEP, 9)


def factors(state: State) -> Mapping[str, float]:
    """Returns what rides are to be multiplied by, by band of the street, where not by 1."""
    found = {
        key.removeprefix("ride:"): factor(observed)
        for key, observed in state.observed.items()
        if key.startswith("ride:")
    }
    return {band: value for band, value in sorted(found.items()) if value != 1.0}


def class_factors(state: State) -> Mapping[tuple[str, str], float]:
    """
    Returns what the time on roads of a class is multiplied by besides, by band and class.

    Where it is 1, as for a class of which too little was observed, it is left out.
    """
    whole = factors(state)
    found = {}
    for key, observed in sorted(state.observed.items()):
        band = key.removeprefix("ride:")
        if band != key and observed.num >= LEAST_COUNT:
            before = whole.get(band, 1.0)
            for roads, value in solved(observed.sums, before, LEAST_COUNT, PRIOR).items():
                clipped = min(MOST_FACTOR, max(1 / MOST_FACTOR, value))
                found[band, roads] = round(round(clipped / STEP) * STEP / before, 9)
    return {key: value for key, value in found.items() if value != 1.0}


def sigma(observed: Observed | None, before: float) -> float:
    """
    Returns the spread to reckon with: that of before until enough was observed, then both.

    Variances are averaged, that of before with the weight of the prior.
    """
    if observed is None or observed.num < LEAST_COUNT:
        return before
    total = PRIOR * before**2 + observed.num * observed.spread() ** 2
    return math.sqrt(total / (PRIOR + observed.num))


def learn(city: object, state: State, policy: Policy) -> None:
    """Lets the streets of a city take the factors of a state, where the policy says so."""
    live = live_streets(city)
    if live is None or not policy.learn_speeds:
        return
    wanted = factors(state)
    # A database may hold sums by class of a time when the streets were others.
    by_class = {} if live.streets_fixed else class_factors(state)
    if (wanted, by_class) != (live.ride_factors, live.class_factors):
        live.set_ride_factors(wanted, by_class)
