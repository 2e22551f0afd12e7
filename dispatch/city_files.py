"""
A city as files: `city.json`, `buildings.json`, `offices.json`, `roads.npz`.

The same city gives the same bytes, so that a city can be kept under version control and
reviewed. Coordinates are written with six decimals, a tenth of a metre.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatch.errors import CityError
from dispatch.geo import Point
from dispatch.hours import Week
from dispatch.places import Building, Entrance, Office
from dispatch.report import CityReport, LeftOut
from dispatch.roads import Roads

if TYPE_CHECKING:
    from collections.abc import Iterable


FORMAT = 2
"""Version of the files; a city written with another one has to be built again."""

FILES = ("city.json", "buildings.json", "offices.json", "roads.npz")

NEWER = ("way_ban", "way_ban_for")
"""Arrays of `roads.npz` that are not in it where they are empty: files before them lack them."""

SCALE = 10**6
"""Coordinates in `roads.npz` are whole millionths of a degree."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where couriers enter a building: a point, and the entrance it is, if the map knows."""

    point: Point
    entrance: str | None


@dataclass(frozen=True, slots=True)
class CityMap:
    """All that is known of a city, as imported; ``doorways`` has one for each building."""

    name: str
    timezone: str
    country: str
    attribution: str
    roads: Roads
    buildings: Mapping[str, Building]
    doorways: Mapping[str, Doorway]
    offices: Mapping[str, Office]
    report: CityReport


