"""
The command ``dispatch``.

What a command needs is imported by that command, so that ``--help`` and the start of search
workers, which import this module again, stay quick.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dispatch.errors import DispatchError

if TYPE_CHECKING:
    from api.settings import Settings
    from dispatch.report import CityReport

FAULTY = 2
"""Exit code for what the user can mend: arguments, settings, a file, a database."""

EXITS = "Exit codes: 0 done, 1 interrupted or failed, 2 wrong arguments, settings or input."

app = typer.Typer(
    help="Plans couriers who bring office orders to the desk.",
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
city_app = typer.Typer(help="Cities: import one, look into one.", no_args_is_help=True)
config_app = typer.Typer(help="Settings of the service.", no_args_is_help=True)
app.add_typer(city_app, name="city", epilog=EXITS)
app.add_typer(config_app, name="config", epilog=EXITS)

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Config = Annotated[Path | None, typer.Option(help="TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CityDir = Annotated[Path | None, typer.Option("--city", help="City directory.")]
Db = Annotated[str | None, typer.Option(help="Database, sqlite:///PATH.")]
Host = Annotated[str | None, typer.Option(help="Loopback address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes any that is free.")]
ClockKind = Annotated[str | None, typer.Option("--clock", help="system or manual.")]


@app.command(epilog=EXITS)
def serve(
    city: CityDir = None,
    db: Db = None,
    host: Host = None,
    port: Port = None,
    clock: ClockKind = None,
    config: Config = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written as JSON with url and pid once it listens.")
    ] = None,
) -> None:
    """Run the service until it is told to stop (SIGTERM or Ctrl-C)."""
    from api.settings import read_settings

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = read_settings(config, city=city, db=db, host=host, port=port, clock=clock)

    from api.server import serve as run

    asyncio.run(run(settings, _say_ready, ready_file=ready_file))


@app.command(epilog=EXITS)
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Keep it running in real time.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the simulated shift.")] = 1,
    out: Annotated[Path, typer.Option(help="Directory for the report.")] = Path("."),
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the database and the log.")] = False,
    as_json: Json = False,
) -> None:
    """Play a shift over Helsinki against the real service, and write report.html."""
    from api.demo import run_demo

    raise typer.Exit(
        run_demo(serve=serve, seed=seed, out=out, port=port, keep=keep, json_output=as_json)
    )


@app.command(epilog=EXITS)
def openapi() -> None:
    """Print the service's OpenAPI document."""
    from api.app import create_app
    from api.settings import Settings

    _print_json(create_app(Settings(workers=0)).openapi())


@city_app.command("build", epilog=EXITS)
def city_build(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory to write.")],
    name: Annotated[str | None, typer.Option(help="Name; the file's if absent.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone, like Europe/Helsinki.")] = "UTC",
    as_json: Json = False,
) -> None:
    """Import a city from OpenStreetMap."""
    from dispatch.osm import build_city

    if timezone == "UTC":
        err.print("No --timezone: working days and all times will be in UTC.")
    title = name or file.name.removesuffix(".pbf").removesuffix(".osm")
    with err.status(f"Reading {file}"):
        report = build_city(file, out, name=title, timezone=timezone)
    _show_city(report, title, as_json)


@city_app.command("info", epilog=EXITS)
def city_info(
    directory: Annotated[Path, typer.Argument(help="City directory.")], as_json: Json = False
) -> None:
    """Print what is in a city."""
    from dispatch.osm import city_info as read_report

    _show_city(read_report(directory), str(directory), as_json)


@config_app.command("show", epilog=EXITS)
def config_show(
    city: CityDir = None,
    db: Db = None,
    host: Host = None,
    port: Port = None,
    clock: ClockKind = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print the settings in force, the defaults included, as TOML to start from."""
    from api.settings import read_settings

    settings = read_settings(config, city=city, db=db, host=host, port=port, clock=clock)
    if as_json:
        _print_json(settings.as_json())
    else:
        sys.stdout.write(settings_as_toml(settings))


def settings_as_toml(settings: Settings) -> str:
    """Returns settings as TOML text that reads back as the same."""
    # JSON's strings, numbers and booleans are TOML's too.
    values = settings.as_json()
    tables = {"policy": [values.pop("policy")], "store": values.pop("store")}
    lines = [f"{k} = {_toml(k, v)}" for k, v in values.items() if v is not None]
    for name, entries in tables.items():
        for entry in entries:
            lines += ["", "[policy]" if name == "policy" else f"[[{name}]]"]
            lines += [f"{k} = {json.dumps(v)}" for k, v in entry.items()]
    return "\n".join(lines) + "\n"


def _toml(name: str, value: object) -> str:
    return str(value) if name == "clock_start" else json.dumps(value)


def _say_ready(url: str) -> None:
    sys.stdout.write(f"Listening on {url}\n")
    sys.stdout.flush()


def _show_city(report: CityReport, title: str, as_json: bool) -> None:
    if as_json:
        _print_json(asdict(report))
        return
    table = Table(title=title, show_header=False)
    for name, value in asdict(report).items():
        if name != "left_out":
            table.add_row(name.replace("_", " "), f"{value:,}")
    out.print(table)
    for left in report.left_out:
        out.print(f"left out: {left.count:,} {left.what}: {left.why}", markup=False)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def main() -> None:
    """Runs the command line; what a user can mend is told in a line, never as a traceback."""
    try:
        app()
    except DispatchError as error:
        err.print(f"dispatch: {error}", style="red", markup=False, highlight=False)
        sys.exit(FAULTY)


if __name__ == "__main__":
    main()
