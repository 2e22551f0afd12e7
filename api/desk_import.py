"""
Desks of a customer from a table: what would become of them, and taking them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.contacts import Sheaf, with_refs
from api.import_answers import ImportedDesksOut, ImportOut, Mode, faults_out, file_out, refused
from api.zone import Room
from dispatch.city import City
from dispatch.contacts import Contact
from dispatch.directories import compare_directory, replace_directory
from dispatch.directory_rows import RowReader
from dispatch.places import DirectoryDesk
from dispatch.tables import Fault, Table


@dataclass(frozen=True, slots=True)
class DeskRows:
    """
    The desks of the sound rows of a table, and what is wrong with the others.

    ``contacts`` are those of the desks that have one, by id, not kept yet.
    """

    desks: tuple[DirectoryDesk, ...]
    faults: tuple[Fault, ...]
    contacts: Mapping[str, Contact]


def read_desks(
    table: Table, city: City, customer: str, known: Mapping[str, DirectoryDesk]
) -> DeskRows:
    """Returns the desks of a customer's table; ``known`` are those of all so far."""
    reader = RowReader(city, customer, known)
    wrong = {fault.row for fault in table.faults}
    for row in table.rows:
        if row.number not in wrong:
            reader.read(row.number, row.cells)
    faults = [Fault(f.row, f.column, f.what, f.cure, f.value) for f in reader.faults]
    return DeskRows(tuple(reader.desks.values()), (*table.faults, *faults), reader.contacts)


def import_desks(
    room: Room, table: Table, rows: DeskRows, customer: str, key: str, mode: Mode
) -> ImportOut:
    """
    Returns what became of a customer's desks, or would become of them in a preview.

    Where only the sound rows are taken, nothing is removed: a desk that is missing may be that of a
    row that is wrong. Raises Problem with all that is wrong where everything or nothing was wanted.
    """
    if rows.faults and mode == "all_or_nothing":
        raise refused(table, rows.faults)
    sheaf = (Sheaf.found if mode == "preview" else Sheaf.kept)(room, rows.contacts.values())
    desks = with_refs(rows.desks, rows.contacts, sheaf)
    if mode == "valid_rows":
        known = room.dispatcher.state.desks
        before = {k: desk for k, desk in known.items() if desk.customer == customer}
        desks = tuple((before | {desk.id: desk for desk in desks}).values())
    if mode == "preview":
        found = compare_directory(room.dispatcher.state.desks, customer, desks)
    else:
        found = replace_directory(room.dispatcher, customer, desks, room.now)
    told = faults_out(table, rows.faults)
    return ImportOut(
        kind="desks",
        mode=mode,
        file=file_out(table, key),
        taken=found.added + found.changed,
        again=len(rows.desks) - found.added - found.changed,
        refused=len({fault.row for fault in rows.faults}),
        orders=None,
        desks=ImportedDesksOut.model_validate(found, from_attributes=True),
        errors=told,
        errors_left_out=len(rows.faults) - len(told),
    )
