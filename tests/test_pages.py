"""The pages are files without data, for anybody, and their paths lead to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.pages import SHELLS, WEB, assets
from tests.access_world import guarded
from tests.api_world import helsinki, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.access_world import Guarded


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A service that asks for tokens."""
    with guarded(tmp_path_factory.mktemp("pages"), couriers=1) as found:
        yield found


@pytest.fixture(scope="module")
def client(world: Guarded) -> TestClient:
    """Somebody who shows no token."""
    return world.http


@pytest.mark.parametrize(
    "path", [p for p, name in SHELLS.items() if (WEB / name / "index.html").exists()]
)
def test_a_page_is_for_anybody_and_asked_for_anew_each_time(path: str, client: TestClient) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("shared/dom.js", "text/javascript; charset=utf-8"),
        ("shared/base.css", "text/css; charset=utf-8"),
        ("shared/icon.svg", "image/svg+xml"),
        ("words/zh-CN/shared.json", "application/json"),
        ("leaflet/leaflet-src.esm.js", "text/javascript; charset=utf-8"),
        ("leaflet/images/layers.png", "image/png"),
    ],
)
def test_a_file_has_its_media_type(path: str, media_type: str, client: TestClient) -> None:
    answer = client.get(f"/assets/{path}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.content == assets()[path].body
    head = client.head(f"/assets/{path}")
    assert (head.status_code, head.content) == (200, b"")


def test_a_file_is_packed_for_those_who_can_unpack_it(client: TestClient) -> None:
    packed = client.get("/assets/shared/dom.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/assets/shared/dom.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/shared",
        "/assets/shared/",
        "/assets/../pages.py",
        "/assets/%2e%2e/pages.py",
        "/assets/shared/..%2f..%2f..%2fpages.py",
        "/assets/shared/..%5c..%5cpages.py",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/shared/dom.js%00.css",
        "/assets/SHARED/dom.js",
        "/assets/leaflet/__init__.py",
        "/assets/leaflet/leaflet.js.map",
        "/assets/x/../../v1/orders",
    ],
)
def test_no_path_leads_to_any_other_file(path: str, client: TestClient) -> None:
    # What a client resolves itself is no path below /assets/ any more.
    assert client.get(path).status_code in (401, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_are_only_read(method: str, world: Guarded) -> None:
    assert world.ask(None, method, "/assets/shared/dom.js").status_code == 401
    assert world.ask("admin", method, "/assets/shared/dom.js").status_code == 405


@pytest.mark.parametrize("path", ["/index.html", "/assets", "/Assets/shared/dom.js", "/console"])
def test_what_is_no_page_still_needs_a_token(path: str, client: TestClient) -> None:
    assert client.get(path).status_code == 401


def test_a_header_host_that_looks_like_a_page_opens_nothing(client: TestClient) -> None:
    answer = client.get("/v1/orders", headers={"Host": "127.0.0.1/assets/x?"})
    assert answer.status_code == 401


def test_where_no_tokens_are_asked_for_pages_are_for_this_machine_only(tmp_path: Path) -> None:
    with service(tmp_path) as local:
        assert local.get("/").status_code == 200
        assert local.get("/", headers={"Host": "elsewhere.example"}).status_code == 403
        assert local.get("/assets/x", headers={"Host": "elsewhere.example"}).status_code == 403


def test_the_city_tells_its_time_and_what_it_is_called(world: Guarded) -> None:
    told = world.json("c_1", "GET", "/v1/city")
    assert told["timezone"] == helsinki().timezone
    assert told["now"] == "2026-11-23T10:00:00+02:00"
    assert told["clock"] == "manual"
    south, west, north, east = helsinki().bounds
    assert told["bounds"] == [west, south, east, north]
