"""Tokens, sessions and codes: who they let in, until when, and what is shown of others."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.access import Principal
from api.app import create_app
from api.scopes import EVERYTHING, ROLES
from api.security_headers import HEADERS
from api.sign_in_codes import digest_of
from dispatch.beside import beside
from dispatch.schema import credentials, sign_in_codes
from dispatch.shown_once import SHOWN
from tests.access_world import Guarded, guarded
from tests.api_world import a_drop, an_order, at, placed, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.homes import Home

ADA = {"name": "Ada", "phone": "+358401234567"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with guarded(tmp_path) as found:
        yield found


def me(world: Guarded, token: str) -> int:
    """Returns the status that somebody with a token is answered."""
    headers = {"Authorization": f"Bearer {token}"}
    return int(world.http.get("/v1/me", headers=headers).status_code)


def cookie_of(answer: Any) -> str:
    """Returns what a browser is told to keep."""
    told: str = answer.headers["set-cookie"]
    return told


def test_nothing_is_answered_without_a_token_but_what_anybody_may_ask(world: Guarded) -> None:
    assert world.ask(None, "GET", "/livez").status_code == 200
    for path in ("/v1/orders", "/openapi.json", "/readyz", "/no/such/path"):
        answer = world.ask(None, "GET", path)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"


def test_of_a_token_only_a_hash_is_kept(tmp_path: Path, world: Guarded) -> None:
    found = SHOWN.fullmatch(world.tokens["admin"])
    assert found is not None
    # 43 characters of base 64 are 256 bits and two that are always none.
    assert len(found[3]) == 43
    with closing(sqlite3.connect(tmp_path / "dispatch.db")) as database:
        stored = "\n".join(database.iterdump())
    assert found[2] in stored
    assert not any(token.split("_", 2)[2] in stored for token in world.tokens.values())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        "Bearer dsp_000000000000_" + 43 * "A",
        "Bearer " + 8000 * "A",
        "Bearer dsp_\u00e4",
    ],
)
def test_what_is_no_token_is_refused_alike(world: Guarded, header: str) -> None:
    answer = world.http.get("/v1/me", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"
    assert header[7:] not in answer.text or len(header) < 8


def test_a_wrong_secret_under_a_right_id_is_refused(world: Guarded) -> None:
    token = world.tokens["desk"]
    last = "A" if token[-1] != "A" else "Q"
    assert me(world, token) == 200
    assert me(world, token[:-1] + last) == 401
    assert me(world, token.replace("dsp_", "dss_")) == 401


def test_a_revoked_token_is_refused_at_the_next_request(world: Guarded) -> None:
    name = world.add("guest", "auditor")
    assert me(world, world.tokens["guest"]) == 200
    told = world.json("admin", "DELETE", f"/v1/tokens/{name}")
    assert told["revoked_at"] == at(0)
    assert me(world, world.tokens["guest"]) == 401
    # Asked for again it is as it was.
    assert world.json("admin", "DELETE", f"/v1/tokens/{name}") == told


def test_a_token_is_in_force_until_its_day_and_not_a_second_longer(world: Guarded) -> None:
    world.add("guest", "auditor", days=1)
    world.json("admin", "POST", "/v1/clock", {"now": at(24 * 60 - 1 / 60)})
    assert me(world, world.tokens["guest"]) == 200
    world.json("admin", "POST", "/v1/clock", {"now": at(24 * 60)})
    assert me(world, world.tokens["guest"]) == 401


def test_tokens_last_over_a_restart_and_the_first_is_made_once(tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=0) as world:
        token = world.tokens["desk"]
        gone = world.add("gone", "auditor")
        world.json("admin", "DELETE", f"/v1/tokens/{gone}")
        tokens = dict(world.tokens)
    with service(tmp_path, access="tokens") as client:
        assert client.app.state.watch.first_token is None  # type: ignore[attr-defined]
        status = {n: _asked(client, "/v1/me", t).status_code for n, t in tokens.items()}
        assert (status["desk"], status["admin"], status["gone"]) == (200, 200, 401)
        listed = _asked(client, "/v1/tokens", tokens["admin"]).json()["items"]
        assert token not in str(listed)
        used = {each["name"]: each["last_used_at"] for each in listed}
        # Written when the service stopped; the second token of the desk was never shown to it.
        assert used["admin"] == at(0)
        assert used["shop"] is None


def _asked(client: TestClient, path: str, token: str) -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_token_may_have_less_than_its_role_and_never_more(world: Guarded) -> None:
    world.add("monitor", "auditor", scopes=["health.read"])
    assert world.ask("monitor", "GET", "/readyz").status_code == 200
    assert world.ask("monitor", "GET", "/v1/orders").status_code == 403
    body = {"name": "greedy", "role": "auditor", "scopes": ["tokens"]}
    answer = world.ask("admin", "POST", "/v1/tokens", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"] == "scopes"


@pytest.mark.parametrize("name", ["local", "shop"])
def test_a_name_belongs_to_one_role(world: Guarded, name: str) -> None:
    answer = world.ask("admin", "POST", "/v1/tokens", json={"name": name, "role": "auditor"})
    assert answer.json()["type"] == "/problems/name-taken"


def test_a_second_token_of_a_name_is_the_same_principal(world: Guarded) -> None:
    order = world.json("shop", "POST", "/v1/orders", an_order())["id"]
    world.add("shop", "intake")
    assert world.json("shop", "GET", f"/v1/orders/{order}")["id"] == order


def test_every_role_is_a_set_of_scopes_and_none_but_admin_has_all() -> None:
    assert {role for role, scopes in ROLES.items() if scopes == EVERYTHING} == {"admin"}
    assert all(scopes <= EVERYTHING for scopes in ROLES.values())
    assert not Principal("x", "courier", ROLES["courier"]).sees_all


# What is shown of others


def test_intake_lists_its_own_orders_and_hears_of_no_others(world: Guarded) -> None:
    mine = world.json("shop", "POST", "/v1/orders", an_order())["id"]
    theirs = world.json("rival", "POST", "/v1/orders", an_order(a_drop("k_2")))
    world.json("desk", "POST", "/v1/orders", an_order(a_drop("k_3")))
    assert [o["id"] for o in world.json("shop", "GET", "/v1/orders")["items"]] == [mine]
    assert len(world.json("desk", "GET", "/v1/orders")["items"]) == 3
    history = str(world.json("shop", "GET", f"/v1/orders/{mine}")["history"])
    assert theirs["id"] not in history
    assert theirs["drops"][0]["id"] not in history


def test_an_external_id_of_another_is_taken_and_tells_nothing(world: Guarded) -> None:
    body = an_order(external_id="PO-1")
    order = world.json("shop", "POST", "/v1/orders", body)
    assert world.json("shop", "POST", "/v1/orders", body)["id"] == order["id"]
    answer = world.ask("rival", "POST", "/v1/orders", json=body)
    assert answer.status_code == 409
    assert order["id"] not in answer.text


def test_a_quote_of_another_is_none(world: Guarded) -> None:
    asked = {"service": "urgent", "drops": [a_drop()]}
    quote = world.json("shop", "POST", "/v1/quotes", asked)["quote_id"]
    order = an_order(quote_id=quote)
    assert world.ask("rival", "POST", "/v1/orders", json=order).status_code == 404
    assert world.ask("shop", "POST", "/v1/orders", json=order).status_code == 201


def test_contacts_are_for_dispatchers_and_for_the_courier_on_the_way(world: Guarded) -> None:
    desk = {"building": "b_225", "floor": 3, "department": "Law", "contact": ADA}
    placed = world.json("shop", "POST", "/v1/orders", an_order({**a_drop(), "desk": desk}))
    drop = placed["drops"][0]["id"]
    mine = placed["drops"][0]["courier"]
    other = "c_2" if mine == "c_1" else "c_1"
    path = f"/v1/drops/{drop}"
    for who in ("desk", "admin", mine):
        assert world.json(who, "GET", path)["desk"]["contact"] == ADA, who
    assert world.json("audit", "GET", path)["desk"]["contact"] is None
    assert world.ask(other, "GET", path).status_code == 404
    assert ADA["phone"] not in str(placed)
    for who in ("audit", "shop"):
        assert ADA["phone"] not in world.ask(who, "GET", f"/v1/orders/{placed['id']}").text
    # Once it goes with another, or is handed over, the courier knows the number no longer.
    world.json("desk", "PATCH", path, {"courier": other})
    assert world.ask(mine, "GET", path).status_code == 404
    assert world.json(other, "GET", path)["desk"]["contact"] == ADA
    _deliver(world, other, drop)
    assert world.ask(other, "GET", path).status_code == 404


def _deliver(world: Guarded, courier: str, drop: str) -> None:
    load, stop, *_ = world.json(courier, "GET", f"/v1/couriers/{courier}/route")["stops"]
    taps = [
        {"kind": "loaded", "stop": load["id"]},
        {"kind": "arrived", "stop": stop["id"]},
        {"kind": "delivered", "stop": stop["id"], "drop": drop},
    ]
    numbered = [{"action_id": f"a{i}", "seq": i, **tap} for i, tap in enumerate(taps, 1)]
    path = f"/v1/couriers/{courier}/actions"
    told = world.json(courier, "POST", path, {"actions": numbered})
    assert {result["result"] for result in told["results"]} == {"applied"}


def test_a_tap_about_anothers_drop_names_no_other_courier(world: Guarded) -> None:
    drop = world.json("shop", "POST", "/v1/orders", an_order())["drops"][0]
    other = "c_2" if drop["courier"] == "c_1" else "c_1"
    tap = {"action_id": "a", "seq": 1, "kind": "failed", "drop": drop["id"], "reason": "closed"}
    path = f"/v1/couriers/{other}/actions"
    told = world.ask(other, "POST", path, json={"actions": [tap]}).text
    assert drop["courier"] not in told
    assert drop["courier"] not in world.ask(other, "GET", path).text


def test_a_courier_lists_nobody_else(world: Guarded) -> None:
    assert [c["id"] for c in world.json("c_1", "GET", "/v1/couriers")["items"]] == ["c_1"]


def test_the_log_tells_who_caused_what(world: Guarded) -> None:
    world.json("shop", "POST", "/v1/orders", an_order())
    zone = world.app.state.zone

    def actors(room: Any) -> dict[str, str]:
        entries = room.database.entries_after(room.zone, 0)
        return {entry["kind"]: entry["actor"] for entry in entries}

    assert world.http.portal is not None
    told = world.http.portal.call(zone.ask, actors)
    assert told["order_placed"] == "shop"
    assert told["courier_added"] == "admin"


# Keys


def test_the_same_key_of_two_principals_is_two_keys(world: Guarded) -> None:
    headers = {"Idempotency-Key": "once"}
    first = world.ask("shop", "POST", "/v1/orders", json=an_order(), headers=headers)
    again = world.ask("shop", "POST", "/v1/orders", json=an_order(), headers=headers)
    other = world.ask("rival", "POST", "/v1/orders", json=an_order(), headers=headers)
    assert first.content == again.content
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


# Sign-in codes


def test_a_code_is_good_once_and_read_as_people_type_it(world: Guarded) -> None:
    code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
    assert len(code) == 8
    assert not set(code) & set("01IO")
    typed = f"{code[:4]}-{code[4:].lower()} "
    answer = world.http.post("/v1/sign-in", json={"code": typed})
    assert answer.status_code == 201
    assert world.http.post("/v1/sign-in", json={"code": code}).status_code == 401
    token = answer.json()["token"]
    told = world.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert (told["name"], told["role"], told["courier"]) == ("c_1", "courier", "c_1")


@pytest.mark.parametrize(("minutes", "status"), [(10 - 1 / 60, 201), (10, 401)])
def test_a_code_is_good_for_ten_minutes(world: Guarded, minutes: float, status: int) -> None:
    code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
    world.json("admin", "POST", "/v1/clock", {"now": at(minutes)})
    assert world.http.post("/v1/sign-in", json={"code": code}).status_code == status


def test_a_newer_code_ends_the_one_before(world: Guarded) -> None:
    codes = [world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"] for _ in range(2)]
    tried = [world.http.post("/v1/sign-in", json={"code": code}).status_code for code in codes]
    assert tried == [401, 201]


def test_a_code_is_good_once_across_restarts_and_none_can_be_read(
    home: Home, tmp_path: Path
) -> None:
    def tried(code: str) -> int:
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
            return int(client.post("/v1/sign-in", json={"code": code}).status_code)

    with guarded(tmp_path, couriers=1, db=home.url) as world:
        settings = world.app.state.zone.settings
        code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
        with beside(home.url) as connection:
            (row,) = connection.execute(select(sign_in_codes)).mappings()
        assert row["digest"] == digest_of(settings.zone, code)
        assert code not in str(dict(row))
    assert [tried(code), tried(code)] == [201, 401]
    with beside(home.url) as connection:
        assert connection.execute(select(sign_in_codes)).all() == []


def test_a_code_that_is_over_is_over_after_a_restart_too_and_goes(tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=1) as world:
        settings = world.app.state.zone.settings
        code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
    later = settings.model_copy(update={"clock_start": settings.clock_start + timedelta(hours=2)})
    with TestClient(create_app(later), base_url="http://127.0.0.1") as client:
        assert client.post("/v1/sign-in", json={"code": code}).status_code == 401
    with beside(settings.db) as connection:
        assert connection.execute(select(sign_in_codes)).all() == []


def test_an_older_process_lets_nobody_in_any_more(home: Home, tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=1, db=home.url) as world:
        code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
        home.run("UPDATE zone SET epoch = epoch + 1")
        for method, path, body in (
            ("POST", "/v1/sign-in", {"code": code}),
            ("POST", "/v1/couriers/c_1/sign-in-codes", None),
            ("POST", "/v1/tokens", {"name": "new", "role": "intake"}),
            ("DELETE", "/v1/couriers/c_1/sign-in", None),
        ):
            answer = world.ask("admin", method, path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/fenced"), path
        with beside(home.url) as connection:
            # The code is as good as it was, for the process that has the zone now.
            assert len(connection.execute(select(sign_in_codes)).all()) == 1
            names = set(connection.scalars(select(credentials.c.name)))
            assert "new" not in names


def test_signing_in_again_signs_the_phone_before_out(world: Guarded) -> None:
    before = world.tokens["c_1"]
    world.sign_in("c_1")
    assert (me(world, before), me(world, world.tokens["c_1"])) == (401, 200)


def test_a_lost_phone_is_signed_out(world: Guarded) -> None:
    assert world.ask("desk", "DELETE", "/v1/couriers/c_1/sign-in").status_code == 204
    assert (me(world, world.tokens["c_1"]), me(world, world.tokens["c_2"])) == (401, 200)


def test_guessed_codes_lock_the_address_out_but_not_who_has_a_token(world: Guarded) -> None:
    tried = [
        world.http.post("/v1/sign-in", json={"code": f"AAAA{i:04}"}).status_code for i in range(21)
    ]
    # Twenty failures count; what follows is not even looked at.
    assert tried == [401] * 20 + [429]
    code = world.json("desk", "POST", "/v1/couriers/c_1/sign-in-codes")["code"]
    answer = world.http.post("/v1/sign-in", json={"code": code})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert me(world, "dsp_0") == 429


# Sessions


def test_a_session_stands_for_a_token_and_ends(world: Guarded) -> None:
    began = world.ask("desk", "POST", "/v1/sessions")
    assert began.status_code == 201
    # The client keeps cookies as a browser does.
    assert world.http.get("/v1/me").json() == began.json()
    csrf = {"X-CSRF-Token": began.json()["csrf"]}
    assert world.http.delete("/v1/sessions", headers=csrf).status_code == 204
    assert world.http.get("/v1/me").status_code == 401


def test_a_session_ends_with_its_token_and_by_itself(world: Guarded) -> None:
    name = world.add("guest", "dispatcher")
    world.ask("guest", "POST", "/v1/sessions")
    assert world.http.get("/v1/me").status_code == 200
    world.json("admin", "DELETE", f"/v1/tokens/{name}")
    assert world.http.get("/v1/me").status_code == 401
    world.ask("desk", "POST", "/v1/sessions")
    world.json("admin", "POST", "/v1/clock", {"now": at(12 * 60)})
    assert world.http.get("/v1/me").status_code == 401


def test_a_session_begins_no_session(world: Guarded) -> None:
    csrf = world.ask("desk", "POST", "/v1/sessions").json()["csrf"]
    answer = world.http.post("/v1/sessions", headers={"X-CSRF-Token": csrf})
    assert answer.status_code == 401


def test_what_changes_something_needs_more_than_the_cookie(world: Guarded) -> None:
    csrf = world.ask("desk", "POST", "/v1/sessions").json()["csrf"]
    body = {"service": "urgent", "drops": [a_drop()]}

    def asked(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return int(world.http.post("/v1/quotes", json=body, headers=named).status_code)

    assert asked() == 403
    assert asked(X_CSRF_Token="x") == 403
    assert asked(X_CSRF_Token=csrf) == 200
    assert asked(X_CSRF_Token=csrf, Origin="http://127.0.0.1") == 200
    assert asked(X_CSRF_Token=csrf, Origin="http://evil.example") == 403
    assert asked(X_CSRF_Token=csrf, Origin="null") == 403
    assert asked(X_CSRF_Token=csrf, Sec_Fetch_Site="cross-site") == 403
    assert world.http.get("/v1/orders").status_code == 200


@pytest.mark.parametrize(("host", "is_secure"), [("127.0.0.1", False), ("d.example.org", True)])
def test_the_cookie_is_for_pages_of_ours_only(world: Guarded, host: str, is_secure: bool) -> None:
    told = cookie_of(world.ask("desk", "POST", "/v1/sessions", headers={"Host": host}))
    assert "HttpOnly" in told
    assert "SameSite=strict" in told
    assert ("Secure" in told) == is_secure


# Without tokens, and hosts


def test_without_tokens_a_presented_one_counts_all_the_same(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        made = client.post("/v1/tokens", json={"name": "shop", "role": "intake"}).json()
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert client.get("/v1/me", headers=headers).json()["name"] == "shop"
        assert client.get("/v1/me").json()["name"] == "local"
        assert client.get("/v1/me", headers={"Authorization": "Bearer x"}).status_code == 401


def test_with_tokens_only_the_names_allowed_are_answered_for(tmp_path: Path) -> None:
    with guarded(tmp_path, couriers=0, allowed_hosts=["127.0.0.1", "d.example.org"]) as world:
        for host, status in (("d.example.org:8443", 200), ("evil.example", 403)):
            answer = world.ask("desk", "GET", "/v1/me", headers={"Host": host})
            assert answer.status_code == status


def test_every_answer_keeps_other_pages_off(world: Guarded) -> None:
    answers = [
        world.ask("desk", "GET", "/v1/orders"),
        world.ask(None, "GET", "/v1/orders"),
        world.ask("desk", "GET", "/no/such/path"),
        world.ask("desk", "POST", "/v1/orders", content=b"x" * 2_000_000),
    ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 413]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_a_failure_of_ours_has_the_headers_too(tmp_path: Path) -> None:
    with service(tmp_path) as client:

        @client.app.get("/broken")  # type: ignore[attr-defined, untyped-decorator]
        async def broken() -> None:
            """Says neither what it needs nor works."""

        answer = client.get("/broken")
        # It does not say who may ask: nobody may, not even who may do everything.
        assert answer.status_code == 403
        client.app.state.watch.limits.spend = None  # type: ignore[attr-defined]
        answer = client.get("/v1/me")
        assert answer.status_code == 500
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_checking_a_token_takes_microseconds(world: Guarded) -> None:
    credentials = world.app.state.credentials
    began = time.process_time()
    for _ in range(1000):
        assert credentials.check(world.tokens["desk"], "dsp") is not None
    # 5 us here; a hundred times that is no database and no slow hash either.
    assert time.process_time() - began < 0.5


def test_orders_placed_on_the_machine_itself_belong_to_local(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        order = placed(client)["id"]
        made = client.post("/v1/tokens", json={"name": "shop", "role": "intake"}).json()
        headers = {"Authorization": f"Bearer {made['token']}"}
        assert client.get(f"/v1/orders/{order}", headers=headers).status_code == 404
