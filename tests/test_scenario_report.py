"""What a day leaves: its verdict, its pictures and its page, and the command that makes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

import scenarios
from api.cli import app
from api.simulate_commands import Bound, file_of
from dispatch.errors import InvalidRequest
from dispatch.orders import Item, StopKind
from dispatch.places import Place
from dispatch.plan import CourierRoute, Plan, Stop
from dispatch.policy import Policy
from dispatch.promises import STANDARD, URGENT
from scenarios.churn import replan
from scenarios.couriers import Leg
from scenarios.day_charts import draw_curve, draw_slack
from scenarios.demand import KnownDesk, WantedDrop, WantedOrder
from scenarios.figures import as_png, as_svg
from scenarios.log import Closing, Outcome, PlacedOrder, Replan, ShiftLog
from scenarios.scenario import read_scenario
from scenarios.slack import Slack, slack_of
from scenarios.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable

ZONE = ZoneInfo("Europe/Helsinki")
SHIPPED = Path(scenarios.__file__).parent / "data" / "scenarios"
GOODS = WantedDrop(KnownDesk("k_1", "Office", "b_1"), (Item("A4-80", 2),))
PLACE = Place(60.17, 24.94)
USUAL = 1320


def an_order(number: int, promise_s: int = USUAL, service: str = URGENT) -> PlacedOrder:
    wanted = WantedOrder(number, 0, service, (GOODS,))
    usual_s = USUAL if service == URGENT else promise_s
    return PlacedOrder(wanted, f"o_{number}", 0, promise_s, (f"d_{number}",), usual_s)


def a_log(ends: dict[int, tuple[int, Outcome]], *orders: PlacedOrder) -> ShiftLog:
    log = ShiftLog(0, 3600, {"c_1": "Aino", "c_2": "Eetu"}, finished=4000, placed=list(orders))
    log.closings = {f"d_{n}": Closing(at, outcome) for n, (at, outcome) in ends.items()}
    return log


def a_stop(kind: StopKind, *drops: str, committed: bool = False, due_at: int | None = None) -> Stop:
    return Stop("s", kind, PLACE, drops, 100, 100, 160, due_at=due_at, committed=committed)


def a_plan(**routes: Iterable[Stop]) -> Plan:
    return Plan(routes=tuple(CourierRoute(c, PLACE, 0, tuple(s)) for c, s in routes.items()))


def test_kept_is_counted_of_promised_and_in_time_of_all_placed() -> None:
    log = a_log(
        {
            1: (USUAL, Outcome.ACCEPTED),
            2: (USUAL + 1, Outcome.CLOSED),
            3: (1500, Outcome.ACCEPTED),
            4: (0, Outcome.LEFT),
            5: (60, Outcome.CANCELLED),
        },
        an_order(1),
        an_order(2),
        an_order(3, 1800),
        an_order(4, 1800),
        an_order(5),
        an_order(6),
    )
    verdict = judge(log)
    # The fifth was called off; the fourth left; the sixth is open at 4000, due at 1320.
    assert (verdict.placed, verdict.left, verdict.promised) == (5, 1, 4)
    assert (verdict.promised_usual, verdict.kept, verdict.within_usual) == (3, 2, 1)
    assert verdict.late_s == (1, 2680)
    assert (verdict.kept_share, verdict.within_usual_share) == (0.5, 0.2)
    # Of four promises the worst is above 95 %, three quarters below it.
    assert verdict.late_p95_s == 2680


def test_an_open_promise_that_is_not_due_yet_is_not_kept_either() -> None:
    assert judge(a_log({}, an_order(1, 5000))).late_s == (1,)


def test_standard_orders_are_on_course_by_what_the_zone_means_to_do() -> None:
    orders = [an_order(n, 9000, STANDARD) for n in (1, 2, 3)]
    log = a_log({1: (8000, Outcome.ACCEPTED)}, *orders)
    log.expected = {"d_2": 9000, "d_3": 9001}
    verdict = judge(log)
    assert (verdict.standard, verdict.standard_on_course) == (3, 2)
    assert verdict.kept_share == 1.0


def test_work_counts_until_the_end_of_demand() -> None:
    log = a_log({1: (700, Outcome.ACCEPTED)}, an_order(1))
    ride = ("c_1", "s", StopKind.DELIVER, ("d_1",))
    log.legs = [
        Leg(*ride, 0, 0, 500, 600, began=640, ended=700),
        Leg(*ride, 3500, 3500, 3700, 3800),
    ]
    verdict = judge(log)
    # 600 s of way, 60 of handing over, and 100 of the last ride; two couriers for an hour.
    assert (verdict.busy_s, verdict.paid_s) == (760, 7200)
    assert verdict.courier_min_per_order == pytest.approx(760 / 60)


def test_churn_is_counted_per_event_with_the_search_that_follows_it() -> None:
    log = a_log({})
    log.replans = [
        Replan(0, "OrderPlaced", 6, ("d_1",), 1),
        Replan(60, "", 6, ("d_2",), 0),
        Replan(70, "Departed", 4, (), 0),
    ]
    verdict = judge(log)
    assert (verdict.events, verdict.kept_drops, verdict.moved_drops) == (2, 10, 2)
    assert (verdict.churn, verdict.flipped) == (0.2, 1)


def test_a_drop_that_changes_courier_moves_and_a_new_one_does_not() -> None:
    deliver = [a_stop(StopKind.DELIVER, f"d_{n}") for n in range(3)]
    before = a_plan(c_1=deliver[:2], c_2=[])
    after = a_plan(c_1=deliver[:1], c_2=deliver[1:])
    assert replan(5, "OrderPlaced", before, after) == Replan(5, "OrderPlaced", 2, ("d_1",), 0)
    assert replan(5, "", before, before) == Replan(5, "", 2, (), 0)


@pytest.mark.parametrize(
    ("was", "now", "flipped"),
    [
        # The other of two comes first.
        ("ab", "ba", 1),
        # One is put behind the next.
        ("a", "ab", 0),
        # The courier set off for the next; done is done.
        ("ab", "Ab", 0),
        ("ab", "b", 0),
        # What one is on the way to does not change; the stop after it does.
        ("Ab", "Acb", 1),
    ],
)
def test_a_next_stop_flips_only_while_it_is_still_to_come(was: str, now: str, flipped: int) -> None:
    plans = [
        a_plan(c_1=[a_stop(StopKind.DELIVER, s.lower(), committed=s.isupper()) for s in stops])
        for stops in (was, now)
    ]
    assert replan(0, "", *plans).flipped == flipped


def test_a_load_with_other_goods_is_the_same_stop_and_a_lost_one_is_not() -> None:
    load, more = a_stop(StopKind.LOAD, "a"), a_stop(StopKind.LOAD, "a", "b")
    alone = a_plan(c_1=[load], c_2=[])
    assert replan(0, "", alone, a_plan(c_1=[more], c_2=[])).flipped == 0
    assert replan(0, "", alone, a_plan(c_1=[], c_2=[load])).flipped == 1
    assert replan(0, "", alone, a_plan(c_1=[], c_2=[])).flipped == 0


def test_slack_is_that_of_the_open_urgent_drops_in_a_route() -> None:
    stops = [a_stop(StopKind.DELIVER, name, due_at=due) for name, due in (("a", 100), ("b", 400))]
    plan = a_plan(c_1=[*stops, a_stop(StopKind.DELIVER, "standard", due_at=0)])
    # They end at 160; c is in no route.
    assert slack_of(plan, ["a", "b", "c"], 7) == Slack(7, 3, -60, 90)
    assert slack_of(plan, ["c"], 7) == Slack(7, 1, None, None)


def test_the_curve_ends_at_the_share_of_all_that_were_placed() -> None:
    ends = {1: (600, Outcome.ACCEPTED), 2: (USUAL, Outcome.ACCEPTED), 3: (0, Outcome.LEFT)}
    log = a_log(ends, an_order(1), an_order(2), an_order(3, 1800), an_order(4))
    promised, handed = draw_curve(log).axes[0].get_lines()[:2]
    # Three of four were promised something, two came, at 10 and at 22 minutes.
    assert np.asarray(promised.get_ydata()).tolist() == [0, 25, 50, 75, 75]
    assert np.asarray(handed.get_xdata()).tolist() == [0, 10, 22, 60]
    assert np.asarray(handed.get_ydata()).tolist() == [0, 25, 50, 50]


def test_a_day_without_orders_can_be_drawn() -> None:
    log = a_log({})
    for figure in (draw_curve(log), draw_slack((), log, ZONE)):
        assert as_png(figure)[:4] == b"\x89PNG"


def test_a_figure_is_the_same_text_each_time() -> None:
    log = a_log({1: (600, Outcome.ACCEPTED)}, an_order(1))
    first, second = (as_svg(draw_curve(log), "curve") for _ in range(2))
    assert first == second


def test_shipped_scenarios_are_sound_and_named() -> None:
    names = {path.stem: read_scenario(path).name for path in SHIPPED.glob("*.toml")}
    assert set(names) == {"quiet", "office-day", "lunch-burst", "rainy-understaffed"}
    assert len(set(names.values())) == 4


def test_a_scenario_is_a_file_or_one_that_ships(tmp_path: Path) -> None:
    assert file_of("quiet") == SHIPPED / "quiet.toml"
    assert file_of(str(tmp_path / "none.toml")) == tmp_path / "none.toml"
    with pytest.raises(InvalidRequest, match="no scenario 'loud'") as found:
        file_of("loud")
    assert found.value.cure == (
        "Give a file, or one of lunch-burst, office-day, quiet, rainy-understaffed."
    )


@pytest.mark.parametrize(
    ("bound", "search_s", "search_moves", "text"),
    [
        (Bound(30, None, 0), 0, 30, "30 moves a search"),
        (Bound(0, None, 0), 0, 0, "no search"),
        (Bound(30, 40, 0), 0.04, 0, "40 ms a search"),
    ],
)
def test_searches_before_quotes_are_bounded_like_the_others(
    bound: Bound, search_s: float, search_moves: int, text: str
) -> None:
    policy = bound.bounded(Policy(reserve_idle=3))
    assert (policy.quote_search_s, policy.quote_search_moves) == (search_s, search_moves)
    assert (str(bound), policy.reserve_idle) == (text, 3)


def simulate(folder: Path, *more: str) -> tuple[int, str]:
    """Plays an hour of a small day and returns exit code and what was printed."""
    file = folder.parent / "small.toml"
    file.write_text(
        'name = "Small"\nminutes = 40\ncouriers = 2\nurgent_per_hour = 9\nleaving = 0.5\n'
        "standard_per_hour = 3\nprepared_min = 5\nrain = 0.5\nlift_queues = 0.5\n",
        encoding="utf-8",
    )
    args = ["simulate", str(file), "--moves", "5", "-o", str(folder), *more]
    result = CliRunner().invoke(app, args)
    return result.exit_code, result.stdout


def test_a_day_bounded_by_moves_leaves_the_same_bytes_again(tmp_path: Path) -> None:
    first, second = (simulate(tmp_path / name, "--json", "--seed", "3") for name in "ab")
    assert first == second
    assert first[0] == 0
    files = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert set(files) == {"report.html", "curve.png", "timeline.png", "slack.png", "map.png"}
    told = json.loads(first[1])
    # 40 minutes at 9 an hour.
    assert told["placed"] + told["called_off"] == 6
    assert (told["scenario"]["couriers"], told["seed"], told["decisions_ms"]) == (2, 3, [])
    assert told["faults"] == []
    page = files["report.html"].decode()
    assert "© OpenStreetMap contributors" in page
    assert not re.search(r"<(script|link|iframe)|src=\"(?!data:)", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_answers_are_timed_where_time_bounds_the_search(tmp_path: Path) -> None:
    file = tmp_path / "tiny.toml"
    file.write_text("minutes = 10\ncouriers = 1\nurgent_per_hour = 12\nstandard_per_hour = 0\n")
    args = ["simulate", str(file), "--search-ms", "1", "-o", str(tmp_path), "--json"]
    told = json.loads(CliRunner().invoke(app, args).stdout)
    # Ten minutes at 12 an hour.
    assert len(told["decisions_ms"]) == 2
    assert min(told["decisions_ms"]) > 0


@pytest.mark.parametrize(
    ("args", "at"),
    [(["quiet", "--moves", "5", "--search-ms", "5"], "--search-ms"), (["loud"], "SCENARIO")],
)
def test_arguments_that_cannot_be_are_told(args: list[str], at: str) -> None:
    error = CliRunner().invoke(app, ["simulate", *args]).exception
    assert isinstance(error, InvalidRequest)
    assert error.at == at


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    file = tmp_path / "tiny.toml"
    file.write_text("minutes = 1\ncouriers = 1\nurgent_per_hour = 60\nstandard_per_hour = 0\n")
    result = CliRunner().invoke(app, ["simulate", str(file), "-o", str(tmp_path / "taken")])
    assert isinstance(result.exception, InvalidRequest)
    assert "taken cannot be written" in result.exception.what
