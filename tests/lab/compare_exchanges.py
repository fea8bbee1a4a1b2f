#!/usr/bin/python3
"""Compares leaktap's exchanges with tshark's, capture by capture, and prints where they differ."""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
from pathlib import Path

from tshark_exchanges import TIMEOUT, Exchange, exchanges


def leaktap_exchanges(binary: Path, capture: Path) -> list[Exchange]:
    done = subprocess.run([str(binary), "exchanges", "--reveal", str(capture)], capture_output=True, timeout=TIMEOUT)
    found = []
    for line in done.stdout.decode(errors="replace").splitlines():
        one = json.loads(line)
        status = one["status"]
        answered = status is not None
        if one["method"] is None:
            found.append(Exchange("", "", "", str(status), one["response_body_bytes"] or 0))
        else:
            found.append(Exchange(one["method"], one["host"] if has_host_header(one) else "", one["uri"],
                                  str(status) if answered else "", (one["response_body_bytes"] or 0) if answered else 0))
    # A truncated capture is read as far as it goes; the exit status that says so is not our subject.
    if done.returncode and not found:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return found


def has_host_header(one: dict[str, object]) -> bool:
    """leaktap names the server's address where HTTP/1.0 sent no Host; tshark names nothing."""
    headers = one.get("request_headers") or {}
    if isinstance(headers, dict):
        return any(name.lower() in ("host", ":authority") for name in headers)
    return any(str(_name_of(header)).lower() in ("host", ":authority") for header in headers)  # type: ignore[attr-defined]


def _name_of(header: object) -> object:
    """A header as [name, value] or as {"name": …, "value": …}."""
    if isinstance(header, dict):
        return header.get("name", "")
    return header[0] if isinstance(header, (list, tuple)) and header else ""


def compare(binary: Path, capture: Path, out_of_order: bool) -> list[str]:
    theirs = sorted(exchange.line() for exchange in exchanges(capture, out_of_order))
    ours = sorted(exchange.line() for exchange in leaktap_exchanges(binary, capture))
    return list(difflib.unified_diff(theirs, ours, f"tshark {capture}", f"leaktap {capture}", lineterm="", n=0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("leaktap", type=Path, help="the binary")
    parser.add_argument("captures", type=Path, nargs="+")
    parser.add_argument("--in-order", action="store_true", help="let tshark read in one pass, without reordering")
    options = parser.parse_args()
    different = 0
    for capture in options.captures:
        difference = compare(options.leaktap, capture, not options.in_order)
        different += bool(difference)
        print("\n".join(difference) if difference else f"same: {capture}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
