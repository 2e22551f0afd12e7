"""What tests of the pages ask of the service behind them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from benchmarks.service import Service

SHIFT = {"start": "2026-11-23T08:00:00+02:00", "end": "2026-11-23T18:00:00+02:00"}
"""A working day around the moment at which the clocks of these services stand."""

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
"""A courier's phone, for Playwright's `new_context`."""


def free_port() -> int:
    """Returns a port that nobody listens at; a service has to come again where it was."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ask(service: Service, method: str, path: str, body: Any = None) -> Any:
    """Returns what the service answers; fails where it refuses."""
    answer = service.http.request(method, path, json=body)
    assert answer.is_success, (method, path, answer.text)
    return answer.json() if answer.content else None


def hire(service: Service, name: str, **changes: Any) -> str:
    """Returns the id of a new courier who works all day."""
    body = {"name": name, "store": "st_1", "capacity": 30, "shift": SHIFT} | changes
    return str(ask(service, "POST", "/v1/couriers", body)["id"])


def order(at: Service, desk: str = "k_1", **changes: Any) -> Any:
    """Returns a new urgent order of one drop, which is taken however late it comes."""
    drop = {"desk": {"id": desk}, "items": [{"sku": "A4-80", "quantity": 2}]}
    body = {"service": "urgent", "drops": [drop], "on_infeasible": "accept_late"} | changes
    return ask(at, "POST", "/v1/orders", body)


def carrier(service: Service, drop: str) -> str:
    """Returns who brings a drop."""
    return str(ask(service, "GET", f"/v1/drops/{drop}")["courier"])


def sign_in(page: Page, service: Service, courier: str) -> None:
    """Signs a courier's page in by the link that a dispatcher sends."""
    code = ask(service, "POST", f"/v1/couriers/{courier}/sign-in-codes")["code"]
    page.goto(f"/courier#code={code}")
    page.wait_for_selector("#bar:not([hidden])")


def begin_order(page: Page, words: str = "asianajo reims") -> None:
    """Writes an order for the first desk that some words find, in a dispatcher's page."""
    page.get_by_role("button", name="New order").click()
    page.get_by_role("combobox", name="Where to").fill(words)
    page.locator(".found [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Article").fill("A4-80")
    page.get_by_role("spinbutton", name="Quantity").fill("3")
