"""The report of promises: computed, read from a database, over HTTP and by the command."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli import app
from api.promises import read_range
from dispatch import events as ev
from dispatch.commit import Commit
from dispatch.errors import InvalidRequest
from dispatch.orders import DropStatus, Line
from dispatch.plan import Plan
from dispatch.promise_report import By, Promised, promise_report, standing
from dispatch.sqlite import DatabaseError
from dispatch.status import promise_of
from dispatch.store import Database
from dispatch.stored_promises import find_promises
from tests.api_world import a_courier, at, move_clock, placed, route, service, tapped
from tests.store_worlds import INSIDE, ZONE, joined
from tests.store_worlds import placed as an_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.homes import Home

HELSINKI = "Europe/Helsinki"

USUAL = Promised("o_1", "urgent", "st_1", 0, None, 1320, "b_1", "c_1", 1000)
"""An order of one drop, kept with 320 s to spare."""


def counts(drops: list[Promised], now: int = 2000, by: By = By.SERVICE) -> dict[str, int]:
    """Returns the states of a report's sum that are not 0."""
    total = promise_report(drops, by, now, HELSINKI).total
    states = ("kept", "late", "breached", "cancelled", "paused", "running")
    return {state: n for state in states if (n := getattr(total, state))}


@pytest.mark.parametrize(
    ("drop", "now", "state"),
    [
        (USUAL, 2000, "kept"),
        (replace(USUAL, closed_at=1320), 2000, "kept"),
        (replace(USUAL, closed_at=1321), 2000, "late"),
        (replace(USUAL, closed_at=None), 1320, "running"),
        (replace(USUAL, closed_at=None), 1321, "breached"),
        (replace(USUAL, deadline=None, closed_at=None), 2000, "paused"),
        (replace(USUAL, cancelled_at=60, closed_at=60), 2000, "cancelled"),
    ],
)
def test_a_promise_is_counted_in_its_state(drop: Promised, now: int, state: str) -> None:
    assert counts([drop], now) == {state: 1}


def test_shares_are_of_what_is_decided_and_lateness_of_what_is_late() -> None:
    drops = [
        USUAL,
        replace(USUAL, order="o_2", closed_at=1420),
        replace(USUAL, order="o_3", closed_at=None),
        replace(USUAL, order="o_4", closed_at=None, deadline=9000),
        replace(USUAL, order="o_5", cancelled_at=5, closed_at=5),
    ]
    total = promise_report(drops, By.SERVICE, 2000, HELSINKI).total
    assert (total.promised, total.kept_share, total.late_share) == (5, 0.3333, 0.3333)
    # Late by 100 s and, so far, 680 s: the median is 390, and 95 of 100 parts up it is 651.
    assert (total.late_p50_s, total.late_p95_s) == (390, 651)


def test_nothing_gives_an_empty_table() -> None:
    found = promise_report([], By.STORE, 0, HELSINKI)
    assert found.rows == ()
    assert (found.total.promised, found.total.kept_share, found.total.late_p50_s) == (0, None, None)


def test_an_order_of_several_drops_counts_once_where_its_last_one_is() -> None:
    early = replace(USUAL, building="b_1", courier="c_1", closed_at=500)
    late = replace(USUAL, building="b_2", courier="c_2", closed_at=900)
    for drops in ([early, late], [late, early]):
        for by, group in ((By.BUILDING, "b_2"), (By.COURIER, "c_2")):
            assert [r.group for r in promise_report(drops, by, 2000, HELSINKI).rows] == [group]
    waiting = replace(early, building="b_3", courier=None, closed_at=None)
    found = promise_report([waiting, late], By.COURIER, 1000, HELSINKI).rows
    assert [(row.group, row.running) for row in found] == [("nobody", 1)]


def test_hours_are_local_ones_of_placing() -> None:
    # 1970 began at 02:00 in Helsinki.
    drops = [USUAL, replace(USUAL, order="o_2", placed_at=3599)]
    drops.append(replace(USUAL, order="o_3", placed_at=3600))
    found = promise_report(drops, By.HOUR, 2000, HELSINKI).rows
    assert [(row.group, row.promised) for row in found] == [("02:00", 2), ("03:00", 1)]


@given(
    st.lists(st.one_of(st.none(), st.integers(90, 110)), min_size=1, max_size=3),
    st.one_of(st.none(), st.integers(90, 110)),
    st.booleans(),
    st.integers(90, 110),
)
def test_the_report_and_the_order_tell_the_same_state(
    closed: list[int | None], deadline: int | None, cancelled: bool, now: int
) -> None:
    event = an_order(1, drops=len(closed))
    cancelled_at = 95 if cancelled else None
    order = replace(event.order, deadline=deadline, cancelled_at=cancelled_at)
    drops = [
        replace(d, closed_at=at, status=DropStatus.WAITING if at is None else DropStatus.ACCEPTED)
        for d, at in zip(event.drops, closed, strict=True)
    ]
    told = [
        Promised("o_1", "urgent", "st_1", 0, cancelled_at, deadline, "b_1", None, d.closed_at)
        for d in drops
    ]
    assert standing(told, now)[0] is promise_of(order, drops, Plan(), now).state


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with closing(Database.open(home.url)) as opened:
        opened.start_zone(ZONE)
        yield opened


