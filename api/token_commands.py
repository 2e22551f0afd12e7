"""
The commands about tokens: in the database of a service that does not run, or by one that does.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from api.printing import EXITS, out, print_json
from api.scopes import ROLES, Role, Scope
from dispatch.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.settings import Settings
    from dispatch.credentials import Credential
    from dispatch.store import Database

token_app = typer.Typer(help="Tokens: who may ask the service.", no_args_is_help=True)

Db = Annotated[str | None, typer.Option(help="Database of a service that does not run now.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with the settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[str | None, typer.Option(help="Where the service runs, http://HOST:PORT.")]
ByToken = Annotated[
    str | None,
    typer.Option("--token", envvar="DISPATCH_TOKEN", help="Token to ask it by.", show_envvar=True),
]

DAY_S = 86_400


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(token_app, name="token", epilog=EXITS)


@token_app.command(epilog=EXITS)
def create(
    name: Annotated[str, typer.Argument(help="The principal, like web-shop.")],
    role: Annotated[str, typer.Option(help=f"{', '.join(r for r in ROLES if r != 'courier')}.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="Only this of the role; may be given again.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="In force for so long; else for ever.")] = None,
    url: Url = None,
    token: ByToken = None,
    db: Db = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it, once: nobody can show it again."""
    from pydantic import ValidationError

    from api.tokens import TokenIn

    body = {"name": name, "role": role, "scopes": scope or None, "days": days}
    try:
        wanted = TokenIn.model_validate(body)
    except ValidationError as error:
        fault = error.errors()[0]
        at = ".".join(str(part) for part in fault["loc"])
        raise InvalidRequest(f"{fault['msg']}.", at=at, value=fault["input"]) from error
    if url is not None:
        made = _asked(url, token, "POST", "/v1/tokens", body)
    else:
        made = _created(wanted.name, wanted.role, wanted.scopes, days, _settings(config, db))
    if as_json:
        print_json(made)
    else:
        out.print(f"{made['id']}: {made['name']}, {made['role']}", markup=False, highlight=False)
        out.print(f"Shown this once: {made['token']}", markup=False, highlight=False)


def _created(
    name: str, role: Role, scopes: list[Scope] | None, days: int | None, settings: Settings
) -> dict[str, Any]:
    from api.credentials import check_new, new_credential
    from api.tokens import check_courier, checked
    from dispatch import credentials

    check_courier(role)
    now = int(time.time())
    ends = None if days is None else now + days * DAY_S
    made, shown = new_credential(
        name, role, now, scopes=checked(role, scopes), expires_at=ends, created_by="command line"
    )
    with _opened(settings) as database, database.write() as connection:
        check_new(made, credentials.read_all(connection, settings.zone), now)
        credentials.add(connection, settings.zone, made)
    return {**_shown(made), "token": shown}


@token_app.command("list", epilog=EXITS)
def list_tokens(
    url: Url = None,
    token: ByToken = None,
    db: Db = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Print the tokens, those too that ended within the last month; the database may be in use."""
    if url is not None:
        found = _asked(url, token, "GET", "/v1/tokens", None)["items"]
    else:
        found = [_shown(each) for each in _stored(_settings(config, db))]
    if as_json:
        print_json(found)
        return
    table = Table("id", "name", "role", "made", "ends", "last used", "revoked")
    for each in found:
        instants = (each[f"{what}_at"] for what in ("created", "expires", "last_used", "revoked"))
        row = (each["id"], each["name"], each["role"], *(at or "-" for at in instants))
        table.add_row(*row)
    out.print(table)


@token_app.command(epilog=EXITS)
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="See `dispatch token list`.")],
    url: Url = None,
    token: ByToken = None,
    db: Db = None,
    config: Config = None,
) -> None:
    """End a token: it is good for nothing from now on."""
    if url is not None:
        _asked(url, token, "DELETE", f"/v1/tokens/{token_id}", None)
    else:
        _revoked(token_id, _settings(config, db))
    out.print(f"{token_id} is revoked", markup=False, highlight=False)


def _revoked(token_id: str, settings: Settings) -> None:
    from dispatch import credentials

    with _opened(settings) as database, database.write() as connection:
        known = credentials.read_all(connection, settings.zone)
        if token_id not in {each.id for each in known}:
            raise NotFound(
                f"There is no token {token_id!r}.",
                at="ID",
                cure="See `dispatch token list`.",
                code="unknown-token",
                value=token_id,
            )
        mine = (token_id, *(each.id for each in known if each.parent == token_id))
        credentials.revoke(connection, mine, int(time.time()))


def _settings(config: Path | None, db: str | None) -> Settings:
    from api.settings import read_settings

    return read_settings(config, db=db)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """Yields the database of a service that does not run."""
    from dispatch.store import Database, DatabaseError

    try:
        database = Database.open(settings.db)
    except DatabaseError as error:
        if error.code != "database-locked":
            raise
        raise InvalidRequest(
            "The service runs, and what it goes by is changed by asking it.",
            at=error.at,
            cure="Give --url http://HOST:PORT, and a token in DISPATCH_TOKEN if it asks for one.",
        ) from error
    try:
        yield database
    finally:
        database.close()


def _stored(settings: Settings) -> tuple[Credential, ...]:
    from dispatch import credentials
    from dispatch.beside import beside

    with beside(settings.db) as connection:
        known = credentials.read_all(connection, settings.zone)
    return tuple(each for each in known if each.parent is None)


def _shown(credential: Credential) -> dict[str, Any]:
    """Returns a token as JSON, without its hash; instants in UTC."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    def told(name: str, value: Any) -> Any:
        if not name.endswith("_at") or value is None:
            return value
        return datetime.fromtimestamp(value, UTC).isoformat()

    hidden = ("digest", "parent")
    return {n: told(n, value) for n, value in asdict(credential).items() if n not in hidden}


def _asked(url: str, token: str | None, method: str, path: str, body: Any) -> Any:
    from api.service_client import ask

    return ask(url, token, method, path, body)
