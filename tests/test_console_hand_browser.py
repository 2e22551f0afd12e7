"""What a dispatcher does at the console, in a real browser: places, moves, rescues, looks back."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import HOSTILE, is_untouched, looking, refused, running, serious
from tests.browser_world import ask, begin_order, carrier, hire, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from benchmarks.service import Service

pytestmark = pytest.mark.browser

AWAY = "Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED"
MOST_HELD = 20
"""Places that may be held at once for one who asks, unless the policy is another."""

BEFORE = refused(409, 412, 422)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two couriers."""
    with running(tmp_path_factory.mktemp("hand"), requests_per_second=10_000) as found:
        for name in ("Aino", "Ville"):
            hire(found, name)
        yield found


@pytest.fixture(autouse=True)
def _begin_anew(service: Service) -> None:
    """Nothing is left to do from the test before."""
    for left in ask(service, "GET", "/v1/orders?limit=200")["items"]:
        if left["status"] in ("placed", "planned", "awaiting_goods"):
            ask(service, "DELETE", f"/v1/orders/{left['id']}")


def other(courier: str) -> str:
    return {"c_1": "c_2", "c_2": "c_1"}[courier]


def opened(page: Page) -> Page:
    page.set_default_timeout(8000)
    page.wait_for_selector("#console:not([hidden])")
    return page


def select(page: Page, kind: str, name: str) -> None:
    page.evaluate(
        "async ([kind, id]) => (await import('/assets/console/selection.js')).select({kind, id})",
        [kind, name],
    )


def pick(page: Page, kind: str, name: str) -> None:
    """Selects something as the views do, and waits until it is shown."""
    select(page, kind, name)
    page.locator(".side-panel h2", has_text=re.sub("^[a-z]_", "", name)).wait_for()


def test_an_order_is_found_quoted_and_placed_once(chromium: Browser, service: Service) -> None:
    with looking(chromium, service) as page:
        begin_order(opened(page))
        page.get_by_label("Customer", exact=True).fill("Reims & Co")
        page.get_by_role("button", name="Ask for the time").click()
        quote = page.get_by_role("region", name="What can be promised")
        # Ten o'clock and the 22 minutes of an urgent order.
        quote.get_by_text("by 10:22").wait_for()
        assert "The place is held for 1:00" in quote.inner_text()
        assert "%" in quote.inner_text()
        assert serious(page) == []
        accept = quote.get_by_role("button", name="Accept")
        accept.evaluate("button => { button.click(); button.click(); }")
        page.locator(".side-panel h2", has_text="Order o_").wait_for()
        assert page.locator("#place").is_hidden()
    (found,) = [o for o in every(service) if o["status"] == "planned"]
    assert (found["customer"], found["channel"]) == ("Reims & Co", "phone")
    assert found["quote_id"] is not None
    assert [(i["sku"], i["quantity"]) for i in found["drops"][0]["items"]] == [("A4-80", 3)]
    assert found["drops"][0]["desk"]["id"] == "k_1"


def every(service: Service) -> list[Any]:
    items: list[Any] = ask(service, "GET", "/v1/orders?limit=200")["items"]
    return items


@pytest.mark.parametrize("way", ["Back", "Close"])
def test_the_place_held_is_given_back_by_who_does_not_order(
    way: str, chromium: Browser, service: Service
) -> None:
    with looking(chromium, service) as page:
        begin_order(opened(page))
        page.get_by_role("button", name="Ask for the time").click()
        page.get_by_text("The place is held").wait_for()
        with page.expect_response(lambda answer: answer.request.method == "DELETE") as given:
            page.locator("#side").get_by_role("button", name=way, exact=True).click()
        assert given.value.status == 204
        # What was typed is still there.
        if way == "Close":
            page.get_by_role("button", name="New order").click()
        assert page.get_by_role("textbox", name="Article").input_value() == "A4-80"
    assert room_for_holds(service) == MOST_HELD
    assert [found for found in every(service) if found["status"] == "planned"] == []


def room_for_holds(service: Service) -> int:
    """Returns how many places could still be held: as many are, and are given back."""
    drop = {"desk": {"id": "k_9"}, "items": [{"sku": "A", "quantity": 1}]}
    body = {"service": "urgent", "drops": [drop], "reserve": True}
    held: list[str] = []
    while (answer := service.http.post("/v1/quotes", json=body)).is_success:
        held.append(answer.json()["quote_id"])
    for quote in held:
        ask(service, "DELETE", f"/v1/quotes/{quote}")
    return len(held)


