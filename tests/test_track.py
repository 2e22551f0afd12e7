"""What a buyer sees of one order by a link, and nothing of others."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from dispatch import links
from tests.access_world import Guarded, guarded
from tests.api_world import a_drop, an_order, at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTACT = {"name": "Aino Virtanen", "phone": "+358 40 765 4321"}
HOUR = 60
"""Minutes."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with guarded(tmp_path, couriers=1) as found:
        yield found


def order(world: Guarded, who: str = "shop", **changes: Any) -> Any:
    desk = {"building": "b_225", "floor": 3, "department": "Law", "contact": CONTACT}
    return world.json(who, "POST", "/v1/orders", an_order(a_drop() | {"desk": desk}, **changes))


def link(world: Guarded, order_id: str, who: str = "shop") -> Any:
    return world.json(who, "POST", f"/v1/orders/{order_id}/links")


def look(world: Guarded, token: str) -> Any:
    return world.http.get("/v1/track", headers={"Authorization": f"Bearer {token}"})


def shown(world: Guarded, token: str) -> Any:
    answer = look(world, token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tap(world: Guarded, seq: int, kind: str, **rest: Any) -> Any:
    action = {"action_id": f"a{seq}", "seq": seq, "kind": kind, **rest}
    told = world.json("c_1", "POST", "/v1/couriers/c_1/actions", {"actions": [action]})
    return told["results"][0]


def stops(world: Guarded) -> Any:
    return world.json("c_1", "GET", "/v1/couriers/c_1/route")["stops"]


def load(world: Guarded) -> Any:
    """Lets the courier load all, and returns the first stop after that."""
    assert tap(world, 1, "loaded", stop=stops(world)[0]["id"])["result"] == "applied"
    return stops(world)[0]


def test_a_link_shows_one_order_where_it_is_and_when_it_comes(world: Guarded) -> None:
    placed = order(world, external_id="PO-7")
    made = link(world, placed["id"])
    assert made["path"] == f"/track#{made['token']}"
    told = shown(world, made["token"])
    (drop,) = told.pop("drops")
    assert told == {
        "order": "PO-7",
        "status": "planned",
        "placed_at": at(0),
        # Urgent: 22 minutes after it was placed.
        "due_at": at(22),
        "promise": "running",
        "now": at(0),
        "timezone": "Europe/Helsinki",
    }
    assert (drop["department"], drop["status"], drop["is_next"]) == ("Law", "planned", False)
    assert at(0) < drop["eta"] <= drop["eta_p90"]
    assert len(drop["pin"]) == 4


def test_nothing_of_persons_or_of_other_orders_is_told(world: Guarded) -> None:
    token = link(world, order(world)["id"])["token"]
    other = order(world, "rival", external_id="PO-8")
    told = look(world, token).text
    for word in ("Aino", "765", "PO-8", other["id"] + '"', "Nr 1", "c_1", "b_225"):
        assert word not in told, word


def test_the_courier_is_told_of_on_the_last_way_only(world: Guarded) -> None:
    token = link(world, order(world)["id"])["token"]
    here = {"positions": [{"lat": 60.16991, "lon": 24.94152, "at": at(0)}]}
    world.json("c_1", "POST", "/v1/couriers/c_1/positions", here)
    first = load(world)
    (before,) = shown(world, token)["drops"]
    assert (before["status"], before["is_next"], before["courier"]) == ("on_board", False, None)
    tap(world, 2, "departed", stop=first["id"])
    (coming,) = shown(world, token)["drops"]
    # Three decimals of a degree, and whole hundreds of metres.
    near = coming["courier"]
    assert (coming["is_next"], near["lat"], near["lon"]) == (True, 60.17, 24.942)
    assert near["distance_m"] % 100 == 0
    assert 100 <= near["distance_m"] <= 2000


def test_on_the_way_to_somebody_else_the_courier_is_nowhere(world: Guarded) -> None:
    tokens = {}
    for _ in range(2):
        placed = order(world)
        tokens[placed["drops"][0]["id"]] = link(world, placed["id"])["token"]
    world.json(
        "c_1",
        "POST",
        "/v1/couriers/c_1/positions",
        {"positions": [{"lat": 60.1699, "lon": 24.9415, "at": at(0)}]},
    )
    # Two places: else both were at one stop, one after the other.
    first = load(world)
    tap(world, 2, "departed", stop=first["id"])
    (mine,) = first["drops"]
    (other,) = set(tokens) - {mine}
    assert shown(world, tokens[mine])["drops"][0]["courier"] is not None
    assert shown(world, tokens[other])["drops"][0]["courier"] is None


def test_a_position_that_is_old_is_not_told(world: Guarded) -> None:
    token = link(world, order(world)["id"])["token"]
    body = {"positions": [{"lat": 60.1699, "lon": 24.9415, "at": at(0)}]}
    world.json("c_1", "POST", "/v1/couriers/c_1/positions", body)
    tap(world, 2, "departed", stop=load(world)["id"])
    world.json("admin", "POST", "/v1/clock", {"now": at(5)})
    assert shown(world, token)["drops"][0]["courier"] is not None
    world.json("admin", "POST", "/v1/clock", {"now": at(5.1)})
    assert shown(world, token)["drops"][0]["courier"] is None


def forged(token: str) -> list[str]:
    """Returns tokens that are almost a link's."""
    secret = token[-1]
    other = "A" if secret != "A" else "B"
    return ["", "x", token[:-1] + other, token[:-1], token + "A", token.replace("dsl_", "dsp_")]


def test_a_forged_link_a_revoked_one_and_an_expired_one_look_the_same(
    world: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 30 days, and the clock of a test is moved by a week at most.
    monkeypatch.setattr(links, "LONGEST_S", 24 * 3600)
    mine = order(world)["id"]
    token = link(world, mine)["token"]
    answers = [look(world, each) for each in forged(token)]
    assert world.ask("shop", "DELETE", f"/v1/orders/{mine}/links").status_code == 204
    answers.append(look(world, token))
    late = link(world, mine)["token"]
    with closing(sqlite3.connect(world.app.state.zone.settings.db.removeprefix("sqlite:///"))) as f:
        # 256 bits are nowhere to be read again.
        assert late.rpartition("_")[2] not in repr(f.execute("SELECT * FROM link").fetchall())
    world.json("admin", "POST", "/v1/clock", {"now": at(24 * HOUR - 0.1)})
    assert look(world, late).status_code == 200
    world.json("admin", "POST", "/v1/clock", {"now": at(24 * HOUR)})
    answers.append(look(world, late))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["type"] == "/problems/unknown-link"


def test_a_link_is_over_six_hours_after_its_order(world: Guarded) -> None:
    mine = order(world)["id"]
    token = link(world, mine)["token"]
    world.json("shop", "DELETE", f"/v1/orders/{mine}")
    assert shown(world, token)["status"] == "cancelled"
    world.json("admin", "POST", "/v1/clock", {"now": at(6 * HOUR - 0.1)})
    assert look(world, token).status_code == 200
    world.json("admin", "POST", "/v1/clock", {"now": at(6 * HOUR)})
    assert look(world, token).status_code == 404
    answer = world.ask("shop", "POST", f"/v1/orders/{mine}/links")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/order-over")


def test_links_of_one_order_are_not_without_number(world: Guarded) -> None:
    mine = order(world)["id"]
    for _ in range(20):
        link(world, mine)
    answer = world.ask("shop", "POST", f"/v1/orders/{mine}/links")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-links")


def test_who_tries_links_is_kept_off_and_a_good_one_has_its_own_allowance(tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=1, requests_per_second=20) as world:
        token = link(world, order(world)["id"])["token"]
        # Two seconds' worth at once, 40, and what comes in meanwhile: 0.05 s each.
        began = time.monotonic()
        codes = [look(world, token).status_code for _ in range(70)]
        came_in = 20 * (time.monotonic() - began)
        assert 40 <= codes.count(200) <= 41 + came_in
        assert codes.count(200) + codes.count(429) == 70
        codes = [look(world, "dsl_x").status_code for _ in range(25)]
        assert codes == [404] * 20 + [429] * 5


def test_pins_are_shown_to_the_buyer_and_to_nobody_else(world: Guarded) -> None:
    placed = order(world)
    pin = shown(world, link(world, placed["id"])["token"])["drops"][0]["pin"]
    # The same for everybody who has a link.
    assert shown(world, link(world, placed["id"])["token"])["drops"][0]["pin"] == pin
    (goods,) = load(world)["goods"]
    assert goods["pin"] is True
    for who in ("c_1", "desk", "admin"):
        told = json.dumps(world.json(who, "GET", "/v1/couriers/c_1/route"))
        assert f'"{pin}"' not in told
