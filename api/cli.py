"""
The command ``dispatch``.

What a command needs is imported by that command, so that ``--help`` and the start of search
workers, which import this module again, stay quick.
"""

from __future__ import annotations

import asyncio
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
from api.config_commands import register as register_config
from api.export_commands import register as register_export
from api.import_commands import register as register_import
from api.printing import EXITS, FAULTY, out, print_json, tell_faults
from api.privacy_commands import register as register_privacy
from api.promise_commands import register as register_promises
from api.replay_commands import register as register_replay
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
from api.simulate_commands import register as register_simulation
from api.solve_commands import register as register_solver
from api.store_commands import register as register_store
from api.token_commands import register as register_tokens
from dispatch.datum import Datum
from dispatch.errors import DispatchError

if TYPE_CHECKING:
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
desks_app = typer.Typer(help="Customers' desks.", no_args_is_help=True)
app.add_typer(city_app, name="city", epilog=EXITS)
app.add_typer(desks_app, name="desks", epilog=EXITS)
register_audit(app)
register_import(app, desks_app)
register_export(app)
register_calendar(app)
register_config(app)
register_privacy(app)
register_promises(app)
register_replay(app)
register_simulation(app)
register_solver(app)
register_store(app)
register_tokens(app)

err = Console(stderr=True, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog=EXITS)
def serve(
    city: CityDir = None,
    osrm: Osrm = None,
    profile: ProfileName = None,
    db: Db = None,
    host: Host = None,
    port: Port = None,
    clock: ClockKind = None,
    access: Access = None,
    config: Config = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written as JSON with url and pid once it listens.")
    ] = None,
) -> None:
    """Run the service until it is told to stop (SIGTERM or Ctrl-C)."""
    from api.settings import read_settings

    streets = {"city": city, "osrm": osrm, "profile": profile}
    where = {"host": host, "port": port, "access": access}
    settings = read_settings(config, **streets, **where, db=db, clock=clock)

    from api.logs import configure

    configure(settings)

    from api.server import serve as run

    asyncio.run(run(settings, _say_ready, first=_say_first, ready_file=ready_file))


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
        str | None, typer.Option(help="Database with customers' desks; only read, may be in use.")
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


def _say_ready(url: str) -> None:
    sys.stdout.write(f"Listening on {url}\n")
    sys.stdout.flush()


def _say_first(token: str) -> None:
    sys.stdout.write(f"Token of the first administrator, shown this once: {token}\n")
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
