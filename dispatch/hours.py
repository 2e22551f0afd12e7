"""Opening hours of a week, in seconds of the local day."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 24 * 3600

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
"""Names of the days as OpenStreetMap has them; Monday is weekday 0."""

WORKING_DAYS = range(5)

Span = tuple[int, int]
"""Opens and closes, seconds of the local day; the end is excluded."""


@dataclass(frozen=True, slots=True)
class Week:
    """
    When something is open: the spans of each day in order, Monday first.

    What is open past midnight has a span that ends at 86 400 and one that begins at 0 the day
    after. Raises ValueError for spans that overlap or are not within a day.
    """

    days: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(DAYS):
            raise ValueError(f"Expected seven days, got {len(self.days)}.")
        for name, spans in zip(DAYS, self.days, strict=True):
            edges = [edge for span in spans for edge in span]
            if edges != sorted(set(edges)) or any(not 0 <= edge <= DAY for edge in edges):
                raise ValueError(f"Expected ascending spans within a day on {name}, got {spans}.")

    def is_open(self, weekday: int, second: int) -> bool:
        """Returns whether it is open at a second of the day."""
        return any(opens <= second < closes for opens, closes in self.days[weekday])

    def usual(self) -> Span | None:
        """
        Returns the span that holds on every working day; None where there is none.

        Breaks at noon are not seen. A working day without hours is left out, unless all are.
        """
        ends = [(d[0][0], d[-1][1]) for i in WORKING_DAYS if (d := self.days[i])]
        if not ends:
            return None
        opens, closes = max(e[0] for e in ends), min(e[1] for e in ends)
        return (opens, closes) if opens < closes else None

    def overlap(self, other: Week) -> Week:
        """Returns when both are open."""
        return Week(
            tuple(
                tuple(
                    (max(a, c), min(b, d))
                    for a, b in mine
                    for c, d in yours
                    if max(a, c) < min(b, d)
                )
                for mine, yours in zip(self.days, other.days, strict=True)
            )
        )

    def __str__(self) -> str:
        """Returns such as ``Mo 08:00-12:00,13:00-17:00; Su closed``, equal days together."""
        parts: list[tuple[str, str, str]] = []
        for name, spans in zip(DAYS, self.days, strict=True):
            text = ",".join(f"{_clock(a)}-{_clock(b)}" for a, b in spans) or "closed"
            if parts and parts[-1][2] == text:
                parts[-1] = (parts[-1][0], name, text)
            else:
                parts.append((name, name, text))
        return "; ".join(f"{a if a == b else f'{a}-{b}'} {text}" for a, b, text in parts)


def every_day(opens: int, closes: int) -> Week:
    """Returns the week with the same span on every day."""
    return Week((((opens, closes),),) * len(DAYS))


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"
