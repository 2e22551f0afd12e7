"""
The commands that bring orders and desks from files into a service that runs.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.printing import EXITS, FAULTY, out, print_json
from api.service_client import URL
from dispatch.errors import InvalidRequest

Url = Annotated[str, typer.Option(help="Where the service runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """What the rows of a file are."""

    ORDERS = "orders"
    DESKS = "desks"


class Mode(StrEnum):
    """What is done with them."""

    PREVIEW = "preview"
    ALL_OR_NOTHING = "all_or_nothing"
    VALID_ROWS = "valid_rows"


def register(app: typer.Typer, desks: typer.Typer) -> None:
    """Adds the commands to the program, and to that of customers' desks."""
    app.command("import", epilog=EXITS)(import_file)
    desks.command("import", epilog=EXITS)(import_desks)


def import_file(
    file: Annotated[Path, typer.Argument(help="A table, .csv or .xlsx.")],
    kind: Annotated[Kind, typer.Option(help="What its rows are.")] = Kind.ORDERS,
    mode: Annotated[
        Mode, typer.Option(help="Look only, take all or nothing, or what is sound.")
    ] = Mode.PREVIEW,
    customer: Annotated[str | None, typer.Option(help="Whose desks these are.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; else the first.")] = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Import orders or desks from a file; without --mode only see what would become of it."""
    told = _sent(file, kind, mode, customer, sheet, url)
    if as_json:
        print_json(told)
    else:
        _show(told)
    if told["errors"]:
        raise typer.Exit(FAULTY)


def import_desks(
    file: Annotated[Path, typer.Argument(help="Desks, .csv or .xlsx.")],
    customer: Annotated[str, typer.Option(help="Whose desks these are.")],
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Replace a customer's desks with those of a file: every row, or none."""
    told = _sent(file, Kind.DESKS, Mode.ALL_OR_NOTHING, customer, None, url)["desks"]
    if as_json:
        print_json(told)
    else:
        out.print(_counts(told), markup=False)


def _sent(
    file: Path, kind: Kind, mode: Mode, customer: str | None, sheet: str | None, url: str
) -> dict[str, Any]:
    """Returns what the service made of a file; raises InvalidRequest with all that is wrong."""
    from api.service_client import send_file

    query = {"kind": kind.value, "mode": mode.value, "customer": customer, "sheet": sheet}
    status, told = send_file(url, file, query)
    if status == 200:
        return told
    rows = [_fault(error) for error in told.get("errors", ())]
    what = "Nothing was taken.\n" + "\n".join(rows) if rows else str(told.get("detail"))
    raise InvalidRequest(what.rstrip(), at=str(file))


def _fault(error: dict[str, Any]) -> str:
    return f"{error['at']}: {error['message']} {error.get('cure') or ''}".rstrip()


def _counts(desks: dict[str, Any]) -> str:
    counts = ", ".join(f"{desks[name]} {name}" for name in ("added", "changed", "removed"))
    return f"{desks['customer']}: {desks['desks']} desks; {counts}"


def _show(told: dict[str, Any]) -> None:
    """Prints what was read, what became of it, and what is wrong."""
    file = told["file"]
    how = file["encoding"] or f"sheet {file['sheet']!r}"
    taken = "would be taken" if told["mode"] == "preview" else "taken"
    lines = [f"{file['rows']} rows of {file['format']}, {how}"]
    if told["desks"] is not None:
        lines.append(_counts(told["desks"]))
    lines.append(
        f"{told['taken']} {told['kind']} {taken}, {told['again']} there before, "
        f"{told['refused']} refused"
    )
    lines += [_fault(error) for error in told["errors"]]
    if told["errors_left_out"]:
        lines.append(f"and {told['errors_left_out']} more")
    for line in lines:
        out.print(line, markup=False, highlight=False)
