"""Days: who decides, in small worlds of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from benchmarks import solver_env
from benchmarks.days_hindsight import KNOWN_S, MARGIN_S, Hindsight, with_margin
from benchmarks.days_lists import AS_USUAL, DECIDERS, SIZES, Setting, Size
from benchmarks.days_part import part, served
from benchmarks.days_play import helsinki, play, policy_of, scenario_of
from benchmarks.days_policies import Fifo
from dispatch.orders import StopKind
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT, URGENT_S
from scenarios.day import draw_day
from scenarios.world import open_zone, play_world
from solver.problem import MINOR, Job, Problem, Task, Vehicle
from solver.solution import Activity, Kind, Solution
from tests.worlds import on_a_line

if TYPE_CHECKING:
    from benchmarks.days_record import Day
    from benchmarks.days_zone import Measured
    from scenarios.log import ShiftLog
    from scenarios.scenario import Scenario

BRIEF = Size(12, 2)
POLICY = Policy(quote_search_s=0)
HALF_AN_HOUR = scenario_of(BRIEF, AS_USUAL, hours=0.5)


def opened(kind: type[Measured], scenario: Scenario = HALF_AN_HOUR) -> Measured:
    ground = helsinki()
    return open_zone(scenario, ground.city, ground.store, POLICY, 20, kind=kind)


@cache
def played(policy: str) -> Day:
    return play(HALF_AN_HOUR, DECIDERS[policy], POLICY, 1, seconds=0.0, iterations=20)


@pytest.fixture(scope="module")
def watched() -> tuple[Measured, ShiftLog]:
    zone = opened(Fifo)
    return zone, play_world(HALF_AN_HOUR, zone, 1)


@pytest.mark.parametrize("policy", ["fifo", "insertion", "unquoted", "ours", "hindsight"])
def test_every_policy_brings_the_same_urgent_orders(policy: str) -> None:
    day = played(policy)
    # Half an hour at twelve an hour; nobody calls off, see `draw_day` for this seed.
    assert [order.number for order in day.urgent] == [o.number for o in played("fifo").urgent]
    assert len(day.urgent) == 6
    assert day.faults == ()
    assert all(order.took_s is not None for order in day.urgent)
    assert {decision.kind for decision in day.decisions} >= {"order", "stop"}


@pytest.mark.parametrize("policy", ["fifo", "insertion", "unquoted", "hindsight"])
def test_without_quotes_everybody_is_promised_the_usual_time(policy: str) -> None:
    assert {order.promise_s for order in played(policy).urgent} == {URGENT_S}


def test_with_quotes_some_are_told_a_longer_time() -> None:
    # Two couriers for twelve orders an hour are too few for the usual time to all.
    promises = [order.promise_s for order in played("ours").urgent]
    assert min(promises) == URGENT_S < max(promises)
    assert all(order.chance is not None for order in played("ours").urgent)


def test_bounded_by_iterations_a_day_repeats_itself() -> None:
    again = play(HALF_AN_HOUR, DECIDERS["ours"], POLICY, 1, seconds=0.0, iterations=20)
    assert again.orders == played("ours").orders
    changes = [(d.kind, d.drops, d.moved, d.flipped) for d in again.decisions]
    assert changes == [(d.kind, d.drops, d.moved, d.flipped) for d in played("ours").decisions]


def test_one_by_one_a_courier_loads_one_order_at_a_time(
    watched: tuple[Measured, ShiftLog],
) -> None:
    zone, log = watched
    loads = [leg for leg in log.legs if leg.kind is StopKind.LOAD and leg.ended is not None]
    orders = [{zone.dispatcher.state.drops[d].order for d in leg.drops} for leg in loads]
    assert all(len(loaded) == 1 for loaded in orders)
    assert len(orders) >= len(log.of(URGENT))


def test_one_by_one_the_oldest_order_goes_first_whatever_was_promised(
    watched: tuple[Measured, ShiftLog],
) -> None:
    zone, log = watched
    loads = [leg for leg in log.legs if leg.kind is StopKind.LOAD and leg.ended is not None]
    state = zone.dispatcher.state
    placed = [state.orders[state.drops[leg.drops[0]].order] for leg in loads]
    in_order = [o.placed_at for o in sorted(placed, key=lambda o: o.placed_at)]
    begun = sorted(zip(loads, placed, strict=True), key=lambda pair: pair[0].departed)
    assert [o.placed_at for _, o in begun] == in_order
    assert {o.service for o in placed} == {URGENT, STANDARD}


def test_insertion_alone_moves_nothing() -> None:
    assert sum(decision.moved for decision in played("insertion").decisions) == 0


def test_hindsight_knows_an_order_before_it_is_placed_and_shows_it_to_nobody() -> None:
    zone = opened(Hindsight)
    assert isinstance(zone, Hindsight)
    orders = draw_day(HALF_AN_HOUR, helsinki().city, 1)
    zone.foretell(orders)
    couriers = zone.hire(2, zone.now + 4 * 3600)
    # The moment from which the first order is known, and the one before.
    known_at = max(zone.now, orders[0].at - KNOWN_S)
    zone.advance(known_at)
    known = [o for o in orders if o.at <= known_at + KNOWN_S]
    assert len(zone.dispatcher.state.orders) == len(known) >= 1
    assert len(zone.dispatcher.plan.assignments()) >= 1
    assert all(zone.route(courier, zone.now) == () for courier in couriers)


def test_a_margin_is_wanted_of_promises_that_have_it() -> None:
    # Deliveries one, two and three minutes away.
    due = {0: 60 + MARGIN_S, 1: 120 + MARGIN_S - 1, 2: 180 + MARGIN_S}
    jobs = [Job(f"d_{j}", Task(j + 1, due=due[j])) for j in range(3)]
    problem = Problem((Vehicle("c_1", 0),), (*jobs[:2], replace(jobs[2], rank=MINOR)), on_a_line(4))
    route = tuple(Activity(j, Kind.DELIVERY) for j in range(3))
    careful = with_margin(problem, Solution((route,)))
    assert [job.delivery.due for job in careful.jobs] == [60, due[1], due[2]]


def test_a_part_of_a_problem_has_its_jobs_renumbered() -> None:
    jobs = tuple(Job(f"d_{j}", Task(j + 1)) for j in range(3))
    problem = Problem((Vehicle("c_1", 0),), jobs, on_a_line(4))
    route = (Activity(2, Kind.DELIVERY), Activity(0, Kind.DELIVERY))
    assert served((route,)) == [0, 2]
    smaller, routes = part(problem, (route,), [0, 2])
    assert [job.name for job in smaller.jobs] == ["d_0", "d_2"]
    assert routes == ((Activity(1, Kind.DELIVERY), Activity(0, Kind.DELIVERY)),)


def test_a_setting_varies_figures_worlds_and_couriers() -> None:
    fewer = Setting("less", {"reserve_idle": 2}, {"travel_noise": 0.4}, couriers=-1)
    scenario = scenario_of(SIZES["14x4"], fewer, 3.0, leaving=0.5)
    assert (scenario.couriers, scenario.urgent_per_hour, scenario.leaving) == (3, 14, 0.5)
    assert (scenario.travel_noise, scenario.minutes) == (0.4, 180)
    policy = policy_of(fewer, 0.05)
    assert (policy.reserve_idle, policy.quote_search_s) == (2, 0.05)


@pytest.mark.parametrize("policy", ["vroom", "vroom-warm", "pyvrp"])
def test_a_peer_plans_anew_at_each_event(policy: str) -> None:
    python = solver_env.solvers_folder() / "bin" / "python"
    if not solver_env.has_solvers(python):
        pytest.skip("no environment of peers; `python -m benchmarks static` makes it")
    day = play(HALF_AN_HOUR, DECIDERS[policy], POLICY, 1, seconds=0.02)
    assert day.faults == ()
    assert day.refused == 0
    assert [o.number for o in day.urgent] == [o.number for o in played("fifo").urgent]
    assert {order.promise_s for order in day.urgent} == {URGENT_S}
