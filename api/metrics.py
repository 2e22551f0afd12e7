"""
What a service counts and measures, for Prometheus: few labels, no ids, nothing personal.

Labels have values from the settings (services), from the program (routes, outcomes) or from HTTP
(methods, classes of statuses), so that there are no more series than those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.process_collector import ProcessCollector

from dispatch.promising import facts_of
from dispatch.state import State
from dispatch.store import LoggedEvent

ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds in seconds of what somebody waits for."""

SEARCH_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Bounds in seconds of searches, whose budgets are settings."""

SLACK_S = (-3600, -900, -300, -60, 0, 60, 180, 300, 600, 900, 1800, 3600, 14_400)
"""Bounds in seconds of what is left of a promise; below zero it was kept late."""

OUTCOMES = ("adopted", "not_adopted", "no_gain", "lost", "failed", "shed")
"""What can become of a search; `shed`: it was not begun, because too much waits."""

REFUSED = ("work", "anything")
"""What is refused when too much waits: new work of clients first, then everything."""

CLOSING = frozenset({"delivered", "failed"})
"""Kinds of events by which a drop is over at its desk."""

# When each figure began to be counted: as many series again, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Traffic:
    """Requests and their answers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "dispatch_http_requests",
            "Requests answered, by template of the path and class of the status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "dispatch_http_request_seconds",
            "Seconds to the end of an answer; of a stream, to its beginning.",
            ("method", "route"),
            buckets=ANSWER_S,
            registry=registry,
        )
        self.replays = Counter(
            "dispatch_idempotent_replays",
            "Requests sent again under their key and answered as the first time.",
            registry=registry,
        )
        self.refused = Counter(
            "dispatch_refused",
            "Requests refused because too much waits: new work of clients, or anything.",
            ("what",),
            registry=registry,
        )
        for what in REFUSED:
            self.refused.labels(what)


class Planning:
    """Orders, plans and what is written of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decision_s = Histogram(
            "dispatch_decision_seconds",
            "Seconds from an order found valid to its plan stored.",
            buckets=ANSWER_S,
            registry=registry,
        )
        self.commits_failed = Counter(
            "dispatch_commits_failed", "Work that could not be stored.", registry=registry
        )
        self.fenced = Counter(
            "dispatch_fenced_commits",
            "Work not stored because a newer process owns the zone.",
            registry=registry,
        )
        self.ticks_failed = Counter(
            "dispatch_ticks_failed", "Ticks that failed.", registry=registry
        )

    def failed(self, error: BaseException) -> None:
        """Counts work that could not be stored."""
        self.commits_failed.inc()
        if getattr(error, "code", "") == "fenced":
            self.fenced.inc()


class Searching:
    """Searches for better plans."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.searches = Counter(
            "dispatch_searches",
            f"Searches for a better plan, by what became of them: {', '.join(OUTCOMES)}.",
            ("outcome",),
            registry=registry,
        )
        self.seconds = Histogram(
            "dispatch_search_seconds",
            "Seconds that a search took that was not lost.",
            buckets=SEARCH_S,
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.searches.labels(outcome)

    def ended(self, outcome: str) -> None:
        """Counts what became of a search, one of `OUTCOMES`."""
        self.searches.labels(outcome).inc()


class Promises:
    """How promises are kept, by service."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.breaches = Counter(
            "dispatch_promise_breaches",
            "Promises whose deadline passed before the order was handed over.",
            ("service",),
            registry=registry,
        )
        self.slack_s = Histogram(
            "dispatch_promise_slack_seconds",
            "Seconds left of a promise as its order was handed over, less than 0 where late.",
            ("service",),
            buckets=SLACK_S,
            registry=registry,
        )

    def expect(self, services: Iterable[str]) -> None:
        """Shows services of which nothing is known yet: from nothing to 1 is no rise."""
        for name in services:
            self.breaches.labels(name)
            self.slack_s.labels(name)

    def breached(self, order_id: str, state: State) -> None:
        """Counts a deadline that passed."""
        order = state.orders.get(order_id)
        if order is not None:
            self.breaches.labels(order.service).inc()

    def closed(self, drop_id: str, state: State) -> None:
        """Measures what was left of an order's promise, if it was over with this drop."""
        drop = state.drops.get(drop_id)
        if drop is None:
            return
        order = state.orders[drop.order]
        drops = [state.drops[name] for name in order.drops]
        closed_at = facts_of(order, drops).closed_at
        if closed_at is None or order.deadline is None:
            return
        # Several may be over in the state after a batch: the last of them speaks for the order.
        last = max(enumerate(drops), key=lambda each: (each[1].closed_at or 0, each[0]))[1]
        if last.id == drop_id:
            self.slack_s.labels(order.service).observe(order.deadline - closed_at)


class Metrics:
    """
    The figures of one service, in a registry of their own.

    Mutable because it counts; each figure has a lock of its own, so any thread may.
    """

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Gauge("dispatch_build_info", "1, for the version.", ("version",), registry=registry)
        build.labels(version("dispatch-desk")).set(1)
        self.http = Traffic(registry)
        self.planning = Planning(registry)
        self.search = Searching(registry)
        self.promises = Promises(registry)
        self.webhook_oldest_s = Gauge(
            "dispatch_webhook_oldest_seconds",
            "Age of what some webhook was not told yet, 0 for nothing.",
            registry=registry,
        )
        self.zone_answers = Gauge(
            "dispatch_zone_answers",
            "1 if the zone's thread answered in time as the figures were read, else 0.",
            registry=registry,
        )

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Adds a figure that is read whenever somebody asks for the figures."""
        Gauge(name, text, registry=self.registry).set_function(read)

    def happened(self, event: LoggedEvent, state: State, waited_s: float) -> None:
        """
        Counts an entry of the log; ``state`` is one after it.

        ``waited_s`` are the seconds since somebody asked for what brought it about.
        """
        if event.kind == "order_placed":
            self.planning.decision_s.observe(waited_s)
        elif event.kind == "promise_breached":
            self.promises.breached(event.body["order"], state)
        elif event.kind in CLOSING:
            self.promises.closed(event.body["drop"], state)
