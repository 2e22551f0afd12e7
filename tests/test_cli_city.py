"""The commands around a city: check, explain, desks import; run as users run them."""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.city_commands import read_clock
from api.cli import main
from api.settings import EMBEDDED_CITY
from dispatch.datum import Datum, from_wgs84
from dispatch.errors import InvalidRequest
from dispatch.osm import build_city
from tests.api_world import helsinki, service
from tests.fake_osrm import Fake, running

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., tuple[int, str, str]]

EXAMPLE = Path(__file__).parents[1] / "scenarios/data/example-building.toml"


@pytest.fixture
def dispatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command, run in an empty folder; its exit code, what it said, and what went wrong."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dispatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_sound_files_are_sound(tmp_path: Path, dispatch: Command) -> None:
    (tmp_path / "desks.csv").write_text("building,floor\nb_1,1\n")
    files = (str(EXAMPLE), "desks.csv", str(EMBEDDED_CITY))
    code, told, _ = dispatch("city", "check", *files, "--city", str(EMBEDDED_CITY))
    assert code == 0
    assert told.splitlines() == [f"{file}: sound" for file in files]


def test_every_fault_of_every_file_is_told_with_its_cure(tmp_path: Path, dispatch: Command) -> None:
    (tmp_path / "tower.toml").write_text('building = "b_1"\nfloors = "0-2"\nlifs = 1\n')
    (tmp_path / "desks.csv").write_text("building,floor\nb_1,99\nnowhere,1\n")
    code, told, _ = dispatch(
        "city", "check", "tower.toml", "desks.csv", "--city", str(EMBEDDED_CITY)
    )
    assert code == 2
    assert "tower.toml: 1 faults" in told
    assert "tower.toml.lifs: There is no such entry. Did you mean lifts?" in told
    assert "desks.csv: row 2, column floor: Floor 99 is not in b_1. Give a whole" in told
    assert "desks.csv: row 3, column building: There is no building 'nowhere'." in told


def test_faults_are_told_as_json(tmp_path: Path, dispatch: Command) -> None:
    (tmp_path / "tower.toml").write_text('building = "b_1"\nfloors = "0-1;3"\n[[stairs]]\n'
                                         'floors = "0-1"\n')  # fmt: skip
    code, told, _ = dispatch("city", "check", "tower.toml", "--json")
    assert code == 2
    (fault,) = json.loads(told)["tower.toml"]
    assert fault["at"] == "tower.toml.floors"
    assert fault["what"] == "Floor 3 is reached by no lift and no stairs."
    assert (fault["value"], fault["cure"][:5]) == (3, "Add 3")


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("nowhere.toml", "cannot be read"),
        ("nowhere.csv", "against a city only"),
        (".", "not a city"),
    ],
)
def test_what_cannot_be_checked_is_a_fault(dispatch: Command, file: str, what: str) -> None:
    code, told, _ = dispatch("city", "check", file)
    assert code == 2
    assert what in told
    assert "Traceback" not in told


def test_a_desk_file_that_is_not_there_is_told(dispatch: Command) -> None:
    code, told, _ = dispatch("city", "check", "nowhere.csv", "--city", str(EMBEDDED_CITY))
    assert code == 2
    assert "nowhere.csv: This cannot be read: No such file" in told


def test_a_city_with_a_building_described_twice_is_faulty(
    tmp_path: Path, dispatch: Command
) -> None:
    city = tmp_path / "city"
    (city / "buildings.d").mkdir(parents=True)
    for file in EMBEDDED_CITY.iterdir():
        if file.is_file():
            (city / file.name).write_bytes(file.read_bytes())
    for name in ("a.toml", "b.toml"):
        (city / "buildings.d" / name).write_text('building = "b_1"\nfloors = 0\n')
    code, told, _ = dispatch("city", "check", "city")
    assert code == 2
    assert "b.toml: building: b_1 is described in a.toml already." in told
    (city / "buildings.d/b.toml").write_text('building = "b_2"\n')
    code, told, _ = dispatch("city", "check", "city")
    assert "b.toml.floors: This is missing." in told


