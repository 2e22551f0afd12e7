"""The log: what is in it, and that nothing personal can get in."""

from __future__ import annotations

import io
import json
import logging
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api import log_words
from api.log_words import FIELDS, HIDDEN, PLAIN_TEXTS, is_id, text_of
from api.logs import formatter
from api.settings import Settings
from dispatch.errors import NotFound
from dispatch.store import DatabaseError
from tests.api_world import a_courier, an_order, placed, service, settings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
NAME, PHONE, MAIL = "Aino Virtanen", "+358 40 123 4567", "aino@example.com"


class Told:
    """What was logged, as a service writes it."""

    def __init__(self, log_format: str = "json") -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        settings = Settings.model_validate({"log_format": log_format, "workers": 0})
        self.handler.setFormatter(formatter(settings, is_terminal=False))

    @property
    def text(self) -> str:
        """All of it."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line's fields."""
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def logged(log_format: str = "json") -> Iterator[Told]:
    """Yields what is logged meanwhile, at every level."""
    told, root = Told(log_format), logging.getLogger()
    level = root.level
    root.addHandler(told.handler)
    root.setLevel(logging.DEBUG)
    try:
        yield told
    finally:
        root.removeHandler(told.handler)
        root.setLevel(level)


def requests(told: Told) -> list[dict[str, Any]]:
    return [line for line in told.lines if line["event"] == "request"]


def test_a_request_is_one_line_with_its_id_zone_and_event(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.post("/v1/couriers", json=a_courier())
        client.post("/v1/orders", json=an_order(), headers={"X-Request-Id": "mine-1"})
        head = client.get("/readyz").json()["events"]
        client.get("/v1/orders/o_1")
    _, order, _, show = requests(told)
    assert order.pop("ms") > 0
    assert order.pop("at").endswith("+00:00")
    assert order == {
        "level": "info",
        "event": "request",
        "logger": "api.access_log",
        "method": "POST",
        "route": "/v1/orders",
        "status": 201,
        # The order and its plan.
        "seq": head,
        "zone": "helsinki",
        "request_id": "mine-1",
    }
    assert (show["route"], show["ids"]) == ("/v1/orders/{order_id}", ["o_1"])
    assert "seq" not in show


def test_what_the_zones_thread_tells_has_the_id_of_the_request(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.post("/v1/couriers", json=a_courier())
        client.post("/v1/orders", json=an_order(), headers={"X-Request-Id": "mine-1"})
    (plan,) = [line for line in told.lines if "plan 1:" in line["event"]]
    assert (plan["logger"], plan["request_id"]) == ("dispatch.dispatcher", "mine-1")


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "aino@example.com", "é"])
def test_an_id_that_is_none_is_replaced(tmp_path: Path, given: str) -> None:
    with service(tmp_path) as client:
        headers = {b"X-Request-Id": given.encode()}
        told = [client.get("/livez", headers=headers).headers["X-Request-Id"] for _ in range(2)]
    assert given not in told
    assert len(set(told)) == 2


def test_an_id_that_is_one_is_sent_back(tmp_path: Path) -> None:
    with service(tmp_path) as client:
        for path in ("/livez", "/nowhere", "/v1/orders/o_9"):
            answer = client.get(path, headers={"X-Request-Id": "a.B-3_4"})
            assert answer.headers["X-Request-Id"] == "a.B-3_4"


