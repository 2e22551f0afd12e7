"""
What the commands around a city do: check what people wrote about it, explain a way through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.opening import open_city
from api.settings import Settings
from dispatch.city import load_city
from dispatch.city_files import load_map
from dispatch.datum import Datum
from dispatch.describing import check_file
from dispatch.descriptions import FOLDER
from dispatch.directory import read_csv
from dispatch.errors import CityError, DispatchError, InvalidRequest
from dispatch.explaining import Leg, explain_way, read_place
from dispatch.stored_desks import find_desks

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.city_files import CityMap
    from dispatch.stored_desks import FoundDesks

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\Z")


def check_files(files: Sequence[Path], city: Path | None) -> dict[str, list[DispatchError]]:
    """
    Returns all that is wrong with each file, nothing for a sound one.

    A directory is a city with the descriptions in it, ``.csv`` a customer's desks, anything else
    the description of a building. With ``city`` the buildings named must be in it; without one
    only what a description says of itself is checked. Raises CityError where ``city`` is none.
    """
    known = load_map(city) if city else None
    return {str(file): list(_faults(file, city, known)) for file in files}


def _faults(file: Path, city: Path | None, known: CityMap | None) -> Iterator[DispatchError]:
    if file.is_dir():
        yield from _faults_of_city(file)
    elif file.suffix.lower() == ".csv":
        yield from _faults_of_desks(file, city)
    else:
        yield from check_file(file, known)


def _faults_of_city(directory: Path) -> Iterator[DispatchError]:
    try:
        known = load_map(directory)
    except CityError as error:
        yield error
        return
    files = sorted((directory / FOLDER).glob("*"))
    faults = [
        f for file in files if file.suffix in (".toml", ".json") for f in check_file(file, known)
    ]
    yield from faults
    if not faults:
        try:
            # What no file shows alone: a building described twice.
            load_city(directory)
        except DispatchError as error:
            yield error


def _faults_of_desks(file: Path, city: Path | None) -> Iterator[DispatchError]:
    if city is None:
        yield InvalidRequest(
            "Desks can be checked against a city only.",
            at=file.name,
            cure="Name it: --city DIR.",
        )
        return
    try:
        data = file.read_bytes()
    except OSError as error:
        yield InvalidRequest(
            f"This cannot be read: {error.strerror}.",
            at=file.name,
            cure="Name a CSV file that exists.",
        )
        return
    for fault in read_csv(data, load_city(city)).faults:
        fault.at = f"{file.name}: {fault.at}"
        yield fault


def explain(
    settings: Settings,
    start: str,
    end: str,
    at: str,
    *,
    db: str | None = None,
    datum: Datum = Datum.WGS84,
) -> tuple[Leg, ...]:
    """
    Returns the legs of a way between places named as `read_place` has it, ``at`` a local time.

    ``settings`` name the city and its streets, ``db`` is the database whose customers' desks are
    known too; it may be in use. Raises CityError, DatabaseError or InvalidRequest for places or a
    time that cannot be read, Unavailable where a routing server does not answer.
    """
    moment = read_clock(at)
    with closing(open_city(settings)) as city:
        return _explain(city, {"FROM": start.strip(), "TO": end.strip()}, moment, db, datum)


def _explain(
    loaded: City, texts: Mapping[str, str], moment: int, db: str | None, datum: Datum
) -> tuple[Leg, ...]:
    wanted = {where: text for where, text in texts.items() if text.startswith("k_")}
    found = find_desks(db, set(wanted.values())) if db is not None and wanted else None
    for where, text in wanted.items():
        if text not in loaded.offices and (found is None or text not in found.desks):
            raise _unknown_desk(loaded, where, text, found)
    desks = None if found is None else found.desks
    a, b = (read_place(loaded, text, desks, datum) for text in texts.values())
    return explain_way(loaded, a, b, moment)


def _unknown_desk(city: City, where: str, text: str, found: FoundDesks | None) -> CityError:
    cure = "Or name building and floor, like b_12/4."
    if found is None:
        what = f"{text} is no office on the map of {city.name}."
        cure = f"If it is a customer's desk, name the service's database: --db URL. {cure}"
    else:
        what = f"{text} is no office on the map of {city.name}, and none of the "
        what += f"{found.num_desks} desks of the database."
        hint = f"Did you mean {found.near[text]}? " if text in found.near else ""
        cure = f"{hint}GET /v1/desks lists all there are. {cure}"
    return CityError(what, at=where, cure=cure, code="unknown-desk", value=text)


def read_clock(text: str) -> int:
    """Returns the second of the day of ``12:10`` or ``12:10:30``; raises InvalidRequest."""
    match = _CLOCK.match(text.strip())
    hour, minute, second = (int(part or 0) for part in match.groups()) if match else (24, 0, 0)
    if hour > 23 or minute > 59 or second > 59:
        raise InvalidRequest(
            f"{text!r} is no time of a day.",
            at="--at",
            cure="Give hours and minutes, like 12:10.",
            value=text,
        )
    return hour * 3600 + minute * 60 + second


def leg_json(leg: Leg) -> dict[str, Any]:
    """Returns a leg with the source of each of its figures as JSON."""
    return {
        "kind": leg.kind,
        "text": leg.text,
        "from": leg.from_floor,
        "to": leg.to_floor,
        "duration_s": leg.duration_s,
        "figures": [
            {"what": f.what, "seconds": f.seconds, "source": f.source, "assumed": f.assumed}
            for f in leg.figures
        ],
    }
