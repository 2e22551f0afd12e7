"""
The numbers that a courier's phone gives its taps, each one more than the one before.

They say in which order things happened, and show at once when something was lost on the way: later
taps then wait until it was sent again, so that nothing is judged without what led to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.errors import Conflict
from dispatch.taps import Unfit


class SequenceGap(Conflict):
    """Taps with a hole in their numbers; ``expected`` is the number to send from."""

    default_code = "sequence-gap"

    def __init__(self, expected: int, missing: int, got: int) -> None:
        super().__init__(
            f"The tap number {missing} is missing before number {got}.",
            at="actions",
            cure=f"Send all taps from number {expected} on; nothing of these was taken.",
            value=got,
        )
        self.expected = expected


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
            raise SequenceGap(expected, following, number)
        following += number == following


def check_number(number: int, numbers: Numbers) -> Unfit | None:
    """Returns why a new tap comes too late, or under another one's number; None if it does not."""
    if number in numbers.taken:
        return Unfit("rejected", f"The number {number} belongs to the tap {numbers.taken[number]}.")
    if numbers.last is not None and number <= numbers.last:
        text = f"The taps up to number {numbers.last} were taken before number {number} came."
        return Unfit("superseded", text)
    return None
