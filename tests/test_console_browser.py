"""What the console shows, in a real browser: tables, map, timeline, feed; how fresh they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import HOSTILE, is_untouched, looking, refused, running, serious, until
from tests.browser_world import ask, free_port, hire, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from benchmarks.service import Service

pytestmark = pytest.mark.browser

AWAY = "Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED"
TWO_SECONDS = 2000
"""Milliseconds in which a dispatcher sees what is new."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two couriers, of whom one has a name that a careless page would run."""
    folder = tmp_path_factory.mktemp("console")
    with running(folder, requests_per_second=10_000, port=free_port()) as found:
        for name in ("Aino", HOSTILE[:200]):
            hire(found, name)
        yield found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose time runs, with a courier who works for long."""
    folder = tmp_path_factory.mktemp("live")
    with running(folder, clock="system", clock_start=None) as found:
        shift = {"start": ask(found, "GET", "/v1/city")["now"], "end": "2099-01-01T00:00:00+02:00"}
        hire(found, "Aino", shift=shift)
        yield found


def opened(page: Page) -> Page:
    page.wait_for_selector("#console:not([hidden])")
    expect(page.locator("#head .state")).to_have_class("state live")
    return page


def row(page: Page, made: Any) -> Locator:
    return page.locator(f'table.orders tr[data-key="{made["drops"][0]["id"]}"]')


def test_an_order_is_in_the_table_with_its_countdown_in_less_than_two_seconds(
    chromium: Browser, service: Service
) -> None:
    with looking(chromium, service) as page:
        opened(page)
        made = order(service, customer="Reims & Co")
        expect(row(page, made)).to_be_visible(timeout=TWO_SECONDS)
        # The clock stands at ten, where an urgent order has its 22 minutes.
        for told in ("22:00", "Reims & Co", "Urgent"):
            expect(row(page, made)).to_contain_text(told, use_inner_text=True, timeout=TWO_SECONDS)
        expect(page.locator("#feed .news")).to_contain_text("Order placed: Reims & Co")


def test_an_order_that_was_just_placed_waits_for_no_list_and_is_not_lost_by_an_older_one(
    chromium: Browser, service: Service
) -> None:
    held: list[tuple[Any, Any]] = []

    def hold(route: Any) -> None:
        held.append((route, route.fetch()))

    with looking(chromium, service) as page:
        opened(page)
        page.route(re.compile(r"/v1/orders\?"), hold, times=1)
        first = order(service)
        expect(row(page, first)).to_be_visible()
        while not held:
            page.wait_for_timeout(20)
        second = order(service)
        expect(row(page, second)).to_be_visible()
        (route, answer), *_ = held
        assert second["id"] not in answer.text()
        route.fulfill(response=answer)
        expect(row(page, first)).to_be_visible()
        expect(row(page, second)).to_be_visible()


def test_a_stop_is_on_the_map_in_the_timeline_and_in_words(
    chromium: Browser, service: Service
) -> None:
    made = order(service, "k_30")
    courier = made["drops"][0]["courier"]
    with looking(chromium, service) as page:
        opened(page)
        block = page.locator(f'#timeline [data-drop="{made["drops"][0]["id"]}"]')
        expect(block).to_have_attribute("aria-label", re.compile(r"^Stop \d: .*due 10:22"))
        # A check-in is inside of the way, which comes after the plan itself.
        expect(page.locator(f'.lane[data-key="{courier}"] .check_in').first).to_be_attached()
        block.click()
        expect(row(page, made)).to_have_attribute("aria-selected", "true")
        expect(page.locator("#map .stop-mark.selected")).to_have_count(1)
        expect(page.locator("#map .courier-mark.selected")).to_have_text(courier[2:])
        page.get_by_role("button", name="As a table").click()
        words = page.locator("#timeline table").inner_text()
        assert "Check-in" in words
        assert "Load at Helsinki centre" in words
        page.get_by_role("tab", name="Buildings").click()
        building = made["drops"][0]["desk"]["building"]
        assert page.locator(f'table.buildings tr[data-key="{building}"]').count() == 1


def test_what_a_courier_rides_to_is_marked_and_cannot_be_dragged(
    chromium: Browser, service: Service
) -> None:
    made = order(service)
    drop, courier = made["drops"][0]["id"], made["drops"][0]["courier"]
    stop = ask(service, "GET", f"/v1/couriers/{courier}/route")["stops"][0]["id"]
    seq = ask(service, "GET", f"/v1/couriers/{courier}/actions")["expected_seq"] or 1
    taps = [
        {"action_id": f"{made['id']}-{i}", "seq": seq + i, "kind": kind, "stop": at}
        for i, (kind, at) in enumerate([("loaded", stop)])
    ]
    with looking(chromium, service) as page:
        opened(page)
        block = page.locator(f'#timeline [data-drop="{drop}"]')
        expect(block).to_have_attribute("draggable", "true")
        ask(service, "POST", f"/v1/couriers/{courier}/actions", {"actions": taps})
        first = ask(service, "GET", f"/v1/couriers/{courier}/route")["stops"][0]
        off = {"action_id": f"{made['id']}-off", "seq": seq + 1, "kind": "departed"}
        off["stop"] = first["id"]
        ask(service, "POST", f"/v1/couriers/{courier}/actions", {"actions": [off]})
        going = page.locator(f'#timeline [data-drop="{first["drops"][0]}"]')
        expect(going).to_have_class(re.compile("committed"))
        expect(going).not_to_have_attribute("draggable", "true")


def test_everything_is_reached_by_keys(chromium: Browser, service: Service) -> None:
    made = order(service, customer="Keys Ltd")
    with looking(chromium, service) as page:
        opened(page)
        page.keyboard.press("/")
        page.keyboard.type("keys ltd")
        rows = page.locator("table.orders tbody tr")
        expect(rows).to_have_count(1)
        # From the search over three choices and five headings to the row.
        for _ in range(9):
            page.keyboard.press("Tab")
        expect(row(page, made)).to_be_focused()
        page.keyboard.press("Enter")
        expect(row(page, made)).to_have_attribute("aria-selected", "true")
        expect(page.locator("#side")).to_be_visible()
        page.keyboard.press("m")
        expect(page.locator("dialog[open]")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        row(page, made).focus()
        page.keyboard.press("Escape")
        expect(page.locator("#side")).to_be_hidden()
        lane = page.locator(f'.lane[data-key="{made["drops"][0]["courier"]}"]')
        expect(lane.locator("[data-drop]").first).to_be_attached()

        def is_at_a_drop() -> bool:
            # Lanes are drawn anew now and then: whoever walks there presses again.
            lane.locator(".lane-label").focus()
            page.keyboard.press("ArrowRight")
            at = page.evaluate("() => document.activeElement.dataset.drop ?? ''")
            return str(at).startswith("d_")

        until(is_at_a_drop)


def test_a_row_that_moves_under_the_pointer_is_the_one_that_is_chosen(
    chromium: Browser, service: Service
) -> None:
    made = order(service, customer="Pressed Ltd")
    with looking(chromium, service) as page:
        opened(page)
        row(page, made).hover()
        page.mouse.down()
        # Before the button comes up, the row is elsewhere: no row sees both.
        row(page, made).evaluate("row => row.parentNode.append(row)")
        page.mouse.up()
        expect(row(page, made)).to_have_attribute("aria-selected", "true")


def test_names_of_any_kind_are_shown_as_text(chromium: Browser, service: Service) -> None:
    desk = {"building": "b_56", "floor": 3, "department": HOSTILE[:200], "desk": "'\"<b>"}
    drop = {"desk": desk, "items": [{"sku": "<i>", "name": HOSTILE[:200], "quantity": 1}]}
    made = order(service, drops=[drop], customer=HOSTILE[:200])
    for width in (1440, 1024, 400):
        size = {"width": width, "height": 900}
        with looking(chromium, service, viewport=size) as page:
            opened(page)
            row(page, made).click()
            who = row(page, made).locator(".who")
            expect(who).to_contain_text(HOSTILE[:200], use_inner_text=True)
            page.get_by_role("tab", name="Couriers").click()
            expect(page.locator('table.couriers tr[data-key="c_2"]')).to_contain_text(HOSTILE[:20])
            assert is_untouched(page)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    ask(service, "DELETE", f"/v1/orders/{made['id']}")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_nothing_keeps_people_out(language: str, chromium: Browser, service: Service) -> None:
    made = order(service)
    with looking(chromium, service, language=language) as page:
        opened(page)
        row(page, made).click()
        found = serious(page)
        page.locator("#timeline header > button").click()
        for tab in ("couriers", "buildings"):
            page.locator(f"#tab-{tab}").click()
            found += serious(page)
        assert found == []


def test_the_language_changes_at_once_with_everything_as_it_is(
    chromium: Browser, service: Service
) -> None:
    made = order(service, customer="Words Ltd")
    with looking(chromium, service) as page:
        opened(page)
        page.get_by_role("searchbox").fill("words")
        row(page, made).click()
        page.get_by_label("Language").select_option("zh-CN")
        expect(page.locator("#timeline h2")).to_have_text("时间线")
        expect(page.get_by_role("searchbox")).to_have_value("words")
        expect(row(page, made)).to_have_attribute("aria-selected", "true")
        expect(row(page, made)).to_contain_text("急单", use_inner_text=True)


def test_a_device_whose_clock_is_an_hour_off_shows_the_right_countdown(
    chromium: Browser, live: Service
) -> None:
    ahead = "(() => { const now = Date.now; Date.now = () => now() + 3600e3; })()"
    with looking(chromium, live) as page:
        page.context.add_init_script(ahead)
        page.reload()
        opened(page)
        made = order(live)
        # Placed now, or a minute ago on a busy machine; an hour off would be −38 minutes.
        left = row(page, made).locator(".left")
        expect(left).to_have_text(re.compile(r"^2[01]:\d\d$|^22:00$"), timeout=20_000)
        assert "off by" in str(page.locator("#head .state").get_attribute("title"))


def test_a_service_started_again_is_told_of_and_found_again(
    chromium: Browser, service: Service
) -> None:
    with looking(chromium, service, allowed=AWAY) as page:
        opened(page)
        page.get_by_role("searchbox").fill("kept")
        service.stop()
        stale = page.locator("#head .state.stale")
        expect(stale).to_contain_text("Not live", timeout=8000)
        service.start()
        expect(page.locator("#head .state")).to_have_class("state live", timeout=20_000)
        page.get_by_role("searchbox").fill("")
        made = order(service, customer="After Ltd")
        expect(row(page, made)).to_be_visible(timeout=20_000)


def test_a_lost_session_is_asked_for_above_the_page_as_it_is(
    chromium: Browser, tmp_path: Path
) -> None:
    with running(tmp_path, access="tokens", requests_per_second=10_000) as guarded:
        log = (tmp_path / "service.log").read_text(encoding="utf-8")
        (token,) = set(re.findall(r"dsp_[\w-]+", log))
        with looking(chromium, guarded, allowed=refused(401)) as page:
            page.locator("#token").fill(token)
            page.keyboard.press("Enter")
            opened(page)
            page.get_by_role("searchbox").fill("typed")
            page.context.clear_cookies()
            # The next look of the page, some seconds later, finds out.
            page.locator("#token").wait_for(timeout=12_000)
            expect(page.locator("#gate-why")).to_contain_text("session is over")
            assert serious(page) == []
            page.locator("#token").fill(token)
            page.keyboard.press("Enter")
            expect(page.locator("#gate")).to_be_hidden()
            expect(page.locator("#head .state")).to_have_class("state live")
            assert page.get_by_role("searchbox").input_value() == "typed"


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6368"
    "98b00000034401b17ad736140000000049454e44ae426082"
)
"""A picture of one pixel."""


def test_tiles_are_drawn_where_they_come_and_the_own_map_where_not(
    chromium: Browser, tmp_path: Path
) -> None:
    tiles = "http://127.0.0.1:9/{z}/{x}/{y}.png"
    with (
        running(tmp_path, map_tiles=tiles, map_tiles_attribution="© Tiles") as drawn,
        looking(
            chromium, drawn, allowed="127.0.0.1:9/|ERR_FAILED|ERR_UNSAFE_PORT|ERR_CONNECTION"
        ) as page,
    ):
        # Nobody listens there: every second one is a picture made here, the others fail.
        came: list[str] = []

        def answer(route: Any) -> None:
            came.append(route.request.headers.get("referer", ""))
            if len(came) % 2:
                route.fulfill(body=PIXEL, content_type="image/png")
            else:
                route.abort()

        page.route("http://127.0.0.1:9/**", answer)
        page.reload()
        opened(page)
        expect(page.locator("#map img.leaflet-tile-loaded").first).to_be_visible()
        expect(page.locator("#map .map-attribution")).to_contain_text("© Tiles")
        assert page.locator("#map .leaflet-city-pane canvas").count() == 1
        # Who asks is told by name only, nothing of what they look at.
        assert set(came) == {f"{str(drawn.http.base_url).rstrip('/')}/"}


COUNTED = """() => new Promise((resolve) => {
  let touched = 0;
  const seen = new MutationObserver((changes) => { touched += changes.length; });
  seen.observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => { seen.disconnect(); resolve(touched); }, 1100);
})"""


def test_three_hundred_orders_cost_little_each_second(chromium: Browser, live: Service) -> None:
    made = order(live, "k_2")

    def answer(route: Any) -> None:
        many = [_copy(made, i) for i in range(300)]
        route.fulfill(json={"items": many, "next": None})

    with looking(chromium, live, allowed=refused(404)) as page:
        page.route(re.compile(r"/v1/orders\?"), answer)
        page.reload()
        opened(page)
        expect(page.locator("table.orders tbody tr")).to_have_count(300)
        # Some twenty rows are seen, and twelve dangers; each may change its countdown twice within
        # a good second, and the rescues that are not found be told. Every 5 s all is looked at:
        # that is in some of these times, not in each. In the first the page may not have been told
        # yet which rows are seen, and only its clock changes.
        touched = [page.evaluate(COUNTED) for _ in range(5)]
        assert min(touched) <= 100
        assert max(touched) >= 3


def _copy(order: Any, i: int) -> Any:
    drops = [drop | {"id": f"d_{i + 1}"} for drop in order["drops"]]
    return order | {"id": f"o_{i + 1}", "drops": drops}


def test_a_page_that_begins_before_the_service_can_answer_comes_by_itself(
    chromium: Browser, service: Service
) -> None:
    refusals = 2

    def answer(route: Any) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            problem = {"status": 503, "code": "overloaded", "title": "Overloaded"}
            route.fulfill(status=503, json=problem, content_type="application/problem+json")
        else:
            route.continue_()

    with looking(chromium, service, allowed=refused(503)) as page:
        # What the page asked before must not be among the refused.
        url = page.url
        page.goto("about:blank")
        page.clock.install()
        page.route(re.compile(r"/v1/couriers\?"), answer)
        page.goto(url)
        for _ in range(2):
            expect(page.locator("#gate [role=status]")).to_be_visible()
            page.clock.run_for(3000)
        expect(page.locator("#console")).to_be_visible()
        assert refusals < 0