def save_map(city: CityMap, out: Path) -> None:
    """
    Writes a city, all of it or nothing: beside ``out`` first, then renamed.

    A city that is there is replaced, other files in its directory are kept. Raises
    CityError where ``out`` is something else, or cannot be written.
    """
    out = out.absolute()
    if out.exists() and not (out.is_dir() and (is_city(out) or not any(out.iterdir()))):
        raise CityError(
            "This exists and is not a city.",
            at=str(out),
            cure="Name a new or an empty directory.",
            code="city-not-written",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        try:
            _write(city, beside)
            _swap(beside, out)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise CityError(
            f"The city cannot be written: {error.strerror or error}.",
            at=str(out),
            cure="Name a directory that may be written, on a disk with room.",
            code="city-not-written",
        ) from error


def is_city(directory: Path) -> bool:
    """Tells whether a directory holds the files of a city."""
    return all((directory / name).is_file() for name in FILES)


def load_map(directory: Path) -> CityMap:
    """Reads a city. Raises CityError where files are missing, damaged or of another format."""
    if not is_city(directory):
        missing = [name for name in FILES if not (directory / name).is_file()]
        raise CityError(
            f"This is not a city: {', '.join(missing)} missing.",
            at=str(directory),
            cure="Build one with `dispatch city build FILE.osm.pbf -o DIR`.",
            code="not-a-city",
        )
    try:
        _check_format(directory)
        return _read(directory)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise CityError(
            f"The files of the city cannot be read: {error!r}.",
            at=str(directory),
            cure="Build it again with `dispatch city build FILE.osm.pbf -o DIR`.",
            code="not-a-city",
        ) from error


def _swap(beside: Path, out: Path) -> None:
    """Puts the new directory in the place of the old; a reader sees one or the other."""
    beside.chmod(0o755)
    if not out.exists():
        beside.rename(out)
        return
    for kept in out.iterdir():
        if kept.name not in FILES:
            copy = shutil.copytree if kept.is_dir() else shutil.copy2
            copy(kept, beside / kept.name)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.old.", dir=out.parent) as old:
        out.rename(Path(old) / out.name)
        beside.rename(out)


def _write(city: CityMap, directory: Path) -> None:
    about = {"format": FORMAT, "name": city.name, "timezone": city.timezone}
    about |= {
        "country": city.country,
        "attribution": city.attribution,
        "report": asdict(city.report),
    }
    (directory / "city.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    buildings = (
        asdict(b)
        | {"door": city.doorways[b.id].point, "door_entrance": city.doorways[b.id].entrance}
        for b in city.buildings.values()
    )
    _write_lines(directory / "buildings.json", buildings)
    _write_lines(directory / "offices.json", map(asdict, city.offices.values()))
    _write_roads(directory / "roads.npz", city.roads)


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Writes a JSON list with one row a line, so that a change shows as that line."""
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def _write_roads(path: Path, roads: Roads) -> None:
    arrays = {f.name: getattr(roads, f.name) for f in fields(Roads)}
    for name in ("lat", "lon"):
        arrays[name] = np.round(arrays[name] * SCALE).astype(np.int32)
    arrays["num_junctions"] = np.array(roads.num_junctions, dtype=np.int32)
    for name in ("names", "profiles"):
        text = "\n".join(arrays[name])
        arrays[name] = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    for name in NEWER:
        if not len(arrays[name]):
            del arrays[name]
    # Not compressed: other versions of the compressor would write other bytes.
    np.savez(path, **arrays)


def _check_format(directory: Path) -> None:
    found = json.loads((directory / "city.json").read_text("utf-8"))["format"]
    if found != FORMAT:
        age = "an older" if isinstance(found, int) and found < FORMAT else "another"
        raise CityError(
            f"The city has format {found} of {age} version; this one reads format {FORMAT}.",
            at=str(directory),
            cure="Build it again with `dispatch city build FILE.osm.pbf -o DIR`.",
            code="city-format",
        )


def _read(directory: Path) -> CityMap:
    about = json.loads((directory / "city.json").read_text("utf-8"))
    rows = json.loads((directory / "buildings.json").read_text("utf-8"))
    doorways = {
        row["id"]: Doorway(_point(row.pop("door")), row.pop("door_entrance")) for row in rows
    }
    buildings = [_building(row) for row in rows]
    offices = map(_office, json.loads((directory / "offices.json").read_text("utf-8")))
    report = about["report"]
    report["left_out"] = tuple(LeftOut(**row) for row in report["left_out"])
    return CityMap(
        name=about["name"],
        timezone=about["timezone"],
        country=about["country"],
        attribution=about["attribution"],
        roads=_read_roads(directory / "roads.npz"),
        buildings={b.id: b for b in buildings},
        doorways=doorways,
        offices={office.id: office for office in offices},
        report=CityReport(**report),
    )


def _building(row: dict[str, Any]) -> Building:
    entrances = tuple(Entrance(**entrance) for entrance in row.pop("entrances"))
    outline = tuple(_point(point) for point in row.pop("outline"))
    hours = _week(row.pop("hours", None))
    missing = tuple(row.pop("missing", ()))
    lifts = tuple(map(tuple, row.pop("lift_floors", ())))
    found = Building(**row, entrances=entrances, outline=outline, hours=hours)
    return replace(found, missing=missing, lift_floors=lifts)


def _office(row: dict[str, Any]) -> Office:
    return Office(**row | {"hours": _week(row.get("hours"))})


def _week(row: dict[str, Any] | None) -> Week | None:
    """Returns the hours that were written, None where none were."""
    if row is None:
        return None
    return Week(tuple(tuple((a, b) for a, b in day) for day in row["days"]))


def _point(pair: list[float]) -> Point:
    lat, lon = pair
    return lat, lon


def _read_roads(path: Path) -> Roads:
    with path.open("rb") as file, np.load(file) as arrays:
        data: dict[str, Any] = {
            f.name: arrays[f.name]
            for f in fields(Roads)
            if f.name in arrays.files or f.name not in NEWER
        }
    for name in ("lat", "lon"):
        data[name] = data[name] / SCALE
    for name in ("names", "profiles"):
        data[name] = tuple(data[name].tobytes().decode("utf-8").split("\n"))
    return Roads(**data | {"num_junctions": int(data["num_junctions"])})
