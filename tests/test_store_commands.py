"""The commands about a database, run as users run them."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from dispatch import events as ev
from dispatch.commit import Commit
from dispatch.places import DirectoryDesk
from dispatch.server_backup import dump_command, restore_command
from dispatch.store import Database
from tests.api_world import a_courier, an_order, move_clock, placed, service
from tests.store_worlds import ZONE, a_plan, joined
from tests.store_worlds import placed as placed_event
from tests.test_audit import HISTORY, made, tamper
from tests.test_cli import Command, dispatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgres_server import PostgresServer
    from tests.homes import Home

__all__ = ["dispatch"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "zone.db"
    made(path, *HISTORY)
    return path


@pytest.fixture
def db(tmp_path: Path, sound: Path) -> str:
    return f"sqlite:///{shutil.copy(sound, tmp_path / 'zone.db')}"


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a service over Helsinki that took two orders and is running."""
    folder = tmp_path_factory.mktemp("worked")
    with service(folder) as client:
        assert client.post("/v1/couriers", json=a_courier()).status_code == 201
        placed(client)
        move_clock(client, 3)
        placed(client, **{"external_id": "A-7"})
        yield folder


def test_verify_tells_a_whole_log_and_its_head(dispatch: Command, db: str) -> None:
    told = dispatch("audit", "verify", "--db", db)
    assert (told.returncode, told.stderr) == (0, "")
    assert "7 entries, 2 plans, nothing wrong" in told.stdout
    head = dispatch("audit", "head", "--db", db).stdout.strip()
    assert head in told.stdout
    assert dispatch("audit", "verify", "--db", db, "--head", head).returncode == 0


def test_verify_ends_with_1_where_something_is_wrong(dispatch: Command, db: str) -> None:
    tamper(Path(db.removeprefix("sqlite:///")), "UPDATE event SET actor = 'eve' WHERE seq = 5")
    told = dispatch("audit", "verify", "--db", db, "--json")
    assert told.returncode == 1
    (zone,) = json.loads(told.stdout)["zones"]
    assert [(fault["kind"], fault["seq"]) for fault in zone["faults"]] == [("changed", 5)]
    assert "entry 5" in dispatch("audit", "verify", "--db", db).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "verify", "--db", "sqlite:///none.db"),
        ("audit", "verify", "--head", "7"),
        ("audit", "log", "--subject", "o_99"),
        ("audit", "head", "--zone", "north"),
        ("replay", "--version", "99"),
        ("replay", "--version", "1", "--until", "2026-11-23"),
        ("backup", "zone.db"),
        ("restore", "none.db"),
        ("check-db", "--db", "sqlite:///none.db"),
    ],
)
def test_what_the_user_can_mend_ends_with_2_and_a_line(
    dispatch: Command, db: str, arguments: tuple[str, ...]
) -> None:
    given = arguments if "--db" in arguments else (*arguments, "--db", db)
    told = dispatch(*given)
    assert told.returncode == 2
    assert told.stderr.startswith("dispatch: ")
    assert "Traceback" not in told.stderr


def test_the_log_tells_who_did_what_when(dispatch: Command, db: str) -> None:
    told = dispatch("audit", "log", "--db", db, "--subject", "c_2", "--json")
    (entry,) = map(json.loads, told.stdout.splitlines())
    assert (entry["actor"], entry["kind"], entry["seq"]) == ("ann", "courier_added", 2)
    # 90 Unix seconds are 02:01:30 in Helsinki.
    assert entry["recorded_at"] == "1970-01-01T02:01:30+02:00"
    # Recorded at 90, 100 and 110: from the second to before the third are the orders and a plan.
    bounds = ("--from", "1970-01-01T00:01:40+00:00", "--to", "1970-01-01T00:01:50+00:00")
    between = dispatch("audit", "log", "--db", db, "--json", *bounds).stdout.splitlines()
    assert [json.loads(line)["seq"] for line in between] == [3, 4, 5]
    assert "plan 2" in dispatch("audit", "log", "--db", db).stdout


def test_a_plan_is_replayed_beside_the_service(dispatch: Command, worked: Path) -> None:
    db = f"sqlite:///{worked}/dispatch.db"
    told = json.loads(dispatch("replay", "--db", db, "--json").stdout)
    assert told["why"]["cause"] == "event"
    assert [event["what"] for event in told["why"]["events"]][-1] == "order_placed"
    assert told["why"]["came"] == [{"drop": "d_2", "to": "c_1"}]
    assert told["why"]["times_off_s"] == 0
    assert told["state"]["num_orders"] == 2
    first = json.loads(
        dispatch("replay", "--db", db, "--json", "--until", "2026-11-23T10:01:00+02:00").stdout
    )
    assert first["state"]["num_orders"] == 1
    assert len(json.loads(dispatch("replay", "--db", db, "--json", "--state").stdout)["state"]
               ["drops"]) == 2  # fmt: skip
    text = dispatch("replay", "--db", db).stdout
    assert "It is what the events alone lead to." in text
    assert "d_2 came to c_1" in text


