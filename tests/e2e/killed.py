#!/usr/bin/python3
"""A scan that is killed leaves a valid database with what was there before, and can be repeated."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from harness import Checks, Leaktap, rows_of, run_test
from scenario_folders import scenarios

SIZE = "50M"
MOMENTS = (0.05, 0.5, 0.9, 0.97, 1.0)  # of the time that a whole scan takes


def integrity(database: Path) -> str:
    connection = sqlite3.connect(database)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def kill_after(leaktap: Leaktap, words: list[object], seconds: float, how: signal.Signals) -> int:
    process = leaktap.start("scan", *words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
        return process.wait(timeout=30)


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    large = leaktap.folder / "large.pcap"
    subprocess.run([str(options.make_capture), "--profile", "small", "--bytes", SIZE, "--seed", "7",
                    "--out", str(large), "--truth", str(leaktap.folder / "truth.json")], check=True, timeout=120)
    small = scenarios(["oauth-vulnerable"])[0].capture
    key = ["--fingerprint-key", "env:TEST_FINGERPRINT_KEY"]
    started = time.monotonic()
    whole = rows_of(leaktap.scan(large).json())
    duration = time.monotonic() - started
    checks.that("the large capture has incidents", bool(whole))
    earlier = rows_of(leaktap.scan(small).json())
    ways = [(moment, signal.SIGKILL) for moment in MOMENTS] + [(0.5, signal.SIGTERM), (0.5, signal.SIGINT)]
    for moment, how in ways:
        database = leaktap.new_database()
        leaktap.scan(small, database=database)
        code = kill_after(leaktap, [*key, "--db", database, large], moment * duration, how)
        name = f"{how.name} at {moment:.0%} (ended with {code})"
        checks.equal(f"{name}: the database is valid", "ok", integrity(database))
        listed = rows_of(leaktap.run("incidents", "--all", "--format", "json", "--db", database).json())
        checks.none(f"{name}: what was stored is there",
                    (str(row) for row in earlier if row not in listed))
        checks.that(f"{name}: all of the scan or nothing", len(listed) - len(earlier) in (0, len(whole)),
                    f"{len(listed)} incidents, {len(earlier)} of before, {len(whole)} of the scan")
    again = leaktap.scan(large, database=database).json()
    checks.equal("scanned again, nothing is missing", whole, rows_of(again))


if __name__ == "__main__":
    run_test(__doc__, test, "--make-capture")
