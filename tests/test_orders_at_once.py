"""Many orders in one commit: the same as one by one, planned once."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from dispatch.batch import Asked, check_batch, place_batch
from dispatch.commit import Commit
from dispatch.events import OrderCancelled, OrderPlaced
from dispatch.intake import fingerprint
from dispatch.orders import Desk, Drop, Item, Order, Store
from dispatch.plan import Plan
from dispatch.records import Row, rows_of
from dispatch.requests import OrderRequest
from dispatch.state import State, apply, apply_run, runs
from tests.little_city import STORE, LittleZone, a_drop

if TYPE_CHECKING:
    from dispatch.events import Event


def asked(
    number: int,
    block: int = 3,
    service: str = "standard",
    store: str | None = None,
    load: int = 1,
) -> Asked:
    drops = (a_drop(block, load=load),)
    request = OrderRequest(service, drops, store=store, external_id=f"PO-{number}", channel="file")
    return Asked(request, fingerprint(request))


def test_many_orders_are_one_commit_and_one_plan() -> None:
    zone = LittleZone(2)
    commits = len(zone.journal.commits)
    found = place_batch(zone.dispatcher, [asked(i, 3 + i) for i in range(4)], zone.now, whole=True)
    assert [o.order.id for o in found if o.order] == ["o_1", "o_2", "o_3", "o_4"]
    assert [drop for o in found if o.order for drop in o.order.drops] == [
        "d_1",
        "d_2",
        "d_3",
        "d_4",
    ]
    assert len(zone.journal.commits) == commits + 1
    assert [type(event) for event in zone.journal.commits[-1].events] == [OrderPlaced] * 4
    assert {left.drop for left in zone.plan.unassigned} == {"d_1", "d_2", "d_3", "d_4"}


def test_orders_of_a_batch_are_those_that_would_be_placed_one_by_one() -> None:
    batch, single = LittleZone(2), LittleZone(2)
    place_batch(batch.dispatcher, [asked(i, 2 + i) for i in range(3)], batch.now, whole=True)
    for i in range(3):
        single.place(asked(i, 2 + i).request)
    assert batch.state.orders == single.state.orders
    assert batch.state.drops == single.state.drops
    assert batch.state.external == single.state.external


def test_of_a_large_group_a_trip_is_planned_and_the_rest_held() -> None:
    # Two couriers, one kept for urgent work; a trip carries 20 units, ten drops of two.
    zone = LittleZone(2)
    few = [asked(i) for i in range(60)]
    place_batch(zone.dispatcher, few, zone.now, whole=True)
    load = zone.state.drops["d_1"].load
    assert len(zone.plan.assignments()) == 20 // load
    rest = [left for left in zone.plan.unassigned if left.held_until is not None]
    assert len(rest) == 60 - 20 // load
    # The next plan says the same.
    zone.dispatcher.tick(zone.now + 30)
    assert len(zone.plan.assignments()) == 20 // load


def test_a_trip_that_few_heavy_drops_fill_is_planned_too() -> None:
    # 14 units each: one fills the trip, but only three waiting together are brought at all.
    zone = LittleZone(2)
    heavy = [asked(i, load=14) for i in range(30)]
    place_batch(zone.dispatcher, heavy, zone.now, whole=True)
    kinds = [left.reasons[0].kind for left in zone.plan.unassigned]
    assert len(zone.plan.assignments()) + len(kinds) == 30
    assert 1 <= len(zone.plan.assignments()) <= 3
    assert kinds.count("held") >= 27


def test_where_all_is_wanted_a_wrong_order_stops_the_others() -> None:
    zone = LittleZone()
    commits = len(zone.journal.commits)
    batch = [asked(1), asked(2, service="soon"), asked(3, service="urgent")]
    found = place_batch(zone.dispatcher, batch, zone.now, whole=True)
    assert [o.error.code if o.error else None for o in found] == [None, "unknown-service", None]
    assert len(zone.journal.commits) == commits
    found = place_batch(zone.dispatcher, batch, zone.now, whole=False)
    # The urgent one goes first, whatever its row.
    assert [o.order.id if o.order else None for o in found] == ["o_2", None, "o_1"]


def test_a_policy_searches_again_after_a_batch() -> None:
    zone = LittleZone()
    zone.dispatcher.policy = policy = replace(zone.dispatcher.policy, quote_search_s=0.5)
    place_batch(zone.dispatcher, [asked(1, service="urgent")], zone.now, whole=True)
    assert zone.dispatcher.policy is policy


def test_what_was_placed_before_is_the_same_order() -> None:
    zone = LittleZone()
    batch = [asked(1), asked(2)]
    first = place_batch(zone.dispatcher, batch, zone.now, whole=True)
    commits = len(zone.journal.commits)
    again = place_batch(zone.dispatcher, batch, zone.now + 500, whole=True)
    assert [o.order for o in again] == [o.order for o in first]
    assert all(o.again for o in again)
    assert len(zone.journal.commits) == commits


def test_an_order_goes_to_the_nearest_store_unless_it_names_one() -> None:
    far = Store("st_2", "Far", 60.0, 25.02, preparation_s=240)
    zone = LittleZone(stores=(STORE, far))
    batch = [asked(1, 2), asked(2, 19), asked(3, 19, store="st_1")]
    found = check_batch(zone.dispatcher, batch, zone.now)
    # Stores are at blocks 0 and 20.
    assert [o.order.store for o in found if o.order] == ["st_1", "st_2", "st_1"]


def event(number: int) -> OrderPlaced:
    drop = Drop(f"d_{number}", f"o_{number}", Desk("b_1", 0), (Item("A4", 1),))
    external = f"PO-{number}" if number % 2 else None
    order = Order(
        f"o_{number}", "standard", "st_1", 0, 100, 100, 0, (drop.id,), external_id=external
    )
    return OrderPlaced(0, order, (drop,))


@given(st.lists(st.booleans(), max_size=12))
def test_a_run_of_orders_does_what_each_of_them_does(cancels: list[bool]) -> None:
    events: list[Event] = []
    for number, is_cancelled in enumerate(cancels, start=1):
        events.append(event(number))
        if is_cancelled:
            events.append(OrderCancelled(1, f"o_{number}"))
    one_by_one = reduce(apply, events, State())
    assert reduce(apply_run, runs(events), State()) == one_by_one
    assert [e for run in runs(events) for e in run] == events
    whole = rows_of(0, State(), Plan(), Commit(1, tuple(events)))
    parts = State()
    log: list[Row] = []
    for seq, each in enumerate(events):
        rows = rows_of(seq, parts, Plan(), Commit(1, (each,)))
        parts, log = rows.state, [*log, *rows.log]
    assert (whole.state, whole.log) == (parts, log)
