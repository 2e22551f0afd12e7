"""A customer's directory from a table: every row is checked, and all is taken or nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dispatch.city import City, load_city
from dispatch.directory import MOST_FAULTS, read_csv, with_directory
from dispatch.places import DirectoryDesk
from tests.small_maps import SmallMap

if TYPE_CHECKING:
    from dispatch.directory import Directory


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Two buildings of four levels: b_1 is Tower One, b_2 Main Street 7; one office, k_1."""
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    street.building(100, 10, building__levels="4", name="Tower One")
    street.building(
        200, 10, building__levels="4", addr__street="Main Street", addr__housenumber="7"
    )
    street.point((110, 20), office="lawyer", name="On the map", level="1")
    return street.city(tmp_path)


def read(city: City, *lines: str) -> Directory:
    return read_csv("\n".join(lines).encode(), city, "Acme")


def faults(directory: Directory) -> list[tuple[str, str]]:
    return [(fault.at, fault.what) for fault in directory.faults]


def test_a_table_becomes_desks(city: City) -> None:
    found = read(
        city,
        "id,building,floor,department,desk,customer",
        "k_acc,b_1,2,Accounting,2-17,",
        "k_law,tower one,3,Law,,Beta",
        "k_hall,Main Street 7,0,,,",
    )
    assert found.faults == ()
    assert found.desks == (
        DirectoryDesk("k_acc", "b_1", 2, "Accounting", "2-17", "Acme", assumed=("place",)),
        DirectoryDesk("k_law", "b_1", 3, "Law", "", "Beta", assumed=("place",)),
        DirectoryDesk("k_hall", "b_2", 0, "", "", "Acme", assumed=("place",)),
    )
    assert [desk.name for desk in found.desks] == ["Accounting/2-17", "Law", ""]


def test_a_desk_without_an_id_gets_the_same_one_every_time(city: City) -> None:
    one = read(city, "building,floor,desk", "b_1,2,a", "b_1,2,b")
    other = read(city, "building,desk,floor", "b_1,b,2", "b_1,a,2")
    assert {d.id: d.desk for d in one.desks} == {d.id: d.desk for d in other.desks}
    assert len({d.id for d in one.desks}) == 2
    assert all(d.id.startswith("k_") for d in one.desks)


def test_a_floor_nobody_gives_is_the_ground_floor_and_marked(city: City) -> None:
    found = read(city, "building,department", "b_1,Accounting")
    assert (found.desks[0].floor, found.desks[0].assumed) == (0, ("floor", "place"))


def test_spreadsheets_may_write_what_they_like(city: City) -> None:
    # A byte order mark, semicolons, an empty line, 2.0 for 2 and Windows ends of line.
    table = "\ufeffBuilding;Floor;Desk\r\nb_1;2.0;x\r\n;;\r\n".encode()
    assert [d.floor for d in read_csv(table, city).desks] == [2]
    chinese = "楼宇,楼层,部门,工位\nb_1,1,财务部,1-01\n"
    for encoding in ("utf-8", "gb18030"):
        found = read_csv(chinese.encode(encoding), city)
        assert [(d.floor, d.name) for d in found.desks] == [(1, "财务部/1-01")]


def test_every_row_at_fault_is_named_with_its_column_and_cure(city: City) -> None:
    found = read(
        city,
        "id,building,floor,desk",
        "k_a,b_1,1,fine",
        "k_b,Tower Two,1,x",
        "k_c,b_1,9,x",
        "k_d,b_1,second,x",
        "seven,b_1,1,x",
        "k_1,b_1,1,x",
        "k_a,b_1,2,x",
        "k_e,,2,x",
        f"k_f,b_1,2,{'x' * 201}",
        "k_g,b_1,2,a,b",
    )
    # Nothing is taken, though the first row is sound.
    assert found.desks == ()
    assert faults(found) == [
        ("row 11", "The row has 5 entries for 4 columns."),
        ("row 3, column building", "There is no building 'Tower Two'."),
        ("row 4, column floor", "Floor 9 is not in b_1."),
        ("row 5, column floor", "'second' is no floor."),
        ("row 6, column id", "'seven' is no id of a desk."),
        ("row 7, column id", "k_1 is On the map on the map."),
        ("row 8, column desk", "The desk stands in row 2 already."),
        ("row 9, column building", "The building is missing."),
        ("row 10, column desk", "It has 201 characters."),
    ]
    by_row = {fault.at: fault for fault in found.faults}
    assert by_row["row 3, column building"].cure == "Did you mean Tower One (b_1)?"
    assert "0-3, 0 is the ground floor" in by_row["row 4, column floor"].cure
    assert by_row["row 4, column floor"].value == "9"


def test_with_the_desks_of_all_a_table_is_one_customers_alone(city: City) -> None:
    beta = DirectoryDesk("k_b", "b_1", 0, customer="Beta")
    lines = ("id,building,floor,customer", "k_b,b_1,0,", "k_c,b_1,0,Beta", "k_d,b_1,0,Acme")
    table = "\n".join(lines).encode()
    assert faults(read_csv(table, city, "Acme", {"k_b": beta})) == [
        ("row 2, column id", "k_b is a desk of 'Beta'."),
        ("row 3, column customer", "This is the directory of 'Acme'."),
    ]
    # Its own desks may be sent again.
    assert read_csv(b"id,building\nk_b,b_1", city, "Beta", {"k_b": beta}).faults == ()


def test_after_a_hundred_faults_the_rest_is_not_looked_at(city: City) -> None:
    assert len(read(city, "building", *["nowhere"] * 99).faults) == 99
    assert len(read(city, "building", *["nowhere"] * 500).faults) == MOST_FAULTS == 100


def test_a_name_of_two_buildings_has_to_be_an_id(tmp_path: Path) -> None:
    street = SmallMap()
    street.way((0, 0), (400, 0), highway="primary")
    for west in (100, 200):
        street.building(west, 10, name="Twins")
    found = read(street.city(tmp_path), "building,floor", "Twins,0")
    assert found.faults[0].what == "2 buildings are called 'Twins'."
    assert found.faults[0].cure == "Give the id of one of them: b_1, b_2."


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (b"", "is empty"),
        (b"building,flor\nb_1,1", "no column 'flor'"),
        (b"floor\n1", "'building' is missing"),
        (b"building,building\nb_1,b_2", "stands twice"),
        (b"building\n\xff\xfe\x00b", "neither UTF-8"),
        (b'building,floor\n"b_1,1', "not a table"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(city: City, table: bytes, what: str) -> None:
    found = read_csv(table, city)
    assert found.desks == ()
    assert what in found.faults[0].what
    assert found.faults[0].cure


def test_one_customer_replaces_its_own_desks_only() -> None:
    old = DirectoryDesk("k_a", "b_1", 0, customer="Acme")
    beta = DirectoryDesk("k_b", "b_1", 0, customer="Beta")
    new = DirectoryDesk("k_c", "b_1", 1, customer="Acme")
    assert with_directory({"k_a": old, "k_b": beta}, "Acme", [new]) == {"k_b": beta, "k_c": new}


@cache
def helsinki() -> City:
    return load_city(Path(__file__).parents[1] / "scenarios/data/helsinki")


def test_a_large_directory_is_read_in_seconds() -> None:
    lines = [f"b_1,{i % 6},{i}" for i in range(5000)]
    assert len(read(helsinki(), "building,floor,desk", *lines).desks) == 5000
