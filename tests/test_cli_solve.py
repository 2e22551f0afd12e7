"""The commands for problems in VROOM's format: files in, files out, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from benchmarks.vroom_wrong import JOB, request
from tests.test_vroom_input import job

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


def run(*words: object, text: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=text)


def written(folder: Path, name: str, what: Any) -> Path:
    file = folder / name
    file.write_text(json.dumps(what), encoding="utf-8")
    return file


def test_a_problem_is_solved_into_a_file_that_the_check_accepts(tmp_path: Path) -> None:
    problem, out = written(tmp_path, "in.json", request()), tmp_path / "out.json"
    done = run("solve", problem, "-o", out, "--seconds", 0, "--seed", 3)
    assert done.exit_code == 0
    assert "1 routes, cost 60, 0 tasks unassigned" in done.stdout
    assert json.loads(out.read_text(encoding="utf-8"))["summary"]["cost"] == 60
    checked = run("check", problem, out)
    assert (checked.exit_code, checked.stdout) == (0, "Nothing is wrong.\n")


def test_stdin_and_stdout_serve_as_files(tmp_path: Path) -> None:
    solved = run("solve", "-", "--seconds", 0, text=json.dumps(request()))
    assert json.loads(solved.stdout)["code"] == 0
    problem = written(tmp_path, "in.json", request())
    assert run("check", problem, "-", text=solved.stdout).exit_code == 0


def test_a_broken_limit_is_told_with_exit_code_1(tmp_path: Path) -> None:
    told = run("solve", "-", "--seconds", 0, text=json.dumps(request())).stdout
    narrow = written(tmp_path, "in.json", job(time_windows=[[0, 59]]))
    checked = run("check", narrow, "-", "--json", text=told)
    assert checked.exit_code == 1
    assert json.loads(checked.stdout) == {
        "violations": [
            "The delivery of job 'job 1' starts at 60 s, 1 s after its window ends at 59 s."
        ]
    }


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [
        ("", 2, "The document is empty. (offset: 0)"),
        ("[]", 2, "Input root is not an object."),
        ('{"a":NaN}', 2, "Invalid value. (offset: 5)"),
        ('{"a" 1}', 2, "Missing a colon after a name of object member. (offset: 5)"),
        (json.dumps(request(vehicles=[])), 2, "No vehicle defined."),
        (json.dumps(request(jobs=[])), 2, "No task defined."),
        (
            json.dumps({"vehicles": [{"id": 1, "start": [1, 2]}], "jobs": [{**JOB}]}),
            2,
            "Unexpected location index while no custom matrices provided.",
        ),
        (
            json.dumps(
                {
                    "vehicles": [{"id": 1, "start": [1, 2]}],
                    "jobs": [{"id": 1, "location": [1, 2]}],
                }
            ),
            3,
            "Failed to connect to 0.0.0.0:5000",
        ),
    ],
)
def test_wrong_input_is_answered_with_vrooms_code(text: str, code: int, error: str) -> None:
    done = run("solve", "-", text=text)
    assert done.exit_code == code
    assert json.loads(done.stdout) == {"code": code, "error": error}
    assert f"[Error] {error}" in done.stderr


def test_what_cannot_be_read_is_told_with_exit_code_2(tmp_path: Path) -> None:
    problem = written(tmp_path, "in.json", request())
    absent = run("check", problem, tmp_path / "absent.json")
    assert absent.exit_code == 2
    assert "cannot be read: No such file" in absent.stderr
    error = written(tmp_path, "out.json", {"code": 2, "error": "Invalid vehicles."})
    told = run("check", problem, error)
    assert told.exit_code == 2
    assert "The answer holds no solution." in told.stderr
    assert run("solve", problem, "-o", tmp_path / "no" / "out.json").exit_code == 2
