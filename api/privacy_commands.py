"""
The commands about personal data: what is held about somebody, and erasing it.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from api.printing import EXITS, out, print_json
from api.store_options import Config, Db, Json
from dispatch.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.settings import Settings
    from dispatch.erasing import Erased
    from dispatch.personal import Personal
    from dispatch.store import Database

Who = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        help="A phone number, the whole name of a contact, or a courier: courier:c_3.",
    ),
]
OneZone = Annotated[str | None, typer.Option("--zone", help="Only this zone; all if absent.")]

ACTOR = "dispatch privacy"
"""Who the log says erased something."""

privacy_app = typer.Typer(help="Personal data: show it, erase it.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(privacy_app, name="privacy", epilog=EXITS)


@privacy_app.command(epilog=EXITS)
def export(subject: Who, db: Db = None, zone: OneZone = None, config: Config = None) -> None:
    """Print all that is held about somebody as JSON; the service may run."""
    from api.settings import read_settings
    from dispatch.beside import beside
    from dispatch.personal import as_json
    from dispatch.subjects import Subject

    settings = read_settings(config, db=db)
    asked = Subject.read(subject)
    with beside(settings.db) as connection:
        found = [as_json(connection, each) for each in _found(connection, asked.text, zone)]
    print_json({"subject": asked.text, "zones": _with_moments(found, _local(settings))})


@privacy_app.command(epilog=EXITS)
def erase(
    subject: Who,
    namesakes: Annotated[
        bool, typer.Option("--namesakes", help="Erase all contacts of a name, whatever the phone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be erased; the service may run.")
    ] = False,
    db: Db = None,
    zone: OneZone = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Erase who somebody is, and say what is kept and why; no service may use the database."""
    from api.settings import read_settings
    from dispatch.beside import beside

    settings = read_settings(config, db=db)
    with beside(settings.db) as connection:
        found = _found(connection, subject, zone)
        _check_namesakes(found, asked_for=namesakes)
        told = [_report(each, None) for each in found]
    if found and not dry_run:
        with closing(_opened(settings)) as database:
            told = [_erased(database, settings, each.zone, subject) for each in found]
    _print(subject, told, as_json=as_json, dry_run=dry_run)


def _found(connection: Connection, subject: str, zone: str | None) -> list[Personal]:
    """Returns what is held in each zone in which there is something."""
    from dispatch.beside import check_zone, zones_of
    from dispatch.personal import personal
    from dispatch.subjects import Subject

    if zone is not None:
        check_zone(connection, zone)
    asked = Subject.read(subject)
    zones = zones_of(connection) if zone is None else (zone,)
    found = [personal(connection, name, asked) for name in zones]
    return [each for each in found if not each.is_empty]


def _check_namesakes(found: list[Personal], *, asked_for: bool) -> None:
    phones = sorted({phone or "no phone" for each in found for phone in each.namesakes})
    couriers = [each.zone for each in found if each.courier is not None]
    if len(couriers) > 1:
        raise Conflict(
            f"{len(couriers)} zones have a courier of this id: {', '.join(couriers)}.",
            at="SUBJECT",
            cure="Say which one with --zone. Nothing was erased.",
        )
    if phones and not asked_for:
        raise Conflict(
            f"{len(phones)} contacts have this name: {', '.join(phones)}.",
            at="SUBJECT",
            cure="Give the phone number, or --namesakes to erase all. Nothing was erased.",
        )


def _opened(settings: Settings) -> Database:
    """Returns the database for writing; raises DatabaseError where a service uses it."""
    from dispatch.store import Database, DatabaseError

    try:
        return Database.open(settings.db)
    except DatabaseError as error:
        if error.code != "database-locked":
            raise
        raise DatabaseError(
            f"{error.what} Nothing was erased.",
            at=error.at,
            cure="It is the service: stop it, run this again, start it. Meanwhile couriers' phones "
            "keep their taps.",
            code="database-locked",
        ) from error


