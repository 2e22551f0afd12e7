"""Every plan there was can be had again, with its state, and why it came about."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, cast

import pytest

from dispatch.beside import beside
from dispatch.errors import InvalidRequest, NotFound
from dispatch.hand import move_drop
from dispatch.replayed_gain import Gain, gain
from dispatch.replaying import Moves, Past, moves, past
from dispatch.requests import Move
from solver.solve import SolveParams, solve
from tests import adopt_rules
from tests.adopt_play import SeedPick
from tests.adopt_world import QUICK, STORES, ZONE, World
from tests.little_city import NOW
from tests.live_city import LiveCity
from tests.store_worlds import seen
from tests.test_adopt_machine import order, world

if TYPE_CHECKING:
    from dispatch.city import City

__all__ = ["world"]

PLAYED = ("place", "place", "work", "work", "tick", "cancel", "move", "traffic", "adopt", "reserve")
"""What a day is made of here: all but positions, which no log has."""


def replayed(world: World, version: int | None = None, until: int | None = None) -> Past:
    with beside(f"sqlite:///{world.path}") as connection:
        return past(connection, ZONE, STORES, version=version, until=until)


def gained(found: Past) -> Gain:
    return gain(found, cast("City", LiveCity()), QUICK)


@pytest.mark.parametrize("seed", range(6))
def test_every_plan_of_a_random_day_is_replayed_with_its_state(world: World, seed: int) -> None:
    pick, states = SeedPick(seed), dict[int, object]()
    rng = random.Random(seed)
    for _ in range(40):
        before = world.plan.version
        adopt_rules.RULES[rng.choice(PLAYED)](world, pick)
        if world.plan.version > before:
            folded = world.database.fold(ZONE, STORES)
            assert seen(folded)[0] == world.state
            states[world.database.head(ZONE)] = seen(folded)
    last = world.plan.version
    assert last >= 3
    for version in range(1, last + 1):
        found = replayed(world, version)
        assert found.plan == world.database.plan(ZONE, version)
        assert found.before.version == version - 1
        assert found.state_seq == found.seq
        assert states.get(found.seq, seen(found.state)) == seen(found.state)
        told = gained(found)
        # Built again from the log alone, each stop has the very times that were published.
        assert told.off_s == 0, version
        # What is found with no event beats what it replaces.
        if told.cause == "search":
            kept = [tier.kept for tier in told.tiers]
            assert [tier.published for tier in told.tiers] < kept


def test_an_order_is_why_its_plan_is_another(world: World) -> None:
    drop = order(world)
    found = replayed(world)
    assert found.plan == world.plan
    assert [cause["kind"] for cause in found.causes][-1] == "order_placed"
    assert found.causes[-1]["seq"] == found.seq - 1
    (courier,) = (route.courier for route in found.plan.routes if route.stops)
    assert moves(found.before, found.plan, found.state) == Moves(came=((drop, courier),))
    told = gained(found)
    # The plan before, with the newcomer where it costs least, is the plan.
    assert (told.cause, told.first) == ("event", None)


def test_a_search_is_why_a_plan_changed_without_an_event(world: World) -> None:
    for courier in ("c_2", "c_3"):
        world.tap(courier, "paused")
    near, far = order(world, 2), order(world, 12)
    # A dispatcher's hand puts the near drop behind the far one, without a pin: 12 blocks more.
    move_drop(world.dispatcher, near, Move("c_1", after=far, pinned=False), world.now)
    by_hand = replayed(world)
    assert gained(by_hand).cause == "choice"
    assert [cause["kind"] for cause in by_hand.decided_with][-1] == "drop_pinned"
    snapshot = world.dispatcher.snapshot(world.now)
    assert snapshot is not None
    params = SolveParams(iterations=20, engine="sisr")
    better = solve(snapshot.problem, params, snapshot.initial).solution
    assert world.dispatcher.adopt(snapshot, better, world.now)
    found = replayed(world)
    assert found.causes == ()
    told = gained(found)
    assert told.cause == "search"
    assert told.first is not None
    assert told.first.kept > told.first.published
    assert moves(found.before, found.plan, found.state) == Moves()


def test_time_is_why_a_plan_has_other_times(world: World) -> None:
    order(world)
    (courier,) = (route.courier for route in world.plan.routes if route.stops)
    before = world.plan.version
    world.now += 300
    world.dispatcher.tick(world.now)
    assert world.plan.version == before + 1
    found = replayed(world)
    assert (gained(found).cause, found.decided_with) == ("time", ())
    assert moves(found.before, found.plan, found.state) == Moves()
    assert courier


def test_what_is_over_is_told_apart_from_what_is_left_out(world: World) -> None:
    drop = order(world)
    courier = next(route.courier for route in world.plan.routes if route.stops)
    for kind in ("departed", "arrived", "loaded"):
        route = world.plan.route_of(courier)
        assert route is not None
        world.tap(courier, kind, route.stops[0].id)
    world.tap(courier, "delivered", drop=drop)
    found = replayed(world)
    assert moves(found.before, found.plan, found.state) == Moves(over=((drop, "accepted"),))


def test_an_instant_has_the_plan_of_then_and_the_state_of_its_second(world: World) -> None:
    order(world)
    first = world.plan
    world.now = NOW + 600
    order(world, 3)
    assert replayed(world, until=NOW).plan == first
    assert replayed(world, until=NOW + 599).plan == first
    then = replayed(world, until=NOW + 600)
    assert then.plan == world.plan
    assert seen(then.state) == seen(world.database.fold(ZONE, STORES))
    with pytest.raises(NotFound, match="no plan yet"):
        replayed(world, until=NOW - 1)


def test_what_is_recorded_after_a_plan_is_in_the_state_of_a_later_instant(world: World) -> None:
    order(world)
    version, drops = world.plan.version, len(world.state.drops)
    world.now += 20
    world.tap("c_3", "paused")
    found = replayed(world, until=world.now)
    assert found.state.couriers["c_3"].paused
    assert not replayed(world, version).state.couriers["c_3"].paused
    assert len(found.state.drops) == drops


def test_a_version_that_never_was_is_refused(world: World) -> None:
    order(world)
    with pytest.raises(NotFound, match="There is no plan 99"):
        replayed(world, 99)
    with pytest.raises(InvalidRequest, match="Both"):
        replayed(world, 1, NOW)
