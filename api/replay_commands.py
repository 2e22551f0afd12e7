"""
``dispatch replay``: a plan of the past, the state it was made of, and why it changed.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from api.printing import EXITS, out, print_json
from api.store_options import Config, Db, Json, ZoneName, chosen_zone, progress_line
from dispatch.errors import DispatchError, NotFound

if TYPE_CHECKING:
    from api.settings import Settings
    from dispatch.city import City
    from dispatch.replayed_gain import Gain
    from dispatch.replaying import Past

CAUSES = {
    "event": "It is what the events alone lead to.",
    "time": "No event: time went by, and the same stops have other times.",
    "search": "No event: a search found a better plan, which was adopted.",
    "choice": "Something decided with the events put it so: a dispatcher's move, a place held, or "
    "a plan searched for a quote.",
}


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command(epilog=EXITS)(replay)


def replay(
    until: Annotated[
        str | None, typer.Option(help="The plan in force then: a date, or RFC 3339 with offset.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="The plan of this version.")] = None,
    db: Db = None,
    zone: ZoneName = None,
    city: Annotated[Path | None, typer.Option(help="City directory.")] = None,
    config: Config = None,
    whole: Annotated[
        bool, typer.Option("--state", help="With --json: the whole state, not only what is open.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild a past plan and state from the log, and tell why it is not the plan before."""
    from api.opening import open_city
    from api.promises import read_range
    from api.settings import read_settings
    from dispatch.beside import beside
    from dispatch.replaying import past

    settings = read_settings(config, db=db, city=city)
    opened = open_city(settings)
    try:
        instant, _ = read_range(until, None, opened.timezone, ("--until", ""))
        with beside(settings.db) as connection, progress_line("log") as tell:
            name = chosen_zone(connection, zone, settings)
            stores = settings.stores()
            found = past(connection, name, stores, version=version, until=instant, tell=tell)
        local = ZoneInfo(opened.timezone)
        gained = _gain(found, opened, settings)
    finally:
        opened.close()
    if as_json:
        print_json(past_json(found, gained, local, whole=whole))
    else:
        _print(found, gained, local)


def _gain(found: Past, city: City, settings: Settings) -> Gain | DispatchError:
    """Returns what was gained, or why that cannot be told with these settings."""
    from dataclasses import replace

    from dispatch.replayed_gain import gain

    found = replace(found, decided=replace(found.decided, services=settings.services()))
    try:
        return gain(found, city, settings.policy_values())
    except DispatchError as error:
        return error
    except KeyError as error:
        return NotFound(f"The settings do not know {error}.", cure="Give those of the service.")


def past_json(
    found: Past, gained: Gain | DispatchError, local: ZoneInfo, *, whole: bool
) -> dict[str, Any]:
    """Returns a replayed plan as JSON: its state, the plan, and why it changed."""
    from dispatch.codec import to_json

    return {
        "zone": found.zone,
        "version": found.plan.version,
        "seq": found.seq,
        "made_at": _moment(found.plan.made_at, local),
        "why": why_json(found, gained, local),
        "plan": to_json(found.plan),
        "state_seq": found.state_seq,
        "state": _state_json(found, whole=whole),
    }


def why_json(found: Past, gained: Gain | DispatchError, local: ZoneInfo) -> dict[str, Any]:
    """Returns why a plan is not the one before, as JSON."""
    from dataclasses import asdict

    from dispatch.audit_log import facts
    from dispatch.replaying import moves

    became = moves(found.before, found.plan, found.decided)
    told: dict[str, Any] = {
        "before": found.before.version or None,
        "events": [
            {
                "seq": cause["seq"],
                "at": _moment(cause["at"], local),
                "what": cause["kind"],
                "who": cause["actor"] or None,
                "about": cause["subjects"],
                "facts": facts(cause),
                "with_the_plan": cause in found.decided_with,
            }
            for cause in found.causes
        ],
        "moved": [{"drop": d, "from": a, "to": b} for d, a, b in became.moved],
        "came": [{"drop": d, "to": c} for d, c in became.came],
        "went": [{"drop": d, "from": c} for d, c in became.went],
        "over": [{"drop": d, "status": status} for d, status in became.over],
    }
    if isinstance(gained, DispatchError):
        return told | {"cause": None, "tiers": None, "not_rebuilt": str(gained)}
    tiers = [asdict(tier) for tier in gained.tiers]
    return told | {"cause": gained.cause, "tiers": tiers, "times_off_s": gained.off_s}


