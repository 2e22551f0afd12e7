"""
The demo's side of the HTTP interface: what a simulated world says and hears, over the wire.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx2

from dispatch.promises import URGENT, URGENT_S
from scenarios.demand import KnownDesk, WantedOrder
from scenarios.log import PlacedOrder
from scenarios.phone import Tap
from scenarios.route import RouteStop, read_instant, read_route

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

TIMEOUT_S = 60
"""Longest wait for one answer; moving the clock waits for the planner too."""


class Refused(Exception):
    """The service refused, or could not answer, what the demo had a right to ask."""


class HttpService:
    """
    A service spoken to over HTTP, as :class:`scenarios.phone.Service` wants it.

    It remembers the newest plan it heard of and the wall time of each order's answer, hence a
    class. With ``live`` the service runs on the machine's clock, and letting time pass is waiting.
    """

    def __init__(self, url: str, prefix: str, zone: ZoneInfo, *, live: bool = False) -> None:
        self.version = -1
        self.decisions_ms: list[float] = []
        self._zone = zone
        self._prefix = prefix
        self._live = live
        self._http = httpx2.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        may_miss: bool = False,
    ) -> Any:
        """
        Returns the body of an answer, None for a 404 that ``may_miss`` allows.

        Raises Refused for any other that is not a success.
        """
        try:
            answer = self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise Refused(f"{method} {path}: {error}") from error
        if may_miss and answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        heard = answer.json() if answer.content else {}
        if isinstance(heard, dict):
            self.version = max(self.version, int(heard.get("plan_version") or 0))
        return heard

    def items(self, path: str) -> list[dict[str, Any]]:
        """Returns all items of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.ask("GET", f"{path}?cursor={cursor}" if cursor else path)
            found += page["items"]
            cursor = page["next"]
        return found

    def desks(self) -> list[KnownDesk]:
        """Returns the desk directory, sorted by id."""
        known = [
            KnownDesk(raw["id"], raw["name"], raw["building"]) for raw in self.items("/v1/desks")
        ]
        return sorted(known, key=lambda desk: desk.id)

    def add_courier(self, name: str, store: str, capacity: int, start: int, end: int) -> str:
        """Returns the id of a courier who begins to work."""
        shift = {"start": self._moment(start), "end": self._moment(end)}
        body = {"name": name, "store": store, "capacity": capacity, "shift": shift}
        return str(self.ask("POST", "/v1/couriers", body)["id"])

    def advance(self, now: int) -> None:
        """Lets time pass until ``now`` and the planner come to rest."""
        if self._live:
            time.sleep(max(0.0, now - time.time()))
        else:
            self.ask("POST", "/v1/clock", {"now": self._moment(now)})

    def place(self, order: WantedOrder) -> PlacedOrder:
        """Places an order and returns what is promised."""
        body = {
            "external_id": f"{self._prefix}-{order.number}",
            "service": order.service,
            "customer": order.drops[0].desk.name[:200],
            "drops": [
                {
                    "desk": {"id": drop.desk.id},
                    "items": [
                        {"sku": i.sku, "name": i.name, "quantity": i.quantity, "load": i.load}
                        for i in drop.items
                    ],
                }
                for drop in order.drops
            ],
        }
        began = time.perf_counter()
        answer = self.ask("POST", "/v1/orders", body)
        self.decisions_ms.append((time.perf_counter() - began) * 1000)
        due_at, placed_at = (
            read_instant(answer["promise"]["due_at"]),
            read_instant(answer["placed_at"]),
        )
        usual_s = URGENT_S if order.service == URGENT else due_at - placed_at
        drops = tuple(drop["id"] for drop in answer["drops"])
        return PlacedOrder(order, answer["id"], placed_at, due_at, drops, usual_s)

    def cancel(self, order: str) -> bool:
        """Cancels an order; raises Refused where it is too late, which a minute never is."""
        self.ask("DELETE", f"/v1/orders/{order}")
        return True

    def route(self, courier: str, now: int) -> tuple[RouteStop, ...]:
        """Returns the stops a courier has ahead."""
        return read_route(self.ask("GET", f"/v1/couriers/{courier}/route"), now)

    def act(self, courier: str, tap: Tap) -> str:
        """Sends a tap and returns ``applied``, or what became of it and why."""
        action: dict[str, Any] = {
            "action_id": f"{self._prefix}-{courier}-{tap.seq}",
            "seq": tap.seq,
            "kind": tap.kind,
            "occurred_at": self._moment(tap.at),
        }
        wanted = {"stop": tap.stop, "drop": tap.drop, "reason": tap.reason or None}
        action |= {name: value for name, value in wanted.items() if value is not None}
        if tap.drops is not None:
            action["drops"] = list(tap.drops)
        if tap.lines:
            action["lines"] = [_line(line) for line in tap.lines]
        answer = self.ask("POST", f"/v1/couriers/{courier}/actions", {"actions": [action]})
        (result,) = answer["results"]
        why = result.get("reason")
        return f"{result['result']}: {why}" if why else str(result["result"])

    def report(self, courier: str, lat: float, lon: float, now: int) -> None:
        """Tells where a courier is."""
        position = {"lat": lat, "lon": lon, "at": self._moment(now)}
        self.ask("POST", f"/v1/couriers/{courier}/positions", {"positions": [position]})

    def _moment(self, instant: int) -> str:
        return datetime.fromtimestamp(instant, tz=self._zone).isoformat()


def _line(line: Any) -> dict[str, Any]:
    told = {"sku": line.sku, "accepted": line.accepted, "rejected": line.rejected}
    return told | ({"reason": line.reason} if line.reason else {})
