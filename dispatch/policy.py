"""
The rules and figures that a zone plans by.

Evidence for the defaults: urgent and standard work in one queue keeps 78 % of urgent promises; with
standard drops filling urgent trips to the same building only, and trips of their own once three
wait for a building while another courier stays idle, 96 % (simulated: one store, 5 couriers, 10
urgent and 12 standard orders an hour). A quote with a fifth of the time as buffer keeps 99 %.

Measured in central Helsinki, 4 couriers, 14 urgent and 12 standard orders an hour, paired days of
3 h whose luck is not that assumed (mean difference and its standard error):

- ``plan_buffer`` 0.2 for 0: +3.6 ± 4.0 points of promises kept, but -4.2 ± 1.5 points brought
  within 22 min: fewer orders are promised the usual time. So off.
- ``wait_s`` 240 for 0, beside buffers: +2.0 ± 1.7 points of promises kept; within noise, so off.
- ``fill_idle`` 1 for 0: where nobody is idle a ride along costs the urgent orders to come. Over
  three days each brought within 22 min 66.9 for 64.5 % (14 an hour, 4 couriers) and 56.0 for 53.0
  (26, 6), promises kept 100 for 100 and 98.7 %; no more from 2, or from 99, which is never. So on.
- ``reserve_idle`` 2 for 1: nothing beyond noise; at this load seldom two are idle.

- ``quote_buffer`` 0.3 for 0.2, with the weights of `dispatch.objective`: promises kept 100 for 98.6
  and 99.2 % at 8 and 14 urgent orders an hour with 3 and 4 couriers, as many in 22 min.

Each varied alone over four days, 14 and 20 urgent orders an hour with 4 and 5 couriers
(``benchmarks/results/days_ablation.txt``): ``standard_near_m`` 250 costs 5.5 points brought within
22 min; ``reserve_share`` 0.4, ``standard_expect`` 1 and ``lost_wait_s`` 1800 change no more than
two, and equal figures played again differ by as much. So off.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 365 * 24 * 3600
"""The largest figure of a policy; a longer time than a year is a slip of the keyboard."""


MOVED = {
    "urgent_s": "Say it as the clock of a [[service]] with the name urgent.",
    "business_close": "Say it as the hours of a [[calendar]].",
}
"""Where figures went that were once among these."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    Figures of one zone; durations in seconds.

    ``quote_buffer`` is the share added to a planned time before it is promised, which orders that
    come later leave it; ``quote_confidence`` the chance with which a time must hold to be promised
    (0: chances are not asked). Before a longer time is promised a plan that keeps the usual one is
    looked for, ``quote_search_s`` at most (0: not), or with ``quote_search_moves`` (0: by time),
    which gives the same on every run. A longer time is told ``quote_room_s`` longer still, so that
    orders to come that can have the usual one go first; with ``aim_usual`` 1 it is planned for the
    usual time itself while that can be had (0: for what was told). ``holds_per_principal`` are the
    places that may be held for one who asks. ``remainder_s`` is what a courier who is behind its
    planned end is expected to need still. ``learn_speeds`` 1 corrects rides by those observed, 0
    does not. A promise whose chance falls under ``foresee_below`` is foreseen to break (0: none).

    Standard work (`dispatch.entering`): a drop waits until ``standard_group`` of them wait for its
    building, or one is older than ``standard_age_s``, and more couriers are idle than
    ``reserve_idle`` and ``reserve_share`` of the idle (0: no share). ``standard_near_m`` lets
    buildings within so many metres count as one (0: each alone); an old drop waits on while
    ``standard_expect`` drops were ordered for them within the last ``standard_age_s`` (0: for
    none). It rides along with an urgent one to its building while ``fill_idle`` couriers are idle,
    or once it is old (0: always). ``standard_margin_s`` before its deadline it waits for nothing.

    Promises (`dispatch.protecting`): plans leave each ``plan_buffer`` as share of its time, where
    it has that (0: whatever ends in time is good). Goods that can leave wait ``wait_s`` at most for
    newcomers to the same building, for others not at all (0: as long as it costs least). Promises
    that nobody can keep any more go last until they are late by ``lost_wait_s`` (0: they are
    fetched as fast as can be). Raises InvalidRequest for a figure that makes no sense.
    """

    quote_buffer: float = 0.3
    quote_confidence: float = 0.95
    quote_search_s: float = 0.15
    quote_search_moves: int = 0
    quote_room_s: int = 3600
    aim_usual: int = 1
    quote_valid_s: int = 60
    holds_per_principal: int = 20
    handover_s: int = 60
    loading_s: int = 15
    remainder_s: int = 30
    tick_s: int = 30
    silence_s: int = 900
    position_valid_s: int = 120
    standard_group: int = 3
    standard_age_s: int = 3 * 3600
    standard_margin_s: int = 2 * 3600
    reserve_idle: int = 1
    reserve_share: float = 0.0
    standard_near_m: int = 0
    standard_expect: int = 0
    fill_idle: int = 1
    plan_buffer: float = 0.0
    wait_s: int = 0
    lost_wait_s: int = 0
    learn_speeds: int = 0
    foresee_below: float = 0.5

    def __post_init__(self) -> None:
        least = {"tick_s": 1}
        shares = ("learn_speeds", "aim_usual", "foresee_below", "quote_confidence", "reserve_share")
        most = dict.fromkeys(shares, 1)
        most["quote_search_s"] = 60
        for name in self.__dataclass_fields__:
            value, low, high = getattr(self, name), least.get(name, 0), most.get(name, MOST)
            if not low <= value <= high:
                raise InvalidRequest(
                    f"{name} is {value}.",
                    at=f"policy.{name}",
                    cure=f"Give {low} to {high}.",
                    value=value,
                )

    @classmethod
    def from_mapping(cls, figures: Mapping[str, Any]) -> Policy:
        """Returns the defaults with these figures; raises InvalidRequest for an unknown name."""
        known = {f.name: f.default for f in fields(cls)}
        for name, value in figures.items():
            if name not in known:
                raise InvalidRequest(
                    f"There is no figure {name!r}.",
                    at=f"policy.{name}",
                    cure=MOVED.get(name, f"Choose from {', '.join(sorted(known))}."),
                    value=value,
                )
            whole = not isinstance(known[name], float)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise InvalidRequest(
                    f"{name} is {value!r}.",
                    at=f"policy.{name}",
                    cure="Give a whole number." if whole else "Give a number.",
                    value=value,
                )
        return cls(**figures)
