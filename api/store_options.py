"""
What the commands about a database have in common: which one, which zone, how far they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dispatch.errors import InvalidRequest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.settings import Settings

Db = Annotated[
    str | None, typer.Option(help="Database; that of the settings if absent. May be in use.")
]
ZoneName = Annotated[str | None, typer.Option("--zone", help="Zone; needed where there are more.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def chosen_zone(connection: Connection, zone: str | None, settings: Settings) -> str:
    """Returns the zone that is named, or that of the settings, or the only one there is."""
    from dispatch.beside import check_zone, zones_of

    zones = zones_of(connection)
    if zone is not None:
        check_zone(connection, zone)
        return zone
    if settings.zone in zones:
        return settings.zone
    if len(zones) != 1:
        raise InvalidRequest(
            f"The database has {len(zones)} zones.",
            at="--zone",
            cure=f"Choose from {', '.join(zones)}." if zones else "Run the service with it first.",
        )
    return zones[0]


@contextmanager
def progress_line(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what is to be told how much of how much is done; one line, where there is a screen."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, of: None
        return
    columns = (BarColumn(24), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def tell(done: int, of: int) -> None:
            text = f"{what}: {done:,} of {of:,}"
            progress.update(task, completed=done, total=of, description=text)

        yield tell