def test_what_is_typed_outlives_a_service_that_is_away(chromium: Browser, service: Service) -> None:
    with looking(chromium, service, allowed=AWAY) as page:
        begin_order(opened(page))
        page.context.set_offline(True)
        page.get_by_role("button", name="Ask for the time").click()
        page.get_by_role("alert").filter(has_text="cannot be reached").wait_for()
        assert page.get_by_role("textbox", name="Article").input_value() == "A4-80"
        page.context.set_offline(False)
        page.get_by_role("button", name="Ask for the time").click()
        page.get_by_text("The place is held").wait_for()


def test_a_fault_is_shown_at_the_field_that_has_it(chromium: Browser, service: Service) -> None:
    with looking(chromium, service, allowed=BEFORE) as page:
        opened(page)
        page.get_by_role("button", name="New order").click()
        page.get_by_role("combobox", name="Where to").fill("annankatu 18")
        page.locator("[role=option].building").first.dispatch_event("pointerdown")
        page.get_by_role("spinbutton", name="Floor").fill("77")
        page.get_by_role("textbox", name="Article").fill("A4-80")
        page.get_by_role("button", name="Ask for the time").click()
        page.locator("[data-at='desk.floor'][aria-invalid=true]").wait_for()
        assert page.evaluate("() => document.activeElement.dataset.at") == "desk.floor"


def test_of_two_who_move_the_same_drop_the_second_is_told(
    chromium: Browser, service: Service
) -> None:
    drop = order(service)["drops"][0]["id"]
    here, there = carrier(service, drop), other(carrier(service, drop))
    names = {"c_1": "Aino", "c_2": "Ville"}
    with (
        looking(chromium, service, allowed=BEFORE) as one,
        looking(chromium, service, allowed=BEFORE) as two,
    ):
        for page in (one, two):
            pick(opened(page), "drop", drop)
            page.get_by_role("button", name="Move…").click()
            page.get_by_role("dialog").wait_for()
            page.get_by_role("dialog").get_by_label("Courier").select_option(there)
            page.get_by_role("button", name="Move", exact=True).and_(
                page.locator(":enabled")
            ).wait_for()
        assert "It comes at" in one.locator(".consequences").inner_text()
        assert serious(one) == []
        one.get_by_role("button", name="Move", exact=True).click()
        one.get_by_role("dialog").wait_for(state="detached")
        assert carrier(service, drop) == there
        two.get_by_role("dialog").get_by_label("Courier").select_option(here)
        two.get_by_role("button", name="Move", exact=True).and_(two.locator(":enabled")).click()
        told = two.get_by_role("dialog").get_by_role("alert")
        told.filter(has_text=f"It is with {names[there]} now").wait_for()
        assert carrier(service, drop) == there
        # Having seen that, they may still do it.
        two.get_by_role("button", name="Move it all the same").and_(two.locator(":enabled")).click()
        two.get_by_role("dialog").wait_for(state="detached")
        assert carrier(service, drop) == here
        # Who moved it first cannot take back what is another's move by now.
        one.locator("body").press("Control+z")
        one.locator(".note", has_text="changed by somebody else").wait_for()
    assert carrier(service, drop) == here


def test_a_move_is_taken_back_by_key_and_by_note(chromium: Browser, service: Service) -> None:
    drop = order(service)["drops"][0]["id"]
    here = carrier(service, drop)
    with looking(chromium, service, allowed=refused(412)) as page:
        pick(opened(page), "drop", drop)
        for way in ("key", "note"):
            page.get_by_role("button", name="Move…").click()
            page.get_by_role("dialog").get_by_label("Courier").select_option(other(here))
            page.get_by_role("button", name="Move", exact=True).and_(
                page.locator(":enabled")
            ).click()
            page.get_by_role("dialog").wait_for(state="detached")
            assert carrier(service, drop) == other(here)
            if way == "key":
                page.locator("body").press("Control+z")
            else:
                page.locator(".note").get_by_role("button", name="Undo").last.click()
            page.locator(".note", has_text=f"{drop} is back with").wait_for()
            assert carrier(service, drop) == here
            while page.locator(".note").count():
                page.locator(".note .quiet").last.click()


