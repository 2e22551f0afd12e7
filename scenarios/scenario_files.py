"""
Scenarios as TOML tables: kinds of values, unknown keys, an end instead of a length.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from scenarios.scenario import Burst, Family, Profile, Scenario, wrong

if TYPE_CHECKING:
    from enum import StrEnum
    from pathlib import Path

Table = Mapping[str, Any]


def table_of(path: Path) -> Table:
    """Returns what is in a TOML file. Raises InvalidRequest where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise wrong("", None, "The file is not UTF-8.", "Save it as UTF-8.") from None
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise wrong("", None, what, "Give a scenario file, .toml.") from None
    except tomllib.TOMLDecodeError as error:
        raise wrong("", None, f"This is not TOML: {error}.", "Mend that line.") from None


def scenario_of(table: Table) -> Scenario:
    """Returns the scenario that a table says. Raises InvalidRequest."""
    known = {field.name: field.default for field in fields(Scenario) if field.name != "bursts"}
    _check_keys(table, {*known, "end", "burst"}, "")
    values = {
        name: _value(name, table[name], default) for name, default in known.items() if name in table
    }
    if "end" in table:
        values["minutes"] = _minutes(table, values.get("start", known["start"]))
    bursts = table.get("burst", [])
    if not isinstance(bursts, list) or not all(isinstance(each, dict) for each in bursts):
        raise wrong("burst", bursts, f"burst is {bursts!r}.", "Write each as a table [[burst]].")
    return Scenario(**values, bursts=tuple(_burst(each) for each in bursts))


def _burst(table: Table) -> Burst:
    known = {"after_min": 0, "orders": 8, "minutes": 5, "building": ""}
    _check_keys(table, set(known), "burst.")
    if "after_min" not in table:
        cure = "Say how many minutes after the start it begins."
        raise wrong("burst.after_min", None, "A burst has no after_min.", cure)
    return Burst(**{n: _value(f"burst.{n}", table[n], known[n]) for n in known if n in table})


def _check_keys(table: Table, known: set[str], prefix: str) -> None:
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            cure = f"Did you mean {near[0]!r}?" if near else f"Choose from {_listed(known)}."
            raise wrong(prefix + name, table[name], f"There is no key {name!r}.", cure)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _value(at: str, value: Any, default: Any) -> Any:
    """Returns a value of the kind that its default has."""
    if isinstance(default, Profile | Family):
        return _choice(at, value, type(default))
    if isinstance(default, date | time):
        return _moment(at, value, type(default))
    if isinstance(default, float):
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        kind = "a number"
    elif isinstance(default, int):
        fits, kind = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    else:
        fits, kind = isinstance(value, str), "a text in quotes"
    if not fits:
        raise wrong(at, value, f"{at} is {value!r}.", f"Give {kind}.")
    return float(value) if isinstance(default, float) else value


def _choice(at: str, value: Any, kind: type[StrEnum]) -> StrEnum:
    if value not in list(kind):
        choices = " or ".join(f'"{one}"' for one in kind)
        raise wrong(at, value, f"{at} is {value!r}.", f"Give {choices}.")
    return kind(value)


def _moment(at: str, value: Any, kind: type[date] | type[time]) -> date | time:
    """Returns a date, or a time of the day, given as TOML has them or as a text."""
    if type(value) is kind:
        return value
    try:
        return kind.fromisoformat(value)
    except (TypeError, ValueError):
        shown = "a date like 2026-11-24" if kind is date else 'a time like "09:00"'
        raise wrong(at, value, f"{at} is {str(value)!r}.", f"Give {shown}.") from None


def _minutes(table: Table, start: time) -> int:
    """Returns how long a day is that has an end."""
    if "minutes" in table:
        raise wrong("end", table["end"], "The day has minutes and an end.", "Give one of them.")
    end = _moment("end", table["end"], time)
    assert isinstance(end, time)
    minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
    if minutes <= 0:
        what = f"The day ends at {end:%H:%M}, and it starts at {start:%H:%M}."
        raise wrong("end", table["end"], what, "Give an end after the start.")
    return minutes
