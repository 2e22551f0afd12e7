"""Contacts in a table of their own: equal words, one reference, until they are erased."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dispatch import kept_contacts as kept
from dispatch.contacts import Contact, Kind
from dispatch.statements import PART
from dispatch.store import Database
from tests.store_worlds import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homes import Home

AINO = Contact(name="Aino", phone="+358 40 1")
BO = Contact(name="Bo")
DAY_S = 86_400


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with closing(Database.open(home.url)) as opened:
        opened.start_zone(ZONE)
        yield opened


def kept_at(database: Database, now: int, *contacts: Contact) -> tuple[str, ...]:
    with database.write() as connection:
        return kept.keep_all(connection, ZONE, contacts, now)


def test_equal_words_get_one_reference_and_none_is_given_for_nothing(database: Database) -> None:
    assert kept_at(database, 10, AINO, Contact(), BO, AINO) == ("ct_1", "", "ct_2", "ct_1")
    assert kept_at(database, 20, BO) == ("ct_2",)
    # The same word as a note, or of a courier, is another thing.
    note, courier = Contact(Kind.NOTE, text="Bo"), Contact(Kind.COURIER, name="Bo")
    assert kept_at(database, 20, note, courier) == ("ct_3", "ct_4")
    with database.read() as connection:
        assert kept.read(connection, ZONE, {"ct_1", "ct_3", "ct_9", "", "Bo"}) == {
            "ct_1": AINO,
            "ct_3": note,
        }


def test_what_is_erased_leads_nowhere_and_its_reference_is_never_given_again(
    database: Database,
) -> None:
    kept_at(database, 10, AINO, BO)
    with database.write() as connection:
        kept.erase(connection, ZONE, ("ct_2",), 20)
    with database.read() as connection:
        assert kept.read(connection, ZONE, ("ct_1", "ct_2")) == {"ct_1": AINO}
    assert kept_at(database, 30, BO) == ("ct_3",)


def test_words_of_any_kind_come_back_as_they_were(database: Database) -> None:
    odd = Contact(name="王芳 'OR 1=1--\x00\x1f", phone="☎", text="\n" * 1000)
    (ref,) = kept_at(database, 10, odd)
    with database.read() as connection:
        assert kept.read(connection, ZONE, (ref,)) == {ref: odd}


def test_a_zone_never_reads_the_contacts_of_another(database: Database) -> None:
    kept_at(database, 10, AINO)
    database.start_zone("north")
    with database.write() as connection:
        assert kept.keep(connection, "north", BO, 10) == "ct_1"
        assert kept.read(connection, ZONE, ("ct_1",)) == {"ct_1": AINO}


@pytest.mark.parametrize(("later", "used_at"), [(DAY_S, 10), (DAY_S + 1, 10 + DAY_S + 1)])
def test_that_one_was_named_again_is_written_down_once_a_day(
    database: Database, later: int, used_at: int
) -> None:
    kept_at(database, 10, AINO)
    kept_at(database, 10 + later, AINO)
    with database.read() as connection:
        (held,) = kept.read_all(connection, ZONE)
        assert (held.created_at, held.used_at) == (10, used_at)
        # Before a moment: the moment itself is not.
        assert kept.unused_since(connection, ZONE, used_at, 5) == ()
        assert kept.unused_since(connection, ZONE, used_at + 1, 5) == (held,)


def test_more_contacts_than_a_statement_takes_are_kept_all(database: Database) -> None:
    many = [Contact(name=f"n{i}") for i in range(2 * PART + 1)]
    refs = kept_at(database, 10, *many)
    assert refs == tuple(f"ct_{i}" for i in range(1, len(many) + 1))
    with database.write() as connection:
        assert len(kept.read(connection, ZONE, refs)) == len(many)
        kept.erase(connection, ZONE, refs[1:], 20)
        assert kept.read(connection, ZONE, refs) == {"ct_1": many[0]}