def test_a_running_service_is_backed_up_restored_and_checked(
    dispatch: Command, worked: Path, tmp_path: Path
) -> None:
    db = f"sqlite:///{worked}/dispatch.db"
    told = dispatch("backup", str(tmp_path / "b.db"), "--db", db, "--json")
    assert told.returncode == 0
    head = dispatch("audit", "head", "--db", db).stdout.strip()
    assert json.loads(told.stdout)["heads"] == {"helsinki": head}
    assert dispatch("backup", str(tmp_path / "b.db"), "--db", db).returncode == 2
    # The service holds the lock.
    refused = dispatch("restore", str(tmp_path / "b.db"), "--db", db, "--force")
    assert (refused.returncode, "Another process" in refused.stderr) == (2, True)
    again = f"sqlite:///{tmp_path}/again.db"
    assert dispatch("restore", str(tmp_path / "b.db"), "--db", again).returncode == 0
    checked = dispatch("check-db", "--db", again, "--json")
    assert checked.returncode == 0
    assert json.loads(checked.stdout)["faults"] == []
    assert "Nothing is wrong." in dispatch("check-db", "--db", db).stdout
    with service(tmp_path, db=again) as client:
        assert client.get("/v1/orders/o_2").json()["external_id"] == "A-7"
        assert client.post("/v1/orders", json=an_order()).json()["id"] == "o_3"


def test_check_ends_with_1_where_something_is_wrong(dispatch: Command, db: str) -> None:
    tamper(Path(db.removeprefix("sqlite:///")), "DELETE FROM plan WHERE version = 2")
    told = dispatch("check-db", "--db", db)
    assert told.returncode == 1
    assert "A plan was taken out" in told.stdout


def test_commands_for_a_server_hold_no_password() -> None:
    url = make_url("postgresql+psycopg://ann:secret@db.example:5433/zones")
    for command in (dump_command(url, Path("b.dump")), restore_command(url, Path("b.dump"))):
        assert "--dbname=postgresql://ann@db.example:5433/zones" in command
        assert "secret" not in " ".join(command)


@pytest.fixture
def served(blank: Home) -> str:
    """A server's database with the zone of the settings: two customers' desks and an order."""
    with closing(Database.open(blank.url)) as database:
        database.start_zone("helsinki")
        own = DirectoryDesk("k_own", "b_1", 3, "Law", customer="Acme")
        events = (joined(1), ev.DesksReplaced(95, "Acme", (own,)), placed_event(1))
        database.commit("helsinki", Commit(100, events, a_plan(1, drops=("d_10",))))
    return blank.url


def test_every_command_that_reads_a_database_reads_that_of_a_server(
    dispatch: Command, served: str
) -> None:
    told = dispatch("promises", "report", "--db", served, "--json")
    assert (told.returncode, json.loads(told.stdout)["total"]["promised"]) == (0, 1)
    way = dispatch("city", "explain", "b_3/0", "k_own", "--db", served, "--json")
    assert way.stdout == dispatch("city", "explain", "b_3/0", "b_1/3", "--json").stdout
    assert way.returncode == 0
    for words in (("audit", "verify"), ("audit", "head"), ("audit", "log"), ("check-db",)):
        assert dispatch(*words, "--db", served).returncode == 0, words


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="pg_dump is not installed")
def test_a_server_s_database_is_dumped_and_restored(
    dispatch: Command, served: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    file = str(tmp_path / "zone.dump")
    assert dispatch("backup", file, "--db", served).returncode == 0
    assert dispatch("backup", file, "--db", served).returncode == 2
    postgres.create("restored")
    restored = postgres.url("restored")
    assert dispatch("restore", file, "--db", restored).returncode == 0
    heads = [dispatch("audit", "head", "--db", db).stdout for db in (served, restored)]
    assert heads[0] == heads[1]
    assert "Nothing is wrong." in dispatch("check-db", "--db", restored).stdout
    # What came since is replaced only where that is said, and the epoch is above both.
    with closing(Database.open(restored)) as database:
        assert database.start_zone("helsinki") == 3
        database.commit("helsinki", Commit(200, (joined(2),)))
    assert dispatch("restore", file, "--db", restored).returncode == 2
    assert dispatch("restore", file, "--db", restored, "--force").returncode == 0
    assert dispatch("audit", "head", "--db", restored).stdout == heads[0]
    with closing(Database.open(restored)) as database:
        assert database.start_zone("helsinki") == 5


@pytest.mark.skipif(shutil.which("pg_restore") is None, reason="pg_restore is not installed")
def test_a_dump_that_is_damaged_changes_nothing(
    dispatch: Command, served: str, tmp_path: Path
) -> None:
    (tmp_path / "zone.dump").write_bytes(b"PGDMP nonsense")
    head = dispatch("audit", "head", "--db", served).stdout
    told = dispatch("restore", str(tmp_path / "zone.dump"), "--db", served, "--force")
    assert (told.returncode, "pg_restore failed" in told.stderr) == (2, True)
    assert dispatch("audit", "head", "--db", served).stdout == head


def test_a_zone_need_not_be_named_where_there_is_one(
    dispatch: Command, db: str, tmp_path: Path
) -> None:
    with closing(Database.open(db)) as database:
        database.start_zone("north")
    assert dispatch("audit", "head", "--db", db).returncode == 2
    assert dispatch("audit", "head", "--db", db, "--zone", ZONE).stdout.startswith("7:")
