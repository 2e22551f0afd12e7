"""
A PostgreSQL server of one's own, in a temporary folder, for tests and proofs.

It synchronises to the disk as a real one does, and listens on loopback and on a socket in its
folder. As root it runs as the user ``postgres``, since PostgreSQL refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

START_S = 60
"""Longest wait for a server to be ready."""

USER = "dispatch"
"""The name of its superuser, who needs no password."""

_INITDB = ("--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8")
_SIZES = ("shared_buffers=16MB", "max_connections=40", "autovacuum=off")


def why_not() -> str:
    """Returns why no server can be started here, empty where one can."""
    if _programs() is None:
        return "PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql)."
    if os.geteuid() == 0 and _user() is None:
        return "There is no user postgres to run PostgreSQL as."
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "There is no setpriv to run PostgreSQL as another user (Debian: util-linux)."
    return ""


def _programs() -> Path | None:
    """Returns the folder of the newest server's programs, None where there is none from 15 on."""
    found = {
        int(path.parent.parent.name): path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    }
    if found and max(found) >= 15:
        return found[max(found)]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb is not None else None


def _user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


class PostgresServer:
    """
    One server and its folder; may be killed, stopped and started again.

    Mutable because that is what it is for. Raises RuntimeError, with the end of its log, where it
    does not start.
    """

    def __init__(self) -> None:
        programs = _programs()
        if programs is None or why_not():
            raise RuntimeError(why_not())
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="dispatch-pg-"))
        self._as_user: tuple[str, ...] = ()
        user = _user()
        if os.geteuid() == 0 and user is not None:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}")
            self._as_user = ("setpriv", *ids, "--clear-groups")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", *_INITDB, "--no-sync", f"--pgdata={self._folder / 'data'}")

    def start(self, *settings: str) -> None:
        """Returns when the server answers; settings like ``fsync=off`` are for this time."""
        ours = (f"port={self.port}", "listen_addresses=127.0.0.1", *_SIZES)
        options = [f"-c{setting}" for setting in (*ours, *settings)]
        command = (*self._command("postgres"), f"-D{self._folder / 'data'}", f"-k{self._folder}")
        log = self._folder / "log"
        with log.open("ab") as out:
            # The command is made here, of the system's programs and files in a folder of our own.
            self._process = subprocess.Popen(
                (*command, *options), stdout=out, stderr=out, cwd=self._folder
            )
        began = time.monotonic()
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() - began > START_S:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.02)

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        """Returns the URL of a database; ``port`` is that of a proxy before the server."""
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{database}"

    def create(self, database: str, like: str = "template0") -> None:
        """Makes a database, empty or the copy of another that nobody uses."""
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{like}"')

    def run(self, statement: str, database: str = "postgres") -> None:
        """Does something in a database."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            # Statements of tests and proofs, written there.
            connection.execute(statement.encode())

    def owned(self, folder: Path) -> Path:
        """Returns a folder that is the server's to write to from now on."""
        user = _user()
        if self._as_user and user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        return folder

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """
        Ends the server: SIGINT ends its connections first, SIGQUIT ends at once as
        ``pg_ctl stop -m immediate`` does.
        """
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(START_S)

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _command(self, program: str) -> tuple[str, ...]:
        return (*self._as_user, str(self._programs / program))

    def _run(self, program: str, *arguments: str) -> None:
        # As above.
        done = subprocess.run(
            (*self._command(program), *arguments),
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
        )
        if done.returncode:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise RuntimeError(f"{program} failed:\n{done.stderr[-3000:]}")
