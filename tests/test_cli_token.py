"""The commands about tokens, in a database that no service uses, and by one that runs."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from dispatch.errors import Conflict, InvalidRequest, NotFound
from dispatch.store import Database

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> str:
    """Returns what a command prints; raises what it raises."""
    result = CliRunner().invoke(app, ["token", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/dispatch.db"


def listed(db: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", "--db", db, "--json"))
    return found


def test_a_token_is_made_listed_and_revoked(db: str) -> None:
    made = json.loads(run("create", "shop", "--role", "intake", "--db", db, "--json"))
    assert made["token"].startswith("dsp_")
    (shown,) = listed(db)
    assert (shown["id"], shown["name"], shown["role"]) == (made["id"], "shop", "intake")
    assert shown["revoked_at"] is None
    assert made["token"].split("_", 2)[2] not in str(shown)
    run("revoke", made["id"], "--db", db)
    assert listed(db)[0]["revoked_at"] is not None


def test_what_is_made_is_told_once_to_people_too(db: str) -> None:
    told = run("create", "shop", "--role", "auditor", "--scope", "health.read", "--db", db)
    assert "Shown this once: dsp_" in told
    assert listed(db)[0]["scopes"] == ["health.read"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("c_1", "--role", "intake"), "name"),
        (("shop", "--role", "king"), "role"),
        (("shop", "--role", "courier"), "phone"),
        (("shop", "--role", "intake", "--scope", "tokens"), "has not the scope tokens"),
        (("shop", "--role", "intake", "--days", "0"), "days"),
    ],
)
def test_what_cannot_be_is_refused(db: str, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        run("create", *arguments, "--db", db)


def test_a_name_stays_with_its_role_and_an_unknown_token_is_told(db: str) -> None:
    run("create", "shop", "--role", "intake", "--db", db)
    with pytest.raises(Conflict, match="another role"):
        run("create", "shop", "--role", "admin", "--db", db)
    with pytest.raises(NotFound, match="t_0"):
        run("revoke", "t_0", "--db", db)


def test_of_a_service_that_runs_the_service_is_asked(db: str) -> None:
    with closing(Database.open(db)), pytest.raises(InvalidRequest, match="--url"):
        run("create", "shop", "--role", "intake", "--db", db)
    with pytest.raises(InvalidRequest, match="No answer of the service"):
        run("create", "shop", "--role", "intake", "--url", "http://127.0.0.1:9")
