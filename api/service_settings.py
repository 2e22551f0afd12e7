"""
Services as a supplier declares them in the settings.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dispatch.promises import (
    BusinessTime,
    CalendarDays,
    Clock,
    Service,
    Start,
    WallClock,
    WorkingDays,
)

YEAR_S = 365 * 24 * 3600

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]
Seconds = Annotated[int, Field(strict=True, ge=1, le=YEAR_S)]
Days = Annotated[int, Field(strict=True, ge=0, le=366)]

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")


class Entry(BaseModel):
    """A table of the settings; what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Wall(Entry):
    """So many seconds, by day and by night."""

    kind: Literal["wall"]
    seconds: Seconds

    def to_domain(self) -> WallClock:
        """Returns the clock as a value of the business."""
        return WallClock(self.seconds)


class Business(Entry):
    """So many seconds of business hours."""

    kind: Literal["business"]
    seconds: Seconds

    def to_domain(self) -> BusinessTime:
        """Returns the clock as a value of the business."""
        return BusinessTime(self.seconds)


class Working(Entry):
    """The end of the so manieth working day after: at the close of business, or at 24:00."""

    kind: Literal["working_days"]
    days: Days
    until: Literal["close", "24:00"] = "close"

    def to_domain(self) -> WorkingDays:
        """Returns the clock as a value of the business."""
        return WorkingDays(self.days, self.until == "close")


class Daily(Entry):
    """The end of the so manieth day after; ``rolls`` moves it off holidays."""

    kind: Literal["calendar_days"]
    days: Days
    rolls: bool = True

    def to_domain(self) -> CalendarDays:
        """Returns the clock as a value of the business."""
        return CalendarDays(self.days, self.rolls)


CLOCK_KINDS: dict[str | int, type[Entry]] = {
    "wall": Wall,
    "business": Business,
    "working_days": Working,
    "calendar_days": Daily,
}
"""The clocks by the names of their kinds."""


class ServiceSettings(Entry):
    """
    A service on offer; one of a shipped name replaces it.

    ``urgent`` plans its drops at once and first, ``negotiable`` lets a longer time be quoted where
    the usual one cannot be kept. ``answer_s`` is by when a first answer is promised. What comes at
    ``cut_off``, a local time, or later counts as placed on the next working day. ``calendar`` is
    the name of one (empty: the first).
    """

    name: Name
    clock: Annotated[Wall | Business | Working | Daily, Field(discriminator="kind")]
    urgent: bool = False
    negotiable: bool = False
    starts: Start = Start.PLACED
    answer_s: Seconds | None = None
    cut_off: str | None = None
    calendar: Name | Literal[""] = ""

    @field_validator("cut_off", mode="before")
    @classmethod
    def _within_a_day(cls, cut_off: object) -> object:
        if cut_off is not None and not (isinstance(cut_off, str) and _TIME.match(cut_off)):
            raise ValueError(
                f'{str(cut_off)!r} is no time of a day: write it in quotes, "00:00" to "23:59"'
            )
        return cut_off

    @model_validator(mode="after")
    def _fits_its_clock(self) -> ServiceSettings:
        if self.cut_off is not None and not isinstance(self.clock, Business | Working):
            raise ValueError(
                f"a clock of kind {self.clock.kind} runs through the night and has no cut_off: "
                "leave it out, or count in business time or working days"
            )
        if self.calendar and isinstance(self.clock, Wall):
            raise ValueError("a clock of kind wall needs no calendar: leave it out")
        return self

    def to_domain(self) -> Service:
        """Returns the service as a value of the business."""
        return Service(
            name=self.name,
            clock=self.clock.to_domain(),
            urgent=self.urgent,
            negotiable=self.negotiable,
            starts=self.starts,
            answer_s=self.answer_s,
            cut_off=_second_of(self.cut_off),
            calendar=self.calendar,
        )


def _second_of(text: str | None) -> int | None:
    if text is None:
        return None
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def service_json(service: Service) -> dict[str, Any]:
    """Returns a service as the settings have it, without what is not said."""
    told: dict[str, Any] = {
        "name": service.name,
        "clock": _clock_json(service.clock),
        "urgent": service.urgent,
        "negotiable": service.negotiable,
        "starts": service.starts.value,
    }
    if service.answer_s is not None:
        told["answer_s"] = service.answer_s
    if service.cut_off is not None:
        hours, seconds = divmod(service.cut_off, 3600)
        told["cut_off"] = f"{hours:02d}:{seconds // 60:02d}"
    return told | ({"calendar": service.calendar} if service.calendar else {})


def _clock_json(clock: Clock) -> dict[str, Any]:
    match clock:
        case WallClock(seconds):
            return {"kind": "wall", "seconds": seconds}
        case BusinessTime(seconds):
            return {"kind": "business", "seconds": seconds}
        case WorkingDays(days, at_close):
            until = "close" if at_close else "24:00"
            return {"kind": "working_days", "days": days, "until": until}
        case CalendarDays(days, rolls):
            return {"kind": "calendar_days", "days": days, "rolls": rolls}
