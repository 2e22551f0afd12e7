"""
What the demo leaves: a table on the screen, a page, two pictures.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.table import Table

from dispatch.city_files import load_map
from scenarios.charts import draw_promises, draw_timeline
from scenarios.figures import as_png, as_svg
from scenarios.picture import draw_map

if TYPE_CHECKING:
    from scenarios.log import ShiftLog
    from scenarios.metrics import Summary


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a shift was played; ``store`` is (lat, lon)."""

    city: Path
    store: tuple[float, float]
    zone: ZoneInfo
    seed: int


def rows_of(summary: Summary) -> list[tuple[str, str]]:
    """Returns the figures of a shift as names and texts."""
    s = summary
    return [
        ("urgent orders", f"{s.urgent} with {s.urgent_drops} drops"),
        ("promised in 22 minutes", f"{s.usual_promise}, a longer time promised: {s.requoted}"),
        ("promises kept", f"{s.kept} of {s.kept + len(s.late)}"),
        ("late", _late(s)),
        ("order to desk", f"{_clock(s.desk_p50_s)} p50, {_clock(s.desk_p95_s)} p95"),
        (
            "incidents",
            f"{s.cancelled} cancelled, {s.desks_closed} desk closed, "
            f"{s.partly_accepted} partly rejected",
        ),
        ("urgent drops still open", str(s.urgent_open)),
        ("standard orders", f"{s.standard} with {s.standard_drops} drops"),
        (
            "standard on course",
            f"{s.standard_on_course} of {s.standard} for their date, "
            f"{s.standard_delivered} delivered already",
        ),
        (
            "re-planned",
            f"{s.plan_versions} plans; {s.moved_drops} times a drop changed courier, "
            f"{s.superseded} taps overtaken by a new plan",
        ),
        (
            "decision",
            f"{s.decision_p50_ms} ms p50, {s.decision_p99_ms} ms p99 for an order's answer",
        ),
        ("distance", f"{s.distance_km} km"),
        (
            "utilisation",
            f"{s.utilisation:.2f} of {s.couriers} couriers' time; "
            f"{s.at_counter:.2f} more waiting for goods",
        ),
        ("wall time", f"{s.wall_s:.0f} s"),
    ]


def _late(s: Summary) -> str:
    if not s.late:
        return "none"
    each = ", ".join(f"{late.customer} ({late.order}) by {_clock(late.by_s)}" for late in s.late)
    spread = f"p50 {_clock(s.late_p50_s)}, p95 {_clock(s.late_p95_s)}, most {_clock(s.late_max_s)}"
    return f"{len(s.late)} ({spread}): {each}"


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d} min"


def table_of(summary: Summary) -> Table:
    """Returns the figures of a shift for the screen."""
    table = Table(show_header=False, title="The shift in figures", title_justify="left")
    for name, value in rows_of(summary):
        bad = name == "urgent drops still open" and summary.urgent_open
        table.add_row(name, f"[red]{value}[/red]" if bad else value)
    for fault in summary.faults:
        table.add_row("[red]wrong[/red]", fault)
    return table


def as_json(summary: Summary) -> dict[str, Any]:
    """Returns the figures of a shift for a program."""
    return asdict(summary) | {"good": summary.is_good}


def write_report(out: Path, setting: Setting, log: ShiftLog, summary: Summary) -> Path:
    """Writes ``report.html``, ``map.png`` and ``timeline.png`` to a folder; returns the page."""
    city = load_map(setting.city)
    out.mkdir(parents=True, exist_ok=True)
    picture = as_png(draw_map(city, log, setting.store))
    timeline = draw_timeline(log, setting.zone)
    (out / "map.png").write_bytes(picture)
    (out / "timeline.png").write_bytes(as_png(timeline))
    loader = PackageLoader("scenarios")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    page = pages.get_template("report.html").render(
        **_words(log, summary, setting),
        city=city.name,
        attribution=city.attribution,
        map=base64.b64encode(picture).decode(),
        timeline=as_svg(timeline, "timeline"),
        promises=as_svg(draw_promises(log, setting.zone), "promises"),
    )
    report = out / "report.html"
    report.write_text(page, encoding="utf-8")
    return report


def _words(log: ShiftLog, summary: Summary, setting: Setting) -> dict[str, Any]:
    start = datetime.fromtimestamp(log.start, tz=setting.zone)
    ended = summary.kept + len(summary.late)
    tiles = [
        (f"{summary.kept} of {ended}", "promises kept", "bad" if summary.late else "good"),
        (_clock(summary.desk_p50_s), "from order to desk, median", ""),
        (f"{summary.decision_p99_ms} ms", "to answer an order, p99", ""),
        (f"{summary.utilisation:.2f}", "courier utilisation", ""),
        (f"{summary.distance_km} km", "ridden", ""),
    ]
    return {
        "headline": f"{summary.kept} of {ended} urgent orders were on the desk in time",
        "day": f"{start:%A} {start.day} {start:%B %Y}",
        "from": f"{start:%H:%M}",
        "to": f"{datetime.fromtimestamp(log.finished, tz=setting.zone):%H:%M}",
        "couriers": summary.couriers,
        "tiles": [{"value": value, "what": what, "tone": tone} for value, what, tone in tiles],
        "rows": rows_of(summary),
        "faults": summary.faults,
        "seed": setting.seed,
    }