def test_a_move_is_taken_back_by_a_page_that_has_heard_of_no_plan_since(
    chromium: Browser, service: Service
) -> None:
    older = ask(service, "GET", "/v1/plan")
    drop = order(service)["drops"][0]["id"]
    here = carrier(service, drop)
    with looking(chromium, service) as page:
        page.route(re.compile(r"/v1/plan(\?|$)"), lambda route: route.fulfill(json=older))
        page.reload()
        pick(opened(page), "drop", drop)
        page.get_by_role("button", name="Move…").click()
        page.get_by_role("dialog").get_by_label("Courier").select_option(other(here))
        page.get_by_role("button", name="Move", exact=True).and_(page.locator(":enabled")).click()
        page.get_by_role("dialog").wait_for(state="detached")
        assert carrier(service, drop) == other(here)
        page.locator("body").press("Control+z")
        name = {"c_1": "Aino", "c_2": "Ville"}[here]
        page.locator(".note", has_text=f"{drop} is back with {name}").wait_for()
        assert carrier(service, drop) == here


def test_a_drop_with_nobody_says_why_for_each_courier(chromium: Browser, service: Service) -> None:
    drop = order(service)["drops"][0]["id"]
    for courier in ("c_1", "c_2"):
        ask(service, "PATCH", f"/v1/couriers/{courier}", {"paused": True})
    try:
        with looking(chromium, service) as page:
            pick(opened(page), "drop", drop)
            reasons = page.locator("table.reasons tbody tr")
            reasons.first.wait_for()
            told = reasons.all_inner_texts()
            assert len(told) == 2
            assert all("Is on a break." in line for line in told)
            assert "Easiest: End the break of" in told[0]
            assert serious(page) == []
            page.get_by_label("Language").select_option("zh-CN")
            page.locator("table.reasons", has_text="正在休息").wait_for()
    finally:
        for courier in ("c_1", "c_2"):
            ask(service, "PATCH", f"/v1/couriers/{courier}", {"paused": False})


def test_a_rescue_is_taken_with_one_click(chromium: Browser, service: Service) -> None:
    # So many on one courier that the last of them cannot be in time.
    drops = [order(service, f"k_{n}")["drops"][0]["id"] for n in range(1, 15)]
    for drop in drops:
        ask(service, "PATCH", f"/v1/drops/{drop}", {"courier": "c_1"})
    with looking(chromium, service, allowed=refused(412)) as page:
        take = opened(page).get_by_role("button", name=re.compile("Rescue order")).first
        take.wait_for()
        line = page.locator(".dangers li", has=page.locator(".rescue")).first
        assert re.search(r"Give it to Ville", line.inner_text())
        assert re.search(r"\d+ % → \d+ %", line.inner_text())
        assert serious(page) == []
        with_one = [drop for drop in drops if carrier(service, drop) == "c_1"]
        take.click()
        page.locator(".note", has_text="is with Ville now").wait_for()
        moved = [drop for drop in with_one if carrier(service, drop) == "c_2"]
    assert len(moved) == 1


def test_the_report_shows_the_figures_of_the_service_and_of_its_file(
    chromium: Browser, service: Service
) -> None:
    order(service, channel="phone")
    order(service, "k_9", channel="mail", service="standard")
    query = "from=2026-11-23&to=2026-11-24&by=channel"
    told = ask(service, "GET", f"/v1/promises/report?{query}")
    with looking(chromium, service, "/#report") as page:
        page.get_by_label("By").select_option("channel")
        rows = page.locator(".figures-table tbody tr")
        page.locator(".figures-table [data-group=mail]").wait_for()
        shown = {
            row.get_attribute("data-group"): [
                int(x) for x in row.locator("td").all_inner_texts()[:7]
            ]
            for row in rows.all()
        }
        names = ("promised", "kept", "late", "breached", "running", "paused", "cancelled")
        assert shown == {row["group"]: [row[name] for name in names] for row in told["items"]}
        assert page.locator("figure svg .bar").count() > 0
        with page.expect_download() as file:
            page.get_by_role("link", name="Download CSV").click()
        table = list(csv.DictReader(io.StringIO(file.value.path().read_text("utf-8-sig"))))
        assert {r["group"]: [int(r[name]) for name in names] for r in table} == shown
        assert serious(page) == []


