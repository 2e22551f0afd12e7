"""
What was heard of couriers' phones, each statement in the transaction of the connection it is given:
every tap with its answer, as it was sent, for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select

from dispatch.codec import from_json, to_json
from dispatch.numbering import Numbers
from dispatch.requests import Action, ActionAnswer, Evidence
from dispatch.schema import courier_actions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

TABLE = courier_actions.c


@dataclass(frozen=True, slots=True)
class Past:
    """What was heard of a courier before: the answers to some ids, and numbers."""

    answers: Mapping[str, ActionAnswer]
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list of a courier's taps, by number and, under one number, by id."""

    number: int
    action_id: str


def write_answers(
    connection: Connection, zone: str, seq: int, answers: Sequence[ActionAnswer]
) -> None:
    """Stores what couriers were told about their taps; what was told once never changes."""
    rows = [{"zone": zone, "seq": seq, **_row(answer)} for answer in answers]
    if rows:
        connection.execute(insert(courier_actions), rows)


def _row(answer: ActionAnswer) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ("number", "occurred_at", "device_now", "received_at", "body")
    )
    row |= {
        "courier": answer.courier,
        "action_id": answer.action_id,
        "result": answer.result,
        "reason": answer.reason,
    }
    if (told := answer.evidence) is not None:
        row |= {
            "number": told.action.seq,
            "occurred_at": told.action.occurred_at,
            "device_now": told.device_now,
            "received_at": told.received_at,
            "body": to_json(told.action),
        }
    return row


def _answers(statement: Select[Any], connection: Connection) -> list[ActionAnswer]:
    return [
        ActionAnswer(
            row.courier,
            row.action_id,
            row.result,
            row.reason,
            None
            if row.body is None
            else Evidence(from_json(Action, row.body), row.received_at, row.device_now),
        )
        for row in connection.execute(statement)
    ]


def read_answer(connection: Connection, courier: str, action_id: str) -> ActionAnswer | None:
    """Returns the stored answer to a tap, None if there is none."""
    mine = TABLE.courier == courier, TABLE.action_id == action_id
    return next(iter(_answers(select(courier_actions).where(*mine), connection)), None)


def read_past(
    connection: Connection, zone: str, courier: str, ids: Iterable[str], numbers: Iterable[int]
) -> Past:
    """Returns the answers given under these ids, and whose these numbers are."""
    mine = TABLE.courier == courier, TABLE.zone == zone
    known = select(courier_actions).where(*mine, TABLE.action_id.in_(sorted(ids)))
    answers = {answer.action_id: answer for answer in _answers(known, connection)}
    # The first that came with a number has it.
    taken = select(TABLE.number, TABLE.action_id).where(*mine, TABLE.number.in_(sorted(numbers)))
    found = connection.execute(taken.order_by(TABLE.seq.desc()))
    return Past(
        answers, Numbers(_last(connection, *mine), {row.number: row.action_id for row in found})
    )


def _last(connection: Connection, *mine: ColumnElement[bool]) -> int | None:
    last: int | None = connection.scalar(select(func.max(TABLE.number)).where(*mine))
    return last


def last_number(connection: Connection, zone: str, courier: str) -> int | None:
    """Returns the highest number that a courier's phone gave a tap, None before the first."""
    return _last(connection, TABLE.courier == courier, TABLE.zone == zone)


def read_taps(
    connection: Connection, zone: str, courier: str, since: int, after: Place | None, limit: int
) -> list[ActionAnswer]:
    """
    Returns the first taps of a courier with numbers above ``since`` that come ``after`` a place.

    In order of numbers, all with evidence; those stored without are left out.
    """
    wanted = [TABLE.courier == courier, TABLE.zone == zone, TABLE.number > since]
    if after is not None:
        same = and_(TABLE.number == after.number, TABLE.action_id > after.action_id)
        wanted.append(or_(TABLE.number > after.number, same))
    statement = select(courier_actions).where(*wanted)
    return _answers(statement.order_by(TABLE.number, TABLE.action_id).limit(limit), connection)
