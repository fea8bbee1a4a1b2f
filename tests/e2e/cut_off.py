#!/usr/bin/python3
"""A capture that ends anywhere is read as far as it goes, and that it was cut is said."""

from __future__ import annotations

import argparse
import struct
from concurrent.futures import ThreadPoolExecutor

from harness import Checks, Done, Leaktap, run_test
from scenario_folders import Scenario, scenarios

FILE_HEADER, RECORD_HEADER = 24, 16
CUTS = 60  # over the file; besides, every place in its first bytes


def record_ends(data: bytes) -> set[int]:
    """Where a whole packet ends, in a pcap file of this machine's byte order."""
    ends, at = {FILE_HEADER}, FILE_HEADER
    while at + RECORD_HEADER <= len(data):
        at += RECORD_HEADER + int(struct.unpack_from("<I", data, at + 8)[0])
        ends.add(at)
    return ends


def problems(done: Done, size: int, ends: set[int], ids: set[str]) -> list[str]:
    if size < FILE_HEADER:
        fine = done.code == 3 and done.err.count(b"\n") == 1 and not done.out
        return [] if fine else [f"exit {done.code}, {done.errors()!r}"]
    report = done.json()
    found = {one["id"] for one in [*report["incidents"], *report["controls"]]}
    cut = size not in ends
    complaints = [f"new incidents: {found - ids}"] if found - ids else []
    if report["captures"][0]["truncated"] != cut:
        complaints.append(f"truncated: {not cut}")
    if done.err.count(b"\n") != int(cut) or (cut and b"traffic" not in done.err and b"cut" not in done.err):
        complaints.append(f"said: {done.errors()!r}")
    if done.code not in (0, 1):
        complaints.append(f"exit {done.code}")
    return complaints


def scan_cut(leaktap: Leaktap, scenario: Scenario, data: bytes, size: int) -> Done:
    path = leaktap.folder / f"cut-{scenario.name}-{size}.pcap"
    path.write_bytes(data[:size])
    done = leaktap.scan("--threads", 1, *scenario.options, path, env=scenario.environment)
    path.unlink()
    return done


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    for scenario in scenarios(options.only or ["oauth-vulnerable", "tenants-vulnerable"]):
        whole = scenario.scan(leaktap)
        ids = {one["id"] for one in [*whole["incidents"], *whole["controls"]]}
        data = scenario.capture.read_bytes()
        ends = record_ends(data)
        step = len(data) // CUTS
        sizes = sorted({*range(1, 64, 3), *range(step, len(data), step), *sorted(ends)[:40:4]})
        with ThreadPoolExecutor(options.jobs) as pool:
            for size, done in zip(sizes, pool.map(lambda one: scan_cut(leaktap, scenario, data, one), sizes)):
                checks.none(f"{scenario.name}: the first {size} bytes", problems(done, size, ends, ids))


if __name__ == "__main__":
    run_test(__doc__, test)
