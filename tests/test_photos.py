"""Photos of a hand-over: cleaned, kept once and apart, shown to few, and forgotten."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from api.photos import HEADERS
from api.retention import SWEEP_S
from dispatch.beside import beside
from dispatch.erasing import Erased, erase_subject
from dispatch.personal import as_json, personal
from dispatch.photos import MOST_BYTES, MOST_OF_DROP
from dispatch.sqlite import path_of
from dispatch.subjects import Subject
from tests.access_world import Guarded, guarded
from tests.api_world import at
from tests.pictures import PICTURE, PLACE, as_taken, numbered, segment
from tests.test_track import load, order, tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.zone import Room

ID = "0193a7c2d41e7f00"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Guarded]:
    with guarded(tmp_path, couriers=2, contacts_keep_s=86_400) as found:
        order(found)
        load(found)
        yield found


def path(photo: str = ID, drop: str = "d_1") -> str:
    return f"/v1/drops/{drop}/photos/{photo}"


def add(world: Guarded, body: bytes = PICTURE, who: str = "c_1", **where: str) -> Any:
    return world.ask(who, "PUT", path(**where), content=body)


def show(world: Guarded, who: str = "desk", **where: str) -> Any:
    return world.ask(who, "GET", path(**where))


def proofs(world: Guarded) -> Any:
    return world.json("desk", "GET", "/v1/drops/d_1/proofs")["items"]


def fault(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def hand_over(world: Guarded) -> None:
    assert tap(world, 2, "delivered", drop="d_1")["result"] == "applied"


def test_a_photo_comes_after_the_tap_and_a_dispatcher_sees_it(world: Guarded) -> None:
    hand_over(world)
    taken = world.ask("c_1", "PUT", path() + "?sku=A4-80", content=as_taken())
    assert taken.status_code == 201
    photo = {"id": ID, "sku": "A4-80", "size_bytes": len(PICTURE), "path": path()}
    assert taken.json() == photo | {"drop": "d_1", "courier": "c_1", "at": at(0)}
    (proof,) = proofs(world)
    about = {"kind": "photo", "courier": "c_1", "at": at(0), "signature": None}
    assert proof == about | {"photo": photo}
    answer = world.ask("desk", "GET", proof["photo"]["path"])
    # Where it was taken is not even kept.
    assert (answer.content, PLACE in answer.content) == (PICTURE, False)
    told = {name: answer.headers.get_list(name)[0] for name in HEADERS}
    assert told == HEADERS
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_photo_lies_apart_from_the_log_and_the_taps(world: Guarded) -> None:
    hand_over(world)
    assert add(world).status_code == 201
    with closing(sqlite3.connect(path_of(world.app.state.zone.settings.db))) as file:
        named = "SELECT name FROM sqlite_master WHERE type = 'table'"
        tables = [name for (name,) in file.execute(named)]
        # Names of our own tables, which SQL takes no parameters for.
        rows = {t: repr(file.execute(f"SELECT * FROM {t}").fetchall()) for t in tables}  # noqa: S608
    assert [table for table, told in rows.items() if ID in told] == ["photo"]


def test_a_photo_sent_again_is_kept_once_and_its_id_is_no_others(world: Guarded) -> None:
    first = add(world)
    assert add(world, as_taken()).json() == first.json()
    assert fault(add(world, numbered(1))) == (409, "photo-id-reused")
    assert len(proofs(world)) == 1
    assert show(world).content == PICTURE


def test_a_drop_has_so_many_photos_and_no_more(world: Guarded) -> None:
    for i in range(MOST_OF_DROP):
        assert add(world, numbered(i), photo=f"photo-{i:03}").status_code == 201
    assert fault(add(world, photo="photo-999")) == (409, "too-many-photos")
    # The last one is known when it is sent again.
    assert add(world, numbered(MOST_OF_DROP - 1), photo="photo-007").status_code == 201


def filled(size: int) -> bytes:
    """Returns a picture of so many bytes, all of which belong to it."""
    return PICTURE[:-2] + b"\x01" * (size - len(PICTURE)) + PICTURE[-2:]


def test_a_photo_of_the_most_bytes_is_taken_and_a_larger_one_is_not(world: Guarded) -> None:
    assert add(world, filled(MOST_BYTES)).status_code == 201
    large = add(world, filled(MOST_BYTES + 1), photo="photo-001")
    assert fault(large) == (413, "photo-too-large")


@pytest.mark.parametrize(
    "body",
    [b"", b"\x89PNG\r\n\x1a\n", b"<html><script>", PICTURE[:-2], segment(0xE1, PLACE)],
)
def test_what_is_no_picture_is_not_taken_whatever_it_is_said_to_be(
    world: Guarded, body: bytes
) -> None:
    said = {"Content-Type": "image/jpeg"}
    answer = world.ask("c_1", "PUT", path(), content=body, headers=said)
    assert fault(answer) == (422, "bad-photo")
    assert proofs(world) == []


@pytest.mark.parametrize("photo", ["short", "a" * 65, "with%20blank", "..%2f..%2fetc"])
def test_an_id_is_of_plain_characters(world: Guarded, photo: str) -> None:
    assert add(world, photo=photo).status_code in (404, 422)


def test_only_who_brings_or_brought_a_drop_adds_to_it(world: Guarded) -> None:
    nowhere, others = add(world, drop="d_9"), add(world, who="c_2")
    assert fault(others) == fault(nowhere) == (404, "unknown-drop")
    assert others.text.replace("d_1", "d_9") == nowhere.text
    order(world)
    # Nobody has taken d_2 yet; the courier it is planned for does not see that.
    assert fault(add(world, drop="d_2")) == (404, "unknown-drop")
    assert fault(add(world, who="desk", drop="d_2")) == (409, "not-brought")
    assert add(world, who="shop").status_code == add(world, who="audit").status_code == 403
    line = world.ask("c_1", "PUT", path() + "?sku=pens", content=PICTURE)
    assert fault(line) == (422, "unknown-line")


def test_a_photo_is_shown_to_a_courier_as_long_as_the_drop_is_on_the_route(
    world: Guarded,
) -> None:
    add(world)
    assert show(world, "c_1").content == PICTURE
    assert fault(show(world, "c_2")) == (404, "unknown-drop")
    assert fault(show(world, photo="photo-999")) == (404, "unknown-photo")
    assert show(world, "shop").status_code == show(world, "audit").status_code == 403
    hand_over(world)
    assert fault(show(world, "c_1")) == (404, "unknown-drop")
    assert show(world, "desk").status_code == 200


def erased(room: Room) -> Erased:
    with room.database.write() as connection:
        found = personal(connection, room.zone, Subject.read("Aino Virtanen"))
        return erase_subject(connection, found, room.now)


def test_a_photo_is_told_to_whom_it_is_about_and_erased_with_them(world: Guarded) -> None:
    hand_over(world)
    add(world)
    with beside(world.app.state.zone.settings.db) as connection:
        told = as_json(connection, personal(connection, "helsinki", Subject.read("Aino Virtanen")))
    (photo,) = json.loads(json.dumps(told["photos"]))
    assert (photo["drop_id"], b64decode(photo["jpeg"])) == ("d_1", PICTURE)
    assert world.http.portal is not None
    zone = world.app.state.zone
    assert world.http.portal.call(partial(zone.ask, erased, wake=False)).photos == 1
    assert show(world).status_code == 404
    with open(path_of(world.app.state.zone.settings.db), "rb") as file:
        assert PICTURE not in file.read()
    # A phone that was without a network is late: it has nothing to bring any more.
    assert fault(add(world)) == (410, "photo-too-late")


def test_a_photo_is_forgotten_with_the_contacts(world: Guarded) -> None:
    hand_over(world)
    add(world)
    day, sweep = 24 * 60, SWEEP_S / 60
    world.json("admin", "POST", "/v1/clock", {"now": at(day)})
    assert len(proofs(world)) == 1
    world.json("admin", "POST", "/v1/clock", {"now": at(day + sweep + 1)})
    assert proofs(world) == []
    assert show(world).status_code == 404
