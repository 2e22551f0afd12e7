"""The courier's page and the buyer's page in a real browser, with a real service behind them."""

from __future__ import annotations

import random
import struct
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from api.pages import WEB
from tests.browser import HOSTILE, TEN, is_untouched, looking, refused, running, serious, until
from tests.browser_world import PHONE, ask, free_port, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

    from benchmarks.service import Service

pytestmark = pytest.mark.browser

AWAY = "Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED"
"""What the console says while nobody answers."""

SIGNED_OUT = refused(401)
BROUGHT = ("loaded", "departed", "arrived")
"""What is tapped until the goods are at the desk."""

LEAST_PX = 48
"""What a thumb needs."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("courier")
    with running(folder, requests_per_second=10_000, port=free_port()) as found:
        yield found


@pytest.fixture
def courier(service: Service) -> Iterator[str]:
    """A courier of one test's own, who works for nobody after it."""
    shift = {"start": "2026-11-23T08:00:00+02:00", "end": "2026-11-23T18:00:00+02:00"}
    body = {"name": "Li Ming", "store": "st_1", "capacity": 50, "shift": shift}
    made = ask(service, "POST", "/v1/couriers", body)["id"]
    yield made
    for order in ask(service, "GET", "/v1/orders?status=planned")["items"]:
        service.http.delete(f"/v1/orders/{order['id']}")
    ask(service, "PATCH", f"/v1/couriers/{made}", {"paused": True})


def place(service: Service, **desk: Any) -> Any:
    where = {"building": "b_56", "floor": 4, "department": "Finance", "desk": "4-117"} | desk
    items = [{"sku": "A4-80", "quantity": 3, "name": "Paper"}, {"sku": "PEN-B", "quantity": 2}]
    return ask(
        service,
        "POST",
        "/v1/orders",
        {"service": "urgent", "drops": [{"desk": where, "items": items}]},
    )


def bring(service: Service, courier: str, kinds: Sequence[str] = BROUGHT) -> None:
    """Lets a courier do what leads to the desk, without a page: buttons wait for calm thumbs."""
    for kind in kinds:
        heard = f"/v1/couriers/{courier}/actions"
        number = ask(service, "GET", f"{heard}?limit=1")["expected_seq"] or 1
        stop = ask(service, "GET", f"/v1/couriers/{courier}/route")["stops"][0]["id"]
        action = {"action_id": f"{kind}-{number}", "seq": number, "kind": kind, "stop": stop}
        (told,) = ask(service, "POST", heard, {"actions": [action]})["results"]
        assert told["result"] == "applied", told


def taps(service: Service, courier: str, kind: str) -> list[dict[str, Any]]:
    heard = ask(service, "GET", f"/v1/couriers/{courier}/actions")["items"]
    return [tap for tap in heard if tap["kind"] == kind]


def sign(page: Page) -> None:
    page.locator("[name=proof][value=signature]").check()
    page.locator(".pad").scroll_into_view_if_needed()
    box = page.locator(".pad").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 40, steps=5)
    page.mouse.up()


def kept(page: Page) -> str:
    """Returns all that the phone keeps."""
    return str(page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})"))


def test_an_urgent_order_is_on_the_page_in_less_than_two_seconds(
    chromium: Browser, service: Service, courier: str
) -> None:
    with looking(chromium, service, "/courier", **PHONE) as page:
        sign_in(page, service, courier)
        # The code is good for nothing any more, and nobody reads it in the address.
        assert page.url.endswith("/courier")
        page.wait_for_selector(".rest")
        page.locator("#menu").focus()
        began = time.monotonic()
        place(service, contact={"name": "Wang Fang", "phone": "+86 10 6512 3344"})
        page.wait_for_selector("article.load", timeout=2000)
        assert time.monotonic() - began < 2
        # Said aloud, and the focus is where it was.
        page.locator("#news-text", has_text="Your route is new").wait_for(state="attached")
        assert page.evaluate("() => document.activeElement.id") == "menu"
        page.get_by_role("button", name="Loaded").click()
        stop = page.locator("article.deliver")
        stop.wait_for()
        told = stop.inner_text()
        for word in ("4-117", "Finance", "Wang Fang", "3×", "Paper", "Lift: Ground → 4", "22:00"):
            assert word in told, word
        page.get_by_text("Way there").click()
        page.wait_for_selector(".map canvas")
        assert page.locator(".steps li").count() > 2


