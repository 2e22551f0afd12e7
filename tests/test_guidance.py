"""What couriers are told turn by turn, on routes made by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dispatch.guidance import HEADINGS, modifier, steps, templates


@dataclass(frozen=True)
class Piece:
    """A piece as `dispatch.streets.Piece` has it; 100 m in 20 s to the north by default."""

    name: str = "Aleksanterinkatu"
    kind: str = "residential"
    pushed: bool = False
    around: bool = False
    metres: float = 100.0
    seconds: float = 20.0
    heading: float = 0.0
    end_heading: float = 0.0
    angle: float = 0.0
    arms: int = 3
    begin: int = 0


@dataclass(frozen=True)
class Route:
    """A route as `dispatch.streets.StreetRoute` has it."""

    seconds: float
    metres: float
    line: tuple[tuple[float, float], ...]
    pieces: tuple[Piece, ...]
    epoch: int = 1


def told(*pieces: Piece) -> Any:
    """Returns the steps of a route over some pieces."""
    route: Any = Route(sum(p.seconds for p in pieces), sum(p.metres for p in pieces), (), pieces)
    return steps(route)


def english(*pieces: Piece) -> list[str]:
    return [step.text_en for step in told(*pieces)]


def turned(angle: float, name: str = "Mannerheimintie", **more: Any) -> Piece:
    return Piece(name, angle=angle, heading=angle % 360, end_heading=angle % 360, **more)


def test_a_street_with_many_junctions_is_one_step() -> None:
    assert english(Piece(), Piece(angle=5), Piece(angle=-40)) == [
        "Head north on Aleksanterinkatu",
        "Arrive at the destination on Aleksanterinkatu",
    ]


def test_a_turn_into_another_street_names_it_in_both_languages() -> None:
    _, turn, arrive = told(Piece(), turned(90))
    assert turn.text_en == "Turn right onto Mannerheimintie"
    # A full-width comma, as Chinese has it.
    assert turn.text_zh == "右转\uff0c进入Mannerheimintie"
    assert (arrive.duration_s, arrive.distance_m) == (0, 0)


@pytest.mark.parametrize(
    ("angle", "name"),
    [
        (0, "straight"),
        (-20, "straight"),
        (21, "slight-right"),
        (-60, "slight-left"),
        (61, "right"),
        (-119, "left"),
        (120, "sharp-right"),
        (-169, "sharp-left"),
        (170, "u-turn"),
        (-180, "u-turn"),
    ],
)
def test_turns_are_called_by_their_angle(angle: float, name: str) -> None:
    assert modifier(angle) == name


def test_every_turn_has_its_own_words() -> None:
    said = {english(Piece(), turned(a))[1] for a in (0, 40, 90, 150, 175, -40, -90, -150)}
    assert len(said) == 8


def test_a_bend_where_no_roads_meet_is_no_step() -> None:
    assert len(told(Piece(), turned(95, "Aleksanterinkatu", arms=2))) == 2


def test_a_street_that_turns_at_a_junction_is_told() -> None:
    assert english(Piece(), turned(-90, "Aleksanterinkatu"))[1] == (
        "Turn left to stay on Aleksanterinkatu"
    )


def test_roads_without_a_name_are_told_without_one() -> None:
    assert english(Piece(""), turned(90, "")) == [
        "Head north",
        "Turn right",
        "Arrive at the destination",
    ]


def test_the_heading_is_the_nearest_eighth() -> None:
    # 337 degrees is 22 from north-west (315) and 23 from north (360); 338 the other way round.
    assert english(Piece(heading=337))[0] == "Head north-west on Aleksanterinkatu"
    assert english(Piece(heading=338))[0] == "Head north on Aleksanterinkatu"


def test_pushing_and_riding_again_are_told() -> None:
    walk = turned(90, "Passage", pushed=True)
    on = turned(0, "Square", pushed=True)
    ride = turned(-90, "Street")
    assert english(Piece(), walk, on, ride)[1:4] == [
        "Turn right, get off and push the bike along Passage",
        "Continue straight, go on pushing the bike along Square",
        "Turn left, get on again and ride along Street",
    ]
    assert english(walk)[0] == "Push the bike east along Passage"


def test_the_exit_of_a_roundabout_counts_the_roads_passed() -> None:
    circle = Piece("", around=True, metres=15, seconds=4, arms=3)
    bend = replace(circle, arms=2)
    # In at a junction, past one road (arms 3), a point without one, and out by the next road.
    route = (Piece(), circle, circle, bend, turned(0, "Mannerheimintie"))
    assert english(*route)[1:] == [
        "In the roundabout take exit 2 onto Mannerheimintie",
        "Arrive at the destination on Mannerheimintie",
    ]
    # The step has the roundabout's 3 x 4 s and the 20 s of the street out.
    assert told(*route)[1].duration_s == 32


def test_a_route_may_begin_or_end_in_a_roundabout() -> None:
    circle = Piece("", around=True)
    assert english(circle, turned(0))[0] == "Leave the roundabout by exit 1 onto Mannerheimintie"
    assert english(Piece(), circle)[1] == "Enter the roundabout"
    assert english(circle)[0] == "Head north"


def test_two_turns_over_a_few_metres_are_one() -> None:
    link = Piece("", metres=8, seconds=2, angle=90, heading=90, end_heading=90)
    out = Piece("Mannerheimintie", angle=90, heading=180, end_heading=180)
    # Right and right again within 8 m: the way back.
    assert english(Piece(), link, out)[1] == "Make a U-turn onto Mannerheimintie"
    assert told(Piece(), link, out)[1].duration_s == 22


def test_durations_add_up_to_the_rounded_ride() -> None:
    # 10 x 1.26 s are 12.6 s, so 13; each for itself rounded they would be 10.
    pieces = [turned(90, f"Street {i}", seconds=1.26, metres=10.4) for i in range(10)]
    found = told(*pieces)
    assert sum(step.duration_s for step in found) == 13
    assert sum(step.distance_m for step in found) == 104
    assert {step.duration_s for step in found[:-1]} == {1, 2}


def test_a_ride_to_where_one_stands_is_an_arrival() -> None:
    (step,) = told()
    assert (step.text_en, step.duration_s) == ("Arrive at the destination", 0)


def test_every_template_has_both_languages_with_the_same_words() -> None:
    for table in templates().values():
        for key, text in table.items():
            assert sorted(text) == ["en", "zh"], key
            words = [sorted(re.findall(r"{(\w+)}", text[language])) for language in ("zh", "en")]
            assert words[0] == words[1], key
            assert ("road" in words[0]) == (
                key not in templates()["heading"]
                and key not in templates()["turn"]
                and not key.endswith("-unnamed")
            )


def test_every_named_sentence_has_one_for_roads_without_a_name() -> None:
    keys = set(templates()["sentence"])
    named = {key for key in keys if not key.endswith("-unnamed")}
    assert keys == named | {f"{key}-unnamed" for key in named}
    assert set(HEADINGS) == set(templates()["heading"])


def test_a_name_with_braces_is_told_as_it_is() -> None:
    assert english(Piece("{road}"))[0] == "Head north on {road}"
