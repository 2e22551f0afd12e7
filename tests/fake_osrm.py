"""An OSRM server made up for tests, which answers over HTTP."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fastapi.testclient import TestClient

from api.app import create_app
from tests.api_world import settings_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Fake(ThreadingHTTPServer):
    """
    Answers as OSRM does on a plane where a degree takes 1000 s by latitude, 2000 by longitude,
    times ``slow``; a point is ``gap_m`` metres a degree of latitude from its road.

    ``reply``, where it is set, is said instead; ``asked`` are the addresses asked for.
    """

    def __init__(self, port: int = 0, *, slow: float = 1, gap_m: float = 100) -> None:
        self.asked: list[str] = []
        self.reply: tuple[int, str] | None = None
        self.slow, self.gap_m = slow, gap_m
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, text = self.server.reply or (200, json.dumps(answer(self.path, self.server)))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def answer(path: str, server: Fake) -> Any:
    parts = urlsplit(path)
    _, service, _, _, text = parts.path.split("/")
    places = [tuple(map(float, place.split(","))) for place in text.split(";")]
    if service == "route":
        return ROUTE
    options = parse_qs(parts.query)
    chosen = [
        [places[int(i)] for i in options[key][0].split(";")] if key in options else places
        for key in ("sources", "destinations")
    ]
    return {
        "code": "Ok",
        "durations": [[seconds(a, b, server.slow) for b in chosen[1]] for a in chosen[0]],
        "sources": [
            {"location": [lon, lat], "distance": lat * server.gap_m} for lon, lat in chosen[0]
        ],
    }


def seconds(a: tuple[float, ...], b: tuple[float, ...], slow: float = 1) -> float | None:
    """There is no way to the far south. Places are (lon, lat)."""
    if b[1] < -80:
        return None
    return round(slow * (2000 * abs(a[0] - b[0]) + 1000 * abs(a[1] - b[1])), 1)


def step(
    kind: str, name: str, line: list[list[float]], bearings: tuple[int, int], **more: Any
) -> Any:
    maneuver = {"type": kind, "bearing_before": bearings[0], "bearing_after": bearings[1]}
    exits = {"exit": more.pop("exit")} if "exit" in more else {}
    return {
        "maneuver": maneuver | exits,
        "name": name,
        "mode": "cycling",
        "distance": 90.0,
        "duration": 30.0,
        "geometry": {"type": "LineString", "coordinates": line},
        "intersections": [{"bearings": [0, 90, 180]}],
        **more,
    }


# North on A Street, around to the second exit, east on B Street, pushed.
ROUTE = {
    "code": "Ok",
    "routes": [
        {
            "duration": 90.0,
            "distance": 270.0,
            "legs": [
                {
                    "steps": [
                        step("depart", "A Street", [[0, 0], [0, 1]], (0, 0)),
                        step("roundabout", "", [[0, 1], [1, 2]], (350, 20), exit=2),
                        step(
                            "exit roundabout",
                            "B Street",
                            [[1, 2], [2, 2]],
                            (70, 100),
                            mode="pushing bike",
                        ),
                        step(
                            "arrive", "B Street", [[2, 2], [2, 2]], (95, 0), distance=0, duration=0
                        ),
                    ]
                }
            ],
        }
    ],
}


@contextmanager
def running(server: Fake) -> Iterator[Fake]:
    """Lets a server answer; afterwards nobody listens at its address."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def service(folder: Path, url: str | None, **changes: Any) -> Iterator[TestClient]:
    """Yields a client of a service that loads its own city, on a server's streets or its own."""
    app = create_app(settings_in(folder, osrm=url, **changes))
    with TestClient(
        app,
        base_url="http://127.0.0.1",
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
    ) as client:
        yield client
