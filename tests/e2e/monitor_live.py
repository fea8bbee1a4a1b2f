#!/usr/bin/python3
"""A monitor on live traffic records what a scan of tcpdump's capture of the same traffic finds.

Runs in a network namespace of its own, which goes with the last process in it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harness import LAB, SKIPPED, Checks, Done, Leaktap, Row, rows_of, run_test
from scenario_folders import Scenario, judge

sys.path.insert(0, str(LAB))
from processes import capturing  # noqa: E402

RUNS = [("oauth", signal.SIGTERM), ("tenants", signal.SIGINT)]
INSIDE = "LEAKTAP_E2E_NAMESPACE"
VISIBLE_WITHIN = 3.0  # seconds from the end of the traffic
ENDS_WITHIN = 2.0     # from the signal
KEY = ["--fingerprint-key", "env:TEST_FINGERPRINT_KEY"]


def enter_namespace() -> None:
    """Starts this script again, with nothing but a loopback interface of its own around it."""
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    allowed = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True)
    if allowed.returncode:
        print("skipped: no network namespace for this user")
        sys.exit(SKIPPED)
    os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], os.environ | {INSIDE: "1"})


def drive(app: str, seed: int, truth: Path, *more: str) -> None:
    command = [sys.executable, str(LAB / "run_live.py"), "--app", app, "--variant", "vulnerable",
               "--seed", str(seed), "--truth", str(truth), *more]
    subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL)


def wait_until(holds: Callable[[], bool], seconds: float) -> float | None:
    """How long it took; None if it did not come."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            return None
        time.sleep(0.05)
    return time.monotonic() - started


class Monitor:
    def __init__(self, leaktap: Leaktap, scenario: Scenario, database: Path) -> None:
        self._log = database.with_suffix(".log")
        self._out = database.with_suffix(".jsonl")
        with self._log.open("wb") as log, self._out.open("wb") as out:
            self.process = leaktap.start("monitor", "-i", "lo", "--format", "jsonl", "--db", database, *KEY,
                                         *scenario.options, env=scenario.environment, stdout=out, stderr=log)
        if wait_until(lambda: b"capturing on lo" in self._log.read_bytes(), 30) is None:
            self.process.kill()
            raise RuntimeError(f"the monitor does not start: {self._log.read_text()}")

    def end(self, how: signal.Signals) -> tuple[Done, float]:
        started = time.monotonic()
        self.process.send_signal(how)
        try:
            code = self.process.wait(timeout=20)
        finally:
            self.process.kill()
        return Done(code, self._out.read_bytes(), self._log.read_bytes()), time.monotonic() - started


def stored_rows(leaktap: Leaktap, database: Path) -> list[Row]:
    done = leaktap.run("incidents", "--all", "--format", "json", "--db", database)
    return rows_of(done.json()) if done.code == 0 else []


def check(app: str, how: signal.Signals, leaktap: Leaktap, checks: Checks) -> None:
    truth = leaktap.folder / f"truth-{app}"
    seed = secrets.randbelow(2**31)
    drive(app, seed, truth, "--plan-only")
    scenario = Scenario(truth)  # of which the capture is yet to come
    database, capture = leaktap.folder / f"live-{app}.db", leaktap.folder / f"{app}.pcap"
    monitor = Monitor(leaktap, scenario, database)
    with capturing(capture, "tcp"):
        drive(app, seed, truth)
        ended = time.monotonic()
        checks.that(f"{app}: incidents are visible within {VISIBLE_WITHIN:.0f} s while the monitor runs",
                    wait_until(lambda: bool(stored_rows(leaktap, database)), VISIBLE_WITHIN) is not None
                    and monitor.process.poll() is None, f"after {time.monotonic() - ended:.1f} s none")
    done, took = monitor.end(how)
    checks.that(f"{app}: ends within {ENDS_WITHIN:.0f} s of {how.name}", took < ENDS_WITHIN, f"took {took:.1f} s")
    checks.that(f"{app}: ends well", done.code == 0 and b"0 packets dropped" in done.err,
                f"exit {done.code}\n{done.errors()}")
    report = leaktap.scan(*scenario.options, capture, env=scenario.environment).json()
    live = stored_rows(leaktap, database)
    checks.equal(f"{app}: the monitor's incidents are those of the scan", rows_of(report), live)
    told = {one["id"] for one in done.json_lines()}
    checks.equal(f"{app}: each was told on standard output", sorted({row[0] for row in live}), sorted(told))
    checks.none(f"{app}: the scan found what was planted", judge(Scenario(truth), report))


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    for app, how in RUNS:
        check(app, how, leaktap, checks)


if __name__ == "__main__":
    enter_namespace()
    run_test(__doc__, test)
