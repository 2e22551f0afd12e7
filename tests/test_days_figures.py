"""Days in figures: what counts, what is compared, what is aimed at, and what is kept in files."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

import pytest

from benchmarks import days, days_cells
from benchmarks.days_aims import verdicts
from benchmarks.days_cells import Cell, meaning, store, stored
from benchmarks.days_compare import difference, in_usual
from benchmarks.days_figures import figures
from benchmarks.days_lists import ABLATION, AS_USUAL, SIZES, Setting, chosen
from benchmarks.days_record import Day, Told, as_json, from_json
from benchmarks.days_report import Piece
from benchmarks.days_tables import said, table
from benchmarks.days_zone import Decision
from benchmarks.peer_env import Skipped
from dispatch.errors import InvalidRequest
from dispatch.promises import STANDARD, URGENT

if TYPE_CHECKING:
    from pathlib import Path

USUAL_S = 1320


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def urgent(
    took_s: int | None, promise_s: int = USUAL_S, *, left: bool = False, chance: float | None = None
) -> Told:
    return Told(1, URGENT, promise_s, USUAL_S, took_s, left, chance, on_course=True)


def day(*orders: Told, moved: int = 0, drops: int = 10, busy_s: int = 1800) -> Day:
    decisions = (Decision("order", 50.0, 4.0, drops, moved, 0),)
    return Day(orders, decisions, busy_s=busy_s, duty_s=3600)


def of_100(kept: int) -> Day:
    """Returns a day in which so many of a hundred orders came in time."""
    return day(*[urgent(1000)] * kept, *[urgent(2000)] * (100 - kept))


def test_kept_is_of_promised_and_in_22_minutes_of_all_placed() -> None:
    found = figures(
        [
            day(
                urgent(USUAL_S),
                urgent(USUAL_S + 1),
                urgent(2400, 2400),
                urgent(1000, 2400),
                urgent(None, 2400, left=True),
            )
        ]
    )
    # Kept: all but the second of the four who stayed. In time: the first and the fourth of five.
    assert (found.promised, found.left, found.placed) == (4, 1, 5)
    assert (found.kept, found.in_usual, found.at_usual) == (75.0, 40.0, 40.0)


def test_an_order_that_never_came_is_late_by_at_least_its_promise() -> None:
    found = figures([day(*[urgent(1000)] * 18, urgent(1500), urgent(None))])
    # Of twenty the 95th percentile is the 19th: 1500 - 1320.
    assert found.late_p95_s == 180
    assert urgent(None).late_s == USUAL_S
    assert found.kept == 90.0


def test_courier_minutes_are_of_what_was_brought_standard_orders_among_it() -> None:
    standard = Told(2, STANDARD, 90_000, 90_000, 5000, False, None, on_course=True)
    waiting = replace(standard, took_s=None, on_course=False)
    found = figures([day(urgent(1000), standard, waiting, busy_s=1800)])
    assert (found.minutes, found.utilisation) == (15.0, 0.5)
    assert (found.course, found.brought) == (50.0, 50.0)


def test_churn_is_the_share_of_planned_drops_over_all_events() -> None:
    found = figures([day(urgent(1), moved=1, drops=4), day(urgent(1), moved=0, drops=16)])
    assert found.churn == 5.0
    assert (found.ms_p50, found.answer_p99) == (50.0, 4.0)


def test_the_chance_told_is_held_against_what_came() -> None:
    orders = [urgent(1000, chance=0.85)] * 3 + [urgent(2000, chance=0.85)]
    # One decile: foreseen 85 %, 75 % came true.
    assert figures([day(*orders)]).ece == pytest.approx(10.0)
    assert figures([day(urgent(1000))]).ece is None


def test_no_days_have_no_figures() -> None:
    with pytest.raises(ValueError, match="got none"):
        figures([])


def test_days_are_compared_in_pairs() -> None:
    ours = [of_100(90), of_100(50), of_100(70), of_100(80)]
    theirs = [of_100(89), of_100(48), of_100(67), of_100(78)]
    found = difference(ours, theirs)
    # 1, 2, 3 and 2 points: every mean of days drawn from these is above 0.
    assert found.mean == pytest.approx(2.0)
    assert (found.is_above, found.is_below) == (True, False)
    back = difference(theirs, ours)
    assert (back.is_above, back.is_below) == (False, True)
    assert in_usual(of_100(67)) == 67.0


def test_a_difference_that_goes_both_ways_is_not_significant() -> None:
    found = difference([of_100(90), of_100(50)] * 2, [of_100(80), of_100(60)] * 2)
    assert not found.is_above
    assert not found.is_below
    assert "no significant difference" in said(found)


@pytest.mark.parametrize(("days", "is_above"), [(4, True), (3, False)])
def test_fewer_than_four_days_prove_nothing(days: int, is_above: bool) -> None:
    found = difference([of_100(90)] * days, [of_100(10)] * days)
    assert found.is_above == is_above
    assert ("too few" in said(found)) != is_above


def test_days_without_a_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="got 1 and 0"):
        difference([of_100(90)], [])


@pytest.mark.parametrize(("kept", "verdict"), [(99, "MET"), (98, "MISSED")])
def test_99_of_100_promises_are_to_be_kept_where_couriers_have_time(
    kept: int, verdict: str
) -> None:
    told = verdicts({"14x4": {"ours": {"1": of_100(kept)}}}, ())
    assert told[0].endswith(f"{kept}.00 %, aim 99: {verdict}")


@pytest.mark.parametrize(("kept", "verdict"), [(98, "MET"), (97, "MISSED")])
def test_no_size_may_keep_less_than_98(kept: int, verdict: str) -> None:
    told = verdicts({"8x3": {"ours": {"1": of_100(kept)}}, "14x4": {"ours": {"1": of_100(99)}}}, ())
    assert told[1].endswith(f"8x3: {kept}.00 %, aim 98: {verdict}")


def test_a_size_whose_couriers_are_too_busy_is_no_measure_of_promises() -> None:
    busy = replace(of_100(10), busy_s=2900)
    assert verdicts({"14x4": {"ours": {"1": busy}}}, ())[0].startswith("no size has")


def test_ours_must_not_be_below_another_anywhere_and_above_it_pooled() -> None:
    ours = {str(d): of_100(90 + d % 2) for d in range(4)}
    worse, better = ({str(d): of_100(k) for d in range(4)} for k in (80, 95))
    told = verdicts({"8x3": {"ours": ours, "fifo": worse, "vroom": better}}, ("fifo", "vroom"))
    verdict = [line.rpartition(" ")[2] for line in told[2:6]]
    assert verdict == ["MET", "MISSED", "MET", "MISSED"]
    assert "below in: 8x3 -4.5" in told[3]


@pytest.mark.parametrize(("reached", "lines"), [(95, 1), (94, 0)])
def test_hindsight_is_a_measure_where_it_keeps_nearly_all(reached: int, lines: int) -> None:
    days_of = {"ours": {"1": of_100(93)}, "hindsight": {"1": of_100(reached)}}
    told = [line for line in verdicts({"8x3": days_of}, ()) if "hindsight" in line]
    assert len(told) == lines
    assert all(line.endswith("MET") for line in told)


def test_a_day_is_the_same_after_it_was_kept_in_a_file() -> None:
    kept = replace(day(urgent(1000, chance=0.9), urgent(None)), faults=("one",), refused=2)
    assert from_json(as_json(kept)) == kept


def test_a_cell_is_played_once_and_again_where_a_file_was_cut_short() -> None:
    cell = Cell("ours", SIZES["8x3"], 1)
    assert stored(cell) is None
    store(cell, of_100(90))
    assert stored(cell) == of_100(90)
    cell.file.write_text(as_json(of_100(90))[:100], encoding="utf-8")
    assert stored(cell) is None


def test_cells_differ_by_all_they_are_of() -> None:
    cell = Cell("ours", SIZES["8x3"], 1)
    varied = Setting("other", {"reserve_idle": 2})
    others = [
        replace(cell, policy="fifo"),
        replace(cell, size=SIZES["14x3"]),
        replace(cell, day=2),
        replace(cell, setting=varied),
        replace(cell, hours=1.0),
        replace(cell, start=time(9)),
        replace(cell, seconds=0.1),
    ]
    assert len({cell.file, *(other.file for other in others)}) == 8
    # What a setting is called is no difference.
    assert replace(cell, setting=replace(AS_USUAL, name="the same")).file == cell.file


def test_comments_and_docstrings_do_not_make_another_program() -> None:
    source = 'def f(x):\n    """One."""\n    return x + 1  # more\n'
    assert meaning(source) == meaning('def f(x):\n    """Two."""\n\n    return (x + 1)\n')
    assert meaning(source) != meaning(source.replace("+ 1", "+ 2"))


def test_what_is_missing_is_played_and_what_cannot_be_had_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def play(cell: Cell) -> Day:
        asked.append(cell.policy)
        if cell.policy == "vroom":
            raise Skipped("no VROOM here")
        return of_100(90)

    monkeypatch.setattr(Cell, "play", play)
    cells = Piece(("8x3",), ("ours", "vroom"), days=2).cells()
    assert days_cells.run(cells, lambda line: None) == {"vroom": "no VROOM here"}
    assert asked == ["ours", "vroom", "ours"]
    assert days_cells.run(cells, lambda line: None) == {"vroom": "no VROOM here"}
    assert asked == ["ours", "vroom", "ours", "vroom"]


def test_a_report_has_tables_differences_aims_and_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for policy, kept in (("ours", 95), ("fifo", 60)):
        for number in range(1, 5):
            store(Cell(policy, SIZES["8x3"], number), of_100(kept + number % 2))
    words = ["--cells", "8x3", "--policies", "fifo", "ours", "--days", "4", "--report"]
    assert days.main([*words, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert told == (tmp_path / "days.txt").read_text(encoding="utf-8")
    assert "against fifo          +35.0 points [+35.0, +35.0] on 4 days" in told
    assert "the worst of them, 8x3: 95.50 %, aim 98: MISSED" in told
    assert (tmp_path / "days.png").stat().st_size > 1000


def test_settings_are_reported_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    varied = next(s for s in ABLATION if s.figures == {"reserve_idle": 0})
    store(Cell("ours", SIZES["8x3"], 1, varied), of_100(90))
    words = ["--ablation", "--cells", "8x3", "--days", "1", "--report", "--out", str(tmp_path)]
    assert days.main(words) == 0
    assert "reserve_idle 0    1     90.0" in capsys.readouterr().out
    assert (tmp_path / "days_ablation.png").stat().st_size > 1000


def test_a_table_says_what_went_wrong() -> None:
    found = figures([replace(of_100(90), refused=3, faults=("a", "b"))])
    assert table("T", {"x": found}).endswith("no answer 3 times; 2 faults")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cells", "9x9"], "size: There is no size '9x9'. Choose from 8x3, 14x4"),
        (["--policies", "magic"], "policy: There is no policy 'magic'. Choose from fifo"),
        (["--hours", "0"], "A day that ends before it starts"),
    ],
)
def test_a_name_that_nothing_has_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert days.main([*words, "--out", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_worlds_are_counted_from_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        days.main(["--days", "0"])
    assert "expected a whole number from 1 on, got '0'" in capsys.readouterr().err
    with pytest.raises(InvalidRequest, match="No size is named"):
        chosen("size", (), SIZES)
