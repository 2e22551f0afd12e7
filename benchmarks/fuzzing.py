"""
Asks the real service whatever its OpenAPI document allows, and what it does not, in every role.

Schemathesis makes the requests: cases at the edges of every schema, random ones, and chains in
which one answer feeds the next request. No answer may be a 5xx, nor one that the document does not
have: status, type of content, headers and body are compared with it.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.demand import START, add_couriers, desks, order
from benchmarks.machine import machine
from benchmarks.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEED = 1

EXAMPLES = 60
"""Random requests of each operation, in each role."""

ROLES = ("auditor", "intake", "courier", "dispatcher", "admin")
"""In this order, since each may end the tokens of those before."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)

LEFT_OUT = ("/v1/stream", "/v1/clock")
"""An answer without end, and one that lets a day go by."""

SETTINGS: Mapping[str, Any] = {
    "clock": "manual",
    "clock_start": START,
    "workers": 0,
    "access": "tokens",
    "requests_per_second": 100_000,
}


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of one role: requests made, and those that failed, in Schemathesis's words."""

    role: str
    requests: int
    failed: int
    told: str


def fuzzing(
    examples: int = EXAMPLES,
    roles: Sequence[str] = ROLES,
    phases: str = "coverage,fuzzing,stateful",
) -> str:
    """Returns the requests made, as text; raises AssertionError if an answer was not as it says."""
    before = machine()
    with tempfile.TemporaryDirectory() as name:
        service = Service(Path(name), SETTINGS)
        try:
            service.start()
            _begin(service, Path(name))
            # All at first: who tries wrong codes keeps the address off for a while.
            tokens = {role: _token(service, role) for role in roles}
            found = [
                _fuzzed(service, role, token, examples, phases) for role, token in tokens.items()
            ]
        finally:
            service.stop()
    wrong = [each for each in found if each.failed]
    if wrong:
        raise AssertionError("\n".join(f"{each.role}:\n{each.told}" for each in wrong))
    head = (
        f"Schemathesis over the OpenAPI document of the real service but {', '.join(LEFT_OUT)}: "
        f"{phases} with {examples} random requests an operation, seed {SEED}; "
        f"checks: {', '.join(CHECKS)}"
    )
    lines = [f"{each.role}: {each.requests} requests, {each.failed} failed" for each in found]
    total = sum(each.requests for each in found)
    return "\n".join([before, head, *lines, f"all: {total} requests, 0 failed"]) + "\n"


def _begin(service: Service, folder: Path) -> None:
    """Lets something go on in the zone, in the name of its first administrator."""
    log = (folder / "service.log").read_text(encoding="utf-8")
    (admin,) = re.findall(r"shown this once: (\S+)", log)
    service.http.headers["Authorization"] = f"Bearer {admin}"
    add_couriers(service, 2)
    rng, known = random.Random(SEED), desks(service)
    for _ in range(4):
        service.ask("POST", "/v1/orders", order(rng, known))


def _token(service: Service, role: str) -> str:
    """Returns a new token of a role."""
    if role == "courier":
        code = service.ask("POST", "/v1/couriers/c_1/sign-in-codes")["code"]
        made = service.ask("POST", "/v1/sign-in", {"code": code})
    else:
        made = service.ask("POST", "/v1/tokens", {"name": f"fuzzing-{role}", "role": role})
    return str(made["token"])


def _fuzzed(service: Service, role: str, token: str, examples: int, phases: str) -> Fuzzed:
    url = str(service.http.base_url).rstrip("/")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--header", f"Authorization: Bearer {token}"),
        *("--phases", phases, "--max-examples", str(examples), "--seed", str(SEED)),
        *("--checks", ",".join(CHECKS), "--continue-on-failure", "--max-failures", "50"),
        *("--generation-database", "none", "--warnings", "off", "--no-color"),
        *(word for path in LEFT_OUT for word in ("--exclude-path", path)),
    ]
    with tempfile.TemporaryDirectory() as notes:
        # It leaves what it learned where it runs.
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=notes)
    counted = re.search(r"Test cases:\n\s+(\d+) generated(?:, (\d+) found \d+.*)?", done.stdout)
    if counted is None:
        raise RuntimeError(
            f"Schemathesis said nothing:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    failed = 0 if done.returncode == 0 else int(counted[2] or 1)
    return Fuzzed(role, int(counted[1]), failed, done.stdout[-20_000:])
