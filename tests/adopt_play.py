"""
A zone of `tests.adopt_world` played from a seed, watched after every step.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from tests.adopt_checks import Seen, wrong
from tests.adopt_rules import OFTEN, RULES
from tests.adopt_world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

THOROUGH_EVERY = 10
"""Steps from one look at all tables to the next; a crash is looked at always."""


class SeedPick:
    """Chance from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def one_of(self, things: Sequence[T]) -> T:
        return self.rng.choice(things)

    def number(self, least: int, most: int) -> int:
        return self.rng.randint(least, most)


def play(seed: int, steps: int) -> Counter[str]:
    """
    Returns how often each rule was played, and each search adopted, in so many steps of a zone.

    Raises AssertionError that names seed, step, rule and check where something does not hold.
    """
    pick, world, seen = SeedPick(seed), World(), Seen()
    weights = [OFTEN.get(name, 1) for name in RULES]
    done: Counter[str] = Counter()
    try:
        for step in range(1, steps + 1):
            (name,) = pick.rng.choices(list(RULES), weights)
            where = f"seed {seed}, step {step}, {name}"
            try:
                RULES[name](world, pick)
            except Exception as error:
                raise AssertionError(f"{where}: {error!r}") from error
            done[name] += 1
            done["adopted"] += world.adopted is not None
            thorough = step % THOROUGH_EVERY == 0 or step == steps or name == "crash"
            found = wrong(world, seen, thorough=thorough)
            assert not found, f"{where}: {found}"
    finally:
        world.end()
    done["entries"] = seen.seq
    return done


__all__ = ["play"]
