"""
What a day of a scenario leaves: a page and its pictures, the same bytes for the same day.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from dispatch.orders import Store
from scenarios.charts import draw_promises, draw_timeline
from scenarios.day_charts import draw_curve, draw_slack
from scenarios.figures import as_png, as_svg
from scenarios.log import ShiftLog
from scenarios.metrics import percentile
from scenarios.picture import draw_map
from scenarios.scenario import Scenario
from scenarios.slack import Slack
from scenarios.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.city_files import CityMap


@dataclass(frozen=True, slots=True, eq=False)
class PlayedDay:
    """
    A day that was played: what was to be, what was, and how its searches were bounded, in words.
    """

    scenario: Scenario
    seed: int
    solver_seed: int
    search: str
    store: Store
    log: ShiftLog
    verdict: Verdict
    slack: tuple[Slack, ...]


def rows_of(day: PlayedDay) -> list[tuple[str, str]]:
    """Returns the figures of a day as names and texts."""
    v, log = day.verdict, day.log
    rows = [
        (
            "urgent orders placed",
            f"{v.placed}, customers who left: {v.left}; called off besides: {v.called_off}",
        ),
        ("promised in 22 minutes", f"{v.promised_usual} of {v.placed}"),
        ("promises kept", f"{v.kept} of {v.promised} ({100 * v.kept_share:.1f} %)"),
        (
            "on the desk within 22 minutes",
            f"{v.within_usual} of {v.placed} placed ({100 * v.within_usual_share:.1f} %)",
        ),
        ("lateness", _lateness(v)),
        ("standard orders", f"{v.standard_on_course} of {v.standard} on course for their date"),
        ("courier time", f"{v.courier_min_per_order:.1f} min of work for each order"),
        ("utilisation", f"{v.utilisation:.2f} of {len(log.couriers)} couriers' time"),
        (
            "re-planned",
            f"{log.plan_versions} plans in {v.events} events; {v.moved_drops} times a drop changed "
            f"courier ({100 * v.churn:.2f} % of drops per event), {v.flipped} times a next stop",
        ),
        ("distance", f"{sum(leg.distance_m for leg in log.legs) / 1000:.1f} km"),
    ]
    if v.decisions_ms:
        p50, p99 = (percentile(v.decisions_ms, share) for share in (50, 99))
        rows.append(("decision", f"{p50:.1f} ms p50, {p99:.1f} ms p99 for an order's answer"))
    return rows


def _lateness(v: Verdict) -> str:
    if not v.late_s:
        return "none"
    return f"{len(v.late_s)} promises, by {clock(v.late_s[-1])} at most; p95 {clock(v.late_p95_s)}"


def clock(seconds: float) -> str:
    """Returns seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def as_json(day: PlayedDay) -> dict[str, Any]:
    """Returns a day for a program: figures, shares, and what it was drawn from."""
    v = day.verdict
    shares = ("kept_share", "promised_usual_share", "within_usual_share", "on_course_share")
    others = ("utilisation", "courier_min_per_order", "late_p95_s", "churn")
    return {
        "scenario": dict(said(day.scenario)),
        "seed": day.seed,
        "solver_seed": day.solver_seed,
        "search": day.search,
        **asdict(v),
        **{name: round(getattr(v, name), 4) for name in (*shares, *others)},
        "plan_versions": day.log.plan_versions,
        "faults": day.log.faults,
    }


def said(scenario: Scenario) -> list[tuple[str, Any]]:
    """Returns all that a scenario says, as its file would."""
    values = [(field.name, getattr(scenario, field.name)) for field in fields(scenario)]
    plain = [(name, value) for name, value in values if name != "bursts"]
    told = [(n, v if isinstance(v, str | int | float) else v.isoformat()) for n, v in plain]
    return [*told, ("burst", [asdict(burst) for burst in scenario.bursts])]


def write_day(out: Path, day: PlayedDay, city: CityMap) -> Path:
    """Writes ``report.html`` and four pictures to a folder; returns the page."""
    zone = ZoneInfo(city.timezone)
    out.mkdir(parents=True, exist_ok=True)
    charts = {
        "curve": draw_curve(day.log),
        "timeline": draw_timeline(day.log, zone),
        "slack": draw_slack(day.slack, day.log, zone),
    }
    for name, figure in charts.items():
        (out / f"{name}.png").write_bytes(as_png(figure))
    picture = as_png(draw_map(city, day.log, (day.store.lat, day.store.lon)))
    (out / "map.png").write_bytes(picture)
    pages = Environment(
        loader=PackageLoader("scenarios"), autoescape=True, undefined=StrictUndefined
    )
    page = pages.get_template("day.html").render(
        **_words(day, zone),
        city=city.name,
        attribution=city.attribution,
        map=base64.b64encode(picture).decode(),
        promises=as_svg(draw_promises(day.log, zone), "promises"),
        **{name: as_svg(figure, name) for name, figure in charts.items()},
    )
    report = out / "report.html"
    report.write_text(page, encoding="utf-8")
    return report


def _words(day: PlayedDay, zone: ZoneInfo) -> dict[str, Any]:
    v, log = day.verdict, day.log
    start, end = (datetime.fromtimestamp(at, tz=zone) for at in (log.start, log.finished))
    tiles = [
        (f"{v.kept} of {v.promised}", "promises kept", "bad" if v.late_s else "good"),
        (f"{100 * v.promised_usual_share:.0f} %", "of placed promised in 22 minutes", ""),
        (f"{100 * v.within_usual_share:.0f} %", "of placed on the desk within 22 minutes", ""),
        (f"{v.utilisation:.2f}", "courier utilisation", ""),
        (f"{v.courier_min_per_order:.1f} min", "of courier work for each order", ""),
    ]
    return {
        "headline": f"{day.scenario.name}: {v.kept} of {v.promised} urgent promises kept",
        "day": f"{start:%A} {start.day} {start:%B %Y}",
        "from": f"{start:%H:%M}",
        "to": f"{end:%H:%M}",
        "couriers": len(log.couriers),
        "tiles": [{"value": value, "what": what, "tone": tone} for value, what, tone in tiles],
        "rows": rows_of(day),
        "said": [(name.replace("_", " "), value) for name, value in said(day.scenario)],
        "faults": log.faults,
        "seed": day.seed,
        "solver_seed": day.solver_seed,
        "search": day.search,
    }
