"""What was given for a drop, and its photos, at the side of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import HOSTILE, is_untouched, looking, refused, running, serious
from tests.browser_world import ask, hire, order
from tests.pictures import PICTURE, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from benchmarks.service import Service

pytestmark = pytest.mark.browser

SKU = HOSTILE[:100]
"""An article with a name that a careless page would run."""

NEXT_LOOK = 12_000
"""Milliseconds in which a page that is told nothing has looked again."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("photos"), requests_per_second=10_000) as found:
        hire(found, "Aino")
        yield found


def delivered(service: Service) -> str:
    """Returns a drop that was handed over with a signature."""
    items = [{"sku": SKU, "quantity": 1}]
    made = order(service, drops=[{"desk": {"id": "k_1"}, "items": items}])
    drop = str(made["drops"][0]["id"])
    for kind in ("loaded", "departed", "arrived"):
        stop = ask(service, "GET", "/v1/couriers/c_1/route")["stops"][0]["id"]
        tap(service, f"{drop}-{kind}", kind=kind, stop=stop)
    stop = ask(service, "GET", "/v1/couriers/c_1/route")["stops"][0]["id"]
    proof = {"signature": "M10 10L90 40"}
    tap(service, f"{drop}-done", kind="delivered", stop=stop, drop=drop, proof=proof)
    return drop


def tap(service: Service, name: str, **action: Any) -> None:
    path = "/v1/couriers/c_1/actions"
    seq = ask(service, "GET", path)["expected_seq"] or 1
    ask(service, "POST", path, {"actions": [{"action_id": name, "seq": seq} | action]})


def add_photo(service: Service, drop: str, name: str, body: bytes = PICTURE, sku: str = "") -> str:
    path = f"/v1/drops/{drop}/photos/{name}"
    about = {"sku": sku} if sku else {}
    head = {"Content-Type": "image/jpeg"}
    answer = service.http.put(path, params=about, content=body, headers=head)
    assert answer.status_code == 201, answer.text
    return path


def chosen(page: Page, drop: str) -> Page:
    page.wait_for_selector("#console:not([hidden])")
    page.get_by_label("State", exact=True).select_option("")
    page.locator(f'table.orders tr[data-key="{drop}"]').click()
    page.locator(".proofs h3").wait_for()
    return page


def test_photos_are_listed_with_what_else_was_given_and_shown_on_a_click(
    chromium: Browser, service: Service
) -> None:
    drop = delivered(service)
    add_photo(service, drop, "photo-001", sku=SKU)
    add_photo(service, drop, "photo-002", numbered(2))
    with looking(chromium, service) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        proofs = chosen(page, drop).locator(".proofs")
        expect(proofs.locator("figure")).to_have_count(3)
        assert "Signed for Aino, 10:00" in proofs.inner_text()
        assert proofs.locator("svg path").get_attribute("d") == "M10 10L90 40"
        # A picture shows more than words do: nobody's is fetched unasked.
        assert not [url for url in asked if "/photos/" in url]
        button = proofs.get_by_role("button", name="Photo of <img")
        button.click()
        picture = page.locator("dialog[open] img.photo")
        # Eight by eight pixels: it was read, and not only asked for.
        page.wait_for_function("() => document.querySelector('img.photo').naturalWidth === 8")
        assert picture.get_attribute("alt") == f"Photo of {SKU}. By Aino, 10:00"
        assert serious(page) == []
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        proofs.get_by_role("button", name="Photo of the hand-over").click()
        page.wait_for_function("() => document.querySelector('img.photo').naturalWidth === 8")
        assert [url.rpartition("/")[2] for url in asked if "/photos/" in url] == [
            "photo-001",
            "photo-002",
        ]
        assert is_untouched(page)


def test_a_photo_that_comes_later_is_listed_while_one_looks(
    chromium: Browser, service: Service
) -> None:
    drop = delivered(service)
    with looking(chromium, service) as page:
        photos = chosen(page, drop).locator(".proofs button")
        expect(photos).to_have_count(0)
        add_photo(service, drop, "photo-003")
        expect(photos).to_have_count(1, timeout=NEXT_LOOK)


def test_a_photo_that_is_forgotten_by_now_is_told(chromium: Browser, service: Service) -> None:
    drop = delivered(service)
    add_photo(service, drop, "photo-004")
    with looking(chromium, service, allowed=refused(404)) as page:
        page.route("**/photos/*", lambda route: route.fulfill(status=404))
        chosen(page, drop).locator(".proofs button").click()
        expect(page.locator("dialog[open] [role=alert]")).to_contain_text("cannot be shown")


def test_who_may_see_no_persons_is_asked_for_no_proof(chromium: Browser, service: Service) -> None:
    drop = delivered(service)
    add_photo(service, drop, "photo-005")
    me = ask(service, "GET", "/v1/me")
    less = me | {"scopes": [scope for scope in me["scopes"] if scope != "contacts.read"]}
    with looking(chromium, service) as page:
        page.route("**/v1/me", lambda route: route.fulfill(json=less))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        page.wait_for_selector("#console:not([hidden])")
        page.get_by_label("State", exact=True).select_option("")
        page.locator(f'table.orders tr[data-key="{drop}"]').click()
        page.locator(".side-panel h2").wait_for()
        assert not [url for url in asked if "/proofs" in url]
        expect(page.locator(".proofs figure")).to_have_count(0)
