"""
Answers of solvers, asked for once and kept in the user's cache.

One file per solver, problem and budget, so that a run that was cut short goes on where it was. A
file is of one version of the solver, and of one processor.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from benchmarks.freeze_files import routes_as_json, routes_from_json
from benchmarks.kept import cache, keep
from benchmarks.machine import processor
from benchmarks.snapshots_runs import Answer, judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.snapshots_questions import Question
    from benchmarks.snapshots_runs import Contestant, Run

DISTURBED = 0.85
"""Seconds of the processor per second below which something else had the core."""


def measured(
    contestant: Contestant, question: Question, seconds: float, seeds: Sequence[int], problems: str
) -> tuple[Run, ...]:
    """Returns a run per seed, from the cache where it was measured; ``problems`` is a digest."""
    file = _file(contestant, question, seconds, problems)
    known = _read(file)
    for seed in seeds:
        if seed not in known:
            known[seed] = _less_disturbed(contestant, question, seconds, seed)
            _write(file, known)
    return tuple(judge(question, known[seed], seed) for seed in seeds)


def _less_disturbed(
    contestant: Contestant, question: Question, seconds: float, seed: int
) -> Answer:
    """Returns an answer, of two the one that had more of the core, whichever is better."""
    first = contestant.answer(question, seconds, seed)
    if first.cpu >= DISTURBED * first.elapsed:
        return first
    again = contestant.answer(question, seconds, seed)
    return max(first, again, key=lambda answer: answer.cpu / answer.elapsed)


def _file(contestant: Contestant, question: Question, seconds: float, problems: str) -> Path:
    cell = f"{question.part}-{question.name}-{contestant.name}-{seconds * 1000:.0f}ms"
    machine = hashlib.sha256(processor().encode()).hexdigest()[:6]
    return cache() / f"snapshots-{problems}-{machine}" / f"{cell}-{contestant.key(question)}.json"


def _read(file: Path) -> dict[int, Answer]:
    if not file.exists():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    return {
        seed: Answer(None if raw is None else routes_from_json(raw), elapsed, cpu, error)
        for seed, raw, elapsed, cpu, error in told
    }


def _write(file: Path, known: dict[int, Answer]) -> None:
    """Writes answers, all or none of them."""
    told = [
        [seed, None if a.routes is None else routes_as_json(a.routes), a.elapsed, a.cpu, a.error]
        for seed, a in known.items()
    ]
    keep(file, json.dumps(told))