def test_a_way_is_explained_with_the_source_of_each_figure(dispatch: Command) -> None:
    code, told, _ = dispatch("city", "explain", "k_1", "k_20", "--at", "12:10", "--json")
    assert code == 0
    way = json.loads(told)
    assert way["duration_s"] == sum(leg["duration_s"] for leg in way["legs"])
    # The ride is told road by road.
    kinds = list(dict.fromkeys(leg["kind"] for leg in way["legs"]))
    assert [kind for kind in kinds if kind in ("leave", "ride", "park", "check_in")] == [
        "leave", "ride", "park", "check_in"
    ]  # fmt: skip
    assert all(figure["source"] for leg in way["legs"] for figure in leg["figures"])
    code, told, _ = dispatch("city", "explain", "k_1", "k_20", "--at", "12:10")
    assert code == 0
    assert f"{way['duration_s']} s" in told
    assert "check in at the" in told


def test_lunch_costs_time_at_the_lifts(dispatch: Command) -> None:
    tall = max(helsinki().buildings.values(), key=lambda building: building.levels)
    ways = ("city", "explain", "60.1699,24.9415", f"{tall.id}/{tall.levels - 1}", "--json")
    ten, lunch = (
        json.loads(dispatch(*ways, "--at", at)[1])["duration_s"] for at in ("10:00", "12:10")
    )
    assert lunch > ten


def test_a_way_is_explained_by_another_profile_and_by_a_server(dispatch: Command) -> None:
    ways = ("city", "explain", "60.1699,24.9415", "60.1715,24.9440", "--json")
    ride, walk = (
        json.loads(dispatch(*ways, "--profile", name)[1])["duration_s"]
        for name in ("ebike", "foot")
    )
    assert walk > ride
    with running(Fake(slow=30, gap_m=0)) as server:
        told = dispatch(*ways, "--osrm", server.url, "--profile", "car")[1]
    sources = [figure["source"] for leg in json.loads(told)["legs"] for figure in leg["figures"]]
    assert "times for car of the routing server" in sources


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("k_1", "k_2", "--profile", "cargo"), "There is no profile 'cargo'. Give one of ebike,"),
        (("k_1", "k_2", "--osrm", "127.0.0.1"), "'127.0.0.1' is no address of a server"),
        (("k_1", "k_999999"), "TO: k_999999 is no office on the map of Helsinki. If it is a "),
        (("k_1", "k_2", "--db", "sqlite:///none.db"), "none.db: There is no such database."),
        (("b_1/1", "k_9_x", "--db", "mysql://u:secret@h/d"), "Give sqlite:///PATH, or"),
        (("k_1", "k_2", "--datum", "wgs"), "Invalid value for '--datum'"),
        (("k_1", "b_1/99"), "Floor 99"),
        (("24.94,60.17", "k_1"), "Give the latitude first: 60.17, 24.94."),
        (("k_1", "k_2", "--at", "noon"), "no time of a day"),
        (("k_1", "k_2", "--city", "."), "not a city"),
    ],
)
def test_what_cannot_be_explained_is_told_in_a_line(
    dispatch: Command, arguments: tuple[str, ...], what: str
) -> None:
    code, _, told = dispatch("city", "explain", *arguments)
    assert code == 2
    assert what in told
    assert "secret" not in told
    assert "Traceback" not in told


def test_customers_desks_are_known_from_the_database_of_a_service_that_runs(
    tmp_path: Path, dispatch: Command
) -> None:
    (tmp_path / "desks.csv").write_text("id,building,floor\nk_acme,b_1,1\nk_beta,b_2,1\n")
    ways = ("city", "explain", "b_3/0", "k_acme", "--json")
    url = ("--db", f"sqlite:///{tmp_path}/dispatch.db")
    with service(tmp_path) as client:
        headers = {"content-type": "text/csv"}
        content = (tmp_path / "desks.csv").read_bytes()
        put = client.put("/v1/desks?customer=Acme", content=content, headers=headers)
        assert put.status_code == 200, put.text
        by_id = dispatch(*ways, *url)
        assert by_id == dispatch("city", "explain", "b_3/0", "b_1/1", "--json")
        assert client.get("/v1/desks?customer=Acme").status_code == 200
    # The same when nothing runs; nothing is left beside the database, and no lock is kept.
    assert dispatch(*ways, *url) == by_id
    with service(tmp_path) as client:
        assert len(client.get("/v1/desks?customer=Acme").json()["items"]) == 2
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["desks.csv", "dispatch.db", "dispatch.db-lock"]


