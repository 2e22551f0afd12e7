"""
Where settings come from besides the command line: a TOML file, and variables of the environment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dispatch.errors import InvalidRequest

PREFIX = "DISPATCH_"
"""How variables begin that are settings: ``DISPATCH_PORT`` is ``port``."""

INNER = "__"
"""What stands before a figure of the policy: ``DISPATCH_POLICY__HANDOVER_S``."""

CONFIG = "DISPATCH_CONFIG"
"""The variable that names the file."""

OTHERS = frozenset({CONFIG, "DISPATCH_PEERS", "DISPATCH_TOKEN"})
"""Variables that begin so and are no settings: the file, a token to ask by, benchmarks' peers."""

TABLES = frozenset({"policy", "store", "service", "calendar"})
"""Settings that are tables: a variable holds one as TOML writes it in a line."""


def variables_of(environ: Mapping[str, str], names: Collection[str]) -> dict[str, Any]:
    """
    Returns the settings that an environment gives, texts as they are; ``names`` are those there
    are.

    Raises InvalidRequest, with the variable, for one that names no setting, and for a table that is
    not TOML.
    """
    given: dict[str, Any] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in OTHERS:
            continue
        name, _, inner = variable.removeprefix(PREFIX).lower().partition(INNER)
        if name not in names or (inner and name != "policy"):
            raise InvalidRequest(
                f"{variable} names no setting{near(name, names, PREFIX)}.",
                at="environment",
                cure="See `dispatch config show` for the settings there are, or unset it.",
                value=variable,
            )
        if inner:
            given.setdefault(name, {})[inner] = environ[variable]
        else:
            given[name] = _value(variable, name, environ[variable])
    return given


def near(name: str, names: Collection[str], prefix: str = "") -> str:
    """Returns a question for the name that was meant, nothing where none is like it."""
    found = get_close_matches(name, names, n=1)
    if not found:
        return ""
    meant = prefix + found[0].upper() if prefix else found[0]
    return f"; did you mean {meant}?"


def _value(variable: str, name: str, text: str) -> Any:
    if name not in TABLES:
        return text
    try:
        return tomllib.loads(f"{name} = {text}")[name]
    except tomllib.TOMLDecodeError as error:
        raise InvalidRequest(
            f"{variable} is not TOML: {error}.",
            at="environment",
            cure='Write tables in a line: [{ id = "st_1", name = "Main store", ... }].',
        ) from error


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Returns settings with others over them; figures of the policy one by one."""
    merged = below | above
    policies = below.get("policy"), above.get("policy")
    if isinstance(policies[0], dict) and isinstance(policies[1], dict):
        merged["policy"] = policies[0] | policies[1]
    return merged


def read_toml(path: Path) -> dict[str, Any]:
    """Returns what a file holds; raises InvalidRequest where it cannot be read as TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRequest(
            f"The settings cannot be read: {error.strerror}.",
            at=str(path),
            cure="Name a TOML file that exists.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"The settings are not TOML: {error}.",
            at=str(path),
            cure="See `dispatch config show` for the settings there are.",
        ) from error
