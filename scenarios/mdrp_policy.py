"""
How the dispatcher plays a meal-delivery instance: the problem of every day, with other prices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.dispatcher import Dispatcher
from dispatch.openings import DAY
from dispatch.plan import Plan
from dispatch.policy import Policy
from solver.problem import Measure
from solver.solve import Engine, SolveParams, solve

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.commit import CommitTo
    from dispatch.model import Model
    from dispatch.state import State
    from scenarios.mdrp import Meals


@dataclass(frozen=True, slots=True)
class MealPolicy:
    """
    How a day is played.

    A plan is looked for whenever something happened, with ``iterations`` (0: newcomers are only
    inserted) of an ``engine`` from a ``seed``. ``riding`` is what a second on the way costs, in
    hundredths of a second of click-to-door: couriers who ride less are sooner free for orders yet
    to come. A courier sets off ``early_s`` before it has to, to be there when the meal is ready,
    and is reckoned with ``known_s`` before it logs on. Raises ValueError for a negative figure.
    """

    iterations: int = 300
    seed: int = 1
    engine: Engine = "sisr"
    riding: int = 10
    early_s: int = 0
    known_s: int = 3600

    def __post_init__(self) -> None:
        for name in ("iterations", "seed", "riding", "early_s", "known_s"):
            if (value := getattr(self, name)) < 0:
                raise ValueError(f"Expected {name} >= 0, got {value}.")


class MealDispatcher(Dispatcher):
    """The dispatcher, with the sum of click-to-door times and a little riding as its objective."""

    def __init__(
        self, meals: Meals, city: City, state: State, rule: MealPolicy, commit: CommitTo
    ) -> None:
        # Half of the service at a door passes after the hand-over, all else is part of the ways.
        policy = Policy(handover_s=meals.dropoff_s // 2, loading_s=0, remainder_s=0)
        super().__init__(
            zone=meals.name, city=city, policy=policy, state=state, plan=Plan(), commit=commit
        )
        self.rule = rule

    def model(self, state: State, now: int) -> Model:
        """Returns the problem of a state at this moment, with the prices of the rule."""
        model = super().model(state, now)
        problem = model.problem
        costs = problem.durations.copy()
        # The way behind the last customer only says until when may be picked up; nobody rides it.
        costs[:, [vehicle.end for vehicle in problem.vehicles if vehicle.end is not None]] = 0
        tiers = (
            ((Measure.UNASSIGNED, 1),),
            ((Measure.COMPLETION, 100), (Measure.EXPENSE, self.rule.riding)),
        )
        return replace(model, problem=replace(problem, tiers=tiers, costs=costs))

    def search(self, now: int) -> None:
        """Looks for a better plan, with the iterations of the rule."""
        snapshot = self.snapshot(now) if self.rule.iterations else None
        if snapshot is None:
            return
        seed = self.rule.seed * DAY + now % DAY
        params = SolveParams(iterations=self.rule.iterations, seed=seed, engine=self.rule.engine)
        found = solve(snapshot.problem, params, snapshot.initial)
        if found.improved:
            self.adopt(snapshot, found.solution, now)