def _erased(database: Database, settings: Settings, zone: str, subject: str) -> dict[str, Any]:
    """Erases a subject in a zone, in one transaction with the event that tells of it."""
    from dispatch.commit import Commit
    from dispatch.erasing import erase_subject
    from dispatch.events import ContactsErased
    from dispatch.personal import personal
    from dispatch.subjects import Subject

    database.start_zone(zone)
    with database.unit():
        with database.write() as connection:
            # Once more: the service may have worked until it was stopped.
            found = personal(connection, zone, Subject.read(subject))
            now = _now(database, settings, zone)
            erased = erase_subject(connection, found, now)
        event = ContactsErased(now, erased.contacts, "Asked for.")
        database.commit(zone, Commit(now, (event,), actor=ACTOR))
    return _report(found, erased)


def _now(database: Database, settings: Settings, zone: str) -> int:
    """Returns the moment of erasing, by the clock of the service: the machine's or a manual one."""
    from api.settings import start_of

    now = datetime.now(UTC)
    if settings.clock == "manual":
        return max(start_of(settings, now), database.latest(zone))
    return int(now.timestamp())


def _report(found: Personal, erased: Erased | None) -> dict[str, Any]:
    """Returns what is erased of somebody, or would be, and what is kept and why."""
    gone = found.erasable()
    told: dict[str, Any] = {
        "zone": found.zone,
        "contacts": sum(held.ref in gone for held in found.contacts),
        "notes": sum(held.ref in gone for held in found.notes),
        "positions": int(found.position is not None) if erased is None else erased.positions,
        "proofs": len(found.proofs) if erased is None else erased.proofs,
        "photos": len(found.photos) if erased is None else erased.photos,
        "open_orders": [o.id for o in found.orders if _is_open(found, o.id)],
        "kept": _kept(found),
    }
    return told if erased is None else told | {"answers": erased.answers}


def _is_open(found: Personal, order: str) -> bool:
    return found.courier is None and any(
        drop.order == order and drop.status.is_open for drop in found.drops
    )


def _kept(found: Personal) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    orders = [order.id for order in found.orders]
    if found.courier is not None:
        why = "Work records under the id of the courier; the name and the position are gone."
        kept.append({"what": f"shift, taps and {len(orders)} orders", "why": why, "ids": orders})
    elif orders:
        why = "What was promised and done; they name nobody any more."
        kept.append({"what": f"goods, places and times of {len(orders)} orders", "why": why})
        kept[-1]["ids"] = orders
    if found.shared:
        why = "Notes that stand at orders of others too and do not speak of the subject."
        kept.append({"what": f"{len(found.shared)} notes", "why": why})
    if found.mentions:
        where = [f"entry {m.seq} ({m.kind}), {m.at}" for m in found.mentions]
        why = "Written into texts that the log's chain covers; they cannot be taken out of it."
        kept.append({"what": f"{len(where)} texts of the log", "why": why, "ids": where})
    why = "Files that this program does not know of: erase again after restoring one."
    return [*kept, {"what": "backups made before", "why": why}]


def _print(subject: str, told: list[dict[str, Any]], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        print_json({"subject": subject, "dry_run": dry_run, "zones": told})
        return
    if not told:
        out.print("Nothing is held about this subject.")
    for each in told:
        verb = "would be erased" if dry_run else "erased"
        kinds = ("contacts", "notes", "positions", "proofs", "photos")
        counts = [f"{each[name]} {name}" for name in kinds]
        counts += [f"{each['answers']} kept answers"] if "answers" in each else []
        out.print(f"{each['zone']}: {', '.join(counts)} {verb}", markup=False, highlight=False)
        if each["open_orders"]:
            orders = ", ".join(each["open_orders"])
            out.print(f"  under way, for nobody by name: {orders}", markup=False, highlight=False)
        for kept in each["kept"]:
            ids = f" ({', '.join(kept['ids'])})" if kept.get("ids") else ""
            text = f"  kept: {kept['what']}{ids}. {kept['why']}"
            out.print(text, markup=False, highlight=False)


def _local(settings: Settings) -> ZoneInfo:
    from dispatch.city_files import load_map

    return ZoneInfo(load_map(settings.city).timezone)


def _with_moments(value: Any, local: ZoneInfo, name: str = "") -> Any:
    """Returns data with the instants in it as RFC 3339 text."""
    if isinstance(value, dict):
        return {key: _with_moments(inner, local, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_moments(inner, local, name) for inner in value]
    instant = name.endswith("_at") or name in ("at", "shift_start", "shift_end", "device_now")
    if instant and isinstance(value, int):
        return datetime.fromtimestamp(value, local).isoformat()
    return value