def test_the_replay_shows_an_older_plan_and_why_the_next_was_made(
    chromium: Browser, service: Service
) -> None:
    drop = order(service)["drops"][0]["id"]
    here = carrier(service, drop)
    ask(service, "PATCH", f"/v1/drops/{drop}", {"courier": other(here)})
    names = {"c_1": "Aino", "c_2": "Ville"}
    with looking(chromium, service, "/#replay") as page:
        page.locator(".replay-map canvas").first.wait_for()
        page.locator(".why", has_text="Moved by a dispatcher").wait_for()
        assert f"{names[here]} → {names[other(here)]}" in page.locator(".changes").inner_text()
        last = page.locator(".replay-time").inner_text()
        page.locator("#replay-slider").press("ArrowLeft")
        page.locator(".why", has_text="Order placed").wait_for()
        assert page.locator(".replay-time").inner_text() != last
        routes = page.locator("table.plan tr", has_text=drop)
        assert routes.locator("th").inner_text() == names[here]
        assert serious(page) == []
        # By keys, where nothing is typed: to the end, and back by one.
        page.locator(".routes").press("End")
        page.locator(".replay-time", has_text=last).wait_for()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_names_that_would_break_a_careless_page_are_texts_and_nothing_keeps_people_out(
    language: str, chromium: Browser, service: Service
) -> None:
    name = HOSTILE[:200]
    where = {
        "building": "b_56",
        "floor": 4,
        "department": name,
        "desk": name,
        "contact": {"name": name},
    }
    drop = {"desk": where, "items": [{"sku": "A", "name": name, "quantity": 1}], "note": name}
    made = order(service, drops=[drop], customer=name)
    with looking(chromium, service, language=language) as page:
        pick(opened(page), "order", made["id"])
        page.locator(".history li").first.wait_for()
        assert serious(page) == []
        pick(page, "drop", made["drops"][0]["id"])
        assert "onerror='window.stolen=1'" in page.locator(".side-panel").inner_text()
        assert serious(page) == []
        page.locator(".side-panel .actions button.primary").click()
        page.locator("dialog .consequences p").first.wait_for()
        assert serious(page) == []
        page.keyboard.press("Escape")
        wide = page.locator("#side").evaluate("node => node.scrollWidth - node.clientWidth")
        assert wide <= 0
        assert is_untouched(page)


def test_secrets_are_shown_once_and_the_code_signs_a_phone_in(
    chromium: Browser, service: Service
) -> None:
    made = order(service)
    with looking(chromium, service) as page:
        pick(opened(page), "order", made["id"])
        page.get_by_role("button", name="Buyer's link").click()
        link = page.get_by_role("textbox", name="Link").input_value()
        assert "/track#dsl_" in link
        page.keyboard.press("Escape")
        select(page, "courier", "c_1")
        page.get_by_role("button", name="Sign-in code").click()
        code = page.get_by_role("textbox", name="Code").input_value()
        link = page.get_by_role("textbox", name="Link").input_value()
        assert link.endswith(f"/courier#code={code}")
        page.keyboard.press("Escape")
        # What was shown is gone, and the focus is where it was.
        page.locator("dialog").wait_for(state="detached")
        assert code not in page.content()
        assert page.evaluate("() => document.activeElement.textContent") == "Sign-in code"
    assert ask(service, "POST", "/v1/sign-in", {"code": code})["courier"] == "c_1"


def test_an_order_is_paused_resumed_and_cancelled(chromium: Browser, service: Service) -> None:
    made = order(service)
    with looking(chromium, service) as page:
        pick(opened(page), "order", made["id"])
        page.get_by_role("button", name="Pause…").click()
        page.get_by_label("Why it shall wait").fill("Moving house")
        page.get_by_role("dialog").get_by_role("button", name="Pause").click()
        page.locator(".side-panel", has_text="Moving house").wait_for()
        page.get_by_role("button", name="Resume").click()
        page.get_by_role("button", name="Pause…").wait_for()
        page.get_by_role("button", name="Cancel order…").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).click()
        assert ask(service, "GET", f"/v1/orders/{made['id']}")["status"] == "planned"
        page.get_by_role("button", name="Cancel order…").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
        page.locator(".side-panel .status.cancelled").first.wait_for()
    assert ask(service, "GET", f"/v1/orders/{made['id']}")["status"] == "cancelled"
