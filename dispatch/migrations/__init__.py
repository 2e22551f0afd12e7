"""The history of the tables, by Alembic, run when a database is opened."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from dispatch.sqlite import DatabaseError


def migrate(connection: Connection, at: str, to: str = "head") -> None:
    """
    Brings the tables of a database to a version, in one transaction.

    Raises
    ------
    DatabaseError
        If it is newer than this program, or not a database of this program.
    """
    config = configuration(connection)
    with connection.begin():
        version = MigrationContext.configure(connection).get_current_revision()
        tables = inspect(connection).get_table_names()
        if version is None and set(tables) - {"alembic_version"}:
            raise DatabaseError(
                f"This is a database of another program (it has a table {tables[0]}).",
                at=at,
                cure="Name another: a missing file is created, a server's has to be empty.",
            )
        known = known_versions()
        if version is not None and version not in known:
            raise DatabaseError(
                f"The database is newer than this program: its version is {version}, "
                f"the newest known here {known[-1]}.",
                at=at,
                cure="Run the newer program, or restore a backup made before it was upgraded.",
                code="database-newer",
            )
        if version != to:
            command.upgrade(config, to)


@lru_cache(maxsize=1)
def known_versions() -> tuple[str, ...]:
    """Returns the versions of tables that this program knows, the oldest first."""
    script = ScriptDirectory(str(Path(__file__).parent))
    return tuple(sorted(each.revision for each in script.walk_revisions()))


def configuration(connection: Connection) -> Config:
    """Returns what Alembic needs to know, without a file."""
    config = Config()
    # Alembic interpolates what it is told.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
