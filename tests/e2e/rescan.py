#!/usr/bin/python3
"""The same captures again, renamed, together, apart, split, in any order or from a pipe: the same incidents."""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import stat
import subprocess
from itertools import permutations
from pathlib import Path
from typing import Any

from harness import Checks, Json, Leaktap, rows_of, run_test
from scenario_folders import Scenario, scenarios

VULNERABLE = ("oauth-vulnerable", "tenants-vulnerable", "tenants-jwt-vulnerable")
PACKETS_A_FILE = 97  # a prime: it does not fall together with the ends of exchanges


def result_of(report: Json) -> Json:
    """A report without what belongs to the run: time, and what databases are called."""
    run = {name: value for name, value in report["run"].items() if name not in ("started", "options")}
    return {**report, "run": run}


def stored(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Incidents and counts, without row ids and names of files."""
    queries = {
        "incidents": "SELECT * FROM incident_overview ORDER BY id",
        "by capture": "SELECT i.incident, c.content_id, i.count, i.attempts, i.severity, i.confidence, "
                      "i.first_ns, i.last_ns FROM incident_captures i JOIN captures c ON c.id = i.capture "
                      "ORDER BY 1, 2",
        "captures": "SELECT content_id, packets, bytes, first_ns, last_ns, truncated FROM captures ORDER BY 1",
        "credentials": "SELECT * FROM credential_overview ORDER BY fingerprint, kind, preview",
        "tenants": "SELECT * FROM tenant_pairs ORDER BY 1, 2, 3",
        "evidence": "SELECT e.incident, c.content_id, e.time_ns, e.request_frames, e.response_frames, e.request "
                    "FROM evidence e JOIN captures c ON c.id = e.capture ORDER BY 1, 2, 3, 4",
    }
    with sqlite3.connect(database) as connection:
        found = {name: connection.execute(query).fetchall() for name, query in queries.items()}
    connection.close()
    return found


def totals(database: Path) -> list[tuple[Any, ...]]:
    return stored(database)["incidents"]


def twice(scenario: Scenario, leaktap: Leaktap, checks: Checks) -> None:
    database = leaktap.new_database()
    words = [*scenario.options, scenario.capture]
    first = leaktap.scan(*words, env=scenario.environment, database=database)
    before = stored(database)
    second = leaktap.scan(*words, env=scenario.environment, database=database)
    checks.equal(f"{scenario.name}, scanned twice: the same is printed", result_of(first.json()),
                 result_of(second.json()))
    checks.equal(f"{scenario.name}, scanned twice: the same is stored", before, stored(database))
    checks.equal(f"{scenario.name}: exit status again", first.code, second.code)
    checks.equal(f"{scenario.name}: what is stored is what was printed", rows_of(first.json()),
                 rows_of(leaktap.run("incidents", "--all", "--format", "json", "--db", database).json()))
    checks.equal(f"{scenario.name}: the database is its owner's only", 0o600,
                 stat.S_IMODE(database.stat().st_mode))
    renamed = Path(shutil.copy(scenario.capture, leaktap.folder / f"renamed-{scenario.name}.pcap"))
    leaktap.scan(*scenario.options, renamed, env=scenario.environment, database=database)
    checks.equal(f"{scenario.name}, renamed: totals stay", before["incidents"], totals(database))
    both = leaktap.scan(*words, renamed, env=scenario.environment).json()
    checks.equal(f"{scenario.name} and its copy in one call: counted once", rows_of(first.json()), rows_of(both))


def from_pipe(scenario: Scenario, leaktap: Leaktap, checks: Checks) -> None:
    named = scenario.scan(leaktap)
    piped = leaktap.scan(*scenario.options, "-", env=scenario.environment, stdin=scenario.capture.read_bytes())
    checks.equal(f"{scenario.name} from standard input", rows_of(named), rows_of(piped.json()))


def split(scenario: Scenario, leaktap: Leaktap, checks: Checks) -> None:
    folder = leaktap.folder / f"split-{scenario.name}"
    folder.mkdir()
    subprocess.run(["editcap", "-c", str(PACKETS_A_FILE), str(scenario.capture), str(folder / "part.pcap")], check=True,
                   capture_output=True, timeout=60)
    parts = sorted(folder.iterdir())
    checks.that(f"{scenario.name} is split", len(parts) > 2, str(parts))
    whole = rows_of(scenario.scan(leaktap))
    for order, files in [("in order", parts), ("backwards", parts[::-1])]:
        report = leaktap.scan(*scenario.options, *files, env=scenario.environment).json()
        checks.equal(f"{scenario.name} in {len(parts)} files, {order}", whole, rows_of(report))


def several(chosen: list[Scenario], leaktap: Leaktap, checks: Checks) -> None:
    """Scenarios that know nothing of each other: together as apart, in any order."""
    options = [word for one in chosen for word in one.options]
    environment = {name: value for one in chosen for name, value in one.environment.items()}
    together: list[Json] = []
    for order in permutations(chosen):
        files = [one.capture for one in order]
        report = leaktap.scan(*options, *files, env=environment).json()
        together.append({"incidents": report["incidents"], "controls": report["controls"]})
    for number, report in enumerate(together[1:], 2):
        checks.equal(f"several captures, order {number}", together[0], report)
    apart, at_once = leaktap.new_database(), leaktap.new_database()
    rows = []
    for one in chosen:
        rows += rows_of(leaktap.scan(*options, one.capture, env=environment, database=apart).json())
    leaktap.scan(*options, *(one.capture for one in chosen), env=environment, database=at_once)
    checks.equal("several captures: apart as together", sorted(rows), rows_of(together[0]))
    checks.equal("several captures: stored apart as together", stored(apart), stored(at_once))


def other_key(scenario: Scenario, leaktap: Leaktap, checks: Checks) -> None:
    """Ids do not depend on the database or on the key of the fingerprints."""
    keys = [{"TEST_FINGERPRINT_KEY": digits * 32} for digits in ("01", "fe")]
    reports = [leaktap.scan(*scenario.options, scenario.capture, env=scenario.environment | key).json() for key in keys]
    checks.equal(f"{scenario.name}: the same ids with another key", *map(rows_of, reports))
    prints = [{credential["fingerprint"] for one in report["incidents"] for credential in one["credentials"]
               if credential["fingerprint"]} for report in reports]
    checks.that(f"{scenario.name}: other fingerprints with another key", not prints[0] & prints[1])


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    chosen = scenarios(options.only or list(VULNERABLE))
    for scenario in chosen:
        twice(scenario, leaktap, checks)
        from_pipe(scenario, leaktap, checks)
        split(scenario, leaktap, checks)
        other_key(scenario, leaktap, checks)
    if not options.only:
        several(chosen, leaktap, checks)


if __name__ == "__main__":
    run_test(__doc__, test)