def test_a_desk_that_the_database_lacks_is_told_with_the_nearest_it_has(
    tmp_path: Path, dispatch: Command
) -> None:
    url = ("--db", f"sqlite:///{tmp_path}/dispatch.db")
    with service(tmp_path) as client:
        body = {"items": [{"id": "k_acme-4", "building": "b_1", "floor": 1}]}
        assert client.put("/v1/desks?customer=Acme", json=body).status_code == 200
    code, _, told = dispatch("city", "explain", "k_acme4", "k_1", *url)
    assert code == 2
    assert "FROM: k_acme4 is no office on the map of Helsinki, and none of the 1 desks" in told
    assert "Did you mean k_acme-4?" in told
    assert "name building and floor" in told


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "CREATE TABLE alembic_version (version_num TEXT);"
            "INSERT INTO alembic_version VALUES ('0001')",
            "older than this program",
        ),
        ("CREATE TABLE recipes (name TEXT)", "not a database of this program"),
    ],
)
def test_a_database_without_desks_is_told(
    tmp_path: Path, dispatch: Command, statement: str, what: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.executescript(statement)
    code, _, told = dispatch("city", "explain", "k_1", "k_acme", "--db", "sqlite:///other.db")
    assert (code, what in told) == (2, True)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_coordinates_of_chinese_maps_are_put_right(
    tmp_path: Path, dispatch: Command, datum: str
) -> None:
    places = ((31.23, 121.47), (31.23, 121.474))
    nodes = "".join(
        f'<node id="{i}" version="1" lat="{lat}" lon="{lon}"/>'
        for i, (lat, lon) in enumerate(places, start=1)
    )
    way = '<nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/>'
    file = tmp_path / "street.osm"
    file.write_text(f'<osm version="0.6">{nodes}<way id="1" version="1">{way}</way></osm>')
    build_city(file, tmp_path / "street", name="Street", timezone="Asia/Shanghai")
    ways = ("city", "explain", "--city", "street", "--json")
    shifted = [",".join(map(str, from_wgs84(place, Datum(datum)))) for place in places]
    code, told, _ = dispatch(*ways, *(f"{lat},{lon}" for lat, lon in places))
    assert code == 0
    assert dispatch(*ways, *shifted, "--datum", datum) == (0, told, "")
    # Taken as they are they would lie hundreds of metres off the only street.
    assert dispatch(*ways, *shifted)[0] == 2


def test_times_of_a_day_are_read() -> None:
    assert read_clock("00:00") == 0
    assert read_clock(" 9:05 ") == 9 * 3600 + 5 * 60
    assert read_clock("23:59:59") == 24 * 3600 - 1
    for text in ("24:00", "12:60", "12:00:60", "12", "", "-1:00", "12.10"):
        with pytest.raises(InvalidRequest):
            read_clock(text)


def test_desks_are_imported_into_a_service_that_runs(
    tmp_path: Path, dispatch: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "desks.csv").write_text("building,floor\nb_1,1\nb_1,2\n")
    (tmp_path / "bad.csv").write_text("building,floor\nb_1,99\nnowhere,1\n")
    with service(tmp_path) as client:
        # The command's own client, only that it speaks to the service in this process.
        monkeypatch.setattr("api.service_client.httpx2.Client", lambda **_: _Open(client))
        code, told, _ = dispatch("desks", "import", "desks.csv", "--customer", "Acme")
        assert code == 0
        assert told == "Acme: 2 desks; 2 added, 0 changed, 0 removed\n"
        code, told, _ = dispatch("desks", "import", "desks.csv", "--customer", "Acme", "--json")
        assert json.loads(told)["desks"] == 2
        code, _, told = dispatch("desks", "import", "bad.csv", "--customer", "Acme")
        assert code == 2
        assert "Nothing was taken." in told
        assert "B2 (floor): Floor 99 is not in b_1. Give a whole" in told
        assert "A3 (building): There is no building 'nowhere'." in told


class _Open:
    """A client that stays open when it is left, so that several commands may use it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        pass


def test_without_a_service_or_a_file_an_import_says_so(tmp_path: Path, dispatch: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "desks.csv").write_text("building\nb_1\n")
    url = ("--url", f"http://127.0.0.1:{port}")
    code, _, told = dispatch("desks", "import", "desks.csv", "--customer", "Acme", *url)
    assert (code, "No answer of the service" in told) == (2, True)
    code, _, told = dispatch("desks", "import", "none.csv", "--customer", "Acme", *url)
    assert (code, "none.csv: This cannot be read" in told) == (2, True)
    assert "Traceback" not in told
