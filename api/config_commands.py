"""
The commands about settings: show those in force, check them.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.printing import EXITS, print_json, tell_faults
from api.service_options import (
    Access,
    CityDir,
    ClockKind,
    Config,
    Db,
    Host,
    Osrm,
    Port,
    ProfileName,
)
from dispatch.errors import DispatchError, InvalidRequest

if TYPE_CHECKING:
    from api.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    commands = typer.Typer(help="Settings of the service.", no_args_is_help=True)
    commands.command("show", epilog=EXITS)(show)
    commands.command("check", epilog=EXITS)(check)
    app.add_typer(commands, name="config", epilog=EXITS)


def show(
    city: CityDir = None,
    osrm: Osrm = None,
    profile: ProfileName = None,
    db: Db = None,
    host: Host = None,
    port: Port = None,
    clock: ClockKind = None,
    access: Access = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print the settings in force, the defaults included, as TOML to start from; no secrets."""
    from api.settings import read_settings

    streets = {"city": city, "osrm": osrm, "profile": profile}
    where = {"host": host, "port": port, "access": access}
    settings = read_settings(config, **streets, **where, db=db, clock=clock)
    if as_json:
        print_json(settings.as_json())
    else:
        sys.stdout.write(settings_as_toml(settings))


def check(config: Config = None, as_json: Json = False) -> None:
    """Check the settings, the city, the stores and the calendars they name; starts nothing."""
    from api.settings import read_settings

    name = str(config or os.environ.get("DISPATCH_CONFIG", "settings"))
    try:
        faults = faults_of(read_settings(config))
    except DispatchError as error:
        faults = [error]
    tell_faults({name: faults}, as_json=as_json)


def faults_of(settings: Settings) -> list[DispatchError]:
    """Returns what would keep a service with these settings from starting, as far as it shows."""
    from api.calendars import open_calendars
    from api.opening import check_stores, open_city
    from dispatch.state import State

    found: list[DispatchError] = []
    try:
        _check_database(settings)
    except DispatchError as error:
        found.append(error)
    try:
        city = open_city(settings)
    except DispatchError as error:
        return [*found, error]
    now = int(settings.clock_start.timestamp() if settings.clock_start else _now())
    try:
        check_stores(settings, city)
        open_calendars(settings, city, State(stores=settings.stores()), now)
    except DispatchError as error:
        found.append(error)
    finally:
        city.close()
    return found


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _check_database(settings: Settings) -> None:
    if not settings.db.startswith("sqlite:"):
        return
    from dispatch.sqlite import path_of

    folder = path_of(settings.db).absolute().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        state = "cannot be written to" if folder.is_dir() else "is not there"
        raise InvalidRequest(
            f"The folder of the database, {folder}, {state}.",
            at="db",
            cure="Make it, and let it belong to whom the service runs as.",
        )


def settings_as_toml(settings: Settings) -> str:
    """Returns settings as TOML text that reads back as the same."""
    # JSON's strings, numbers and booleans are TOML's too.
    values = settings.as_json()
    tables = {"policy": [values.pop("policy")]}
    tables |= {name: values.pop(name) for name in ("store", "service", "calendar")}
    lines = [f"{k} = {_toml(k, v)}" for k, v in values.items() if v is not None]
    for name, entries in tables.items():
        for entry in entries:
            lines += ["", "[policy]" if name == "policy" else f"[[{name}]]"]
            lines += [f"{k} = {_toml(k, v)}" for k, v in entry.items() if v is not None]
    return "\n".join(lines) + "\n"


def _toml(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{k} = {_toml(k, v)}' for k, v in value.items())} }}"
    return str(value) if name == "clock_start" else json.dumps(value)
