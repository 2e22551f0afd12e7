"""
The commands for problems in VROOM's format: solve one, check an answer to one.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.printing import FAULTY, out

SOLVE_EXITS = "Exit codes: 0 solved, 2 wrong input, 3 travel times cannot be had (as VROOM's)."
CHECK_EXITS = "Exit codes: 0 nothing wrong, 1 something wrong, 2 a file cannot be read."

# What Python calls what is wrong with JSON, and what VROOM calls it.
_JSON_FAULTS = (
    ("Expecting property name", "Missing a name for object member."),
    ("Illegal trailing comma before end of object", "Missing a name for object member."),
    ("Expecting ':'", "Missing a colon after a name of object member."),
    ("Expecting ',' delimiter", "Missing a comma or '}' after an object member."),
    ("Extra data", "The document root must not be followed by other values."),
    ("Unterminated string", "Missing a closing quotation mark in string."),
    ("Invalid \\escape", "Invalid escape character in string."),
)

err = Console(stderr=True, soft_wrap=True)

Problem = Annotated[
    str, typer.Argument(metavar="IN.json", help="Problem in VROOM's format; - for stdin.")
]


class UnreadableError(Exception):
    """A file that is not there, or not JSON; in words."""


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command(epilog=SOLVE_EXITS)(solve)
    app.command(epilog=CHECK_EXITS)(check)


def solve(
    problem: Problem,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT.json", help="Answer; - for stdout.")
    ] = "-",
    seconds: Annotated[float, typer.Option(min=0, help="Budget of the search.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 0,
) -> None:
    """Solve a problem in VROOM's format that brings its own matrices."""
    from solver.vroom import answer

    try:
        told = answer(read_json(problem), seconds, seed)
    except UnreadableError as error:
        told = {"code": FAULTY, "error": str(error)}
    _write(output, told)
    if told["code"]:
        err.print(f"[Error] {told['error']}", style="red", markup=False, highlight=False)
        raise typer.Exit(told["code"])
    if output != "-":
        sums = told["summary"]
        out.print(
            f"{output}: {sums['routes']} routes, cost {sums['cost']},"
            f" {sums['unassigned']} tasks unassigned",
            markup=False,
            highlight=False,
        )


def check(
    problem: Problem,
    answer: Annotated[
        str, typer.Argument(metavar="OUT.json", help="Answer to it, of any solver; - for stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check an answer in VROOM's format against its problem: every hard limit, and its sums."""
    from solver.vroom import VroomError, faults

    try:
        found = faults(read_json(problem), read_json(answer))
    except (UnreadableError, VroomError) as error:
        err.print(f"[Error] {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(FAULTY) from None
    if as_json:
        sys.stdout.write(json.dumps({"violations": found}, ensure_ascii=False, indent=2) + "\n")
    else:
        for text in found or ["Nothing is wrong."]:
            out.print(text, markup=False, highlight=False)
    if found:
        raise typer.Exit(1)


def read_json(name: str) -> Any:
    """Returns what is in a JSON file, or on stdin for ``-``. Raises UnreadableError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UnreadableError(f"{name} cannot be read: {reason}.") from None
    if not text.strip():
        raise UnreadableError("The document is empty. (offset: 0)")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        told = next((vroom for ours, vroom in _JSON_FAULTS if error.msg.startswith(ours)), None)
        told = told or "Invalid value."
        raise UnreadableError(f"{told} (offset: {error.pos})") from None
    except _Constant as error:
        found = re.search(rf"(?<![\w\"]){error}(?![\w\"])", text)
        at = 0 if found is None else found.start()
        raise UnreadableError(f"Invalid value. (offset: {at})") from None


class _Constant(ValueError):
    """NaN or infinity, which JSON does not have."""


def _refuse(name: str) -> Any:
    raise _Constant(name)


def _write(output: str, told: dict[str, Any]) -> None:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        err.print(f"[Error] {output} cannot be written: {error.strerror}.", style="red")
        raise typer.Exit(FAULTY) from None
