"""
The numbers that a courier's phone gives its taps, each one more than the one before.

They say in which order things happened, and show at once when something was lost on the way: later
taps then wait until it was sent again, so that nothing is judged without what led to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.errors import Conflict


class SequenceGap(Conflict):
    """Taps with a hole in their numbers; ``more`` has the number to send from."""

    default_code = "sequence-gap"


@dataclass(frozen=True, slots=True)
class Numbers:
    """
    What was heard of a courier's numbers: the ``last`` one (None: none yet), and whose some are.

    ``taken`` are the ids of taps by number, as far as somebody asked.
    """

    last: int | None = None
    taken: Mapping[int, str] = field(default_factory=dict)

    def after(self, number: int, action_id: str) -> Numbers:
        """Returns the numbers once a tap was heard; the first with a number keeps it."""
        last = number if self.last is None else max(self.last, number)
        return Numbers(last, {number: action_id, **self.taken})


def check_sequence(new: Sequence[int], numbers: Numbers) -> None:
    """
    Raises SequenceGap where the numbers of new taps, in ascending order, do not follow on.

    The first taps ever heard of a courier may begin anywhere.
    """
    if not new:
        return
    expected = new[0] if numbers.last is None else numbers.last + 1
    following = expected
    for number in new:
        if number > following:
            raise SequenceGap(
                f"The tap number {following} is missing before number {number}.",
                at="actions",
                cure=f"Send all taps from number {expected} on; nothing of these was taken.",
                value=number,
                more={"expected_seq": expected},
            )
        following += number == following
