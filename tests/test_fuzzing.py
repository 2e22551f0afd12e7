"""The fuzzer of the interface: the service stands it, and it finds what it has to find."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from benchmarks import fuzzing
from benchmarks.__main__ import PROOFS

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Fails", "version": "1"},
    "paths": {"/x": {"get": {"responses": {"200": {"description": "Well."}}}}},
}


class Failing(BaseHTTPRequestHandler):
    """Promises 200 and answers 500."""

    def do_GET(self) -> None:
        is_document = self.path == "/openapi.json"
        body = json.dumps(DOCUMENT if is_document else {}).encode()
        self.send_response(200 if is_document else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def failing() -> Iterator[str]:
    """Where a service listens that does not do what its document says."""
    server = HTTPServer(("127.0.0.1", 0), Failing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_service_answers_as_its_document_says() -> None:
    told = fuzzing.fuzzing(1, ("dispatcher",), "fuzzing")
    assert "dispatcher: " in told
    assert " 0 failed" in told


def test_an_answer_that_no_document_has_is_found(failing: str) -> None:
    service = SimpleNamespace(http=SimpleNamespace(base_url=failing))
    found = fuzzing._fuzzed(service, "any", "none", 1, "fuzzing")  # type: ignore[arg-type]  # noqa: SLF001
    assert found.failed > 0
    assert "Server error" in found.told


def test_it_is_one_of_the_proofs() -> None:
    assert PROOFS["fuzzing"] is fuzzing.fuzzing
