"""
One zone: every event takes the same road through here, and so does every answer of the search.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from dispatch.carrying import carry_over, sequences_of_plan, sequences_of_solution
from dispatch.commit import Commit
from dispatch.endangered import endangers
from dispatch.errors import NotFound
from dispatch.keeping import expired_holds, lost, settled
from dispatch.memory import Memory, learned, put_back
from dispatch.observed import learn
from dispatch.plan import Plan
from dispatch.plan_news import differs, summary
from dispatch.plan_reading import read_plan
from dispatch.planning import build_problem
from dispatch.positions import newest, rides
from dispatch.present import Present
from dispatch.promising import weekdays
from dispatch.proposals import Proposal, carried
from dispatch.reported import expired, in_force
from dispatch.requests import Position
from dispatch.silence import asked, fell_silent
from dispatch.state import State, apply
from dispatch.watch import Watched, fell_due, next_moment, off_duty, watched
from solver.problem import Problem
from solver.solution import Solution, cost, cost_since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.calendars import Calendar
    from dispatch.carrying import Found
    from dispatch.city import City
    from dispatch.commit import CommitTo
    from dispatch.events import Event
    from dispatch.model import Model
    from dispatch.policy import Policy
    from dispatch.requests import ActionAnswer

logger = logging.getLogger(__name__)

RETIMED_S = 30
"""A tick publishes a plan whose times moved by more than this; less is noise to a courier."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a search needs, and the version of the plan it starts from; can be pickled."""

    problem: Problem
    initial: Solution
    version: int
    now: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """A search's answer that is worth taking as things were: what it would be, and what it is."""

    snapshot: Snapshot
    solution: Solution
    plan: Plan
    positions: Mapping[str, Position]
    travel_epoch: int
    proposal: Proposal

    def holds(self, dispatcher: Dispatcher, now: int) -> bool:
        """Returns whether nothing has happened since."""
        return (
            self.proposal.state is dispatcher.state
            and self.plan is dispatcher.plan
            and self.proposal.model.now == now
            and (self.positions, self.travel_epoch) == dispatcher.surroundings()
        )


