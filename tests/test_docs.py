"""The documents are part of the program: what the README says is so."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.calendar_settings import CalendarSettings
from api.cli import app as command_line
from api.problems import HTTP_CODES
from api.service_settings import ServiceSettings
from api.settings import EMBEDDED_CITY, Settings, StoreSettings, read_settings
from api.webhook_signing import headers, new_secret
from dispatch.city_files import load_map
from dispatch.describing import check_file
from dispatch.descriptions import check_description
from dispatch.policy import Policy
from dispatch.webhooks import Secret
from tests.api_world import service

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from pydantic import BaseModel

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

OF_THE_DAY = {"eta", "eta_p90", "p_on_time", "slack_s", "plan_version", "text", "relaxation"}
"""What the README shows but a better plan, or another map, may change."""


def table(heading: str) -> list[list[str]]:
    """Returns the cells of the rows of the README's table whose first column is this heading."""
    found = re.search(rf"^\| {heading} \|.*\n\|[-| ]+\n((?:\|.*\n)*)", README, re.MULTILINE)
    assert found, heading
    return [
        [cell.strip() for cell in row.strip("|\n").split("|")]
        for row in found[1].splitlines(keepends=True)
    ]


def bare(cell: str) -> str:
    return cell.strip("`")


def posted_bodies() -> list[dict[str, Any]]:
    """Returns the bodies of the README's curl commands."""
    return [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'\n", README, re.DOTALL)]


def shown_answer() -> dict[str, Any]:
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    answer: dict[str, Any] = json.loads(text)
    return answer


def codes_in_the_program() -> set[str]:
    """Returns every problem code that a source file can give."""
    found = {code for code, _ in HTTP_CODES.values()} | {"http"}
    for folder in ("api", "dispatch", "scenarios"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            found |= set(re.findall(r'\bcode="([a-z-]+)"', text))
            found |= set(re.findall(r'\bdefault_code = "([a-z-]+)"', text))
            found |= set(re.findall(r'(?:Problem|document)\(\s*\d{3},\s*"([a-z-]+)"', text))
    found |= {f"invalid-{name}" for name in ("quantity", "load")}
    found |= {"quote-used", "quote-expired", "quote-differs"}
    # The root of the tree has a code of its own, but nobody raises the root.
    return found - {"error"}


def without_what_may_change(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: None if name in OF_THE_DAY else without_what_may_change(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [without_what_may_change(inner) for inner in value]
    return value


@pytest.fixture
def client(tmp_path: Path) -> Any:
    with service(tmp_path) as found:
        yield found


def test_the_readme_lists_every_problem_and_its_cure() -> None:
    listed = {bare(row[0]).removeprefix("/problems/"): row[1] for row in table("type")}
    assert set(listed) == codes_in_the_program()
    assert all(listed.values())


def test_the_readme_lists_every_setting() -> None:
    tables: dict[str, type[BaseModel]]
    tables = {"store": StoreSettings, "service": ServiceSettings, "calendar": CalendarSettings}
    settings = set(Settings.model_fields) - {*tables, "policy"}
    inner = {f"{name}.{field}" for name, cls in tables.items() for field in cls.model_fields}
    assert {bare(row[0]) for row in table("setting")} == settings | inner


def test_the_readme_lists_every_policy_figure_with_its_default() -> None:
    listed = {bare(row[0]): row[1] for row in table("policy figure")}
    assert listed == {field.name: str(field.default) for field in fields(Policy)}


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    text, _, services = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "my-city.toml"
    file.write_text(text, encoding="utf-8")
    assert read_settings(file).store[0].name == "Main store"
    file.write_text(services, encoding="utf-8")
    assert "two-hour" in read_settings(file).services()


def test_the_building_shown_is_sound(tmp_path: Path) -> None:
    _, text, _ = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "my-tower.toml"
    file.write_text(text, encoding="utf-8")
    assert check_file(file, load_map(EMBEDDED_CITY)) == ()
    described = check_description(file)[0]
    assert described is not None
    assert described.interior.department(4, "Accounting/4-117") is not None


def test_every_command_of_the_readme_exists() -> None:
    lines = re.findall(r"\.venv/bin/dispatch ([^`\n]+)", README)
    assert len(lines) >= 4
    for line in lines:
        # The words before the first file or option are commands.
        words = list(takewhile(lambda word: re.fullmatch("[a-z]+", word), line.split()))
        result = CliRunner().invoke(command_line, [*words, "--help"])
        assert result.exit_code == 0, (line, result.output)
        for option in re.findall(r"(?<= )--?[a-z-]+", line):
            assert option in result.output, (line, option)


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z]+)", README):
        if target != "are":
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).stat().st_size > 10_000 for picture in pictures)


def test_the_order_of_the_readme_gives_the_answer_of_the_readme(client: TestClient) -> None:
    courier, order, *_ = posted_bodies()
    assert client.post("/v1/couriers", json=courier).status_code == 201
    answer = client.post("/v1/orders", json=order)
    assert answer.status_code == 201, answer.text
    assert without_what_may_change(answer.json()) == without_what_may_change(shown_answer())
    # 22 minutes at the city's travel times leave some slack to the order shown.
    assert 0 < shown_answer()["promise"]["slack_s"] < 1320


def test_the_verification_shown_verifies() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(code, shown)  # noqa: S102
    secret, body = new_secret(), b'{"type": "order"}'
    signed = headers("wh_1-1", int(time.time()), body, [Secret(secret)])
    assert shown["is_from_dispatch"](secret, signed, body)
    assert not shown["is_from_dispatch"](new_secret(), signed, body)


def test_every_path_of_the_readme_exists(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in re.findall(r"`GET (/v1/[^`?]*)", README):
        general = re.sub(r"/c_1", "/{courier}", path)
        assert any(re.sub(r"\{[^}]+\}", "{}", p) == re.sub(r"\{[^}]+\}", "{}", general)
                   for p in paths), path  # fmt: skip
