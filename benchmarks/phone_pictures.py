"""
Pictures of the pages on a phone, as they really are.

A small service is started, an order placed, and the courier's and the buyer's page are opened.
"""

from __future__ import annotations

from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.browser import origin
from benchmarks.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}

SETTINGS = {"clock": "manual", "clock_start": "2026-11-23T10:00:00+02:00", "workers": 0}

SHIFT = {"start": "2026-11-23T08:00:00+02:00", "end": "2026-11-23T18:00:00+02:00"}

PAPER: dict[str, Any] = {"sku": "A4-80", "quantity": 5}
PENS: dict[str, Any] = {"sku": "PEN-B", "quantity": 10}

GOODS = {
    "zh-CN": ("财务部", "王芳", "四楼前台按铃", "A4 复印纸 80 克", "中性笔 0.5 毫米 蓝"),
    "en": ("Accounting", "Aino Virtanen", "Ring at the fourth floor", "A4 paper 80 g", "Gel pens"),
}
"""Department, contact, note and goods of the order, by language."""


def draw_phones(browser: Browser, folder: Path, language: str) -> None:
    """Leaves the pictures of one language in a folder."""
    with TemporaryDirectory() as home:
        service = Service(Path(home), SETTINGS)
        try:
            service.start()
            _draw(service, browser, folder, language)
        finally:
            service.stop()


def _draw(service: Service, browser: Browser, folder: Path, language: str) -> None:
    link = _order(service, language)
    code = service.ask("POST", "/v1/couriers/c_1/sign-in-codes")["code"]
    courier = _opened(service, browser, f"/courier#code={code}", language)
    courier.locator("article.load").wait_for()
    _tap(courier)
    courier.locator("article.deliver").wait_for()
    courier.screenshot(path=folder / f"courier-stop-{language}.png")
    _tap(courier)
    _tap(courier)
    here = {"lat": 60.1690, "lon": 24.9436, "at": "2026-11-23T10:00:00+02:00"}
    service.ask("POST", "/v1/couriers/c_1/positions", {"positions": [here]})
    buyer = _opened(service, browser, link, language)
    buyer.locator(".near").wait_for()
    buyer.screenshot(path=folder / f"buyer-{language}.png")
    _tap(courier)
    courier.locator(".step").first.click()
    courier.locator(".reasons input").nth(1).check()
    _sign(courier)
    courier.set_viewport_size({"width": 390, "height": 1130})
    courier.evaluate("() => scrollTo(0, 0)")
    courier.screenshot(path=folder / f"courier-hand-over-{language}.png")


def _order(service: Service, language: str) -> str:
    """Adds a courier, places an order and returns the path of its buyer's page."""
    department, name, note, paper, pens = GOODS[language]
    courier = {"name": "Li Ming", "store": "st_1", "capacity": 20, "shift": SHIFT}
    service.ask("POST", "/v1/couriers", courier)
    desk = {"building": "b_56", "floor": 4, "department": department, "desk": "4-117"}
    contact = {"name": name, "phone": "+358 9 1234"}
    items = [PAPER | {"name": paper}, PENS | {"name": pens}]
    drops = [{"desk": desk | {"contact": contact}, "items": items, "note": note}]
    order = {"service": "urgent", "external_id": "PO-2026-1107", "drops": drops}
    made = service.ask("POST", "/v1/orders", order)
    other = {"desk": {"id": "k_30"}, "items": [{"sku": "TONER-85A", "quantity": 1}]}
    service.ask("POST", "/v1/orders", {"service": "urgent", "drops": [other]})
    return str(service.ask("POST", f"/v1/orders/{made['id']}/links")["path"])


def _opened(service: Service, browser: Browser, path: str, language: str) -> Page:
    context = browser.new_context(base_url=origin(service), locale=language, **PHONE)
    page = context.new_page()
    page.goto(path)
    return page


def _tap(page: Page) -> None:
    """Taps the big button, once it takes a tap, and waits until the page shows what it did."""
    button = page.locator(".actions .primary:not([aria-disabled])")
    before = button.inner_text()
    button.click()
    page.wait_for_function(
        "before => document.querySelector('.actions .primary')?.innerText !== before", arg=before
    )


def _sign(page: Page) -> None:
    page.locator("[name=proof][value=signature]").check()
    pad = page.locator(".pad svg")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for i in range(60):
        page.mouse.move(box["x"] + 60 + i * 3.5, box["y"] + 60 + 24 * sin(i / 3.4) - i / 4)
    page.mouse.up()
