"""
One zone: every event takes the same road through here, and so does every answer of the search.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from dispatch.commit import Commit
from dispatch.errors import CityError, NotFound
from dispatch.events import Silenced
from dispatch.observed import learn
from dispatch.orders import StopKind
from dispatch.plan_reading import read_plan
from dispatch.planning import (
    Model,
    build_problem,
    carry_over,
    sequences_of_plan,
    sequences_of_solution,
)
from dispatch.policy import has_company, is_on_duty
from dispatch.reported import expired, in_force
from dispatch.state import State, apply
from solver.check import violations
from solver.insertion import complete
from solver.problem import Problem
from solver.solution import Activity, Kind, Solution, cost, load_stops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.city import City
    from dispatch.commit import CommitTo
    from dispatch.events import Event
    from dispatch.orders import Courier
    from dispatch.plan import Plan, Stop, Unassigned
    from dispatch.planning import Sequences
    from dispatch.policy import Policy
    from dispatch.requests import ActionAnswer, Position
    from solver.solution import Route

logger = logging.getLogger(__name__)

RETIMED_S = 30
"""A tick publishes a plan whose times moved by more than this; less is noise to a courier."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A legal solution of the problem of a state, not yet published."""

    state: State
    model: Model
    solution: Solution


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a search needs, and the version of the plan it starts from; can be pickled."""

    problem: Problem
    initial: Solution
    version: int
    now: int


class Dispatcher:
    """
    The state and the published plan of one zone, and the only place where they change.

    Mutable because a zone has one present: ``state`` and ``plan`` are replaced, never changed,
    after ``commit`` made the step durable. The last positions of couriers, and since when each is
    asked to set off, are kept beside them and may be lost. Used from one thread only.
    """

    def __init__(
        self,
        *,
        zone: str,
        city: City,
        policy: Policy,
        state: State,
        plan: Plan,
        commit: CommitTo,
    ) -> None:
        self.zone, self.city, self.policy = zone, city, policy
        self.state, self.plan = state, plan
        self._commit = commit
        self._positions: dict[str, Position] = {}
        self._asked: dict[str, int] = {}

    def handle(self, now: int, *events: Event, answers: tuple[ActionAnswer, ...] = ()) -> Plan:
        """Returns the plan after these events: applied, planned, judged, durable, then so."""
        state = reduce(apply, events, self.state)
        with in_force(self.city, self.state, state):
            return self.publish(now, events, self.propose(state, now), answers=answers)

    def model(self, state: State, now: int) -> Model:
        """Returns the problem of a state at this moment."""
        rides = self._rides(state, now)
        return build_problem(state, self.plan, self.city, self.policy, now, rides)

    def propose(self, state: State, now: int) -> Proposal:
        """Returns what would be planned: the published plan carried over, newcomers inserted."""
        return carried(state, self.model(state, now), sequences_of_plan(self.plan))

    def publish(
        self,
        now: int,
        events: tuple[Event, ...],
        proposal: Proposal,
        *,
        answers: tuple[ActionAnswer, ...] = (),
        tolerance_s: int = 0,
    ) -> Plan:
        """
        Returns the plan now in force, a new version where the proposal differs from the old.

        Times that moved by no more than ``tolerance_s`` are no difference. When the commit fails it
        raises and nothing has changed.
        """
        plan = read_plan(proposal.model, proposal.solution, proposal.state, self.plan)
        news = plan if _differs(self.plan, plan, tolerance_s) else None
        if events or answers or news is not None:
            self._commit(Commit(now, events, news, answers))
        self.state = proposal.state
        if news is not None:
            self.plan = news
            _log(self.zone, news)
        return self.plan

    def record(self, now: int, *events: Event) -> None:
        """Makes events durable, if any, that change no plan: a quote given."""
        state = reduce(apply, events, self.state)
        if events:
            self._commit(Commit(now, events))
        self.state = state

    def tick(self, now: int) -> Plan:
        """
        Returns the plan re-timed: who is behind, who fell silent, what need not wait longer.

        Reports of traffic whose time is over end, and the streets learn what was observed.
        """
        learn(self.city, self.state, self.policy)
        silent = tuple(
            Silenced(now, courier.id)
            for courier in self.state.couriers.values()
            if self._fell_silent(courier, now)
        )
        events: tuple[Event, ...] = (*expired(self.state, now), *silent)
        state = reduce(apply, events, self.state)
        moving = any(courier.committed for courier in state.couriers.values())
        with in_force(self.city, self.state, state):
            if not (state.live or moving or any(route.stops for route in self.plan.routes)):
                self.record(now, *events)
                return self.plan
            return self.publish(now, events, self.propose(state, now), tolerance_s=RETIMED_S)

    def note_positions(self, courier: str, positions: Sequence[Position], now: int) -> None:
        """Keeps the newest position of a courier; raises NotFound for an unknown one."""
        if courier not in self.state.couriers:
            raise unknown_courier(courier)
        known = self._positions.get(courier)
        heard = [p for p in positions if p.at <= now + self.policy.position_valid_s]
        newest = max(heard, key=lambda p: p.at, default=None)
        if newest is not None and (known is None or newest.at >= known.at):
            self._positions[courier] = replace(newest, at=min(newest.at, now))

    def last_position(self, courier: str) -> Position | None:
        """Returns the newest position heard of a courier, None without one."""
        return self._positions.get(courier)

    def snapshot(self, now: int) -> Snapshot | None:
        """
        Returns the problem of this moment for a search elsewhere, None when it has no jobs.

        The start is the published plan as far as it still is one; the search mends it.
        """
        model = self.model(self.state, now)
        if not model.problem.jobs:
            return None
        routes = carry_over(sequences_of_plan(self.plan), model)
        planned = {activity.job for route in routes for activity in route}
        left = frozenset(range(len(model.problem.jobs))) - planned
        return Snapshot(model.problem, Solution(routes, left), self.plan.version, now)

    def adopt(self, snapshot: Snapshot, solution: Solution, now: int) -> bool:
        """
        Returns whether a search's answer became the plan.

        The answer is carried over to the state of now and newcomers are inserted; it is published
        only if it is better than the published plan, both priced in the problem of now.
        """
        model = self.model(self.state, now)
        found = sequences_of_solution(snapshot.problem, solution.routes)
        candidate = carried(self.state, model, found)
        published = carried(self.state, model, sequences_of_plan(self.plan))
        if cost(model.problem, candidate.solution) >= cost(model.problem, published.solution):
            return False
        version = self.plan.version
        return self.publish(now, (), candidate).version > version

    def _fell_silent(self, courier: Courier, now: int) -> bool:
        """A courier is silent who owes a tap for too long: nobody waits for one from the idle."""
        owed_since = self._owed_since(courier, now)
        if courier.silent or owed_since is None:
            return False
        position = self._positions.get(courier.id)
        heard_at = max(courier.heard_at, position.at if position else 0)
        return now > max(heard_at, owed_since) + self.policy.silence_s

    def _owed_since(self, courier: Courier, now: int) -> int | None:
        """
        Returns since when a courier owes a tap, None where nobody waits for one.

        Who is committed owes it at the end of the stop, at a counter not before the goods are
        ready. Who is not owes a departure, from the first tick that finds work planned to begin.
        """
        route = self.plan.route_of(courier.id)
        stop = route.stops[0] if route and route.stops else None
        committed = courier.committed
        if committed is not None:
            self._asked.pop(courier.id, None)
            goods = stop.drops if stop and committed.kind is StopKind.LOAD else ()
            orders = self.state.orders
            ready = [orders[self.state.drops[drop].order].ready_at for drop in goods]
            return max([committed.ends_at, *ready])
        waits = stop is None or not stop.drops or stop.start > stop.arrival
        if waits or not is_on_duty(courier, now):
            self._asked.pop(courier.id, None)
            return None
        return self._asked.setdefault(courier.id, now)

    def _rides(self, state: State, now: int) -> dict[str, int]:
        """Returns the seconds that couriers with a fresh position still ride to their stop."""
        rides = {}
        for courier in state.couriers.values():
            position = self._positions.get(courier.id)
            committed = courier.committed
            if position is None or committed is None or committed.arrived_at is not None:
                continue
            fresh = position.at >= max(committed.departed_at, now - self.policy.position_valid_s)
            if fresh:
                ride = self._ride(position, courier, now)
                if ride is not None:
                    rides[courier.id] = ride
        return rides

    def _ride(self, position: Position, courier: Courier, now: int) -> int | None:
        """The remaining ride, None where the position is off the map or cut off."""
        assert courier.committed is not None
        try:
            here = self.city.street_place(position.lat, position.lon)
            ride = self.city.travel_times((here, courier.committed.place), self.plan.band)[0, 1]
        except CityError:
            return None
        return max(0, int(ride) - (now - position.at))


def carried(state: State, model: Model, sequences: Sequences) -> Proposal:
    """Returns older sequences as a legal proposal in a newer problem, newcomers inserted."""
    problem, routes = model.problem, carry_over(sequences, model)
    solution = complete(problem, routes)
    stranded = {problem.jobs[j].carrier for j in solution.unassigned} - {None}
    if stranded:
        # Goods on board go first; in this order they fit into the shift, see build_problem.
        aboard = {
            v: tuple(
                Activity(j, Kind.DELIVERY) for j, job in enumerate(problem.jobs) if job.carrier == v
            )
            for v in stranded
        }
        solution = complete(problem, [aboard.get(v, route) for v, route in enumerate(routes)])
    return judged(state, model, solution)


def judged(state: State, model: Model, solution: Solution) -> Proposal:
    """
    Returns a solution as a proposal: lonely fills wait again, and the judge has nothing to say.

    Raises AssertionError for an illegal solution, which no algorithm of ours may produce.
    """
    solution = _without_lonely_fills(state, model, solution)
    wrong = violations(model.problem, solution)
    if wrong:
        raise AssertionError(f"An illegal plan was about to be published: {wrong}")
    return Proposal(state, model, solution)


def unknown_courier(courier: str) -> NotFound:
    """Returns the error for a courier nobody knows."""
    return NotFound(
        f"There is no courier {courier!r}.",
        at="courier",
        cure="See GET /v1/couriers.",
        code="unknown-courier",
        value=courier,
    )


def _without_lonely_fills(state: State, model: Model, solution: Solution) -> Solution:
    """
    Returns the solution without standard drops that were to ride along but lost their company.

    Such a drop may only share a trip with an urgent one to its building; alone it goes back to
    waiting, which is no worse for anybody's promise.
    """
    lonely = {
        j
        for route in solution.routes
        for trip in _trips(model, route)
        for j in trip
        if (drop := model.problem.jobs[j].name) in model.entering.fills
        and not has_company(
            state.drops[drop], frozenset(model.problem.jobs[i].name for i in trip), state
        )
    }
    if not lonely:
        return solution
    routes = tuple(
        tuple(activity for activity in route if activity.job not in lonely)
        for route in solution.routes
    )
    return Solution(routes, solution.unassigned | lonely)


def _trips(model: Model, route: Route) -> list[list[int]]:
    return [
        [activity.job for activity in route[first:last] if activity.kind is Kind.PICKUP]
        for first, last in load_stops(model.problem, route)
    ]


def _differs(old: Plan, new: Plan, tolerance_s: int) -> bool:
    """Returns whether a courier or a dispatcher would see another plan."""
    before = [(route.courier, stop) for route in old.routes for stop in route.stops]
    after = [(route.courier, stop) for route in new.routes for stop in route.stops]
    return (
        {_why(left) for left in old.unassigned} != {_why(left) for left in new.unassigned}
        or [_shape(*pair) for pair in before] != [_shape(*pair) for pair in after]
        or any(
            max(abs(a.arrival - b.arrival), abs(a.departure - b.departure)) > tolerance_s
            for (_, a), (_, b) in zip(before, after, strict=True)
        )
    )


def _why(left: Unassigned) -> tuple[object, ...]:
    """What keeps a drop out, by kind; by how much changes with every second."""
    return left.drop, *((reason.courier, reason.kind) for reason in left.reasons)


def _shape(courier: str, stop: Stop) -> tuple[object, ...]:
    return courier, stop.id, stop.drops, stop.committed, stop.due_at


def _log(zone: str, plan: Plan) -> None:
    slacks = [stop.slack_s for route in plan.routes for stop in route.stops]
    late = sum(slack < 0 for slack in slacks if slack is not None)
    logger.info(
        "zone %s plan %d: %d stops, %d unassigned, %d late, %d changes",
        zone,
        plan.version,
        sum(len(route.stops) for route in plan.routes),
        len(plan.unassigned),
        late,
        len(plan.changes),
    )
