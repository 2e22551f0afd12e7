"""
What a courier is told on the way, turn by turn, in Chinese and English.

A route comes in pieces from junction to junction. Pieces that need no word between them are
one *stretch*: a street that goes on, a bend without a choice. Each stretch is one step; its
sentence is a template of `guidance.toml`.
"""

from __future__ import annotations

import math
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dispatch.places import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dispatch.street_side import Ride
    from dispatch.streets import Piece, StreetRoute

SHIPPED = Path(__file__).with_name("guidance.toml")
"""The sentences that come with dispatch."""

STRAIGHT = 20.0
"""Degrees up to which one goes straight on."""

SLIGHT = 60.0
"""Degrees up to which a turn is a slight one; from 120 it is a sharp one."""

AROUND = 170.0
"""Degrees from which one turns round."""

CONNECTOR_M = 15.0
"""Metres below which a road without a name between two streets is part of a turn."""

HEADINGS = (
    "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west",
)  # fmt: skip


class Stretch(NamedTuple):
    """Pieces between two instructions, and the degrees of the turn into them."""

    pieces: tuple[Piece, ...]
    angle: float

    @property
    def first(self) -> Piece:
        """Its first piece."""
        return self.pieces[0]

    @property
    def last(self) -> Piece:
        """Its last piece."""
        return self.pieces[-1]

    @property
    def metres(self) -> float:
        """Its length."""
        return sum(piece.metres for piece in self.pieces)

    @property
    def seconds(self) -> float:
        """Its duration, with the wait and the turn at its end."""
        return sum(piece.seconds for piece in self.pieces)


def steps(route: StreetRoute | Ride) -> tuple[Step, ...]:
    """
    Returns what to do on a route, the arrival last; durations add up to its rounded seconds.

    A step ends at the whole second in which its stretch does, so that rounding never adds
    up. The arrival takes no time.
    """
    found, texts = _stretches(route.pieces), []
    for i, stretch in enumerate(found):
        texts.append(_depart(stretch) if i == 0 else _turn(found[i - 1], stretch))
    texts.append(_say("arrive", found[-1].last.name if found else ""))
    seconds = _whole([stretch.seconds for stretch in found], route.seconds)
    metres = _whole([stretch.metres for stretch in found], route.metres)
    return tuple(
        Step(text["zh"], text["en"], duration, distance)
        for text, duration, distance in zip(texts, seconds, metres, strict=True)
    )


def modifier(angle: float) -> str:
    """Returns what a turn of some degrees, to the right positive, is called."""
    size, side = abs(angle), "right" if angle > 0 else "left"
    if size <= STRAIGHT:
        return "straight"
    if size >= AROUND:
        return "u-turn"
    return f"slight-{side}" if size <= SLIGHT else side if size < 180 - SLIGHT else f"sharp-{side}"


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Returns the sentences by table, key and language."""
    return tomllib.loads(SHIPPED.read_text("utf-8"))


def _stretches(pieces: tuple[Piece, ...]) -> list[Stretch]:
    """Joins pieces that need no word between them; a roundabout ends with the street out."""
    found: list[Stretch] = []
    for piece in pieces:
        before = found[-1] if found else None
        if before is None:
            found.append(Stretch((piece,), 0.0))
        elif _goes_on(before.last, piece) or (before.last.around and not piece.around):
            found[-1] = Stretch((*before.pieces, piece), before.angle)
        elif len(found) > 1 and _is_connector(before):
            # Two turns within a few metres are one: from the street before to the one after.
            angle = _angle(found[-2].last, piece)
            found[-1] = Stretch((*before.pieces, piece), angle)
        else:
            found.append(Stretch((piece,), piece.angle))
    return found


def _goes_on(before: Piece, piece: Piece) -> bool:
    """Tells whether one needs no word between two pieces."""
    if (before.pushed, before.around) != (piece.pushed, piece.around):
        return False
    if piece.around:
        return True
    return before.name == piece.name and (abs(piece.angle) <= SLIGHT or 0 < piece.arms <= 2)


def _is_connector(stretch: Stretch) -> bool:
    return (
        not any(piece.name or piece.around for piece in stretch.pieces)
        and stretch.metres < CONNECTOR_M
    )


def _angle(before: Piece, piece: Piece) -> float:
    """Returns the degrees turned to the right from the end of a piece to another."""
    return 180 - (180 - (piece.heading - before.end_heading)) % 360


def _depart(stretch: Stretch) -> Mapping[str, str]:
    circle = [piece for piece in stretch.pieces if piece.around]
    if circle and not stretch.last.around:
        return _say("roundabout-out", stretch.last.name, exit=_exit(circle))
    kind = "depart-push" if stretch.first.pushed else "depart"
    heading = HEADINGS[round(stretch.first.heading / 45) % 8]
    return _say(kind, stretch.first.name, heading=templates()["heading"][heading])


def _turn(before: Stretch, stretch: Stretch) -> Mapping[str, str]:
    circle = [piece for piece in stretch.pieces if piece.around]
    if circle and stretch.last.around:
        return _say("roundabout-in", stretch.last.name)
    if circle:
        return _say("roundabout", stretch.last.name, exit=_exit(circle))
    turn = templates()["turn"][modifier(stretch.angle)]
    was, is_pushed, name = before.last.pushed, stretch.last.pushed, stretch.last.name
    if is_pushed:
        return _say("push-on" if was else "push", name, turn=turn)
    if was:
        return _say("ride", name, turn=turn)
    return _say("stay" if name == before.last.name else "turn", name, turn=turn)


def _exit(circle: list[Piece]) -> int:
    """
    Returns the number of the exit after some pieces of a roundabout.

    Every road that meets it counts, since the pieces do not tell those that only lead in.
    """
    return 1 + sum(piece.arms > 2 for piece in circle[1:])


def _say(kind: str, road: str, **words: object) -> Mapping[str, str]:
    """Returns a sentence by language; words that differ by language are tables themselves."""
    sentence = templates()["sentence"][kind if road else f"{kind}-unnamed"]
    return {
        language: text.format(road=road, **dict(_words(words, language)))
        for language, text in sentence.items()
    }


def _words(words: Mapping[str, object], language: str) -> Iterator[tuple[str, object]]:
    for key, word in words.items():
        yield key, word[language] if isinstance(word, dict) else word


def _whole(parts: list[float], total: float) -> list[int]:
    """Returns parts as whole numbers that add up to the rounded total, and a 0 for the arrival."""
    exact, spent, whole = 0.0, 0, []
    for i, part in enumerate(parts):
        exact = total if i == len(parts) - 1 else exact + part
        whole.append(max(0, math.floor(exact + 0.5) - spent))
        spent += whole[-1]
    return [*whole, max(0, math.floor(total + 0.5) - spent)]
