"""
Every route, asked by everybody, about what is theirs, what is another's, and what there is not.

The table says what is expected; it knows nothing of how the program decides. A route without a row
fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from api.settings import EMBEDDED_CITY
from dispatch.city import load_city
from tests.access_world import Guarded, guarded
from tests.api_world import a_courier, a_drop, an_order, at
from tests.pictures import PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RING = [[24.94, 60.168], [24.945, 60.168], [24.945, 60.171], [24.94, 60.168]]
TRAFFIC = {"areas": [{"kmh": 9, "area": {"type": "Polygon", "coordinates": [RING]}}]}
HOOK = {"url": "http://127.0.0.1:9/hook"}

WHO = {"D": "desk", "C": "c_1", "I": "shop", "U": "audit", "A": "admin", "N": None}
"""Who asks: dispatcher, courier, intake, auditor, administrator, nobody in particular."""

PROBLEM = {
    "vehicles": [{"id": 1, "start_index": 0}],
    "jobs": [{"id": 1, "location_index": 0}],
    "matrices": {"car": {"durations": [[0]]}},
}

TABLE = {
    # Three answers: about one's own, another's, an unknown one. 2: done or shown; y: let in,
    # whatever comes of it; 3: 403; 4: 404. Who is not named gets 403, and nobody 401.
    "GET /livez": "D2 C2 I2 U2 A2 N2",
    "GET /readyz": "D2 U2 A2",
    "GET /v1/me": "D2 C2 I2 U2 A2",
    "POST /v1/sessions": "D2 C2 I2 U2 A2",
    "DELETE /v1/sessions": "D2 C2 I2 U2 A2",
    "POST /v1/sign-in": "D2 C2 I2 U2 A2 N2",
    "POST /v1/tokens": "A2",
    "GET /v1/tokens": "A2",
    "DELETE /v1/tokens/{token_id}": "A224",
    "GET /v1/buildings": "D2 U2 A2",
    "GET /v1/city": "D2 C2 U2 A2",
    "GET /v1/city/map": "D2 C2 U2 A2",
    "GET /v1/desks": "D2 U2 A2",
    "PUT /v1/desks": "Dy Ay",
    "GET /v1/stores": "D2 C2 I2 U2 A2",
    "POST /v1/clock": "A2",
    "GET /v1/couriers": "D2 C2 U2 A2",
    "POST /v1/couriers": "D2 A2",
    "GET /v1/couriers/{courier_id}": "D224 C244 U224 A224",
    "PATCH /v1/couriers/{courier_id}": "D224 A224",
    "GET /v1/couriers/{courier_id}/route": "D224 C244 U224 A224",
    "GET /v1/couriers/{courier_id}/actions": "D224 C244 U224 A224",
    "POST /v1/couriers/{courier_id}/actions": "Dyy4 Cy44 Ayy4",
    "POST /v1/couriers/{courier_id}/positions": "D224 C244 A224",
    "POST /v1/couriers/{courier_id}/sign-in-codes": "D224 A224",
    "DELETE /v1/couriers/{courier_id}/sign-in": "D224 A224",
    "POST /v1/quotes": "D2 I2 A2",
    "DELETE /v1/quotes/{quote_id}": "D224 I244 A224",
    "POST /v1/orders": "D2 I2 A2",
    "GET /v1/orders": "D2 I2 U2 A2",
    "GET /v1/orders/{order_id}": "D224 I244 U224 A224",
    "DELETE /v1/orders/{order_id}": "D224 I244 A224",
    "POST /v1/orders/{order_id}/ready": "D224 A224",
    "POST /v1/orders/{order_id}/goods-arrived": "Dyy4 Ayy4",
    "POST /v1/orders/{order_id}/answers": "D224 A224",
    "POST /v1/orders/{order_id}/pause": "D224 A224",
    "POST /v1/orders/{order_id}/resume": "Dyy4 Ayy4",
    "POST /v1/orders/{order_id}/links": "D224 I244 A224",
    "DELETE /v1/orders/{order_id}/links": "D224 I244 A224",
    # Whose link it is, its token says, which is none of theirs.
    "GET /v1/track": "D4 C4 I4 U4 A4 N4",
    "GET /v1/drops/{drop_id}/proofs": "D224 C244 A224",
    "PUT /v1/drops/{drop_id}/photos/{photo_id}": "D224 C244 A224",
    "GET /v1/drops/{drop_id}/photos/{photo_id}": "D224 C244 A224",
    "GET /v1/drops/{drop_id}": "D224 C244 U224 A224",
    "PATCH /v1/drops/{drop_id}": "D224 A224",
    "GET /v1/drops/{drop_id}/explanation": "D224 U224 A224",
    "GET /v1/plan": "D2 U2 A2",
    "GET /v1/plans": "D2 U2 A2",
    "GET /v1/plan/{version}": "D224 U224 A224",
    "GET /v1/promises/report": "D2 U2 A2",
    "POST /v1/imports": "Dy Ay",
    "GET /v1/imports/template": "D2 A2",
    "GET /v1/orders/export": "D2 U2 A2",
    "GET /v1/plan/routes": "D2 U2 A2",
    "GET /metrics": "D2 U2 A2",
    "POST /vroom/": "Dy Iy Ay",
    "POST /optimization": "Dy Iy Ay",
    "GET /vroom/health": "Dy Iy Ay",
    "GET /v1/stream": "D224 C244 U224 A224",
    "POST /v1/traffic": "D2 A2",
    "GET /v1/traffic": "D2 U2 A2",
    "DELETE /v1/traffic/{traffic_id}": "D224 A224",
    "POST /v1/webhooks": "D2 A2",
    "GET /v1/webhooks": "D2 U2 A2",
    "GET /v1/webhooks/{webhook_id}": "D224 U224 A224",
    "PATCH /v1/webhooks/{webhook_id}": "D224 A224",
    "DELETE /v1/webhooks/{webhook_id}": "D224 A224",
    "GET /v1/webhooks/{webhook_id}/deliveries": "D224 U224 A224",
    "POST /v1/webhooks/{webhook_id}/rotate": "D224 A224",
    "POST /v1/webhooks/{webhook_id}/enable": "D224 A224",
    "POST /v1/webhooks/{webhook_id}/replay": "D224 A224",
    "POST /v1/webhooks/{webhook_id}/test": "D224 A224",
}

OWN, OTHER, NONE = range(3)
"""What is asked about; where a route is about no thing in particular, none."""


@dataclass
class Things:
    """Makes what a cell is about, anew each time, so that no cell sees what another did."""

    world: Guarded
    numbers: count[int]
    loaded: dict[int, str] = field(default_factory=dict)

    def make(self, name: str, letter: str, whose: int) -> str:
        """Returns the id of a thing for whom it is to be, or of one that there is not."""
        if whose == NONE:
            return {"version": "999999"}.get(name, "x_999")
        return str(getattr(self, name)(letter, whose))

    def courier_id(self, letter: str, whose: int) -> str:
        if letter == "C":
            return ("c_1", "c_2")[whose]
        return "c_3"

    def order_id(self, letter: str, whose: int) -> str:
        return str(self._order(whose)["id"])

    def drop_id(self, letter: str, whose: int) -> str:
        drop = str(self._order(whose)["drops"][0]["id"])
        to = {"courier": ("c_1", "c_2")[whose]}
        self.world.json("admin", "PATCH", f"/v1/drops/{drop}", to)
        return drop

    def _order(self, whose: int) -> Any:
        """Places an order, in place of those before."""
        for order in self.world.json("admin", "GET", "/v1/orders?status=planned")["items"]:
            self.world.ask("admin", "DELETE", f"/v1/orders/{order['id']}")
        return self.world.json(("shop", "rival")[whose], "POST", "/v1/orders", an_order())

    def photo_id(self, whose: int) -> str:
        """Returns the path of a photo of what a courier has on board."""
        if whose == NONE:
            return "/v1/drops/x_999/photos/photo-001"
        if whose not in self.loaded:
            drop, courier = self.drop_id("C", whose), ("c_1", "c_2")[whose]
            route = self.world.json("admin", "GET", f"/v1/couriers/{courier}/route")
            action = {"action_id": "load", "kind": "loaded", "stop": route["stops"][0]["id"]}
            heard = f"/v1/couriers/{courier}/actions"
            number = self.world.json("admin", "GET", heard)["expected_seq"] or 1
            self.world.json("admin", "POST", heard, {"actions": [action | {"seq": number}]})
            self.loaded[whose] = f"/v1/drops/{drop}/photos/photo-001"
            self.world.ask("admin", "PUT", self.loaded[whose], content=PICTURE)
        return self.loaded[whose]

    def quote_id(self, letter: str, whose: int) -> str:
        body = {"service": "urgent", "drops": [a_drop()]}
        quoted = self.world.json(("shop", "rival")[whose], "POST", "/v1/quotes", body)
        return str(quoted["quote_id"])

    def traffic_id(self, letter: str, whose: int) -> str:
        return str(self.world.json("admin", "POST", "/v1/traffic", TRAFFIC)["id"])

    def webhook_id(self, letter: str, whose: int) -> str:
        for hook in self.world.json("admin", "GET", "/v1/webhooks")["items"]:
            self.world.json("admin", "DELETE", f"/v1/webhooks/{hook['id']}")
        return str(self.world.json("admin", "POST", "/v1/webhooks", HOOK)["id"])

    def token_id(self, letter: str, whose: int) -> str:
        return self.world.add(f"n{next(self.numbers)}", "intake")

    def version(self, letter: str, whose: int) -> str:
        self._order(whose)
        return "1"

    def code(self) -> str:
        """Returns a code that signs a phone in whose token no cell needs."""
        return str(self.world.json("admin", "POST", "/v1/couriers/c_3/sign-in-codes")["code"])


BODIES: dict[str, Any] = {
    "POST /v1/clock": {"now": at(0)},
    "POST /v1/couriers": a_courier(),
    "PATCH /v1/couriers/{courier_id}": {"capacity": 19},
    "POST /v1/couriers/{courier_id}/actions": {
        "actions": [{"action_id": "a", "seq": 1, "kind": "arrived", "stop": "s_1"}]
    },
    "POST /v1/couriers/{courier_id}/positions": {
        "positions": [{"lat": 60.17, "lon": 24.94, "at": at(0)}]
    },
    "POST /v1/quotes": {"service": "urgent", "drops": [a_drop()]},
    "POST /v1/orders": an_order(),
    "POST /v1/orders/{order_id}/ready": {"at": at(5)},
    "POST /v1/orders/{order_id}/goods-arrived": {"at": None},
    "POST /v1/orders/{order_id}/answers": {"text": "Soon."},
    "POST /v1/orders/{order_id}/pause": {"reason": "Holiday"},
    "PATCH /v1/drops/{drop_id}": {"courier": None, "pinned": False},
    "POST /v1/traffic": TRAFFIC,
    "PUT /v1/desks": {"items": []},
    "POST /vroom/": PROBLEM,
    "POST /optimization": PROBLEM,
    "POST /v1/webhooks": HOOK,
    "PATCH /v1/webhooks/{webhook_id}": {"description": "Ours"},
    "POST /v1/webhooks/{webhook_id}/replay": {"failed": True},
}

QUERIES = {"PUT /v1/desks": "?customer=Acme", "GET /v1/imports/template": "?kind=orders"}


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Things]:
    folder = tmp_path_factory.mktemp("matrix")
    # A city of its own: reports of traffic are in force in it, and are not taken back.
    city = load_city(EMBEDDED_CITY)
    with guarded(folder, couriers=3, city=city, webhooks_allow_loopback=True) as world:
        # A stream has no end but this; where it does not begin it is the same without.
        world.app.state.zone.feed.close()
        yield Things(world, count())


def cells(row: str) -> Iterator[tuple[str, int, str]]:
    """Yields who asks, about what, and what is expected, for all cells of a row."""
    told = {word[0]: word[1:] for word in row.split()}
    width = max(len(expected) for expected in told.values())
    for letter in WHO:
        expected = told.get(letter, ("1" if letter == "N" else "3") * width)
        whats = range(3) if width == 3 else (NONE,)
        yield from zip([letter] * width, whats, expected, strict=True)


def asked(things: Things, route: str, letter: str, whose: int) -> Any:
    """Returns the answer to a request about a thing."""
    method, path = route.split()
    body = BODIES.get(route)
    if route == "GET /v1/stream" and (whose != NONE or letter not in "N"):
        path += "?courier=" + things.make("courier_id", letter, whose)
    if "{photo_id}" in path:
        path, body = things.photo_id(whose), PICTURE
    elif "{" in path:
        name = path.partition("{")[2].partition("}")[0]
        path = path.replace(f"{{{name}}}", things.make(name, letter, whose))
    if route == "POST /v1/sign-in":
        body = {"code": things.code()}
    if route == "POST /v1/tokens":
        body = {"name": f"n{next(things.numbers)}", "role": "auditor"}
    path += QUERIES.get(route, "")
    things.world.http.cookies.clear()
    if isinstance(body, bytes) and method != "GET":
        return things.world.ask(WHO[letter], method, path, content=body)
    if method == "GET" or body is None:
        return things.world.ask(WHO[letter], method, path)
    return things.world.ask(WHO[letter], method, path, json=body)


def fits(status: int, expected: str) -> bool:
    """Returns whether a status is of the expected class."""
    if expected == "2":
        return 200 <= status < 300
    if expected == "y":
        return 200 <= status < 300 or status in (409, 422)
    return status == {"1": 401, "3": 403, "4": 404}[expected]


@pytest.mark.parametrize("route", TABLE)
def test_everybody_gets_what_is_theirs_and_nothing_else(things: Things, route: str) -> None:
    for letter, whose, expected in cells(TABLE[route]):
        answer = asked(things, route, letter, whose)
        assert fits(answer.status_code, expected), (route, letter, whose, answer.text[:300])


def test_every_route_has_a_row_and_every_row_a_route(things: Things) -> None:
    document = things.world.json("admin", "GET", "/openapi.json")
    paths = document["paths"].items()
    routes = {f"{method.upper()} {path}" for path, methods in paths for method in methods}
    assert routes == set(TABLE)


def test_the_matrix_has_its_cells(record_property: Callable[[str, object], None]) -> None:
    # Those about a thing are asked by 6 about 3, the others by 6.
    about = sum(1 for row in TABLE.values() for word in row.split()[:1] if len(word) == 4)
    total = sum(1 for row in TABLE.values() for _ in cells(row))
    record_property("cells", total)
    assert total == 6 * (3 * about + len(TABLE) - about)
    assert total >= 650


ALIKE = [
    ("c_1", "GET", "/v1/couriers/{}", "c_2"),
    ("c_1", "GET", "/v1/couriers/{}/route", "c_2"),
    ("c_1", "GET", "/v1/stream?courier={}", "c_2"),
    ("shop", "GET", "/v1/orders/{}", "o_999"),
]


@pytest.mark.parametrize(("who", "method", "path", "other"), ALIKE)
def test_what_is_anothers_is_answered_like_what_there_is_not(
    things: Things, who: str, method: str, path: str, other: str
) -> None:
    if who == "shop":
        other = things.order_id("I", OTHER)
    there = things.world.ask(who, method, path.format(other))
    nowhere = things.world.ask(who, method, path.format("zz"))
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace(other, "zz") == nowhere.text
