"""
What the commands print alike: JSON, faults found in files, and how they end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.console import Console

from dispatch.errors import DispatchError

FAULTY = 2
"""Exit code for what the user can mend: arguments, settings, a file, a database."""

EXITS = "Exit codes: 0 done, 1 interrupted or failed, 2 wrong arguments, settings or input."

out = Console(soft_wrap=True)


def print_json(value: Any) -> None:
    """Prints a value as JSON for people to read."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def tell_faults(faults: Mapping[str, Sequence[DispatchError]], *, as_json: bool) -> None:
    """Prints what is wrong with each file, by name; raises Exit where anything is."""
    if as_json:
        print_json(
            {name: [_fault_json(fault) for fault in found] for name, found in faults.items()}
        )
    else:
        for name, found in faults.items():
            state = f"{len(found)} faults" if found else "sound"
            out.print(f"{name}: {state}", markup=False, highlight=False)
            for fault in found:
                out.print(f"  {fault}", markup=False, highlight=False)
    if any(faults.values()):
        raise typer.Exit(FAULTY)


def _fault_json(fault: DispatchError) -> dict[str, Any]:
    value = fault.value if isinstance(fault.value, str | int | float) else None
    return {"at": fault.at, "what": fault.what, "cure": fault.cure, "value": value}
