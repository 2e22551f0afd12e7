"""Values survive the way to JSON and back."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.codec import EVENTS, dumps, event_from_json, event_kind, from_json, loads, to_json
from dispatch.commit import Commit
from dispatch.events import Departed, Event
from dispatch.orders import Line, StopKind
from dispatch.plan import Plan
from dispatch.requests import ActionAnswer, Position
from tests.store_worlds import INSIDE, joined, placed

# What JSON text can hold: finite numbers, integers of 64 bits, whole characters. Holds for all
# tests of the process; nothing else draws by type alone.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8")))


@pytest.mark.parametrize("cls", EVENTS.values(), ids=list(EVENTS))
@given(data=st.data())
@settings(max_examples=50)
def test_every_event_comes_back_from_json_text_as_it_was(
    cls: type[Any], data: st.DataObject
) -> None:
    event: Event = data.draw(st.builds(cls))
    text = dumps(to_json(event))
    assert event_from_json(event_kind(event), loads(text)) == event


@given(st.builds(Plan))
def test_a_plan_comes_back_from_json_text_as_it_was(plan: Plan) -> None:
    assert from_json(Plan, loads(dumps(to_json(plan)))) == plan


@given(st.builds(Commit))
def test_a_commit_comes_back_with_its_events_told_apart(commit: Commit) -> None:
    assert from_json(Commit, loads(dumps(to_json(commit)))) == commit


def test_a_kind_is_the_name_of_the_class_in_snake_case() -> None:
    assert event_kind(placed(1)) == "order_placed"
    assert event_kind(joined(1)) == "courier_added"
    # One kind for each class: none hides another.
    assert len(EVENTS) == 33


def test_a_field_named_kind_is_kept_beside_the_kind_of_the_event() -> None:
    event = Departed(1, "c_1", "s_1", StopKind.LOAD, INSIDE, None, 2, 3)
    assert to_json(event)["kind"] == "load"
    assert to_json(Commit(1, (event,)))["events"][0]["event"] == "departed"


def test_tuples_enums_and_absent_values_are_plain_json() -> None:
    event = Departed(1, "c_1", "s_1", StopKind.LOAD, INSIDE, None, 2, 3)
    place = {"lat": 60.171, "lon": 24.95, "building": "b_1", "floor": 3, "desk": "Reception"}
    assert loads(dumps(to_json(event))) == {
        "at": 1,
        "courier": "c_1",
        "stop": "s_1",
        "kind": "load",
        "place": place,
        "drop": None,
        "arrives_at": 2,
        "ends_at": 3,
        "ride_s": 0,
        "ride_factor": 1.0,
        "band": "",
    }


def test_defaults_are_written_out_so_that_a_new_default_changes_no_old_value() -> None:
    assert to_json(Line("paper", 1)) == {"sku": "paper", "accepted": 1, "rejected": 0, "reason": ""}


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_json_lacks_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        to_json(Position(number, 24.9, 0))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'order_eaten'"):
        event_from_json("order_eaten", {})


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"courier": "c_1"}, "text"],
    ids=["null", "list", "empty", "too little", "text"],
)
def test_data_of_another_shape_are_refused_with_the_type_expected(data: Any) -> None:
    with pytest.raises(ValueError, match="ActionAnswer"):
        from_json(ActionAnswer, data)


def test_a_field_of_a_newer_program_is_passed_over() -> None:
    data = {**to_json(Position(60.0, 24.9, 7)), "accuracy": 5}
    assert from_json(Position, data) == Position(60.0, 24.9, 7)
