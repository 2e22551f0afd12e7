"""
What a database is kept in, a file or a server, as the store sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Backing:
    """
    A database that this process has for itself.

    ``at`` names it, without a password. ``read`` opens a connection that cannot write and sees one
    moment for as long as its transaction lasts. What is done inside ``reported`` raises
    DatabaseError where the database fails. ``abandon`` ends a transaction of the writer however it
    failed; ``is_sound`` says whether one that was begun could still be committed.
    """

    at: str
    writer: Connection
    read: Callable[[ExitStack], Connection]
    reported: Callable[[], AbstractContextManager[None]]
    abandon: Callable[[], None]
    is_sound: Callable[[], bool]
