"""
How long a file of 10 000 rows takes to be imported, and what memory it takes, CSV and Excel.

Through the real service in a process of its own, on a new database for each file: from sending the
file to the answer, durable and planned. What an urgent quote waits meanwhile is told too, for the
zone is one thread.
"""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING

from openpyxl import Workbook

from benchmarks.helsinki import embedded_city
from benchmarks.machine import machine
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS = 10_000
COURIERS = 8
START = datetime.fromisoformat("2026-11-23T10:00:00+02:00")
QUOTE = {
    "service": "urgent",
    "drops": [{"desk": {"id": "k_1"}, "items": [{"sku": "A4", "quantity": 1}]}],
}
LINES = 4
"""Lines of an order, where an order has several."""

ORDER_NAMES = ("external_id", "service", "customer", "desk_id", "note", "sku", "quantity")
DESK_NAMES = ("building", "floor", "department", "desk", "contact_name", "contact_phone")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Imported:
    """
    One import: seconds from sending to the answer, those that the service's processor was busy,
    its peak memory before and after in MiB, and the longest quote meanwhile.
    """

    what: str
    bytes: int
    seconds: float
    busy_s: float
    before: int
    peak: int
    quote_s: float
    taken: int


def importing(rows: int = ROWS) -> str:
    """Returns the figures of imports of so many rows as text."""
    lines = [
        machine(),
        f"{rows} rows through HTTP into SQLite, {COURIERS} couriers on duty, a new service for "
        "each file; peak memory of the service's process before and after; the longest of the "
        "urgent quotes that were asked for one after the other meanwhile, whose work is in the "
        "processor's seconds",
    ]
    tables = {
        f"orders, {rows} of one line": ("orders", ORDER_NAMES, _orders(rows, 1)),
        f"orders, {rows // LINES} of {LINES} lines": ("orders", ORDER_NAMES, _orders(rows, LINES)),
        "desks of one customer": ("desks", DESK_NAMES, _desks(rows)),
    }
    for what, (kind, names, table) in tables.items():
        for name, kind_of_file, data in (
            ("CSV", "text/csv", _csv(names, table)),
            ("Excel", XLSX, _xlsx(names, table)),
        ):
            lines.append(_line(_imported(f"{what}, {name}", kind, kind_of_file, data)))
    return "\n".join(lines) + "\n"


def _line(found: Imported) -> str:
    return (
        f"{found.what} ({found.bytes / 1e6:.1f} MB): {found.seconds:.1f} s, processor "
        f"{found.busy_s:.1f} s, {found.taken} taken, peak {found.before} MiB before, {found.peak} "
        f"MiB after; longest quote {found.quote_s:.1f} s"
    )


def _orders(rows: int, lines: int) -> list[tuple[object, ...]]:
    rng, desks = Random(1), sorted(embedded_city().offices)
    found: list[tuple[object, ...]] = []
    for number in range(rows // lines):
        desk = rng.choice(desks)
        for line in range(lines):
            row = ("standard", f"Customer {number % 50}", desk, "Ring", f"A{line}", 1 + line % 3)
            found.append((f"PO-{number}", *row))
    return found


def _desks(rows: int) -> list[tuple[object, ...]]:
    rng, buildings = Random(1), sorted(embedded_city().buildings)
    return [
        (rng.choice(buildings), 0, f"Department {i % 40}", f"0-{i}", f"Person {i}", f"+358 40 {i}")
        for i in range(rows)
    ]


def _csv(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> bytes:
    return "\n".join(",".join(str(cell) for cell in row) for row in (names, *rows)).encode()


def _xlsx(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    for row in (names, *rows):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _imported(what: str, kind: str, kind_of_file: str, data: bytes) -> Imported:
    """Imports a file into a service of its own; raises RuntimeError where it is refused."""
    with TemporaryDirectory() as folder, _service(Path(folder)) as service:
        query = {"kind": kind, "mode": "all_or_nothing"}
        if kind == "desks":
            query["customer"] = "Acme"
        before = service.peak_mb()
        with _quotes(service) as waits:
            began, busy = time.perf_counter(), service.busy_ms()
            answer = service.http.post(
                "/v1/imports", params=query, content=data, headers={"content-type": kind_of_file}
            )
            seconds = time.perf_counter() - began
            busy_s = (service.busy_ms() - busy) / 1000
        if answer.status_code != 200:
            raise RuntimeError(f"The import of {what} was refused: {answer.text[:500]}")
        taken = answer.json()["taken"]
        return Imported(
            what, len(data), seconds, busy_s, before, service.peak_mb(), max(waits), taken
        )


@contextmanager
def _service(folder: Path) -> Iterator[Service]:
    # The search would take the processor from what is measured: quotes and imports need none.
    service = Service(folder, {"clock": "manual", "clock_start": START.isoformat(), "workers": 0})
    service.start()
    try:
        shift = {"start": START - timedelta(hours=1), "end": START + timedelta(hours=8)}
        told = {name: moment.isoformat() for name, moment in shift.items()}
        for number in range(COURIERS):
            body = {"name": f"C{number}", "store": "st_1", "capacity": 20, "shift": told}
            service.http.post("/v1/couriers", json=body).raise_for_status()
        # The first quote of a process loads compiled code.
        service.http.post("/v1/quotes", json=QUOTE).raise_for_status()
        yield service
    finally:
        service.kill()


@contextmanager
def _quotes(service: Service) -> Iterator[list[float]]:
    """Asks for one quote after the other while the block runs; yields what each waited."""
    over, waits = Event(), [0.0]

    def ask() -> None:
        while not over.is_set():
            began = time.perf_counter()
            service.http.post("/v1/quotes", json=QUOTE)
            waits.append(time.perf_counter() - began)
            over.wait(0.2)

    thread = Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()
