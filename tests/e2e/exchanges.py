#!/usr/bin/python3
"""`leaktap exchanges` has the exchanges that tshark has, in every bundled capture."""

from __future__ import annotations

import argparse
import sys

from harness import LAB, Checks, Leaktap, run_test
from scenario_folders import scenarios

sys.path.insert(0, str(LAB))
from compare_exchanges import compare  # noqa: E402

LEAST_CAPTURES = 12


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    found = scenarios(options.only)
    for scenario in found:
        differences = compare(options.leaktap, scenario.capture, True)
        checks.that(f"{scenario.name}: as tshark", not differences, "\n".join(differences))
    if not options.only:
        checks.that(f"at least {LEAST_CAPTURES} captures", len(found) >= LEAST_CAPTURES, str(len(found)))


if __name__ == "__main__":
    run_test(__doc__, test)
