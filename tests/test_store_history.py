"""Whatever happens, the tables are what folding the log gives."""

from __future__ import annotations

from contextlib import closing
from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from dispatch.plan import Plan
from dispatch.state import State, apply
from dispatch.store import Database
from tests.store_worlds import STORES, ZONE, histories, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.commit import Commit
    from tests.homes import Home

EMPTIED = [HealthCheck.function_scoped_fixture]
"""Each example empties the one home of its test."""


def last_plan(commits: Sequence[Commit]) -> Plan:
    """Returns the plan that is in force after these commits."""
    return next((c.plan for c in reversed(commits) if c.plan is not None), Plan())


@given(histories())
@settings(max_examples=20, suppress_health_check=EMPTIED)
def test_tables_and_log_give_the_state_that_the_events_lead_to(
    home: Home, commits: list[Commit]
) -> None:
    home.empty()
    expected = reduce(apply, chain.from_iterable(c.events for c in commits), State(STORES))
    with closing(Database.open(home.url)) as database:
        database.start_zone(ZONE)
        for commit in commits:
            database.commit(ZONE, commit)
        assert seen(database.load(ZONE, STORES)[0]) == seen(expected)
        assert seen(database.fold(ZONE, STORES)) == seen(expected)
    with closing(Database.open(home.url)) as database:
        state, plan = database.load(ZONE, STORES)
        assert seen(state) == seen(expected)
        assert plan == last_plan(commits)


@given(histories())
@settings(max_examples=8, suppress_health_check=EMPTIED)
def test_a_history_cut_in_two_by_a_restart_ends_as_one_without(
    home: Home, commits: list[Commit]
) -> None:
    home.empty()
    half = len(commits) // 2
    for part in (commits[:half], commits[half:]):
        with closing(Database.open(home.url)) as database:
            database.start_zone(ZONE)
            for commit in part:
                database.commit(ZONE, commit)
    with closing(Database.open(home.url)) as database:
        loaded, _ = database.load(ZONE, STORES)
        assert seen(loaded) == seen(database.fold(ZONE, STORES))


@given(histories())
@settings(max_examples=8, suppress_health_check=EMPTIED)
def test_the_log_is_numbered_without_gaps_and_holds_every_plan(
    home: Home, commits: list[Commit]
) -> None:
    home.empty()
    with closing(Database.open(home.url)) as database:
        database.start_zone(ZONE)
        heads = [database.commit(ZONE, commit) for commit in commits]
        log = database.events_after(ZONE, 0)
        plans = [commit.plan for commit in commits if commit.plan is not None]
        # Every event is one entry, and every plan one more.
        num_entries = sum(len(commit.events) for commit in commits) + len(plans)
        assert [entry.seq for entry in log] == list(range(1, num_entries + 1))
        assert heads == sorted(heads)
        assert database.head(ZONE) == heads[-1] == num_entries
        published = [e.body["version"] for e in log if e.kind == "plan_published"]
        assert published == [plan.version for plan in plans]
        assert [database.plan(ZONE, plan.version) for plan in plans] == plans
