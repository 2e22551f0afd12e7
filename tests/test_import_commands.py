"""The commands that import and export, against a service in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from dispatch.errors import DispatchError
from tests.api_world import a_courier, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = "external_id,service,desk_id,sku,quantity\n"


class _Open:
    """A client that stays open when it is left, so that several commands may use it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with service(tmp_path) as client:
        client.post("/v1/couriers", json=a_courier())
        # The command's own client, only that it speaks to the service in this process.
        monkeypatch.setattr("api.service_client.httpx2.Client", lambda **_: _Open(client))
        yield tmp_path


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, DispatchError):
        return 2, str(done.exception)
    return done.exit_code, done.output


def test_a_file_is_looked_at_then_taken(folder: Path) -> None:
    file = folder / "orders.csv"
    file.write_text(f"{HEAD}PO-1,standard,k_1,A4,2\n")
    code, told = run("import", file)
    assert code == 0
    assert told == "1 rows of csv, utf-8\n1 orders would be taken, 0 there before, 0 refused\n"
    code, told = run("import", file, "--mode", "all_or_nothing", "--json")
    assert (code, json.loads(told)["orders"][0]["order"]) == (0, "o_1")
    assert "0 orders taken, 1 there before" in run("import", file, "--mode", "valid_rows")[1]


def test_what_is_wrong_is_told_by_its_cell(folder: Path) -> None:
    file = folder / "orders.csv"
    file.write_text(f"{HEAD}PO-1,standard,k_1,A4,two\nPO-2,standard,k_1,A4,2\n")
    code, told = run("import", file, "--mode", "valid_rows")
    assert code == 2
    assert "1 orders taken, 0 there before, 1 refused" in told
    assert "E2 (quantity): 'two' is no whole number. Give a whole number." in told
    file.write_text(f"{HEAD}PO-3,standard,k_1,A4,two\n")
    code, told = run("import", file, "--mode", "all_or_nothing")
    assert (code, "Nothing was taken.\nE2 (quantity): 'two'" in told) == (2, True)


def test_files_are_written_whole_or_not_at_all(folder: Path) -> None:
    for words in (
        ("orders", "--format", "xlsx"), ("routes", "--format", "gpx"), ("promises",), ("template",)
    ):  # fmt: skip
        file = folder / f"{words[0]}.out"
        assert run("export", words[0], "-o", file, *words[1:])[0] == 0
        assert file.stat().st_size > 0
    missing = folder / "none.out"
    code, told = run("export", "routes", "-o", missing, "--courier", "c_9")
    assert (code, "There is no courier 'c_9'." in told) == (2, True)
    assert [path.name for path in folder.iterdir() if "none" in path.name] == []


def test_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    for command in ("orders", "template"):
        code, told = run("export", command, "-o", folder / "none" / "a.csv")
        assert (code, "This cannot be written" in told) == (2, True)