def test_delivered_by_impatient_thumbs_without_a_network_is_delivered_once(
    chromium: Browser, service: Service, courier: str
) -> None:
    drop = place(service)["drops"][0]["id"]
    bring(service, courier)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        sign_in(page, service, courier)
        page.get_by_role("button", name="Hand over").wait_for()
        page.context.set_offline(True)
        page.get_by_role("button", name="Hand over").click()
        page.get_by_role("button", name="Accept one less of Paper").click()
        confirm = page.get_by_role("button", name="Handed over")
        sign(page)
        confirm.click()
        assert page.locator("#hint").inner_text() == "Choose a reason first."
        page.get_by_text("Dirty").first.click()
        # Twice in the same moment, before the page can draw anything.
        confirm.evaluate("button => { button.click(); button.click(); }")
        page.wait_for_selector("#depth:not([hidden])")
        assert page.locator("#depth").inner_text() == "1 report waits"
        assert page.locator("#state-text").inner_text() == "No network"
        # The page goes on: next is the way home, and no stop is there twice.
        assert page.locator("article.deliver").count() == 0
        page.context.set_offline(False)
        until(lambda: len(taps(service, courier, "delivered")) == 1)
        page.wait_for_selector("#depth", state="hidden")
        # Much later there is still one.
        page.reload()
        page.wait_for_selector("#state[data-state=online]")
    (tap,) = taps(service, courier, "delivered")
    assert (tap["result"], tap["drop"], tap["proof"]) == ("applied", drop, "signature")
    shown = ask(service, "GET", f"/v1/drops/{drop}")
    assert shown["status"] == "partly_accepted"
    lines = {line["sku"]: (line["accepted"], line["reason"]) for line in shown["lines"]}
    assert lines == {"A4-80": (2, "dirty"), "PEN-B": (2, None)}
    (proof,) = ask(service, "GET", f"/v1/drops/{drop}/proofs")["items"]
    assert proof["signature"].startswith("M")


def test_three_taps_in_a_moment_whose_answer_is_lost_are_one(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        sign_in(page, service, courier)
        page.get_by_role("button", name="Loaded").wait_for()

        def lose(route: Any) -> None:
            route.fetch()
            route.abort()

        page.route("**/actions", lose)
        # The button under the thumb sets off after the first of them.
        thumb = "() => { for (let i = 0; i < 3; i++) document.querySelector('.primary').click(); }"
        page.evaluate(thumb)
        page.wait_for_selector("#state[data-state=offline]")
        assert page.locator("#depth").inner_text() == "1 report waits"
        assert len(taps(service, courier, "loaded")) == 1
        page.unroute_all(behavior="wait")
        page.evaluate("() => dispatchEvent(new Event('online'))")
        page.wait_for_selector("#depth", state="hidden")
    (tap,) = taps(service, courier, "loaded")
    assert tap["result"] == "applied"
    assert taps(service, courier, "departed") == []


def taken() -> Any:
    """Returns a file as a camera gives it: of 2400 by 1800 pixels, each unlike the next."""
    rows = b"".join(b"\0" + random.Random(y).randbytes(2400) for y in range(1800))
    head = struct.pack(">IIBBBBB", 2400, 1800, 8, 0, 0, 0, 0)
    place = b"Comment\0taken at 60.17 N 24.94 E"
    chunks = ((b"IHDR", head), (b"tEXt", place), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    told = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    return {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + told}


def test_photos_are_made_small_wait_on_the_phone_and_come_after_the_tap(
    chromium: Browser, service: Service, courier: str
) -> None:
    drop = place(service)["drops"][0]["id"]
    bring(service, courier)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        sign_in(page, service, courier)
        page.get_by_role("button", name="Hand over").wait_for()
        # What was answered: a page loaded anew may reach the service before it is offline too.
        sent: list[str] = []
        page.on("response", lambda answer: sent.append(f"{answer.request.method} {answer.url}"))
        page.context.set_offline(True)
        page.get_by_role("button", name="Hand over").click()
        page.get_by_role("button", name="Accept one less of Paper").click()
        page.get_by_text("Dirty").first.click()
        page.get_by_label("Add a photo of Paper").set_input_files(taken())
        page.locator(".lines .photos img").wait_for()
        whole = page.get_by_label("Add a photo", exact=True)
        whole.set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"<svg/>"})
        page.get_by_text("This file is no picture.").wait_for()
        assert found_by_all(page) == []
        page.locator("[name=proof][value=none]").check()
        page.get_by_role("button", name="Handed over").click()
        page.locator("#depth", has_text="1 report waits · 1 photo waits").wait_for()
        # The page may go and come again without a network: the photo is still there.
        page.reload()
        page.locator("#depth", has_text="1 photo waits").wait_for()
        page.context.set_offline(False)
        page.wait_for_selector("#depth", state="hidden")
        told = [line.rpartition("/")[2] for line in sent if line.startswith(("POST", "PUT"))]
        assert [word.partition("?")[2] for word in told if "?" in word] == ["sku=A4-80"]
        assert told[0] == "actions"
    (photo,) = ask(service, "GET", f"/v1/drops/{drop}/proofs")["items"]
    assert (photo["kind"], photo["photo"]["sku"]) == ("photo", "A4-80")
    picture = service.http.get(photo["photo"]["path"])
    assert picture.headers["content-type"] == "image/jpeg"
    # Noise is the hardest thing to make small.
    assert 10_000 < len(picture.content) <= 300_000
    assert b"60.17" not in picture.content
    width = int.from_bytes(picture.content[picture.content.index(b"\xff\xc0") + 7 :][:2], "big")
    assert width <= 1600


