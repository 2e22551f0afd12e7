"""
The real service in a simulated world: one process after the other on the same database.

A process that is killed leaves its files as they are at that moment: they are copied, and the next
one begins on the copy. What the dead one's code still does, to unwind, reaches nobody.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from api.app import create_app
from api.clock import SystemClock
from api.search_pool import SearchLost
from api.settings import Settings
from benchmarks.simulator_hooks import Post
from benchmarks.simulator_loop import Killed, Life, VirtualThread
from solver.solve import SolveParams, solve

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from benchmarks.simulator_disk import Disk
    from benchmarks.simulator_net import Connection
    from benchmarks.simulator_world import World
    from dispatch.dispatcher import Snapshot
    from solver.solve import Result

NAME = "dispatch.db"


class SlowSearch:
    """A search of few iterations whose answer comes late, so that much happens meanwhile."""

    state = "ready"

    def __init__(self, world: World, life: Life) -> None:
        self._world, self._rng = world, world.rng(f"search {life.number}")
        self.under_way = False

    async def start(self) -> None:
        """Takes a moment."""
        await asyncio.sleep(self._rng.uniform(0, 3))

    async def find(self, snapshot: Snapshot, *, polish: bool = False) -> Result | None:
        """Returns a better solution, if few iterations find one; raises SearchLost now and then."""
        self.under_way = True
        try:
            await asyncio.sleep(self._rng.expovariate(0.02 if polish else 0.3))
        finally:
            self.under_way = False
        if self._rng.random() < self._world.faults.search_lost:
            self._world.journal.note("search lost")
            raise SearchLost("A search worker died.")
        params = SolveParams(iterations=3, seed=self._rng.randrange(1000))
        found = solve(snapshot.problem, params, snapshot.initial)
        self._world.journal.note("searched", f"{snapshot.version} {found.improved}")
        return found if found.improved else None

    async def close(self) -> None:
        """Needs nothing."""


class Service:
    """The processes of the service: one that works, others that are gone, or were left behind."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._rng = world, world.rng("service")
        self._root = folder
        self.folder = folder / "0"
        self.folder.mkdir()
        self.life: Life | None = None
        self.app: FastAPI | None = None
        self.lives = 0
        self.is_broken = self.is_full = False
        self._connections: dict[Connection, None] = {}
        self._disks: dict[Disk, None] = {}
        self._search: SlowSearch | None = None
        self._leave = asyncio.Event()
        self._over = asyncio.Event()
        self._left_behind: list[Life] = []

    async def run(self) -> None:
        """Starts a process whenever there is none, for ever."""
        while True:
            self._begin()
            await self._over.wait()
            await asyncio.sleep(self._rng.expovariate(0.1))

    @property
    def path(self) -> Path:
        """The database."""
        return self.folder / NAME

    def _begin(self) -> None:
        self.lives += 1
        self.life = life = Life(self.lives)
        self._leave, self._over = asyncio.Event(), asyncio.Event()
        self._world.journal.note("start", str(life.number))
        self._world.checks.begin(life)
        self._world.loop.create_task(self._live(life), context=life.context())

    async def _live(self, life: Life) -> None:
        """One life, from start to clean stop; a start that fails is one too."""
        leave, folder = self._leave, self.folder
        try:
            app = self._application(life)
            async with app.router.lifespan_context(app):
                await self._world.checks.restarted(app.state.zone)
                self.app = app if self.life is life else None
                await leave.wait()
                if self.life is life:
                    self.app = None
        except Exception as error:
            if not life.ended:
                self._world.journal.note("start failed", f"{life.number} {error}")
        finally:
            self._ended(life, folder)

    def _application(self, life: Life) -> FastAPI:
        world = self._world
        self._search = SlowSearch(world, life)
        settings = Settings.model_validate(
            {"db": f"sqlite:///{self.path}", "workers": 0, "policy": world.policy}
        )
        rng = world.rng(f"thread {life.number}")
        return create_app(
            settings,
            city=world.city,
            search=self._search,
            post=Post(world),
            clock=SystemClock(world.now),
            thread=VirtualThread(world.loop, lambda: rng.expovariate(200)),
        )

    def _ended(self, life: Life, folder: Path) -> None:
        if not life.ended:
            life.ended = True
            self._world.journal.note("stopped", str(life.number))
        if self.life is life:
            self.life = self.app = None
            self._world.network.later(0, self._over.set)
        if folder != self.folder:
            shutil.rmtree(folder, ignore_errors=True)

    def serve(self, connection: Connection) -> bool:
        """Returns whether there is a process that takes a request."""
        life, app = self.life, self.app
        if life is None or app is None:
            return False
        self._connections[connection] = None

        async def answer() -> None:
            try:
                await app(connection.request.scope(), connection.receive, connection.send)
            except Exception as error:
                # Where nobody listens any more, FastAPI's streams may end in BrokenResourceError.
                if not life.ended and not connection.gone.is_set():
                    self._world.journal.violated("no request fails unforeseen", repr(error))
            finally:
                self._connections.pop(connection, None)

        self._world.loop.create_task(answer(), context=life.context())
        return True

    def strikes(self, point: str, life: Life) -> None:
        """Kills the process at a point of its work, now and then."""
        if life is self.life and self._rng.random() < self._world.faults.crash_commits:
            self.kill(point)
            raise Killed

    def kill(self, point: str = "") -> None:
        """Ends the process at once: its files stay as they are, all connections break."""
        life = self.life
        if life is None:
            return
        searches = self._search is not None and self._search.under_way
        point = point or ("in a search" if searches else "idle")
        self._world.journal.note(f"crash {point}", str(life.number))
        self._move()
        self.life = self.app = None
        # Not before this moment is over: what kills may be the work of one of these.
        for dead in (life, *self._left_behind):
            dead.ended = True
            self._world.network.later(0, self._world.loop.release, dead)
            self._world.network.later(0, self._bury, dead, tuple(self._connections))
        self._left_behind = []
        self._connections.clear()
        self._world.network.later(0, self._over.set)

    def _move(self) -> None:
        """Copies the files as they are; the index of the log is made anew."""
        before, self.folder = self.folder, self._root / str(self.lives)
        self.folder.mkdir()
        for path in before.glob(f"{NAME}*"):
            if not path.name.endswith(("-shm", "-lock")):
                shutil.copyfile(path, self.folder / path.name)

    def _bury(self, life: Life, connections: tuple[Connection, ...]) -> None:
        for connection in connections:
            connection.cut()
        for task in tuple(life.tasks):
            task.cancel()

    def stop(self) -> None:
        """Asks the process to end, as SIGTERM does."""
        if self.life is not None and self.app is not None:
            self._world.journal.note("stop", str(self.life.number))
            self._leave.set()

    def pause(self, seconds: float) -> None:
        """Lets the process stand still, as between SIGSTOP and SIGCONT."""
        if self.life is not None:
            self._world.journal.note("pause", f"{self.life.number} {seconds:.0f} s")
            self._world.loop.hold(self.life, seconds)

    def usurp(self, seconds: float) -> None:
        """
        Starts another process while one stands still, as where a lock is lost: whoever comes back
        must not write any more.
        """
        life = self.life
        if life is None or self.app is None:
            return
        self.pause(seconds)
        self._world.journal.note("usurped", str(life.number))
        self._left_behind.append(life)
        self.path.with_name(f"{NAME}-lock").unlink()
        self.life = self.app = None
        for connection in tuple(self._connections):
            connection.cut()
        leave = self._leave
        self._world.network.later(seconds + self._rng.uniform(1, 300), leave.set)
        self._over.set()

    def opened(self, disk: Disk) -> None:
        """Hears of a connection that writes."""
        self._disks = {d: None for d in self._disks if d.life is not None and not d.life.ended}
        self._disks[disk] = None
        if self.is_full:
            disk.fill(full=True)

    def trouble(self, *, full: bool, broken: bool) -> None:
        """Lets the disk be full, or refuse to commit; or neither."""
        self.is_full, self.is_broken = full, broken
        self._world.journal.note("disk", "full" if full else "broken" if broken else "well")
        for disk in self._disks:
            if disk.life is not None and not disk.life.ended:
                disk.fill(full=full)
