"""
Reads the examples of the interface page: what is sent, and what has to come back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

ANY = "…"
"""Stands for any value; as a field, or as the last of a list, it says that more may follow."""

EXAMPLE = re.compile(
    r"```http\n(?P<request>.*?)```\n```json (?P<status>\d+)\n(?P<answer>.*?)```", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Example:
    """A request of the page, its body as JSON or as bytes, and the answer shown."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


def examples(page: str) -> list[Example]:
    """Returns the examples of a page as they stand on it."""
    return [
        _example(found["request"], int(found["status"]), found["answer"])
        for found in EXAMPLE.finditer(page)
    ]


def _example(request: str, status: int, answer: str) -> Example:
    head, _, body = request.partition("\n\n")
    first, *headers = head.strip().splitlines()
    method, path = first.split(" ", 1)
    is_text = any(line.startswith("Content-Type: text/") for line in headers)
    return Example(
        method=method,
        path=path,
        headers=dict(line.split(": ", 1) for line in headers),
        body=body.encode() if is_text else json.loads(body) if body.strip() else None,
        status=status,
        answer=json.loads(answer),
    )


def differences(shown: Any, given: Any, at: str = "") -> list[str]:
    """Returns where an answer is not as shown, in words; none where it is."""
    if shown == ANY:
        return []
    if isinstance(shown, dict) and isinstance(given, dict):
        return _differences_of_fields(shown, given, at)
    if isinstance(shown, list) and isinstance(given, list):
        some = [item for item in shown if item != ANY]
        if len(given) < len(some) or (ANY not in shown and len(given) > len(some)):
            return [f"{at}: {len(some)} items shown, {len(given)} given"]
        pairs = enumerate(zip(some, given, strict=False))
        return [d for i, (was, now) in pairs for d in differences(was, now, f"{at}[{i}]")]
    return [] if shown == given else [f"{at}: {shown!r} shown, {given!r} given"]


def _differences_of_fields(shown: dict[str, Any], given: dict[str, Any], at: str) -> list[str]:
    names = set(shown) - {ANY}
    missing = [f"{at}.{name}: not in the answer" for name in sorted(names - set(given))]
    rest = set(given) - names if ANY not in shown else set()
    untold = [f"{at}.{name}: not shown" for name in sorted(rest)]
    inside = [
        difference
        for name in sorted(names & set(given))
        for difference in differences(shown[name], given[name], f"{at}.{name}")
    ]
    return [*missing, *untold, *inside]
