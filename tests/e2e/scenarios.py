#!/usr/bin/python3
"""Every scenario of pcaps/ gives the incidents that were planted, no others, and the frames they are in."""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from harness import Checks, Json, Leaktap, run_test
from scenario_folders import Scenario, judge, scenarios

HIGH = ("high", "critical")
SURE = ("strong", "proof")


class HttpFrame(NamedTuple):
    """A frame in which tshark shows an HTTP message: the last of those that carry it."""

    number: int
    ends: tuple[str, ...]  # client and server, as evidence names them
    requests: list[tuple[str, str]]  # (method, uri); several with pipelining
    statuses: list[str]


FIELDS = ("frame.number", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport",
          "http.request.method", "http.request.uri", "http.response.code")


def http_frames(capture: Path) -> dict[int, HttpFrame]:
    command = ["tshark", "-n", "-r", str(capture), "-Y", "http", "-T", "fields", "-E", "aggregator=\x01"]
    for field in FIELDS:
        command += ["-e", field]
    # tshark complains of a capture that is cut off after it has printed all of it.
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    frames = {}
    for line in done.stdout.splitlines():
        number, v4, v6, port, to_v4, to_v6, to_port, methods, uris, statuses = line.split("\t")
        source, target = (v4 or v6, port), (to_v4 or to_v6, to_port)
        ends = (*source, *target) if methods else (*target, *source)
        frames[int(number)] = HttpFrame(int(number), ends, list(zip(methods.split("\x01"), uris.split("\x01"))),
                                        statuses.split("\x01"))
    return frames


def pattern_of(masked: str) -> re.Pattern[str]:
    """Masked parts, such as ‹jwt eyJ…(412)›, stand for anything."""
    return re.compile(".*".join(re.escape(part) for part in re.split("‹[^›]*›", masked)))


def frame_problems(evidence: Json, frames: dict[int, HttpFrame]) -> list[str]:
    method, _, target = evidence["request"].partition(" ")
    ends = (evidence["client"]["ip"], str(evidence["client"]["port"]),
            evidence["server"]["ip"], str(evidence["server"]["port"]))
    pattern = pattern_of(target)
    problems = []
    requests = [frames[one] for one in evidence["request_frames"] if one in frames]
    if not any(frame.ends == ends and any(verb == method and pattern.fullmatch(uri) for verb, uri in frame.requests)
               for frame in requests):
        problems.append(f"no request {evidence['request']} of {ends} in frames {evidence['request_frames']}; "
                        f"tshark: {requests}")
    if evidence["status"] is not None:
        answers = [frames[one] for one in evidence["response_frames"] if one in frames]
        if not any(frame.ends == ends and str(evidence["status"]) in frame.statuses for frame in answers):
            problems.append(f"no answer {evidence['status']} to {evidence['request']} in frames "
                            f"{evidence['response_frames']}; tshark: {answers}")
    return problems


def evidence_problems(scenario: Scenario, report: Json) -> list[str]:
    frames = http_frames(scenario.capture)
    problems = []
    for incident in [*report["incidents"], *report["controls"]]:
        if not incident["evidence"]:
            problems.append(f"{incident['id']} {incident['detector']}: no evidence")
        for evidence in incident["evidence"]:
            if evidence["capture"] != str(scenario.capture):
                problems.append(f"{incident['id']}: evidence in {evidence['capture']}")
            problems += [f"{incident['id']} {incident['detector']}: {problem}"
                         for problem in frame_problems(evidence, frames)]
    return problems


def form_problems(report: Json) -> list[str]:
    """What every incident promises of itself (design of the JSON)."""
    problems = []
    for one in report["incidents"]:
        if not re.fullmatch("[0-9a-f]{16}", one["id"]) or not one["count"] or not one["title"]:
            problems.append(f"{one['id']}: {one['title']!r}, count {one['count']}")
    for one in report["controls"]:
        if one["count"] or not one["attempts"] or one["severity"] not in ("info", "low"):
            problems.append(f"control {one['id']}: {one['severity']}, count {one['count']}, attempts {one['attempts']}")
    return problems


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    for scenario in scenarios(options.only):
        done = leaktap.scan(*scenario.options, scenario.capture, env=scenario.environment)
        report = done.json()
        checks.none(f"{scenario.name}: incidents", judge(scenario, report))
        checks.none(f"{scenario.name}: form", form_problems(report))
        checks.none(f"{scenario.name}: frames, as tshark has them", evidence_problems(scenario, report))
        found = any(one["severity"] in HIGH and one["confidence"] in SURE for one in report["incidents"])
        checks.equal(f"{scenario.name}: exit status", int(found), done.code)


if __name__ == "__main__":
    run_test(__doc__, test)