def loaded(page: Page) -> None:
    """Taps until the goods are on board: a button drawn anew under the thumb hears nothing."""
    button, contact = page.get_by_role("button", name="Loaded"), page.get_by_text("Wang Fang")
    for _ in range(5):
        button.or_(contact).first.wait_for()
        if contact.is_visible():
            return
        button.click()
        with suppress(PlaywrightTimeout):
            contact.wait_for(timeout=4000)
            return
    contact.wait_for()


def test_a_revoked_phone_leaves_and_keeps_nobodys_name(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service, contact={"name": "Wang Fang", "phone": "+86 10 6512 3344"})
    with looking(chromium, service, "/courier", allowed=SIGNED_OUT, **PHONE) as page:
        sign_in(page, service, courier)
        loaded(page)
        # Kept for a start without a network: where to go, not to whom.
        assert "4-117" in kept(page)
        assert "Wang" not in kept(page)
        ask(service, "DELETE", f"/v1/couriers/{courier}/sign-in")
        page.get_by_label("Sign-in code").wait_for()
        assert "signed out" in page.locator("#news-text").inner_text()
        left = kept(page)
        for word in ("4-117", "Finance", "dsp_", "Wang"):
            assert word not in left, word
        page.get_by_label("Sign-in code").fill("WRONG234")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("not, or no longer, good").wait_for()


