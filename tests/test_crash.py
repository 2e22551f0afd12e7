"""Faults on a real service: nothing is lost, and the harness finds what is planted."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api import asked, zone
from benchmarks import crash_faults as faults
from benchmarks.crash import KINDS, Kind, struck
from benchmarks.crash_checks import Follower
from benchmarks.crash_clients import Told
from benchmarks.crash_scene import ZONE, Scene, why_no_disk
from benchmarks.service_forked import FORKS, Forked, ForkedService, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgres_server import PostgresServer

TRIED = [
    kind
    for kind in KINDS
    if (kind.name, kind.on_server)
    in {
        ("kill -9", False),
        ("server stop -m immediate", True),
    }
]
"""One on each store; the proof has all of them on both."""


def named(kind: Kind) -> str:
    return f"{kind.name} {'postgresql' if kind.on_server else 'sqlite'}"


@pytest.mark.parametrize("kind", TRIED, ids=named)
def test_nothing_is_lost(kind: Kind, request: pytest.FixtureRequest) -> None:
    if kind.scene.get("on_small_disk") and (reason := why_no_disk()):
        pytest.skip(reason)
    server: PostgresServer | None = None
    if kind.on_server:
        server = request.getfixturevalue("postgres")
    row = struck(kind, 2, server, seed=5)
    assert (row.lost, row.violations) == ((), ())
    assert sum(row.told) >= 2
    assert "0     0" in row.line()


def hasty(words: tuple[str, ...], log: Path) -> None:
    """Runs a program that answers before it commits."""
    do, tell = zone.Zone._on_thread_do_waiting, asked.Done.tell  # noqa: SLF001

    def answering(self: zone.Zone, done: list[Any]) -> bool:
        noticed = do(self, done)
        for each in done:
            each.tell()
        # So long that a kill comes within it, again and again.
        time.sleep(0.3)
        return noticed

    def once(self: Any, failure: BaseException | None = None) -> None:
        if not self.asked.answer.done():
            tell(self, failure)

    zone.Zone._on_thread_do_waiting = answering  # type: ignore[method-assign]  # noqa: SLF001
    asked.Done.tell = once  # type: ignore[method-assign]
    run(words, log)


class Hasty(ForkedService):
    """A service that answers before it commits."""

    def launched(self, words: tuple[str, ...], log: Path) -> Forked:
        process = FORKS.Process(target=hasty, args=(words, log))
        process.start()
        return Forked(process)


def test_an_answer_before_its_commit_is_found_by_kills() -> None:
    kind = Kind("kill -9", faults.killed, on_server=False, scene={"program": Hasty})
    row = struck(kind, 2, None, seed=3)
    assert any(text.startswith("I") for text in row.lost), row


TAMPERED = {
    "UPDATE plan SET epoch = 0 WHERE version = (SELECT max(version) FROM plan)": "I5 no plan of an",
    "UPDATE event SET body = json_set(body, '$.more', 7) WHERE seq = 1": "the chain holds",
    "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)": "I5 the zone is at the end",
    "DELETE FROM courier_action": "I4",
    "UPDATE orders SET body = json_set(body, '$.placed_at', 7)": "",
}
"""What is changed behind the service's back, and how what is found begins; empty: by the audit."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a service left as it was killed: its database, and what everybody was told by then."""

    database: Path
    told: Told


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    with Scene(None, seed=4) as scene:
        scene.load.wait(lambda: scene.load.told.taps and scene.load.told.orders)
        with scene.load.held():
            scene.service.kill()
            kept = tmp_path_factory.mktemp("left") / "dispatch.db"
            with (
                closing(sqlite3.connect(scene.disk / "dispatch.db")) as database,
                closing(sqlite3.connect(kept)) as copy,
            ):
                database.backup(copy)
            yield Left(kept, scene.load.told)
        scene.load.end()


def found_in(database: Path, told: Told) -> list[str]:
    """Returns what does not hold in a database, by those who were told what it should have."""
    follower = Follower(f"sqlite:///{database}", ZONE)
    follower.follow(told)
    follower.audit()
    return follower.lost + follower.violations


def test_a_database_nobody_touched_holds_all_that_was_told(left: Left) -> None:
    assert found_in(left.database, left.told) == []


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_is_planted_in_a_database_is_found(statement: str, left: Left, tmp_path: Path) -> None:
    path = Path(shutil.copy(left.database, tmp_path))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(statement)
    assert any(text.startswith(TAMPERED[statement]) for text in found_in(path, left.told))
