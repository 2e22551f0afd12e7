"""The interface page and the OpenAPI document in the repository are what the program does."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.interface_page import ANY, differences, examples

API = Path(__file__).parent.parent / "api"
PAGE = (API / "INTERFACE.md").read_text(encoding="utf-8")


def test_every_example_of_the_page_replays_as_written(tmp_path: Path) -> None:
    settings = Settings(
        db=f"sqlite:///{tmp_path}/dispatch.db",
        clock="manual",
        clock_start=datetime.fromisoformat("2026-11-23T10:00:00+02:00"),
        workers=0,
    )
    wrong: list[str] = []
    with TestClient(
        create_app(settings), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)
    ) as client:
        for example in examples(PAGE):
            sent = {"content" if isinstance(example.body, bytes) else "json": example.body}
            answer = client.request(example.method, example.path, headers=example.headers, **sent)
            name = f"{example.method} {example.path}"
            if answer.status_code != example.status:
                wrong.append(f"{name}: {answer.status_code} {answer.text[:500]}")
            else:
                wrong += [f"{name}: {d}" for d in differences(example.answer, answer.json())]
    assert not wrong, "\n".join(wrong)


def test_the_page_has_examples_of_every_chapter() -> None:
    chapters = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    without = [c.partition("\n")[0] for c in chapters if "```http" not in c]
    assert without == ["Conventions", "Traffic"]


def test_every_path_is_on_the_page_and_no_other() -> None:
    paths = set(create_app(Settings(workers=0)).openapi()["paths"])
    named = re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) (/[^\s`?\"]*)", PAGE)
    told = {path.rstrip(".") for path in named} - {"/openapi.json"}
    as_pattern = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$") for path in paths}
    assert [p for p, like in as_pattern.items() if not any(like.match(t) for t in told)] == []
    assert [t for t in told if not any(like.match(t) for like in as_pattern.values())] == []


def test_the_document_in_the_repository_is_that_of_the_program() -> None:
    document = create_app(Settings(workers=0)).openapi()
    kept = json.loads((API / "openapi.json").read_text(encoding="utf-8"))
    # Mended by: dispatch openapi > api/openapi.json
    assert kept == json.loads(json.dumps(document))


def test_an_answer_that_is_not_as_shown_is_found() -> None:
    shown = {"id": "o_1", "drops": [{"id": "d_1", ANY: ANY}, ANY], "eta": ANY}
    given = {"id": "o_1", "drops": [{"id": "d_1", "load": 5}, {"id": "d_2"}], "eta": "10:22"}
    assert differences(shown, given) == []
    assert differences(shown, {**given, "id": "o_2"}) == [".id: 'o_1' shown, 'o_2' given"]
    assert differences(shown, {**given, "new": 1}) == [".new: not shown"]
    assert differences(shown, {"id": "o_1", "eta": ""}) == [".drops: not in the answer"]
    assert differences(shown, {**given, "drops": []}) == [".drops: 1 items shown, 0 given"]
    assert differences([1], [1, 2]) == [": 1 items shown, 2 given"]
