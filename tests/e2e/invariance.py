#!/usr/bin/python3
"""The same traffic in other segments, in another order or with other threads: the same incidents and exchanges."""

from __future__ import annotations

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness import Checks, Leaktap, rows_of, run_test, difference
from scenario_folders import Scenario, scenarios

WHOLE = 60000  # recut's largest segment: joins what the capture had cut
SHUFFLED_BY = 16
SEEDS = (1, 2, 3)
CUTS = (1, 7, 1460)
THREADS = (1, 2, 4)
# Two connections with the same ends, one right after the other. Shuffled, the SYN of the second may come among
# the data of the first, which no client does: there the exchanges cannot be told apart.
NOT_TO_BE_SHUFFLED = ("http-port-reuse",)


@dataclass(frozen=True)
class Variant:
    name: str
    segment: int = 0
    seed: int = 0  # 0: in order

    def make(self, recut: Path, original: Path, folder: Path) -> Path:
        if not self.segment:
            return original
        made = folder / f"{original.parent.name}-{self.segment}-{self.seed}.pcap"
        order = ["--shuffle", str(SHUFFLED_BY), "--seed", str(self.seed)] if self.seed else []
        subprocess.run([str(recut), "--segment", str(self.segment), *order, str(original), str(made)], check=True,
                       capture_output=True, timeout=60)
        return made


VARIANTS = [
    *(Variant(f"cut to {size}", size) for size in CUTS),
    *(Variant(f"shuffled, seed {seed}", WHOLE, seed) for seed in SEEDS),
    *(Variant(f"cut to {size} and shuffled, seed {seed}", size, seed) for size in (7, 1460) for seed in SEEDS),
]


def exchanges_of(leaktap: Leaktap, capture: Path) -> list[tuple[object, ...]]:
    fields = ("method", "host", "uri", "status", "request_body_bytes", "response_body_bytes")
    lines = leaktap.run("exchanges", "--reveal", capture).json_lines()
    return sorted((tuple(one[field] for field in fields) for one in lines), key=str)


def incidents_of(leaktap: Leaktap, scenario: Scenario, capture: Path, threads: int) -> list[tuple[object, ...]]:
    return list(rows_of(scenario.scan(leaktap, "--threads", threads, capture=capture)))


def check(scenario: Scenario, recut: Path, leaktap: Leaktap) -> list[tuple[str, str]]:
    """(what was compared, how it differs) of each comparison."""
    incidents = incidents_of(leaktap, scenario, scenario.capture, 1)
    exchanges = exchanges_of(leaktap, scenario.capture)
    results = [(f"{threads} threads: incidents",
                difference(incidents, incidents_of(leaktap, scenario, scenario.capture, threads)))
               for threads in THREADS[1:]]
    for number, variant in enumerate(VARIANTS):
        capture = variant.make(recut, scenario.capture, leaktap.folder)
        threads = THREADS[number % len(THREADS)]
        results.append((f"{variant.name}: incidents",
                        difference(incidents, incidents_of(leaktap, scenario, capture, threads))))
        if not (variant.seed and scenario.name in NOT_TO_BE_SHUFFLED):
            results.append((f"{variant.name}: exchanges", difference(exchanges, exchanges_of(leaktap, capture))))
        capture.unlink()
    return results


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    found = scenarios(options.only)
    with ThreadPoolExecutor(options.jobs) as pool:
        for scenario, results in zip(found, pool.map(lambda one: check(one, options.recut, leaktap), found)):
            for what, differs in results:
                checks.that(f"{scenario.name}, {what}", not differs, differs)


if __name__ == "__main__":
    run_test(__doc__, test, "--recut")
