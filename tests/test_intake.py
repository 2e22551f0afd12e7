"""From what is asked to an order as it would be placed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispatch.errors import DispatchError, InvalidRequest
from dispatch.intake import MOST, MOST_SIBLINGS, fingerprint, split, stores_for, wanted
from dispatch.orders import Item
from dispatch.requests import DeskRequest, DropRequest
from tests.little_city import NOW, LittleZone, a_drop, wish

PAPER = (Item("paper", 1),)


def loads(parts: tuple[tuple[Item, ...], ...]) -> list[list[tuple[str, int]]]:
    """Returns sku and quantity of each part."""
    return [[(item.sku, item.quantity) for item in part] for part in parts]


def test_an_urgent_order_is_due_22_minutes_after_it_was_placed() -> None:
    order = LittleZone().order(a_drop(3))
    assert (order.placed_at, order.deadline, order.promise_s) == (NOW, NOW + 1320, 1320)


def test_a_standard_order_is_due_at_the_end_of_the_next_working_day() -> None:
    # Monday 10:00 to Tuesday 17:00 is 31 h.
    order = LittleZone().order(a_drop(3), service="standard")
    assert order.deadline == NOW + 31 * 3600


def test_goods_are_ready_after_the_preparation_of_their_store_unless_told() -> None:
    zone = LittleZone()
    assert zone.order(a_drop(3), ready_at=None).ready_at == NOW + 240
    assert zone.order(a_drop(3), ready_at=NOW + 7).ready_at == NOW + 7


def test_an_order_has_a_drop_for_each_desk() -> None:
    zone = LittleZone()
    order = zone.order(a_drop(3, floor=1), a_drop(4, floor=2))
    assert order.drops == ("d_1", "d_2")
    assert [zone.drop(d).desk.building for d in order.drops] == ["b_3", "b_4"]
    assert zone.order(a_drop(5)).drops == ("d_3",)


def test_a_drop_heavier_than_the_largest_courier_becomes_siblings() -> None:
    zone = LittleZone(1, capacity=4)
    zone.courier(capacity=6)
    order = zone.order(a_drop(3, quantity=13))
    # 13 units of 1 in loads of 6.
    assert [zone.drop(d).load for d in order.drops] == [6, 6, 1]
    assert {zone.drop(d).desk.building for d in order.drops} == {"b_3"}
    assert all(zone.carrier(d) for d in order.drops)


@pytest.mark.parametrize(("quantity", "drops"), [(6, 1), (7, 2)])
def test_a_drop_is_split_only_when_it_does_not_fit(quantity: int, drops: int) -> None:
    zone = LittleZone(capacity=6)
    assert len(zone.order(a_drop(3, quantity=quantity)).drops) == drops


def test_a_courier_whose_shift_is_over_does_not_count_as_the_largest() -> None:
    zone = LittleZone(1, capacity=4)
    zone.courier(capacity=9, shift_s=60)
    zone.now += 60
    assert len(zone.order(a_drop(3, quantity=9)).drops) == 3


def test_a_single_unit_too_heavy_for_anyone_is_accepted_with_a_reason() -> None:
    zone = LittleZone(capacity=6)
    order = zone.order(a_drop(3, quantity=2, load=7))
    assert [zone.reasons(d) for d in order.drops] == [["capacity"], ["capacity"]]
    assert order.deadline == NOW + 1320


def test_what_is_too_heavy_does_not_weigh_down_the_rest() -> None:
    items = (Item("safe", 2, 15), Item("pen", 3, 1), Item("paper", 9, 2))
    expected = [
        [("safe", 1)],
        [("safe", 1)],
        [("pen", 3), ("paper", 3)],
        [("paper", 5)],
        [("paper", 1)],
    ]
    assert loads(split(items, 10)) == expected


def test_goods_that_weigh_nothing_go_anywhere() -> None:
    assert loads(split((Item("paper", 2, 10), Item("note", 500, 0)), 10)) == [
        [("paper", 1)],
        [("paper", 1), ("note", 500)],
    ]


@pytest.mark.parametrize("capacity", [None, 0])
def test_without_couriers_nothing_is_split(capacity: int | None) -> None:
    assert loads(split((Item("paper", 50, 10),), capacity)) == [[("paper", 50)]]


def test_more_than_a_van_carries_is_refused() -> None:
    most = MOST_SIBLINGS * 10
    assert len(split((Item("paper", most, 1),), 10)) == MOST_SIBLINGS
    with pytest.raises(InvalidRequest, match=str(most + 1)):
        split((Item("paper", most + 1, 1),), 10)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 15)), min_size=1, max_size=5),
    st.integers(1, 12),
)
def test_parts_hold_all_units_in_order_and_each_fits_or_is_one_unit(
    units: list[tuple[int, int]], capacity: int
) -> None:
    items = tuple(Item(f"sku-{i}", *pair) for i, pair in enumerate(units))
    assume(sum(item.quantity * item.load for item in items) <= capacity * MOST_SIBLINGS)
    parts = split(items, capacity)
    flat = [item.sku for part in parts for item in part for _ in range(item.quantity)]
    assert flat == [item.sku for item in items for _ in range(item.quantity)]
    for part in parts:
        weighing = [item for item in part if item.load]
        load = sum(item.quantity * item.load for item in part)
        assert load <= capacity or [item.quantity for item in weighing] == [1]
        assert len({item.sku for item in part}) == len(part)


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        ({"service": "eventually"}, "service", "unknown-service"),
        ({"store": "st_9"}, "store", "unknown-store"),
        ({"drops": ()}, "drops", "invalid-request"),
        ({"desk": DeskRequest(id="k_99")}, "drops[0].desk.id", "unknown-desk"),
        ({"desk": DeskRequest(building="b_3")}, "drops[0].desk", "incomplete-desk"),
        ({"desk": DeskRequest(building="b_99", floor=0)}, "drops[0].desk.building", ""),
        ({"desk": DeskRequest(building="b_3", floor=10)}, "drops[0].desk.floor", "unknown-place"),
        ({"items": ()}, "drops[0].items", "invalid-request"),
        ({"items": (Item("paper", 0),)}, "drops[0].items[0].quantity", "invalid-quantity"),
        ({"items": (Item("paper", MOST + 1),)}, "drops[0].items[0].quantity", "invalid-quantity"),
        ({"items": (Item("paper", 1, -1),)}, "drops[0].items[0].load", "invalid-load"),
        ({"items": (Item("paper", 1), Item("paper", 2))}, "drops[0].items", "duplicate-sku"),
    ],
)
def test_what_cannot_be_ordered_is_named_and_nothing_is_done(
    change: dict[str, Any], at: str, code: str
) -> None:
    zone = LittleZone()
    drop = DropRequest(
        change.pop("desk", DeskRequest(building="b_3", floor=0)), change.pop("items", PAPER)
    )
    request = replace(wish(drop), **change)
    commits = len(zone.journal.commits)
    with pytest.raises(DispatchError) as error:
        zone.place(request)
    assert error.value.at == at
    assert error.value.code == (code or error.value.code)
    assert error.value.cure
    assert len(zone.journal.commits) == commits


def test_the_first_drop_that_is_wrong_is_the_one_named() -> None:
    with pytest.raises(DispatchError) as error:
        LittleZone().order(a_drop(3), a_drop(4), a_drop(5, floor=10))
    assert error.value.at == "drops[2].desk.floor"


def test_a_desk_of_the_directory_brings_its_building_floor_and_name() -> None:
    zone = LittleZone()
    zone.order(DropRequest(DeskRequest(id="k_3"), PAPER))
    desk = zone.drop("d_1").desk
    assert (desk.id, desk.building, desk.floor, desk.department) == ("k_3", "b_3", 2, "Office 3")


def test_what_is_said_about_a_desk_beats_the_directory() -> None:
    zone = LittleZone()
    zone.order(DropRequest(DeskRequest(id="k_3", floor=5, department="Legal"), PAPER))
    desk = zone.drop("d_1").desk
    assert (desk.floor, desk.department) == (5, "Legal")


def test_stores_are_those_named_or_all() -> None:
    state = LittleZone().state
    assert stores_for(state, None) == stores_for(state, "st_1") == ("st_1",)


def test_a_fingerprint_tells_content_apart_whatever_the_quote() -> None:
    one = wish(a_drop(3))
    assert fingerprint(one) == fingerprint(replace(one, quote_id="q_1"))
    assert fingerprint(one) != fingerprint(replace(one, customer="Oy"))
    assert wanted("urgent", one.drops) != wanted("standard", one.drops)
    assert wanted("urgent", one.drops) != wanted("urgent", (a_drop(4),))
