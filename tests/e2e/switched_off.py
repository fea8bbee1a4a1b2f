#!/usr/bin/python3
"""Without a detector its scenarios fail, and only what it finds is gone: the tests can fail."""

from __future__ import annotations

import argparse

from harness import Checks, Leaktap, run_test
from scenario_folders import DETECTORS, Scenario, found_in, missing, scenarios


def check(scenario: Scenario, detector: str, leaktap: Leaktap, checks: Checks) -> None:
    report = scenario.scan(leaktap, "--disable", detector)
    name = f"{scenario.name} without {detector}"
    own = [line.line() for line in scenario.expected if line.mark != "-" and line.detector == detector]
    checks.equal(f"{name}: its lines are missing, no others", sorted(own),
                 sorted(line.line() for line in missing(scenario, report)))
    checks.none(f"{name}: it is silent",
                (one.line() for one in found_in(report) if one.detector == detector))


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    found = scenarios(options.only)
    for detector in DETECTORS:
        concerned = [one for one in found if any(line.detector == detector and line.mark != "-"
                                                 for line in one.expected)]
        checks.that(f"{detector} has a scenario", bool(concerned))
        for scenario in concerned:
            check(scenario, detector, leaktap, checks)


if __name__ == "__main__":
    run_test(__doc__, test)
