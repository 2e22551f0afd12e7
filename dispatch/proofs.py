"""
What shows that goods were handed over: a signature, or the PIN that the buyer was shown.

Kept apart from log and taps, which only say of what kind it was, so that it can be erased. Each
function works in the transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from dispatch.schema import pins, proofs
from dispatch.statements import erase_for_good, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

MOST_WRONG = 5
"""Wrong PINs after which none is taken for a drop: 10 000 there are, so nobody guesses one."""

PIN, SIGNATURE = "pin", "signature"
"""What hand-over is shown by."""

WRONG_PIN, SPENT_PIN, NO_PIN = "wrong_pin", "spent_pin", "no_pin"
"""What a PIN may be found to be that shows nothing."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was given for a drop; ``body`` are the strokes of a signature as an SVG path."""

    drop_id: str
    action_id: str
    courier: str
    kind: str
    body: str
    at: int


def write(connection: Connection, zone: str, proof: Proof) -> None:
    """Stores what was given for a drop."""
    connection.execute(insert(proofs), {**asdict(proof), "zone": zone})


def read(connection: Connection, zone: str, drops: Collection[str]) -> tuple[Proof, ...]:
    """Returns what is held for drops, the oldest first."""
    found: list[Proof] = []
    names = [column for column in proofs.c if column.name != "zone"]
    for part in in_parts(sorted(drops)):
        mine = (proofs.c.zone == zone) & proofs.c.drop_id.in_(part)
        rows = connection.execute(select(*names).where(mine)).mappings()
        found += [Proof(**row) for row in rows]
    return tuple(sorted(found, key=lambda proof: (proof.at, proof.drop_id, proof.action_id)))


def erase(connection: Connection, zone: str, drops: Collection[str]) -> int:
    """Deletes what is held for drops; returns how many proofs that were."""
    erase_for_good(connection)
    erased = 0
    for part in in_parts(sorted(drops)):
        mine = (proofs.c.zone == zone) & proofs.c.drop_id.in_(part)
        erased += connection.execute(delete(proofs).where(mine)).rowcount
    return erased


def forget(connection: Connection, zone: str, before: int) -> None:
    """Deletes proofs given, and PINs made, before a moment."""
    erase_for_good(connection)
    connection.execute(delete(proofs).where(proofs.c.zone == zone, proofs.c.at < before))
    connection.execute(delete(pins).where(pins.c.zone == zone, pins.c.created_at < before))


def make_pins(connection: Connection, zone: str, drops: Collection[str], now: int) -> None:
    """Gives a PIN of four digits to each of some drops that has none."""
    new = sorted(set(drops) - set(pins_of(connection, zone, drops)))
    rows = [{"zone": zone, "drop_id": d, "digits": _digits(), "wrong": 0} for d in new]
    if rows:
        connection.execute(insert(pins), [{**row, "created_at": now} for row in rows])


def pins_of(connection: Connection, zone: str, drops: Collection[str]) -> Mapping[str, str]:
    """Returns the PINs of those of some drops that have one."""
    found: dict[str, str] = {}
    for part in in_parts(sorted(drops)):
        mine = (pins.c.zone == zone) & pins.c.drop_id.in_(part)
        rows = connection.execute(select(pins.c.drop_id, pins.c.digits).where(mine))
        found |= {row.drop_id: row.digits for row in rows}
    return found


def judge_pin(connection: Connection, zone: str, drop_id: str, told: str) -> str:
    """Returns what a PIN told at a desk is: right, wrong, or one of no use; counts wrong ones."""
    mine = (pins.c.zone == zone) & (pins.c.drop_id == drop_id)
    row = connection.execute(select(pins.c.digits, pins.c.wrong).where(mine)).first()
    if row is None:
        return NO_PIN
    if row.wrong >= MOST_WRONG:
        return SPENT_PIN
    if hmac.compare_digest(row.digits.encode(), told.encode()):
        return PIN
    connection.execute(update(pins).where(mine).values(wrong=row.wrong + 1))
    return WRONG_PIN


def _digits() -> str:
    return f"{secrets.randbelow(10_000):04}"
