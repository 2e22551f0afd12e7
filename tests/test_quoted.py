"""Who is quoted in what was wrong is found by words, whole or cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.answered import Answered, write_answered
from dispatch.contacts import Contact, Kind
from dispatch.quoted import ERASED, erase_quotes, quotes_of
from dispatch.store import Database
from dispatch.subjects import Subject, subjects_of

if TYPE_CHECKING:
    from pathlib import Path

AINO = Subject.read("Aino Virtanen")


def kept_after_erasing(folder: Path, body: dict[str, Any], subject: Subject = AINO) -> Any:
    """Returns what is kept of an answer after somebody was erased from it."""
    database = Database.open(f"sqlite:///{folder}/dispatch.db")
    database.start_zone("z")
    text = json.dumps(body, separators=(",", ":"))
    with database.write() as connection:
        write_answered(connection, "z", Answered("shop", "k", "", 422, {}, text, 100), 0)
        erase_quotes(connection, quotes_of(connection, "z", (subject,)))
        told = connection.exec_driver_sql("SELECT body FROM idempotency").scalar_one()
    database.close()
    return json.loads(told)


def fault(value: object, column: str = "floor", message: str = "Wrong.") -> dict[str, Any]:
    return {"at": "B2", "message": message, "input": value, "column": column}


@pytest.mark.parametrize(
    "wrong",
    [
        fault("aino  virtanen"),
        fault({"contact": {"name": "Aino Virtanen"}}),
        fault(["Aino Virtanen"]),
        fault("", message="'Aino Virtanen' is no floor."),
        # Of 200 characters 40 are told: the rest of her name may be behind them.
        fault("x" * 33 + " Aino V", "contact_name"),
        fault("x" * 100 + " Aino…", "note"),
    ],
)
def test_a_fault_that_speaks_of_somebody_says_nothing_any_more(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    other = fault("Bo")
    told = kept_after_erasing(tmp_path, {"errors": [wrong, other], "detail": "B2: Aino Virtanen"})
    gone = wrong | {"input": None, "message": ERASED}
    assert told == {"errors": [gone, other], "detail": ERASED}


@pytest.mark.parametrize(
    "wrong",
    [
        fault("Aino Virtanens"),
        fault("x" * 33 + " Bino V", "contact_name"),
        # Told whole, or where nobody is named.
        fault("x" * 32 + " Aino V", "contact_name"),
        fault("x" * 33 + " Aino V", "building"),
    ],
)
def test_a_fault_that_speaks_of_others_stays_as_it_is(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    body = {"errors": [wrong], "detail": "B2: Wrong."}
    assert kept_after_erasing(tmp_path, body) == body


@pytest.mark.parametrize("value", ["ring 040 765 4321", 407654321, 358407654321.0])
def test_a_number_is_found_as_a_text_and_as_what_a_spreadsheet_made_of_it(
    tmp_path: Path, value: object
) -> None:
    body = {"errors": [fault(value)]}
    number = Subject.read("40 765 4321")
    assert kept_after_erasing(tmp_path, body, number)["errors"][0]["input"] is None


def test_contacts_are_subjects_by_number_and_by_name_where_these_say_something() -> None:
    desk = Contact(Kind.DESK, name="Aino Virtanen", phone="+358 40 765 4321")
    assert [subject.text for subject in subjects_of([desk])] == ["+358 40 765 4321", desk.name]
    assert subjects_of([Contact(Kind.DESK, name="A", phone="12")]) == ()
    assert subjects_of([Contact(Kind.NOTE, text="Ring Aino")]) == ()
