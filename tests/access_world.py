"""
A small service that asks for tokens, and one principal of each role and more.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from api.app import create_app
from tests.api_world import a_courier, helsinki, settings_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from dispatch.city import City

PLAIN = {"quote_search_s": 0, "quote_confidence": 0, "quote_room_s": 0}
"""Figures with which orders are placed in milliseconds."""


class Guarded:
    """
    A service with ``access = "tokens"`` and those who may ask it, by name.

    Mutable because principals are added. ``admin`` is the one made at the first start.
    """

    def __init__(self, app: FastAPI, client: TestClient) -> None:
        self.app = app
        self.http = client
        self.tokens: dict[str, str] = {"admin": app.state.watch.first_token}

    def ask(self, name: str | None, method: str, path: str, **more: Any) -> Any:
        """Returns what is answered to a principal, None to nobody in particular."""
        headers = dict(more.pop("headers", {}))
        if name is not None:
            headers["Authorization"] = f"Bearer {self.tokens[name]}"
        return self.http.request(method, path, headers=headers, **more)

    def json(self, name: str, method: str, path: str, body: Any = None) -> Any:
        """Returns the body of what must be a success."""
        answer = self.ask(name, method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def add(self, name: str, role: str, **more: Any) -> str:
        """Makes a token for a principal, remembers it and returns its id."""
        made = self.json("admin", "POST", "/v1/tokens", {"name": name, "role": role, **more})
        self.tokens[name] = made["token"]
        return str(made["id"])

    def sign_in(self, courier: str) -> None:
        """Signs a courier's phone in; its name is the courier's id."""
        code = self.json("admin", "POST", f"/v1/couriers/{courier}/sign-in-codes")["code"]
        answer = self.http.post("/v1/sign-in", json={"code": code})
        assert answer.status_code == 201, answer.text
        self.tokens[courier] = answer.json()["token"]


@contextmanager
def guarded(
    folder: Path, couriers: int = 2, city: City | None = None, **changes: Any
) -> Iterator[Guarded]:
    """
    Yields a service with a principal of each role: ``admin``, ``desk`` (a dispatcher), ``shop`` and
    ``rival`` (intake), ``audit``, and couriers ``c_1`` and on, whose phones are signed in.
    """
    usual = {"access": "tokens", "policy": PLAIN, "requests_per_second": 10_000}
    app = create_app(settings_in(folder, **usual | changes), city=city or helsinki())
    with TestClient(
        app,
        base_url="http://127.0.0.1",
        client=("203.0.113.7", 50_000),
        raise_server_exceptions=False,
    ) as client:
        world = Guarded(app, client)
        for name, role in (("desk", "dispatcher"), ("audit", "auditor")):
            world.add(name, role)
        for name in ("shop", "rival"):
            world.add(name, "intake")
        for i in range(1, couriers + 1):
            world.json("admin", "POST", "/v1/couriers", a_courier(name=f"Nr {i}"))
            world.sign_in(f"c_{i}")
        yield world
