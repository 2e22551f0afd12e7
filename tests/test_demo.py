"""The demo: a quarter of an hour against the real service, and the words it tells it in."""

import contextlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from api.demo import run_demo, state_line
from api.demo_client import Refused
from api.demo_play import Scale, expected_at, promise_seen
from api.demo_report import as_json, rows_of
from api.demo_server import running_service
from dispatch.orders import Item
from dispatch.promises import STANDARD, URGENT
from scenarios.demand import KnownDesk, WantedDrop, WantedOrder
from scenarios.log import Closing, Outcome, PlacedOrder, ShiftLog
from scenarios.metrics import summarise

# 2026-11-23 10:00 in Helsinki.
TEN = 1_795_420_800
QUARTER = Scale(minutes=15, couriers=3, urgent_per_hour=16, standard_per_hour=8)


def a_log(closed_after: int | None, service: str = URGENT) -> ShiftLog:
    goods = WantedDrop(KnownDesk("k_1", "Office", "b_1"), (Item("A4-80", 1),))
    wanted = WantedOrder(1, TEN, service, (goods,))
    order = PlacedOrder(wanted, "o_1", TEN, TEN + 1320, ("d_1",), 1320)
    log = ShiftLog(TEN, TEN + 3600, {"c_1": "Aino"}, placed=[order])
    if closed_after is not None:
        log.closings["d_1"] = Closing(TEN + closed_after, Outcome.ACCEPTED)
    return log


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, dict[str, Any]]:
    """Where a quarter of an hour was reported, the exit code and the figures printed."""
    out = tmp_path_factory.mktemp("demo")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run_demo(seed=1, out=out, json_output=True, scale=QUARTER)
    return out, code, json.loads(printed.getvalue())


def test_a_shift_is_played_to_its_end(played: tuple[Path, int, dict[str, Any]]) -> None:
    out, code, told = played
    assert told["faults"] == []
    assert (code, told["good"], told["urgent_open"]) == (0, True, 0)
    # A quarter of an hour at 16 an hour, one of them cancelled.
    assert (told["urgent"], told["cancelled"]) == (4, 1)
    assert told["kept"] + len(told["late"]) == 3
    assert told["distance_km"] > 0
    assert {path.name for path in out.iterdir()} == {"report.html", "map.png", "timeline.png"}


def test_the_page_stands_alone_and_names_the_source_of_its_map(
    played: tuple[Path, int, dict[str, Any]],
) -> None:
    page = (played[0] / "report.html").read_text(encoding="utf-8")
    assert "© OpenStreetMap contributors" in page
    assert not re.search(r"<(script|link|iframe)|src=\"(?!data:)", page)


def test_no_id_of_the_page_is_there_twice(played: tuple[Path, int, dict[str, Any]]) -> None:
    page = (played[0] / "report.html").read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', page)) <= set(ids)


def test_a_service_that_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(Refused, match="ended at once") as refused,
        running_service(tmp_path, {"no_such_setting": 1}),
    ):
        pass
    assert "no_such_setting" in str(refused.value)


def test_the_service_is_ended_with_the_demo(tmp_path: Path) -> None:
    with running_service(tmp_path, {"db": f"sqlite:///{tmp_path / 'a.db'}", "port": 0}):
        pid = int(json.loads((tmp_path / "ready").read_text(encoding="utf-8"))["pid"])
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_where_a_shift_stands_is_one_line() -> None:
    log = a_log(1321)
    assert state_line(TEN + 1400, log) == "10:23  1 orders, 1 drops done, 0 urgent open, 1 late"


@pytest.mark.parametrize(
    ("closed_after", "state"), [(1320, "met"), (1321, "met_late"), (None, None)]
)
def test_a_promise_is_judged_by_what_the_world_saw(
    closed_after: int | None, state: str | None
) -> None:
    log = a_log(closed_after)
    assert promise_seen(log, log.placed[0]) == state


def test_a_cancelled_promise_is_neither_met_nor_late() -> None:
    log = a_log(None)
    log.closings["d_1"] = Closing(TEN + 60, Outcome.CANCELLED)
    assert promise_seen(log, log.placed[0]) == "cancelled"


def test_a_standard_promise_is_not_judged_here() -> None:
    log = a_log(60, STANDARD)
    assert promise_seen(log, log.placed[0]) is None


@pytest.mark.parametrize(
    ("eta", "held_until", "expected"),
    [
        ("2026-11-23T10:01:00+02:00", None, TEN + 60),
        (None, "2026-11-23T10:02:00+02:00", TEN + 120),
        (None, None, None),
    ],
)
def test_an_open_drop_is_expected_as_planned_or_when_it_sets_off(
    eta: str | None, held_until: str | None, expected: int | None
) -> None:
    assert expected_at({"eta": eta, "held_until": held_until}) == expected


def test_late_orders_are_told_by_name_and_by_how_much() -> None:
    summary = summarise(a_log(1400))
    assert dict(rows_of(summary))["late"].endswith(": Office (o_1) by 1:20 min")
    assert as_json(summary)["late"] == ({"order": "o_1", "customer": "Office", "by_s": 80},)