def test_the_page_opens_in_a_lift_and_sends_what_was_tapped_there(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        sign_in(page, service, courier)
        page.wait_for_selector("article.load")
        cached = (
            "async () => { const c = await caches.open('dispatch-courier-1');"
            " return (await c.keys()).map(r => new URL(r.url).pathname); }"
        )
        files = {
            f"/assets/{file.relative_to(WEB).as_posix()}"
            for file in (WEB / "courier").rglob("*")
            if file.suffix in (".js", ".css") and file.name != "worker.js"
        }
        until(lambda: files <= set(page.evaluate(cached)))
        page.context.set_offline(True)
        page.reload()
        page.get_by_role("button", name="Loaded").click()
        # The route, the words and the queue are all there.
        page.wait_for_selector("article.deliver")
        assert "4-117" in page.locator("article.deliver").inner_text()
        page.context.set_offline(False)
        until(lambda: len(taps(service, courier, "loaded")) == 1)
        # Nothing of what the service told is in the worker's cache.
        assert [p for p in page.evaluate(cached) if p.startswith("/v1/")] in ([], ["/v1/city/map"])


def test_names_of_any_kind_are_shown_as_text(
    chromium: Browser, service: Service, courier: str
) -> None:
    name = HOSTILE[:200]
    # The desk is told by its building and floor only.
    place(service, department=name, desk="", contact={"name": name, "phone": "1"})
    with looking(chromium, service, "/courier", **PHONE) as page:
        sign_in(page, service, courier)
        page.get_by_role("button", name="Loaded").wait_for()
        assert page.get_by_text(name[:40]).count() >= 1
        bring(service, courier)
        page.get_by_role("button", name="Hand over").wait_for()
        assert page.locator(".contact b").inner_text() == name
        page.get_by_role("button", name="Hand over").click()
        page.wait_for_selector(".sheet")
        assert is_untouched(page)
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= PHONE["viewport"]["width"]


def test_a_phone_whose_clock_is_an_hour_off_shows_the_right_times(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service)
    with looking(chromium, service, "/courier", **PHONE) as page:
        page.clock.install(time="2026-11-23T11:00:00+02:00")
        sign_in(page, service, courier)
        page.clock.run_for(2000)
        page.get_by_role("button", name="Loaded").click()
        page.clock.run_for(2000)
        page.wait_for_selector("article.deliver")
        page.clock.run_for(2000)
        # By the service's clock, which stands at ten, and not by one that says eleven.
        assert page.locator("[data-due] b").inner_text() == "22:00"
        until(lambda: len(taps(service, courier, "loaded")) == 1)
    (tap,) = taps(service, courier, "loaded")
    assert (tap["result"], tap["received_at"]) == ("applied", TEN)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_thumb_and_a_screen_reader_find_everything(
    chromium: Browser, service: Service, courier: str, language: str
) -> None:
    place(service, contact={"name": "Wang Fang", "phone": "+86 10 6512 3344"})
    with looking(chromium, service, "/courier", language=language, **PHONE) as page:
        page.wait_for_selector("#code")
        screens = {"sign-in": found_by_all(page)}
        sign_in(page, service, courier)
        page.wait_for_selector("article.load")
        screens["load"] = found_by_all(page)
        bring(service, courier)
        page.locator("article.deliver").wait_for()
        page.locator(".actions .second").wait_for()
        page.locator("summary").click()
        page.wait_for_selector(".map canvas")
        screens["deliver"] = found_by_all(page)
        page.locator(".actions .primary").click()
        page.locator(".step").first.click()
        screens["hand over"] = found_by_all(page)
        page.locator(".sheet > .second").click()
        screens["failure"] = found_by_all(page)
        page.locator("#menu").click()
        screens["menu"] = found_by_all(page)
        assert page.evaluate("() => document.documentElement.lang") == language
    assert [found for found in screens.items() if found[1]] == []


def found_by_all(page: Page) -> list[str]:
    """Returns what of a screen is too small for a thumb, or what axe finds serious."""
    small = page.evaluate(
        """least => [...document.querySelectorAll('button, a[href], summary, label, input')]
          .filter(e => e.offsetParent)
          .filter(e => !(e.tagName === 'INPUT' && e.closest('label')))
          .filter(e => !(e.tagName === 'LABEL' && e.htmlFor))
          .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
          .filter(([, box]) => box.width < least || box.height < least)
          .map(([html, box]) => `${html} ${box.width}x${box.height}`)""",
        LEAST_PX,
    )
    return [*small, *serious(page)]


def test_the_buyer_sees_the_order_come_and_tells_the_pin(
    chromium: Browser, service: Service, courier: str
) -> None:
    order = place(service)
    link = ask(service, "POST", f"/v1/orders/{order['id']}/links")
    with (
        looking(chromium, service, "/courier", **PHONE) as page,
        looking(chromium, service, link["path"], **PHONE) as buyer,
    ):
        buyer.wait_for_selector("text=We prepare your order")
        bring(service, courier)
        sign_in(page, service, courier)
        buyer.reload()
        buyer.wait_for_selector("text=The courier is coming to you")
        pin = buyer.locator(".pin b").inner_text()
        assert serious(buyer) == []
        page.get_by_role("button", name="Hand over").click()
        page.get_by_label("PIN of four digits").fill(f"{(int(pin) + 1) % 10_000:04}")
        page.get_by_role("button", name="Handed over").click()
        page.get_by_text("The PIN was not accepted").wait_for()
        page.get_by_role("button", name="Hand over").click()
        page.get_by_label("PIN of four digits").fill(pin)
        page.get_by_role("button", name="Handed over").click()
        until(lambda: len(taps(service, courier, "delivered")) == 2)
        buyer.reload()
        buyer.wait_for_selector("h1:has-text('Your order was delivered')")
        assert buyer.locator(".pin").count() == 0
    assert [tap["proof"] for tap in taps(service, courier, "delivered")] == ["wrong_pin", "pin"]


def test_a_link_that_is_over_says_so_in_either_language(
    chromium: Browser, service: Service
) -> None:
    path = "/track#dsl_forged"
    with looking(chromium, service, path, allowed=refused(404), **PHONE) as page:
        page.get_by_text("This link is not, or no longer, good").wait_for()
        assert serious(page) == []
        page.get_by_role("button", name="中文").click()
        page.get_by_text("此链接无效或已过期").wait_for()
        assert page.evaluate("() => document.documentElement.lang") == "zh-CN"
        assert serious(page) == []


def test_a_phone_tells_where_it_is_on_shift_only_and_only_if_it_may(
    chromium: Browser, service: Service, courier: str
) -> None:
    here = {"latitude": 60.1688, "longitude": 24.944}
    allowed: dict[str, Any] = {"geolocation": here, "permissions": ["geolocation"], **PHONE}
    link = ask(service, "POST", f"/v1/orders/{place(service)['id']}/links")
    with looking(chromium, service, "/courier", **allowed) as page:
        told: list[str] = []
        page.on("request", lambda sent: told.append(sent.url))
        sign_in(page, service, courier)
        page.get_by_role("button", name="Loaded").click()
        page.get_by_role("button", name="Set off").click()
        until(lambda: len(taps(service, courier, "departed")) == 1)
        assert not any(url.endswith("/positions") for url in told)
        with page.expect_response("**/positions") as sent:
            page.locator("#menu").click()
            page.get_by_label("Tell where I am").check()
        assert sent.value.json() == {"accepted": 1}
        with looking(chromium, service, link["path"], **PHONE) as buyer:
            # About 90 m from the building's middle.
            buyer.get_by_text("The courier is about 100 m away.").wait_for()


def test_after_the_shift_nothing_is_told_and_no_route_is_kept(
    chromium: Browser, service: Service
) -> None:
    shift = {"start": "2026-11-23T06:00:00+02:00", "end": "2026-11-23T09:00:00+02:00"}
    body = {"name": "Early Bird", "store": "st_1", "capacity": 50, "shift": shift}
    early = ask(service, "POST", "/v1/couriers", body)["id"]
    here = {"latitude": 60.1688, "longitude": 24.944}
    allowed: dict[str, Any] = {"geolocation": here, "permissions": ["geolocation"], **PHONE}
    with looking(chromium, service, "/courier", **allowed) as page:
        told: list[str] = []
        page.on("request", lambda sent: told.append(sent.url))
        sign_in(page, service, early)
        page.get_by_role("heading", name="You are not on shift").wait_for()
        page.locator("#menu").click()
        page.get_by_label("Tell where I am").check()
        page.evaluate("() => dispatchEvent(new Event('online'))")
        until(lambda: "dispatch.courier.route" not in page.evaluate("() => ({...localStorage})"))
        assert not any(url.endswith("/positions") for url in told)


def test_a_stream_that_stays_away_is_told_of_again_after_an_answer(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        page.route("**/v1/stream", lambda asked: asked.abort())
        sign_in(page, service, courier)
        page.wait_for_selector("#state[data-state=offline]")
        # The tap is answered, which looks like a line that stands; the stream is still away.
        page.get_by_role("button", name="Loaded").click()
        until(lambda: len(taps(service, courier, "loaded")) == 1)
        page.wait_for_selector("#depth", state="hidden")
        page.wait_for_selector("#state[data-state=offline]")


def test_the_service_started_again_is_found_again(
    chromium: Browser, service: Service, courier: str
) -> None:
    place(service)
    with looking(chromium, service, "/courier", allowed=AWAY, **PHONE) as page:
        sign_in(page, service, courier)
        page.get_by_role("button", name="Loaded").wait_for()
        service.stop()
        page.wait_for_selector("#state[data-state=offline]")
        page.get_by_role("button", name="Loaded").click()
        service.start()
        page.wait_for_selector("#state[data-state=online]", timeout=20_000)
        until(lambda: len(taps(service, courier, "loaded")) == 1)