def test_a_request_that_fails_has_its_id_in_the_answer_and_in_the_log(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.app.state.zone.ask = None  # type: ignore[attr-defined]
        answer = client.get("/v1/plan", headers={"X-Request-Id": "mine-1"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (500, "mine-1")
    (error,) = [line for line in told.lines if line["logger"] == "api.problems"]
    assert error["request_id"] == "mine-1"
    assert error["event"] == "GET /v1/plan failed"
    assert error["error"].startswith("TypeError: 'NoneType' object is not callable\n")
    assert "api/plan.py:" in error["error"]
    (line,) = requests(told)
    assert line["status"] == 500


def test_what_clients_write_is_not_in_the_log(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.post("/v1/couriers", json=a_courier(name=NAME))
        contact = {"name": NAME, "phone": PHONE}
        desk = {"building": "b_225", "floor": 3, "contact": contact}
        drop = {"desk": desk, "items": [{"sku": "A4-80", "quantity": 1}], "note": MAIL}
        placed(client, drop, customer=NAME)
        client.post("/v1/orders", json={"service": NAME, "drops": [PHONE]})
        client.get("/v1/desks", params={"q": NAME})
        client.get(f"/v1/couriers/{NAME}/route")
        client.get(f"/{NAME}/{PHONE}", headers={"User-Agent": MAIL})
        client.request("AINO", "/v1/orders")
    assert len(requests(told)) == 7
    for secret in ("Aino", "AINO", "Virtanen", "4567", "example.com", "A4-80"):
        assert secret not in told.text


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("name", ["api.zone", "uvicorn.error", "asyncio", "somebody.elses"])
def test_whatever_is_logged_tells_no_values(name: str, log_format: str) -> None:
    log = logging.getLogger(name)
    with logged(log_format) as told:
        log.warning("Courier %s cannot be called at %s", NAME, PHONE)
        log.warning("Courier %(name)s is wrong", {"name": NAME})
        log.warning("Told on the side", extra={"customer": NAME, "phone": PHONE, "name_": NAME})
        log.error("Refused: %s", NotFound(f"There is no courier {NAME!r}.", value=NAME))
        log.error("Refused: %s", {"name": NAME})
        try:
            try:
                raise KeyError(NAME)
            except KeyError as error:
                raise ValueError(f"Expected a number, got {PHONE}.") from error
        except ValueError:
            log.exception("It failed")
    assert "ValueError" in told.text
    assert "KeyError" in told.text
    for secret in ("Aino", "Virtanen", "4567"):
        assert secret not in told.text


def test_of_the_messages_of_others_only_constants_of_known_libraries_are_told() -> None:
    with logged() as told:
        text = f"Task exception was never retrieved\nfuture: <Task {NAME}>"
        logging.getLogger("asyncio").error(text)
        logging.getLogger("somebody.elses").error(f"Hello {NAME}")
    first, second = told.lines
    assert first["event"] == "Task exception was never retrieved"
    assert (second["event"], second["logger"]) == (HIDDEN, "somebody.elses")


def test_figures_ids_and_errors_of_ours_are_told() -> None:
    log = logging.getLogger("api.zone")
    with logged() as told:
        log.info("%s waits %.1f s for %d", "o_17", 1.25, 3)
        log.error("A tick failed: %s", DatabaseError("The disk is full.", at="dispatch.db"))
        log.error("A file: %s", OSError(28, "No space left on device", NAME))
    events = [line["event"] for line in told.lines]
    assert events == [
        "o_17 waits 1.2 s for 3",
        "A tick failed: DatabaseError: dispatch.db: The disk is full.",
        "A file: OSError: No space left on device",
    ]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("refused. DETAIL: Key (name)=(Aino) already exists.", "refused. …"),
        ("no way from 60.169900,24.941500", "no way from …,…"),
        (f"call {PHONE} now", "call … now"),
        (f"write to {MAIL}.", "write to …"),
        ("5 of 60 places after 1.5 s", "5 of 60 places after 1.5 s"),
    ],
)
def test_errors_of_ours_lose_what_looks_like_somebodys(told: str, kept: str) -> None:
    assert text_of(DatabaseError(told)) == f"DatabaseError: {kept}"


@pytest.mark.parametrize("word", ["o_1", "st_1", "wh_a-9", "k_17"])
def test_ids_are_those_this_program_gives(word: str) -> None:
    assert is_id(word)
    for other in (word + " x", "x" + word, "Aino", "a_1", 17, None):
        assert not is_id(other)


def test_the_texts_that_are_told_with_their_words_are_in_the_program() -> None:
    sources = [*(ROOT / "api").glob("*.py"), *(ROOT / "dispatch").glob("*.py")]
    program = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    for text in PLAIN_TEXTS:
        # Once in the list itself.
        assert program.count(f'"{text}"') >= 2, text


def test_all_messages_of_the_program_are_constants() -> None:
    for folder in ("api", "dispatch", "solver", "scenarios"):
        for file in (ROOT / folder).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            levels = "debug|info|warning|error|exception|critical"
            for first in re.findall(rf"\blog(?:ger)?\.(?:{levels})\(\s*(.)", text):
                assert first == '"', file.name


def test_at_a_terminal_lines_are_for_people() -> None:
    with logged("text") as told:
        logging.getLogger("api.zone").warning("%d plans", 3, extra={"status": 201})
    assert "3 plans" in told.text
    assert "status=201" in told.text
    assert not told.text.startswith("{")


def test_every_line_has_only_fields_of_the_list(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.post("/v1/couriers", json=a_courier())
        placed(client)
        client.get("/nowhere")
    assert told.lines
    assert all(set(line) <= FIELDS for line in told.lines)
    assert not FIELDS & {"name", "phone", "contact", "customer", "path", "query", "body", "client"}


def test_health_is_told_only_where_it_is_bad(tmp_path: Path) -> None:
    with service(tmp_path) as client, logged() as told:
        client.get("/livez")
        client.get("/metrics")
    assert [line["level"] for line in requests(told)] == ["debug", "debug"]


def test_settings_name_the_form_of_the_log(tmp_path: Path) -> None:
    auto = settings_in(tmp_path)
    record = logging.LogRecord("api.zone", logging.INFO, "", 0, "Hello", (), None)
    assert not formatter(auto, is_terminal=True).format(record).startswith("{")
    assert json.loads(formatter(auto, is_terminal=False).format(record))["event"] == "Hello"
    as_json = settings_in(tmp_path, log_format="json")
    assert formatter(as_json, is_terminal=True).format(record).startswith("{")


def test_a_framework_is_no_part_of_the_program() -> None:
    assert not any(name.startswith(log_words.OWN) for name in log_words.FRAMEWORK)