def _state_json(found: Past, *, whole: bool) -> dict[str, Any]:
    from dispatch.codec import to_json

    state = found.state
    names = ("couriers", "quotes", "traffic", "orders", "drops")
    if whole:
        return {name: [to_json(value) for value in getattr(state, name).values()] for name in names}
    counts = {f"num_{name}": len(getattr(state, name)) for name in ("orders", "drops")}
    of_live = dict.fromkeys(drop.order for drop in state.live.values())
    return counts | {
        "couriers": [to_json(courier) for courier in state.couriers.values()],
        "orders": [to_json(state.orders[order]) for order in of_live],
        "drops": [to_json(drop) for drop in state.live.values()],
    }


def _moment(instant: int, local: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant, local).isoformat()


def _print(found: Past, gained: Gain | DispatchError, local: ZoneInfo) -> None:
    plan, state = found.plan, found.state
    say(f"{found.zone}: plan {plan.version} of {_moment(plan.made_at, local)}, entry {found.seq}")
    say(
        f"State after entry {found.state_seq}: {len(state.orders)} orders, "
        f"{len(state.open_drops())} open drops, {len(state.couriers)} couriers"
    )
    out.print(routes_table(found, local))
    for left in plan.unassigned:
        say(f"left out: {left.drop}: {'; '.join(reason.text for reason in left.reasons)}")
    _print_why(found, gained, local)


def _print_why(found: Past, gained: Gain | DispatchError, local: ZoneInfo) -> None:
    from dispatch.audit_log import facts
    from dispatch.replaying import moves

    say(f"Why it is not plan {found.before.version}:" if found.before.version else "Why:")
    for cause in found.causes:
        about, told = ", ".join(cause["subjects"][:4]), facts(cause)
        say(
            f"  {_moment(cause['at'], local)} {cause['kind']} {about}"
            + (f" ({told})" if told else "")
            + (f" by {cause['actor']}" if cause["actor"] else "")
        )
    became = moves(found.before, found.plan, found.decided)
    for text in (
        *(f"{d} moved from {a} to {b}" for d, a, b in became.moved),
        *(f"{d} came to {c}" for d, c in became.came),
        *(f"{d} was taken from {c} and left out" for d, c in became.went),
        *(f"{d} is {status}" for d, status in became.over),
    ):
        say(f"  {text}")
    if isinstance(gained, DispatchError):
        say(f"  The problem of that moment cannot be built again: {gained}")
        return
    say(f"  {CAUSES[gained.cause]}")
    out.print(gain_table(gained))
    if gained.off_s is None or gained.off_s:
        by = "has other stops" if gained.off_s is None else f"differs by up to {gained.off_s} s"
        say(
            f"Built again with these settings the plan {by}: what couriers' positions told is not "
            "in the log, and settings or streets may have changed since."
        )


def routes_table(found: Past, local: ZoneInfo) -> Table:
    """Returns the stops of a plan as a table."""
    table = Table("courier", "stop", "what", "drops", "arrives", "leaves", "slack")
    for route in found.plan.routes:
        for stop in route.stops:
            times = (
                f"{datetime.fromtimestamp(at, local):%H:%M:%S}"
                for at in (stop.arrival, stop.departure)
            )
            slack = "" if stop.slack_s is None else f"{stop.slack_s} s"
            what = stop.kind.value + (" (committed)" if stop.committed else "")
            table.add_row(route.courier, stop.id, what, ", ".join(stop.drops), *times, slack)
    return table


def gain_table(gained: Gain) -> Table:
    """Returns what a plan gained, tier by tier, the first that differs decides."""
    table = Table("", "plan before, carried over", "published", "gained")
    for tier in gained.tiers:
        less = tier.kept - tier.published
        table.add_row(
            tier.what, f"{tier.kept:,}", f"{tier.published:,}", f"{less:,}" if less else ""
        )
    return table


def say(text: str) -> None:
    """Prints a line as it is."""
    out.print(text, markup=False, highlight=False)
