"""The profiles that ship, and what may be wrong with other ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dispatch.errors import CityError
from dispatch.profiles import SHIPPED, load_profiles

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_profiles_are_sound() -> None:
    profiles = load_profiles()
    assert list(profiles.profile) == ["ebike", "bicycle", "car", "foot"]
    assert profiles.of("car").speed("primary_link") == 30
    assert profiles.of("ebike").speed("primary_link") == profiles.of("ebike").speed("primary")
    assert profiles.group("primary_link") == "main"
    assert profiles.group("footway") == "paths"
    assert profiles.country_of("SG").side == "left"
    assert profiles.country_of("XX") is profiles.country["default"]


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("push_kmh = 5", "push_kmh = 50", "profile.ebike.push_kmh"),
        ("push_kmh = 5", "pusch_kmh = 5", ""),
        ("push_kmh = 5", 'push_kmh = "5"', ""),
        ("cap_kmh = 25 ", "cap_kmh = 20 ", "profile.ebike.speeds.cycleway"),
        ("motorway_link = 45", "motorway_link = -1", "profile.car.speeds.motorway_link"),
        ("motorway_link = 45", "motorway_link = nan", ""),
        ("[hours]", "[hours", ""),
        ('keys = ["foot", "access"]', 'keys = ["food", "access"]', "profile.foot.keys"),
        ('side = "left"', 'side = "middle"', "country.GB.side"),
        ('"day", "rush",\n', '"day", "ruhs",\n', "hours.weekday"),
        ("main = { night = 1.1, day", "main = { night = 1.1, dya", "profile.car.factors.main"),
        ("day = 1.0, rush = 0.7", "day = 1.2, rush = 0.7", "profile.car.factors.main.day"),
        ("most = 7.5", "most = -7.5", "profile.car.turn.most"),
        ('u_turns = "dead_ends"', 'u_turns = "never"', "profile.car.u_turns"),
        ("[country.default]", "[country.other]", "country"),
        ("bridleway = 10\n", "", "profile.ebike.speeds"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, at: str) -> None:
    text = SHIPPED.read_text("utf-8")
    assert old in text
    path = tmp_path / "profiles.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CityError) as caught:
        load_profiles(path)
    assert caught.value.code == "bad-profile"
    assert caught.value.at == (at or str(path))
    assert "profiles.toml" in caught.value.cure


def test_an_unknown_profile_is_told_the_known_ones() -> None:
    with pytest.raises(CityError, match="scooter") as caught:
        load_profiles().of("scooter")
    assert "ebike" in caught.value.cure
