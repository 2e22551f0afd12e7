"""What shows a hand-over: PINs and signatures, kept apart, shown to few, and forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from api.retention import SWEEP_S
from dispatch.beside import beside
from dispatch.personal import personal
from dispatch.sqlite import path_of
from dispatch.subjects import Subject
from tests.access_world import Guarded, guarded
from tests.api_world import at
from tests.test_track import link, load, order, shown, tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STROKES = "M10 20L12 24L30 44M40 20L41 60"
SIGNED = {"signature": STROKES}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with guarded(tmp_path, couriers=2, contacts_keep_s=86_400) as found:
        yield found


def deliver(world: Guarded, seq: int, proof: Any, drop: str = "d_1") -> Any:
    return tap(world, seq, "delivered", stop=f"s_{drop[2:]}", drop=drop, proof=proof)


def proofs(world: Guarded, drop: str = "d_1") -> Any:
    return world.json("desk", "GET", f"/v1/drops/{drop}/proofs")["items"]


def status(world: Guarded, drop: str = "d_1") -> Any:
    return world.json("desk", "GET", f"/v1/drops/{drop}")["status"]


def test_a_signature_is_kept_apart_from_the_tap_and_the_log(world: Guarded) -> None:
    order(world)
    load(world)
    assert deliver(world, 2, SIGNED)["result"] == "applied"
    assert proofs(world) == [
        {"kind": "signature", "courier": "c_1", "at": at(0), "signature": STROKES, "photo": None}
    ]
    told = world.json("desk", "GET", "/v1/couriers/c_1/actions")["items"][-1]
    assert told["proof"] == "signature"
    with closing(sqlite3.connect(path_of(world.app.state.zone.settings.db))) as file:
        for table in ("event", "courier_action", "drops", "idempotency"):
            # Names of our own tables, which SQL takes no parameters for.
            rows = repr(file.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
            assert STROKES not in rows, table
    # Sent again it is known, and kept once.
    again = deliver(world, 2, SIGNED)
    assert (again["result"], again["first_result"]) == ("duplicate", "applied")
    assert len(proofs(world)) == 1


def test_a_tap_that_names_its_stop_only_keeps_what_was_given_for_its_drop(world: Guarded) -> None:
    order(world)
    load(world)
    assert tap(world, 2, "delivered", stop="s_1", proof=SIGNED)["result"] == "applied"
    assert [proof["signature"] for proof in proofs(world)] == [STROKES]


def test_the_buyers_pin_shows_the_hand_over_and_another_does_not(world: Guarded) -> None:
    token = link(world, order(world)["id"])["token"]
    pin = shown(world, token)["drops"][0]["pin"]
    load(world)
    wrong = f"{(int(pin) + 1) % 10_000:04}"
    told = deliver(world, 2, {"pin": wrong})
    assert (told["result"], "PIN" in told["reason"]) == ("rejected", True)
    assert (status(world), proofs(world)) == ("on_board", [])
    assert deliver(world, 3, {"pin": pin})["result"] == "applied"
    assert status(world) == "accepted"
    assert [proof["kind"] for proof in proofs(world)] == ["pin"]
    # A buyer who has the goods needs no PIN.
    assert shown(world, token)["drops"][0]["pin"] is None


def test_after_five_wrong_pins_the_right_one_is_not_taken_and_a_signature_is(
    world: Guarded,
) -> None:
    pin = shown(world, link(world, order(world)["id"])["token"])["drops"][0]["pin"]
    load(world)
    wrong = f"{(int(pin) + 1) % 10_000:04}"
    for seq in range(2, 7):
        assert "not that of" in deliver(world, seq, {"pin": wrong})["reason"]
    # What is sent again is no further try, and is answered as it was.
    assert deliver(world, 6, {"pin": wrong})["result"] == "duplicate"
    assert "Too many" in deliver(world, 7, {"pin": pin})["reason"]
    assert deliver(world, 8, SIGNED)["result"] == "applied"


def test_where_the_buyer_has_no_link_there_is_no_pin(world: Guarded) -> None:
    order(world)
    assert load(world)["goods"][0]["pin"] is False
    assert "no PIN" in deliver(world, 2, {"pin": "1234"})["reason"]


def test_another_courier_cannot_use_up_the_tries(world: Guarded) -> None:
    pin = shown(world, link(world, order(world)["id"])["token"])["drops"][0]["pin"]
    load(world)
    taps = [
        {"action_id": f"b{i}", "seq": i, "kind": "delivered", "drop": "d_1", "proof": {"pin": p}}
        for i, p in enumerate(["0000", "1111", "2222", "3333", "4444", "5555"], 1)
    ]
    told = world.json("c_2", "POST", "/v1/couriers/c_2/actions", {"actions": taps})["results"]
    assert {each["result"] for each in told} == {"superseded"}
    assert deliver(world, 2, {"pin": pin})["result"] == "applied"


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"pin": "123"},
        {"pin": "12a4"},
        {"pin": "1234", "signature": STROKES},
        {"signature": "M10 20L12"},
        {"signature": '<path d="M0 0"/>'},
        {"signature": "M1 1" + "L2 2" * 2000},
    ],
)
def test_what_is_no_proof_is_refused(world: Guarded, proof: Any) -> None:
    order(world)
    load(world)
    action = {"action_id": "a", "seq": 2, "kind": "delivered", "drop": "d_1", "proof": proof}
    body = {"actions": [action]}
    assert world.ask("c_1", "POST", "/v1/couriers/c_1/actions", json=body).status_code == 422
    assert status(world) == "on_board"


def test_lines_are_accepted_one_by_one_with_a_reason(world: Guarded) -> None:
    order(world)
    load(world)
    # Two packs were ordered.
    lines = [{"sku": "A4-80", "accepted": 1, "rejected": 1, "reason": "wrong_model"}]
    told = tap(world, 2, "delivered", stop="s_1", drop="d_1", lines=lines, proof=SIGNED)
    assert told["result"] == "applied"
    drop = world.json("desk", "GET", "/v1/drops/d_1")
    assert (drop["status"], drop["lines"]) == ("partly_accepted", lines)


def test_a_signature_goes_with_the_person_and_is_told_to_whom_it_is_about(world: Guarded) -> None:
    order(world)
    load(world)
    deliver(world, 2, SIGNED)
    with beside(world.app.state.zone.settings.db) as connection:
        found = personal(connection, "helsinki", Subject.read("Aino Virtanen"))
    assert [proof.body for proof in found.proofs] == [STROKES]


def test_a_signature_is_forgotten_with_the_contacts(world: Guarded) -> None:
    order(world)
    load(world)
    deliver(world, 2, SIGNED)
    day, sweep = 24 * 60, SWEEP_S / 60
    world.json("admin", "POST", "/v1/clock", {"now": at(day)})
    assert len(proofs(world)) == 1
    world.json("admin", "POST", "/v1/clock", {"now": at(day + sweep + 1)})
    assert proofs(world) == []
