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
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.audit_commands import register as register_audit
from api.calendar_commands import register as register_calendar
from api.printing import EXITS, FAULTY, out, print_json, tell_faults
from api.privacy_commands import register as register_privacy
from api.promise_commands import register as register_promises
from api.replay_commands import register as register_replay
from api.simulate_commands import register as register_simulation
from api.solve_commands import register as register_solver
from api.store_commands import register as register_store
from dispatch.datum import Datum
from dispatch.errors import DispatchError

if TYPE_CHECKING:
    from api.settings import Settings
    from dispatch.explaining import Leg
    from dispatch.report import CityReport

app = typer.Typer(
    help="Plans couriers who bring office orders to the desk.",
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
city_app = typer.Typer(help="Cities: import one, look into one.", no_args_is_help=True)
config_app = typer.Typer(help="Settings of the service.", no_args_is_help=True)
desks_app = typer.Typer(help="Customers' desks.", no_args_is_help=True)
app.add_typer(city_app, name="city", epilog=EXITS)
app.add_typer(desks_app, name="desks", epilog=EXITS)
app.add_typer(config_app, name="config", epilog=EXITS)
register_audit(app)
register_calendar(app)
register_privacy(app)
register_privacy(app)
register_promises(app)
register_replay(app)
register_simulation(app)
register_solver(app)
register_store(app)

err = Console(stderr=True, soft_wrap=True)

Config = Annotated[Path | None, typer.Option(help="TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CityDir = Annotated[Path | None, typer.Option("--city", help="City directory.")]
ProfileName = Annotated[str | None, typer.Option("--profile", help="How couriers get about.")]
Osrm = Annotated[str | None, typer.Option(help="OSRM server for travel times, http://HOST:PORT.")]
Db = Annotated[
    str | None,
    typer.Option(help="Database, sqlite:///PATH or postgresql://USER@HOST/NAME."),
]
Host = Annotated[str | None, typer.Option(help="Loopback address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port; 0 takes any that is free.")]
ClockKind = Annotated[str | None, typer.Option("--clock", help="system or manual.")]


@app.command(epilog=EXITS)
def serve(
    city: CityDir = None,
    osrm: Osrm = None,
    profile: ProfileName = None,
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
    streets = {"city": city, "osrm": osrm, "profile": profile}
    settings = read_settings(config, **streets, db=db, host=host, port=port, clock=clock)

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

    print_json(create_app(Settings(workers=0)).openapi())


@city_app.command("build", epilog=EXITS)
def city_build(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory to write.")],
    name: Annotated[str | None, typer.Option(help="Name; the file's if absent.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA time zone, like Europe/Helsinki.")] = "UTC",
    country: Annotated[
        str | None, typer.Option(help="ISO code for usual speeds; the time zone's if absent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Import a city from OpenStreetMap."""
    from dispatch.osm import build_city

    if timezone == "UTC":
        err.print("No --timezone: working days and all times will be in UTC.")
    title = name or file.name.removesuffix(".pbf").removesuffix(".osm")
    with err.status(f"Reading {file}"):
        report = build_city(file, out, name=title, timezone=timezone, country=country)
    _show_city(report, title, as_json)


@city_app.command("info", epilog=EXITS)
def city_info(
    directory: Annotated[Path, typer.Argument(help="City directory.")], as_json: Json = False
) -> None:
    """Print what is in a city."""
    from dispatch.osm import city_info as read_report

    _show_city(read_report(directory), str(directory), as_json)


@city_app.command("check", epilog=EXITS)
def city_check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Descriptions of buildings (.toml, .json), desks (.csv), city directories.",
        ),
    ],
    city: CityDir = None,
    as_json: Json = False,
) -> None:
    """Check what people wrote about a city; with --city, against the buildings there are."""
    from api.city_commands import check_files

    tell_faults(check_files(files, city), as_json=as_json)


@city_app.command("explain", epilog=EXITS)
def city_explain(
    start: Annotated[
        str,
        typer.Argument(metavar="FROM", help="Desk (k_17), building/floor (b_12/4) or lat,lon."),
    ],
    end: Annotated[str, typer.Argument(metavar="TO", help="The same.")],
    at: Annotated[str, typer.Option(help="Local time of setting off.")] = "10:00",
    city: CityDir = None,
    osrm: Osrm = None,
    profile: ProfileName = None,
    db: Annotated[
        str | None, typer.Option(help="Database with customers' desks, sqlite:///PATH; only read.")
    ] = None,
    datum: Annotated[
        Datum, typer.Option(help="What latitudes and longitudes are counted in.")
    ] = Datum.WGS84,
    as_json: Json = False,
) -> None:
    """Print a whole way, street and indoors, with the source of each figure."""
    from api.city_commands import explain, leg_json
    from api.settings import read_settings

    settings = read_settings(None, city=city, osrm=osrm, profile=profile)
    legs = explain(settings, start, end, at, db=db, datum=datum)
    total = sum(leg.duration_s for leg in legs)
    if as_json:
        print_json({"duration_s": total, "legs": [leg_json(leg) for leg in legs]})
    else:
        out.print(legs_table(legs, f"{start} to {end} at {at}: {total} s"))
        out.print("* assumed: the source is the grounds for it.", markup=False)


def legs_table(legs: Sequence[Leg], title: str) -> Table:
    """Returns the legs of a way as a table: what is done, seconds, and what they are made of."""
    table = Table("leg", "seconds", "source", title=title, show_lines=True)
    for leg in legs:
        floors = "" if leg.from_floor is None else f", floor {leg.from_floor} to {leg.to_floor}"
        sources = [
            f"{f.what} {f.seconds:.1f} s: {'* ' if f.assumed else ''}{f.source}"
            for f in leg.figures
        ]
        table.add_row(leg.text + floors, str(leg.duration_s), escape("\n".join(sources)))
    return table


@desks_app.command("import", epilog=EXITS)
def desks_import(
    file: Annotated[Path, typer.Argument(help="Desks, .csv.")],
    customer: Annotated[str, typer.Option(help="Whose desks these are.")],
    url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://127.0.0.1:8000",
    as_json: Json = False,
) -> None:
    """Replace a customer's desks with those of a file: every row, or none."""
    from api.desk_import import import_desks

    told = import_desks(file, customer, url)
    if as_json:
        print_json(told)
    else:
        counts = ", ".join(f"{told[name]} {name}" for name in ("added", "changed", "removed"))
        out.print(f"{told['customer']}: {told['desks']} desks; {counts}", markup=False)


@config_app.command("show", epilog=EXITS)
def config_show(
    city: CityDir = None,
    osrm: Osrm = None,
    profile: ProfileName = None,
    db: Db = None,
    host: Host = None,
    port: Port = None,
    clock: ClockKind = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print the settings in force, the defaults included, as TOML to start from."""
    from api.settings import read_settings

    streets = {"city": city, "osrm": osrm, "profile": profile}
    settings = read_settings(config, **streets, db=db, host=host, port=port, clock=clock)
    if as_json:
        print_json(settings.as_json())
    else:
        sys.stdout.write(settings_as_toml(settings))


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


def _say_ready(url: str) -> None:
    sys.stdout.write(f"Listening on {url}\n")
    sys.stdout.flush()


def _show_city(report: CityReport, title: str, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    table = Table(title=title, show_header=False)
    for name, value in asdict(report).items():
        if name != "left_out":
            table.add_row(name.replace("_", " "), f"{value:,}")
    out.print(table)
    for left in report.left_out:
        out.print(f"left out: {left.count:,} {left.what}: {left.why}", markup=False)


def main() -> None:
    """Runs the command line; what a user can mend is told in a line, never as a traceback."""
    try:
        app()
    except DispatchError as error:
        err.print(f"dispatch: {error}", style="red", markup=False, highlight=False)
        sys.exit(FAULTY)


if __name__ == "__main__":
    main()
