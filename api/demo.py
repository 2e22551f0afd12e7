"""
``dispatch demo``: the real service plans a shift over a real city, with simulated couriers.

The service runs as a process of its own and is asked over HTTP like by anybody else. Its clock is
moved by hand from one happening to the next and stands while the planner thinks, so that hours
pass in seconds; how long it takes to answer an order is measured all the same.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from api.demo_client import HttpService, Refused
from api.demo_play import Scale, play_shift
from api.demo_report import Setting, as_json, table_of, write_report
from api.demo_server import running_service
from api.settings import EMBEDDED_CITY, HELSINKI_STORE
from dispatch.promises import URGENT
from scenarios.metrics import summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scenarios.log import ShiftLog

ZONE = ZoneInfo("Europe/Helsinki")

START = datetime(2026, 11, 23, 10, tzinfo=ZONE)
"""A Monday; lunch, when lifts are slow, begins an hour later."""

SEARCH_SECONDS = 0.05
"""For each search: some ten drops are open at a time here, and the clock waits for every search."""

LIVE_MINUTES = 12 * 60
"""How long demand lasts with ``--serve``, if nobody ends it before."""


def run_demo(
    *,
    seed: int = 1,
    serve: bool = False,
    out: Path = Path(),
    port: int = 0,
    keep: bool = False,
    json_output: bool = False,
    scale: Scale | None = None,
) -> int:
    """
    Plays a shift, leaves ``report.html``, ``map.png`` and ``timeline.png``, returns the exit code.

    It is 0 if every urgent drop ended and nothing went wrong. With ``serve`` the shift is played in
    real time, on the machine's clock, until Ctrl-C. ``keep`` leaves the database and the log of the
    service where they are, and says where. ``scale`` None is the usual size.
    """
    began = time.monotonic()
    console = Console(stderr=json_output)
    with _folder(console, keep=keep) as folder:
        try:
            log = _play(console, folder, seed=seed, live=serve, port=port, scale=scale or Scale())
        except Refused as error:
            console.print(f"The demo failed. {error}", style="red", markup=False, highlight=False)
            return 1
    setting = Setting(EMBEDDED_CITY, (HELSINKI_STORE.lat, HELSINKI_STORE.lon), ZONE, seed)
    summary = summarise(log, time.monotonic() - began)
    report = write_report(out, setting, log, summary)
    if json_output:
        Console().print_json(json.dumps(as_json(summary)))
    else:
        console.print(table_of(summary))
    console.print(f"Routes, times and promises: {report}", highlight=False, soft_wrap=True)
    return 0 if summary.is_good else 1


@contextmanager
def _folder(console: Console, *, keep: bool) -> Iterator[Path]:
    """Yields a folder for the database and the log; it is removed in the end unless kept."""
    folder = Path(tempfile.mkdtemp(prefix="dispatch-demo-"))
    try:
        yield folder
    finally:
        if keep:
            console.print(f"The database and the log are in {folder}", soft_wrap=True)
        else:
            shutil.rmtree(folder)


def _play(
    console: Console, folder: Path, *, seed: int, live: bool, port: int, scale: Scale
) -> ShiftLog:
    with ExitStack() as stack:
        console.print("Starting the service", style="dim")
        url = stack.enter_context(running_service(folder, _settings(folder, port, live=live)))
        service = stack.enter_context(closing(HttpService(url, f"demo-{seed}", ZONE, live=live)))
        start = int(time.time()) + 1 if live else int(START.timestamp())
        if live:
            scale = Scale(LIVE_MINUTES, scale.couriers)
            console.print(f"The service answers at {url}; end with Ctrl-C.", soft_wrap=True)
        end = start + scale.minutes * 60
        progress = stack.enter_context(_progress_line(console, start, end))
        return play_shift(service, seed=seed, start=start, scale=scale, progress=progress)


def _settings(folder: Path, port: int, *, live: bool) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if not live:
        own = {"clock": "manual", "clock_start": START.isoformat(), "polish_seconds": 0}
    return own | {
        "db": f"sqlite:///{folder / 'dispatch.db'}",
        "port": port,
        "search_seconds": SEARCH_SECONDS,
    }


@contextmanager
def _progress_line(
    console: Console, start: int, end: int
) -> Iterator[Callable[[int, ShiftLog], None]]:
    """Yields what is to be told each moment; it keeps one line on the screen up to date."""
    columns = (BarColumn(24), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("the first order", total=end - start)

        def tell(now: int, log: ShiftLog) -> None:
            progress.update(task, completed=now - start, description=state_line(now, log))

        yield tell


def state_line(now: int, log: ShiftLog) -> str:
    """Returns where a shift stands at a moment, in one line."""
    urgent = log.of(URGENT)
    late = sum((log.slack(order) or 0) < 0 for order in urgent)
    return (
        f"{datetime.fromtimestamp(now, tz=ZONE):%H:%M}  {len(log.placed)} orders, "
        f"{len(log.closings)} drops done, {len(log.open_urgent_drops())} urgent open, {late} late"
    )