class Dispatcher:
    """
    The state and the published plan of one zone, and the only place where they change.

    Mutable because a zone has one present: ``state`` and ``plan`` are replaced, never changed,
    after ``commit`` made the step durable. The last positions of couriers, since when each is asked
    to set off, what promises have ahead, and plans ``found`` for quotes by a search are kept beside
    them and may be lost. ``calendars`` are those that promises are counted by, the usual one first
    (None: weekdays without holidays). Used from one thread only.
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
        calendars: Mapping[str, Calendar] | None = None,
    ) -> None:
        self.zone, self.city, self.policy = zone, city, policy
        self.calendars = weekdays(city.timezone) if calendars is None else calendars
        self.state, self.plan = state, plan
        self._commit = commit
        self._positions: dict[str, Position] = {}
        self._asked: dict[str, int] = {}
        self._watched: Mapping[str, Watched] = {}
        self.found: dict[str, Found] = {}
        self._present: Present | None = None

    def memory(self) -> Memory:
        """Returns all that is known now, to go back to."""
        return Memory(
            state=self.state,
            plan=self.plan,
            positions=dict(self._positions),
            asked=self._asked,
            watched=self._watched,
            found=self.found,
            present=self._present,
            factors=learned(self.city),
        )

    def restore(self, memory: Memory) -> None:
        """Goes back to what was known then, the city's streets too; nothing is written."""
        put_back(self.city, self.state, memory)
        self.state, self.plan = memory.state, memory.plan
        self._positions = dict(memory.positions)
        self._asked, self._watched = dict(memory.asked), memory.watched
        self.found, self._present = dict(memory.found), memory.present

    def handle(self, now: int, *events: Event, answers: tuple[ActionAnswer, ...] = ()) -> Plan:
        """Returns the plan after these events: applied, planned, judged, durable, then so."""
        state = reduce(apply, events, self.state)
        with in_force(self.city, self.state, state):
            return self.publish(now, events, self.propose(state, now), answers=answers)

    def model(self, state: State, now: int) -> Model:
        """Returns the problem of a state at this moment."""
        ridden = rides(state, self._positions, self.city, self.policy, now)
        return build_problem(state, self.plan, self.city, self.policy, now, ridden)

    def propose(self, state: State, now: int) -> Proposal:
        """Returns what would be planned: the published plan carried over, newcomers inserted."""
        return carried(state, self.model(state, now), sequences_of_plan(self.plan))

    def surroundings(self) -> tuple[Mapping[str, Position], int]:
        """Returns what a plan depends on beside state and moment: positions, and the streets."""
        return dict(self._positions), self.city.travel_epoch

    def present(self, now: int) -> Proposal:
        """Returns what would be planned if nothing happened, worked out once for one moment."""
        city, known = self.city.travel_epoch, self._present
        if known is None or not known.is_of(self.state, self.plan, self.policy, now, city):
            proposal = self.propose(self.state, now)
            known = Present(self.state, self.plan, self.policy, now, city, proposal)
            self._present = known
        return known.proposal

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

        Times that moved by no more than ``tolerance_s`` are no difference. Places held for quotes
        that the proposal does not keep in time lapse, and a promise that begins with nobody on
        shift is warned of, in the same step. When the commit fails it raises and nothing has
        changed.
        """
        lapses, proposal = settled(self, proposal, now)
        warnings = tuple(off_duty(proposal.state, events, self.city.timezone, now))
        events = (*events, *lapses, *warnings)
        plan = read_plan(proposal.model, proposal.solution, proposal.state, self.plan)
        news = plan if differs(self.plan, plan, tolerance_s) else None
        if events or answers or news is not None:
            self._commit(Commit(now, events, news, answers))
        self.state = reduce(apply, warnings, proposal.state)
        if news is not None:
            self.plan = news
            logger.info("zone %s %s", self.zone, summary(news))
        return self.plan

    def record(self, now: int, *events: Event) -> None:
        """Makes events durable, if any, that change no plan: a quote given."""
        state = reduce(apply, events, self.state)
        if events:
            self._commit(Commit(now, events))
        self.state = state

    def next_moment(self) -> int | None:
        """Returns the Unix second at which `notice` has something to write, None for never."""
        self._watched = watched(self.state, self.calendars, self._watched)
        return next_moment(self._watched)

    def notice(self, now: int) -> None:
        """Makes durable what fell due by now, each thing once; it changes no plan by itself."""
        self.record(now, *self._fell_due(now))

    def _fell_due(self, now: int) -> tuple[Event, ...]:
        """Returns what time alone brought about, apart from couriers and streets."""
        due_at = self.next_moment()
        return () if due_at is None or now < due_at else fell_due(self._watched, now)

    def tick(self, now: int) -> Plan:
        """
        Returns the plan re-timed: who is behind, who fell silent, what need not wait longer.

        Who has to be told about a promise is. Reports of traffic whose time is over end, the
        streets learn what was observed, and where the band of the day changes the plan is made in
        the new one.
        """
        learn(self.city, self.state, self.policy)
        self._asked = asked(self.state, self.plan, self._asked, now)
        silent = fell_silent(self.state, self.plan, self.policy, self._positions, self._asked, now)
        events = (
            *self._fell_due(now),
            *expired(self.state, now),
            *silent,
            *expired_holds(self.state, now),
        )
        state = reduce(apply, events, self.state)
        moving = any(courier.committed for courier in state.couriers.values())
        with in_force(self.city, self.state, state):
            if not (state.live or moving or any(r.stops for r in self.plan.whole_routes())):
                self.record(now, *events)
                return self.plan
            return self.publish(now, events, self.propose(state, now), tolerance_s=RETIMED_S)

    def note_positions(self, courier: str, positions: Sequence[Position], now: int) -> None:
        """Keeps the newest position of a courier; raises NotFound for an unknown one."""
        if courier not in self.state.couriers:
            raise unknown_courier(courier)
        found = newest(positions, self._positions.get(courier), self.policy, now)
        if found is not None:
            self._positions[courier] = found
            self._present = None

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
        """Returns whether a search's answer became the plan: worth taking, see `weigh`."""
        found = self.weigh(snapshot, solution, now)
        return found is not None and self.take(found, now)

    def weigh(self, snapshot: Snapshot, solution: Solution, now: int) -> Weighed | None:
        """
        Returns a search's answer as a proposal where it is worth taking; nothing changes.

        The answer is carried over to the state of now and newcomers are inserted; it is taken only
        if it is better than the published plan, both priced in the problem of now, and loses no
        place held for a quote. What only rides less, or comes earlier, may not take from the
        chance of a promise either.
        """
        model = self.model(self.state, now)
        found = sequences_of_solution(snapshot.problem, solution.routes)
        candidate = carried(self.state, model, found)
        published = carried(self.state, model, sequences_of_plan(self.plan))
        price = cost(model.problem, published.solution)
        better = cost_since(model.problem, published.solution, price, candidate.solution)
        if better >= price or lost(candidate, now):
            return None
        saves = better[:-1] < price[:-1]
        if not saves and endangers(self, published, candidate, self.policy.quote_confidence):
            return None
        positions, epoch = self.surroundings()
        return Weighed(snapshot, solution, self.plan, positions, epoch, candidate)

    def take(self, found: Weighed, now: int) -> bool:
        """Returns whether what was weighed became the plan; weighed anew if anything happened."""
        holds = found.holds(self, now)
        latest = found if holds else self.weigh(found.snapshot, found.solution, now)
        if latest is None:
            return False
        version = self.plan.version
        return self.publish(now, (), latest.proposal).version > version


def unknown_courier(courier: str) -> NotFound:
    """Returns the error for a courier nobody knows."""
    return NotFound(
        f"There is no courier {courier!r}.",
        at="courier",
        cure="See GET /v1/couriers.",
        code="unknown-courier",
        value=courier,
    )