def test_a_database_tells_what_the_report_needs(database: Database, home: Home) -> None:
    first, second = an_order(1, at=100, drops=2), an_order(2, at=200)
    lines = (Line("paper", 2),)
    handed = ev.Delivered(900, "c_1", "s_10", INSIDE, "d_10", lines)
    database.commit(ZONE, Commit(0, (joined(1), first, second, handed)))
    url = home.url
    usual = Promised("o_1", "urgent", "st_1", 100, None, 1420, "b_1", "c_1", 900)
    waiting = replace(usual, courier=None, closed_at=None)
    assert find_promises(url, ZONE, 100, 200) == (usual, waiting)
    # From is included, to is not.
    assert [p.order for p in find_promises(url, ZONE, 101, 201)] == ["o_2"]
    assert find_promises(url, ZONE, 201, 1 << 40) == ()


def test_an_unknown_zone_is_told_from_one_without_orders(database: Database, home: Home) -> None:
    url = home.url
    assert find_promises(url, ZONE, 0, 1000) == ()
    with pytest.raises(InvalidRequest, match=f"Choose from {ZONE}"):
        find_promises(url, "north", 0, 1000)


def test_what_is_no_database_of_this_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="There is no such database"):
        find_promises(f"sqlite:///{tmp_path}/none.db", ZONE, 0, 1)
    for name, tables, what in (
        ("other", ("cats (name)",), "not a database of this program"),
        ("old", ("alembic_version (version_num)",), "is of version 0001"),
    ):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as raw:
            for table in tables:
                raw.execute(f"CREATE TABLE {table}")
            if name == "old":
                raw.execute("INSERT INTO alembic_version VALUES ('0001')")
            raw.commit()
        with pytest.raises(DatabaseError, match=what):
            find_promises(f"sqlite:///{tmp_path}/{name}.db", ZONE, 0, 1)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("1970-01-02", 22 * 3600),
        ("1970-01-02T00:00:00+02:00", 22 * 3600),
        ("1970-01-02T00:00:00 02:00", 22 * 3600),
        ("1970-01-01T22:00:00Z", 22 * 3600),
    ],
)
def test_a_bound_is_a_date_of_the_city_or_a_moment(text: str, second: int) -> None:
    assert read_range(text, None, HELSINKI, ("from", "to")) == (second, None)


@pytest.mark.parametrize(
    ("since", "until", "what"),
    [
        ("yesterday", None, "'yesterday' is neither a date"),
        (None, "1970-01-02T10:00:00", "nor a moment with an offset"),
        ("1970-01-03", "1970-01-02", "ends .1970-01-02. before it begins"),
    ],
)
def test_a_range_that_is_none_is_refused(since: str | None, until: str | None, what: str) -> None:
    with pytest.raises(InvalidRequest, match=what):
        read_range(since, until, HELSINKI, ("from", "to"))


def played(client: TestClient) -> None:
    """Lets one order be kept, one be late and one be cancelled."""
    client.post("/v1/couriers", json=a_courier())
    placed(client)
    for moment, kind in ((1, "loaded"), (2, "delivered")):
        move_clock(client, moment)
        tapped(client, "c_1", {"kind": kind, "stop": route(client)[0]["id"]})
    placed(client)
    client.delete(f"/v1/orders/{placed(client)['id']}")
    move_clock(client, 65)


def test_the_report_over_http(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        played(client)
        body: dict[str, Any] = client.get("/v1/promises/report").json()
        assert (body["from"], body["to"], body["by"]) == (None, None, "service")
        (row,) = body["items"]
        assert row | {"group": "all"} == body["total"]
        known = {k: row[k] for k in ("group", "promised", "kept", "late", "breached", "cancelled")}
        assert known == {
            "group": "urgent",
            "promised": 3,
            "kept": 1,
            "late": 0,
            "breached": 1,
            "cancelled": 1,
        }
        assert row["kept_share"] == 0.5
        # Placed 2 minutes after ten, due 22 later, now it is 65 after ten.
        assert row["late_p50_s"] == (65 - 24) * 60
        ranged = client.get("/v1/promises/report", params={"from": at(1), "by": "courier"}).json()
        assert ranged["from"] == at(1)
        assert [row["group"] for row in ranged["items"]] == ["nobody"]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("by=colour", "query.by"),
        ("from=soon", "query.from"),
        ("from=2026-11-24&to=2026-11-23", "query.from"),
    ],
)
def test_bad_input_over_http_says_where(tmp_path: Path, query: str, where: str) -> None:
    with service(tmp_path) as client:
        answer = client.get(f"/v1/promises/report?{query}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["at"] == where
        assert client.get("/v1/promises/report").json()["items"] == []


def test_the_command_prints_a_table_json_or_csv(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        played(client)
    command = ["promises", "report", "--db", f"sqlite:///{tmp_path}/dispatch.db"]
    table = CliRunner().invoke(app, [*command, "--by", "store"])
    assert table.exit_code == 0, table.output
    assert "st_1" in table.output
    told = json.loads(CliRunner().invoke(app, [*command, "--by", "store", "--json"]).output)
    assert told["total"]["promised"] == 3
    lines = CliRunner().invoke(app, [*command, "--by", "store", "--csv"]).output
    (row,) = csv.DictReader(io.StringIO(lines))
    assert (row["store"], row["promised"], row["kept"], row["paused"]) == ("st_1", "3", "1", "0")


def test_the_command_for_a_range_without_orders_prints_an_empty_table(tmp_path: Path) -> None:
    with service(tmp_path):
        pass
    db = f"sqlite:///{tmp_path}/dispatch.db"
    command = ["promises", "report", "--db", db, "--from", "2020-01-01", "--to", "2020-01-02"]
    assert CliRunner().invoke(app, command).exit_code == 0
    told = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)
    assert (told["items"], told["total"]["promised"]) == ([], 0)


def test_the_command_takes_one_format(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["promises", "report", "--json", "--csv"])
    assert isinstance(found.exception, InvalidRequest)
