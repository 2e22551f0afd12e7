"""
A client that nobody wrote: generated from the OpenAPI document, it talks to the real service.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
NOW = datetime.fromisoformat("2026-11-23T10:00:00+02:00")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the package that was generated."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n", encoding="utf-8")
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", str(ROOT / "api" / "openapi.json"), "--config", str(config)),
            *("--output-path", str(folder / "generated_dispatch")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield "generated_dispatch"
    sys.path.remove(str(folder))


@pytest.fixture
def client(package: str, service: Service) -> Iterator[Any]:
    with import_module(package).Client(base_url=str(service.http.base_url)) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {"clock": "manual", "clock_start": NOW.isoformat(), "workers": 0}
    running = Service(tmp_path_factory.mktemp("service"), settings)
    running.start()
    yield running
    running.stop()


def test_a_generated_client_places_an_order_and_reads_its_way(package: str, client: Any) -> None:
    def call(operation: str, **given: Any) -> Any:
        module = import_module(f"{package}.api.{operation}")
        return module.sync_detailed(client=client, **given)

    models: Any = import_module(f"{package}.models")
    joined = call(
        "couriers.couriers_add",
        body=models.CourierIn.from_dict(
            {
                "name": "Aino",
                "store": "st_1",
                "capacity": 12,
                "shift": {
                    "start": NOW.isoformat(),
                    "end": (NOW + timedelta(hours=8)).isoformat(),
                },
            }
        ),
    )
    assert joined.status_code is HTTPStatus.CREATED, joined.content
    asked = {"service": "urgent", "drops": [{"desk": {"id": "k_1"}, "items": [{"sku": "A4-80"}]}]}
    asked["drops"][0]["items"][0]["quantity"] = 5  # type: ignore[index]
    quote = call("quotes.quotes_quote", body=models.QuoteIn.from_dict(asked)).parsed
    assert quote.feasible
    wanted = {**asked, "quote_id": quote.quote_id}
    placed = call("orders.orders_place", body=models.OrderIn.from_dict(wanted))
    assert placed.status_code is HTTPStatus.CREATED, placed.content
    assert placed.parsed.promise.due_at == quote.due_at
    route = call("couriers.couriers_show_route", courier_id=joined.parsed.id).parsed
    assert [stop.kind for stop in route.stops] == ["load", "deliver", "return"]


def test_what_a_generated_client_asks_wrongly_is_a_problem_document(
    package: str, client: Any
) -> None:
    module = import_module(f"{package}.api.orders.orders_show")
    answer = module.sync_detailed(client=client, order_id="o_99")
    assert answer.status_code is HTTPStatus.NOT_FOUND
    assert answer.parsed.type_ == "/problems/unknown-order"
