"""When a delivery is tried again, and when a webhook is given up."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from api.webhook_schedule import GIVEN_UP_S, JITTER, PAUSES_S, Answer, after, judged
from dispatch.webhook_deliveries import Delivery
from dispatch.webhooks import Secret, Webhook

NOW = 1_000_000
NEW = Delivery("wh_1", 7, "pending", 0, NOW)
HOOK = Webhook("wh_1", "https://hooks.example.com/", ("plan",), (Secret("whsec_eA=="),), NOW, 0)
FAILED = Answer(500)


class NoChance(Random):
    """Nothing is left to chance."""

    def random(self) -> float:
        return 0.0


def test_a_success_ends_it() -> None:
    told = after(NEW, Answer(204), NOW + 1, NoChance())
    assert told == Delivery("wh_1", 7, "delivered", 1, None, NOW + 1, 204, "")


def test_failures_are_tried_again_on_the_schedule_of_the_specification() -> None:
    pauses, told, now = [], NEW, NOW
    while told.state == "pending":
        told = after(told, FAILED, now, NoChance())
        if told.next_at is not None:
            pauses.append(told.next_at - now)
            now = told.next_at
    assert pauses == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    # The first attempt at once and nine more.
    assert (told.state, told.attempts, told.status) == ("failed", 10, 500)


def test_chance_makes_pauses_longer_by_a_tenth_at_most_and_never_shorter() -> None:
    tried = replace(NEW, attempts=4)
    waits = [(after(tried, FAILED, 0, Random(seed)).next_at or 0) for seed in range(200)]
    assert min(waits) >= PAUSES_S[4]
    assert max(waits) <= PAUSES_S[4] * (1 + JITTER)
    assert len(set(waits)) > 100


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, wait_s=60), 60),
        (Answer(503, wait_s=60), 60),
        # Less than the schedule has, or no overload: the schedule.
        (Answer(429, wait_s=1), 5),
        (Answer(500, wait_s=60), 5),
        # A year is too long.
        (Answer(429, wait_s=365 * 86_400), 86_400),
    ],
)
def test_who_is_overloaded_is_left_in_peace_as_long_as_asked(answer: Answer, wait: int) -> None:
    assert after(NEW, answer, NOW, NoChance()).next_at == NOW + wait


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 400, 404, 500])
def test_all_but_2xx_is_a_failure(status: int) -> None:
    told = after(NEW, Answer(status), NOW, NoChance())
    assert (told.state, told.status) == ("pending", status)
    assert str(status) in told.error


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_a_success(status: int) -> None:
    assert after(NEW, Answer(status), NOW, NoChance()).state == "delivered"


def test_gone_is_for_good() -> None:
    assert after(NEW, Answer(410), NOW, NoChance()).state == "failed"
    gone = judged(HOOK, Answer(410), NOW)
    assert (gone.disabled_at, gone.disabled_for) == (NOW, "The receiver answered 410 Gone.")


def test_five_days_without_a_success_end_the_sending() -> None:
    failing = judged(HOOK, FAILED, NOW)
    assert (failing.failing_since, failing.disabled_at) == (NOW, None)
    almost = judged(failing, Answer(None, "no answer within 15 s"), NOW + GIVEN_UP_S - 1)
    assert almost == failing
    over = judged(failing, Answer(None, "no answer within 15 s"), NOW + GIVEN_UP_S)
    assert over.disabled_at == NOW + GIVEN_UP_S
    assert over.disabled_for == "Not one success in 5 days; last no answer within 15 s."


def test_one_success_forgives_all_failures() -> None:
    forgiven = judged(judged(HOOK, FAILED, NOW), Answer(200), NOW + GIVEN_UP_S - 1)
    assert forgiven == HOOK
    assert judged(forgiven, FAILED, NOW + GIVEN_UP_S).disabled_at is None


def test_what_is_disabled_stays_so_whatever_comes_late() -> None:
    gone = judged(HOOK, Answer(410), NOW)
    assert judged(gone, Answer(200), NOW + 1) == gone
