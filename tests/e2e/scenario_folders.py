"""The folders of pcaps/: a capture each, how to scan it, and what is to be found.

A line of expected.txt:  MARK DETECTOR HOST METHOD ROUTE LOCATION KIND CONFIDENCE
  +  an incident above info        i  an incident of severity info; * stands for anything
  ~  a control: tried and refused  -  only a detector: no incident of it at any severity
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from harness import REPOSITORY, Json, Leaktap

PCAPS = REPOSITORY / "pcaps"
DETECTORS = ("credential-in-url", "credential-in-referer", "credential-in-redirect", "credential-reflected",
             "cross-tenant-access", "credential-over-cleartext")


class Expected(NamedTuple):
    mark: str
    detector: str
    host: str = "*"
    method: str = "*"
    route: str = "*"
    location: str = "*"
    kind: str = "*"
    confidence: str = "*"

    def line(self) -> str:
        return " ".join(self)

    def fits(self, found: Expected) -> bool:
        if self.mark != "i":
            return self == found
        return all(mine in ("*", theirs) for mine, theirs in zip(self, found))


@dataclass(frozen=True)
class Scenario:
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def capture(self) -> Path:
        return self.folder / "traffic.pcap"

    @property
    def options(self) -> list[str]:
        config = self.folder / "leaktap.yaml"
        return ["--config", str(config)] if config.exists() else []

    @cached_property
    def environment(self) -> dict[str, str]:
        pairs = (line.split(" ", 1) for line in _lines(self.folder / "env.b64r"))
        return {name: _unreversed(value) for name, value in pairs}

    @cached_property
    def expected(self) -> list[Expected]:
        return [Expected(*line.split()) for line in _lines(self.folder / "expected.txt")]

    @cached_property
    def planted(self) -> list[str]:
        return [_unreversed(line) for line in _lines(self.folder / "planted.b64r")]

    def scan(self, leaktap: Leaktap, *options: object, capture: Path | None = None) -> Json:
        return leaktap.scan(*self.options, *options, capture or self.capture, env=self.environment).json()


def scenarios(only: list[str]) -> list[Scenario]:
    found = [Scenario(path.parent) for path in sorted(PCAPS.glob("*/traffic.pcap"))]
    unknown = set(only) - {one.name for one in found}
    if unknown or not found:
        raise SystemExit(f"no such scenario: {', '.join(sorted(unknown)) or PCAPS}")
    return [one for one in found if not only or one.name in only]


def _lines(path: Path) -> list[str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def _unreversed(text: str) -> str:
    return base64.b64decode(text)[::-1].decode()


def found_in(report: Json) -> list[Expected]:
    """What a scan printed, in the words of expected.txt."""
    return [_found("i" if one["severity"] == "info" else "+", one) for one in report["incidents"]] + \
        [_found("~", one) for one in report["controls"]]


def _found(mark: str, one: Json) -> Expected:
    kinds = {credential["kind"] for credential in one["credentials"]} or {"none"}
    return Expected(mark, one["detector"], one["host"], one["method"], one["route"], one["location"],
                    "|".join(sorted(kinds)), one["confidence"])


def missing(scenario: Scenario, report: Json) -> list[Expected]:
    found = found_in(report)
    return [line for line in scenario.expected if line.mark != "-" and not any(line.fits(one) for one in found)]


def unexpected(scenario: Scenario, report: Json) -> list[Expected]:
    """Incidents above info and controls that are not listed, and whatever a `-` forbids."""
    absent = {line.detector for line in scenario.expected if line.mark == "-"}
    listed = [line for line in scenario.expected if line.mark in "+~"]
    return [one for one in found_in(report)
            if (one.mark != "i" and one not in listed) or (one.mark != "~" and one.detector in absent)]


def judge(scenario: Scenario, report: Json) -> list[str]:
    return [f"missing: {line.line()}" for line in missing(scenario, report)] + \
        [f"not expected: {line.line()}" for line in unexpected(scenario, report)]
