"""
How soon those who listen hear of an event, what streams cost, and that no webhook is lost.

A client changes a courier; a stream and a webhook's receiver on this machine note when they hear of
it, from the moment the request was sent. The service is killed on the way. Then hundreds of streams
are opened, one event is told to all, and the service is asked to stop.
"""

from __future__ import annotations

import re
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.demand import START, add_couriers
from benchmarks.machine import machine
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_S = 60.0
"""Longest wait for what was under way."""


class Heard:
    """When each event was first heard of, by its number; mutable because it listens."""

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self.times: dict[int, int] = {}
        self._news = threading.Condition()

    def note(self, seq: int) -> None:
        """Notes that an event was heard of now."""
        now = time.monotonic()
        with self._news:
            self.at.setdefault(seq, now)
            self.times[seq] = self.times.get(seq, 0) + 1
            self._news.notify_all()

    def wait(self, seqs: set[int]) -> None:
        """Returns when all of these were heard of; raises AssertionError if some never are."""
        with self._news:
            found = self._news.wait_for(lambda: seqs <= self.at.keys(), LONGEST_S)
            assert found, f"Never heard of {sorted(seqs - self.at.keys())[:10]}"


@contextmanager
def receiving(heard: Heard) -> Iterator[str]:
    """Yields the address of a receiver of webhooks on this machine."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            heard.note(int(self.headers["webhook-id"].rpartition("-")[2]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def opened(service: Service) -> socket.socket:
    """Returns a socket with a stream that has begun; by HTTP/1.0 events come in no chunks."""
    url = service.http.base_url
    stream = socket.create_connection((url.host, url.port or 80), timeout=LONGEST_S)
    stream.sendall(b"GET /v1/stream HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    read_until(stream, b"retry: 2000\n\n")
    return stream


def read_until(stream: socket.socket, text: bytes) -> bytes:
    """Returns what comes until this text was among it."""
    told = b""
    while text not in told:
        part = stream.recv(65536)
        assert part, told
        told += part
    return told


def push(events: int = 300, streams: int = 500, kills: int = 3) -> str:
    """Returns the figures as text; raises AssertionError where a webhook or an event was lost."""
    with tempfile.TemporaryDirectory() as name:
        settings = {"clock": "manual", "clock_start": START, "workers": 0}
        service = Service(Path(name), settings | {"webhooks_allow_loopback": True})
        lines = [machine()]
        by_hook, by_stream = Heard(), Heard()
        try:
            with receiving(by_hook) as url:
                service.start()
                (courier,) = add_couriers(service, 1)
                service.ask("POST", "/v1/webhooks", {"url": url, "events": ["courier"]})
                sent, answered = _tell(service, courier, events, by_stream, by_hook)
                lines += [_figures("answer", sent, answered)]
                lines += [_figures("stream", sent, by_stream.at)]
                lines += [_figures("webhook", sent, by_hook.at)]
                told = set(sent) | _killed(service, courier, kills)
                by_hook.wait(told)
                twice = sum(n > 1 for n in by_hook.times.values())
            lines += [f"killed {kills} times: {len(told)} webhooks, 0 lost, {twice} came twice"]
            lines += _many(service, courier, streams)
        finally:
            service.stop()
    return "\n".join(lines) + "\n"


def _change(service: Service, courier: str, capacity: int) -> int:
    """Makes one event and returns its number."""
    service.ask("PATCH", f"/v1/couriers/{courier}", {"capacity": capacity})
    return int(service.ask("GET", "/readyz")["events"])


def _tell(
    service: Service, courier: str, events: int, by_stream: Heard, by_hook: Heard
) -> tuple[dict[int, float], dict[int, float]]:
    """Returns when each request was sent and answered, once stream and webhook heard of all."""

    def listen(stream: socket.socket) -> None:
        while part := stream.recv(65536):
            for number in re.findall(rb"event: courier\n(?:.*\n)*?id: \w+:(\d+)\n", part):
                by_stream.note(int(number))

    stream = opened(service)
    thread = threading.Thread(target=listen, args=(stream,), daemon=True)
    thread.start()
    sent, answered = {}, {}
    for i in range(events):
        began = time.monotonic()
        service.ask("PATCH", f"/v1/couriers/{courier}", {"capacity": 100 + i})
        over = time.monotonic()
        seq = int(service.ask("GET", "/readyz")["events"])
        sent[seq], answered[seq] = began, over
        by_stream.wait({seq})
        by_hook.wait({seq})
    stream.shutdown(socket.SHUT_RDWR)
    thread.join()
    stream.close()
    return sent, answered


def _killed(service: Service, courier: str, kills: int) -> set[int]:
    """Returns the numbers of events after each of which the service was killed at once."""
    made = set()
    for kill in range(kills):
        made |= {_change(service, courier, 1000 + 10 * kill + i) for i in range(5)}
        service.kill()
        service.start()
    return made


def _many(service: Service, courier: str, count: int) -> list[str]:
    """Returns what streams cost that hear nothing, and how soon all hear of one event and stop."""
    before = service.resident_kb()
    listeners = [opened(service) for _ in range(count)]
    each = (service.resident_kb() - before) / count
    began = time.monotonic()
    seq = _change(service, courier, 5000)
    for stream in listeners:
        read_until(stream, b":%d\n" % seq)
    told = time.monotonic() - began
    began = time.monotonic()
    service.terminate()
    for stream in listeners:
        read_until(stream, b"event: bye")
        stream.close()
    service.wait()
    stopped = time.monotonic() - began
    return [
        f"{count} streams: {each:.0f} kB each, one event heard by all after {told * 1e3:.0f} ms, "
        f"stopped after {stopped:.2f} s"
    ]


def _figures(name: str, sent: dict[int, float], heard: dict[int, float]) -> str:
    spans = sorted((heard[seq] - sent[seq]) * 1e3 for seq in sent)
    p50, p99 = spans[len(spans) // 2], spans[min(len(spans) - 1, len(spans) * 99 // 100)]
    return (
        f"{name:>8}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {spans[-1]:.1f} ms after the request"
    )
