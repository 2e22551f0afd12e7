"""Who looks at the same thing from two sides: dispatcher and courier, and two dispatchers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import looking, refused, running, until
from tests.browser_world import PHONE, ask, begin_order, carrier, hire, order, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FloatRect, Locator, Page

    from benchmarks.service import Service

pytestmark = pytest.mark.browser

NAMES = {"c_1": "Aino", "c_2": "Ville"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two couriers."""
    with running(tmp_path_factory.mktemp("two"), requests_per_second=10_000) as found:
        assert [hire(found, name) for name in NAMES.values()] == list(NAMES)
        yield found


@pytest.fixture(autouse=True)
def _begin_anew(service: Service) -> None:
    """Nothing is left to do from the test before."""
    for left in ask(service, "GET", "/v1/orders?status=planned")["items"]:
        ask(service, "DELETE", f"/v1/orders/{left['id']}")


def drag(page: Page, drop: str, courier: str) -> None:
    """Drags a drop by the mouse from where it is in the timeline onto a courier's name."""
    page.locator(f'#timeline [data-drop="{drop}"]').drag_to(
        page.locator(f'.lane[data-key="{courier}"] .lane-label')
    )
    page.get_by_role("dialog").wait_for()


def place_of(shown: Locator) -> FloatRect:
    """Returns where something is on the screen, also while it is drawn anew."""
    until(lambda: shown.bounding_box() is not None)
    box = shown.bounding_box()
    assert box is not None
    return box


def confirm(page: Page, name: str = "Move") -> None:
    """Presses the dialog's button once the consequences are shown."""
    button = page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()


def test_what_a_dispatcher_places_is_on_the_couriers_page_in_less_than_two_seconds(
    chromium: Browser, service: Service
) -> None:
    with (
        looking(chromium, service) as desk,
        looking(chromium, service, "/courier", **PHONE) as one,
        looking(chromium, service, "/courier", **PHONE) as two,
    ):
        for page, courier in ((one, "c_1"), (two, "c_2")):
            sign_in(page, service, courier)
            page.wait_for_selector(".rest")
        begin_order(desk)
        desk.get_by_role("button", name="Ask for the time").click()
        desk.get_by_role("button", name="Accept").click()
        began = time.monotonic()
        # Either of them may be given it; the other one goes on resting.
        until(lambda: one.locator("article.load").count() + two.locator("article.load").count() > 0)
        assert time.monotonic() - began < 2
        assert one.locator(".rest").count() + two.locator(".rest").count() == 1


def test_of_two_who_drag_the_same_drop_the_second_is_told(
    chromium: Browser, service: Service
) -> None:
    drop = order(service)["drops"][0]["id"]
    here = carrier(service, drop)
    there = "c_2" if here == "c_1" else "c_1"
    conflict = refused(409, 412)
    with (
        looking(chromium, service, allowed=conflict) as one,
        looking(chromium, service, allowed=conflict) as two,
    ):
        for page in (one, two):
            drag(page, drop, there)
            assert page.get_by_role("dialog").get_by_label("Courier").input_value() == there
        confirm(one)
        one.get_by_role("dialog").wait_for(state="detached")
        assert carrier(service, drop) == there
        confirm(two)
        told = two.get_by_role("dialog").get_by_role("alert")
        told.filter(has_text=f"It is with {NAMES[there]} now").wait_for()


def test_a_drop_is_dragged_behind_another_one(chromium: Browser, service: Service) -> None:
    drops = [order(service, desk)["drops"][0]["id"] for desk in ("k_1", "k_60")]
    with looking(chromium, service) as page:
        # Both with one courier, whoever was meant to bring them, so that there is an order of them.
        for drop in drops:
            pinned = {"courier": "c_1", "pinned": True}
            tag = service.http.get(f"/v1/drops/{drop}").headers["ETag"]
            moved = service.http.patch(f"/v1/drops/{drop}", json=pinned, headers={"If-Match": tag})
            assert moved.is_success, moved.text
        route = ask(service, "GET", "/v1/couriers/c_1/route")["stops"]
        first, second = [
            drop for stop in route if stop["kind"] == "deliver" for drop in stop["drops"]
        ]
        lane = page.locator('.lane[data-key="c_1"]')
        last = lane.locator(f'[data-drop="{second}"]')
        expect(last).to_be_visible()
        behind, track = place_of(last), place_of(lane.locator(".track"))
        page.locator(f'#timeline [data-drop="{first}"]').drag_to(
            lane.locator(".track"),
            target_position={"x": behind["x"] + behind["width"] + 3 - track["x"], "y": 12},
        )
        page.get_by_role("dialog").wait_for()
        confirm(page)
        page.get_by_role("dialog").wait_for(state="detached")
        route = ask(service, "GET", "/v1/couriers/c_1/route")["stops"]
        now = [drop for stop in route if stop["kind"] == "deliver" for drop in stop["drops"]]
        assert now == [second, first]
