"""
``dispatch simulate``: a day of a scenario on a virtual clock, in this process.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.printing import EXITS, out, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.settings import Settings
    from dispatch.policy import Policy
    from scenarios.day_report import PlayedDay
    from scenarios.log import ShiftLog
    from scenarios.scenario import Scenario

MOVES = 100
"""Moves of each search where nothing is said: a day of eight hours takes half a minute."""

SHIPPED = "office-day"
"""The scenario that is played where none is named."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How searches are bounded: by moves, which repeats, or by milliseconds where they are said."""

    moves: int
    search_ms: float | None
    seed: int

    def __str__(self) -> str:
        if self.search_ms is not None:
            return f"{self.search_ms:g} ms a search"
        return f"{self.moves} moves a search" if self.moves else "no search"

    @property
    def seconds(self) -> float | None:
        """The seconds of each search, None where moves bound it."""
        return None if self.search_ms is None else self.search_ms / 1000

    def bounded(self, policy: Policy) -> Policy:
        """Returns a policy whose searches before a quote are bounded alike."""
        if self.seconds is not None:
            return replace(policy, quote_search_s=self.seconds, quote_search_moves=0)
        return replace(policy, quote_search_s=0.0, quote_search_moves=self.moves)


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command(epilog=EXITS)(simulate)


def simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help="Scenario file, .toml, or one that ships.")
    ] = SHIPPED,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the world.")] = 1,
    solver_seed: Annotated[int, typer.Option(min=0, help="Seed of the searches.")] = 0,
    moves: Annotated[
        int | None, typer.Option(min=0, help=f"Moves of each search; {MOVES} if absent, 0: none.")
    ] = None,
    search_ms: Annotated[
        float | None,
        typer.Option(min=0, help="Time of each search instead; answers are timed then."),
    ] = None,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Directory for the report.")] = Path(),
    config: Annotated[
        Path | None, typer.Option(help="TOML file with the settings: city, store and policy.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play a day of a scenario on a virtual clock, and write report.html and pictures."""
    from api.settings import read_settings
    from scenarios.day_report import as_json as told
    from scenarios.scenario import read_scenario

    if moves is not None and search_ms is not None:
        from dispatch.errors import InvalidRequest

        raise InvalidRequest("Both --moves and --search-ms.", at="--search-ms", cure="Give one.")
    day_to_be = read_scenario(file_of(scenario))
    settings = read_settings(config)
    bound = Bound(MOVES if moves is None else moves, search_ms, solver_seed)
    day = _play(settings, day_to_be, seed, bound, Console(stderr=True))
    report = _write(settings, folder, day)
    if as_json:
        print_json(told(day))
    else:
        out.print(table_of(day))
    Console(stderr=as_json).print(f"Report: {report}", highlight=False, soft_wrap=True)


def file_of(name: str) -> Path:
    """Returns the file of a scenario: one that is there, or one that ships, by its name."""
    import scenarios
    from dispatch.errors import InvalidRequest

    path = Path(name)
    shipped = Path(scenarios.__file__).parent / "data" / "scenarios"
    if path.exists() or path.suffix:
        return path
    if (shipped / f"{name}.toml").exists():
        return shipped / f"{name}.toml"
    names = ", ".join(sorted(each.stem for each in shipped.glob("*.toml")))
    raise InvalidRequest(
        f"There is no scenario {name!r}.",
        at="SCENARIO",
        cure=f"Give a file, or one of {names}.",
        value=name,
    )


def _play(
    settings: Settings, scenario: Scenario, seed: int, bound: Bound, console: Console
) -> PlayedDay:
    from api.opening import open_city
    from scenarios.day_report import PlayedDay
    from scenarios.slack import SlackWatch
    from scenarios.verdict import judge
    from scenarios.world import open_zone, play_world, with_ways

    store = settings.store[0].to_domain()
    policy = bound.bounded(settings.policy_values())
    city = open_city(settings)
    try:
        zone = open_zone(
            scenario, city, store, policy, bound.moves, seconds=bound.seconds, seed=bound.seed
        )
        watch = SlackWatch(zone)
        with _progress_line(console, scenario, ZoneInfo(city.timezone), zone.now) as tell:

            def look(now: int, log: ShiftLog) -> None:
                watch.look(now, log)
                tell(now, log)

            # What is measured differs from run to run, and only where time bounds the search.
            clock = None if bound.seconds is None else time.perf_counter
            log = play_world(scenario, zone, seed, look, clock=clock)
        log.legs = with_ways(log.legs, zone)
    finally:
        city.close()
    slack = tuple(watch.seen)
    return PlayedDay(scenario, seed, bound.seed, str(bound), store, log, judge(log), slack)


def _write(settings: Settings, folder: Path, day: PlayedDay) -> Path:
    """Returns the page that was written; raises InvalidRequest where it cannot be."""
    from dispatch.city_files import load_map
    from dispatch.errors import InvalidRequest
    from scenarios.day_report import write_day

    try:
        return write_day(folder, day, load_map(settings.city))
    except OSError as error:
        raise InvalidRequest(
            f"{error.filename or folder} cannot be written: {error.strerror}.",
            at="--out",
            cure="Give a directory that can be written to.",
            value=str(folder),
        ) from None


def table_of(day: PlayedDay) -> Table:
    """Returns the figures of a day for the screen."""
    from scenarios.day_report import rows_of

    title = f"{day.scenario.name}: world seed {day.seed}, solver seed {day.solver_seed}"
    table = Table(show_header=False, title=f"{title}, {day.search}", title_justify="left")
    for name, value in rows_of(day):
        table.add_row(name, value)
    for fault in day.log.faults:
        table.add_row("[red]wrong[/red]", fault)
    return table


@contextmanager
def _progress_line(
    console: Console, scenario: Scenario, zone: ZoneInfo, start: int
) -> Iterator[Callable[[int, ShiftLog], None]]:
    """Yields what is to be told each moment; it keeps one line on the screen up to date."""
    columns = (BarColumn(24), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("the first order", total=scenario.minutes * 60)

        def tell(now: int, log: ShiftLog) -> None:
            text = state_line(now, log, zone)
            progress.update(task, completed=now - start, description=text)

        yield tell


def state_line(now: int, log: ShiftLog, zone: ZoneInfo) -> str:
    """Returns where a day stands at a moment, in one line."""
    urgent = len(log.open_urgent_drops())
    return (
        f"{datetime.fromtimestamp(now, tz=zone):%H:%M}  {len(log.placed)} orders, "
        f"{len(log.closings)} drops done, {urgent} urgent open"
    )
