"""What a scenario planted, written down before any detector sees the traffic."""

from __future__ import annotations

import base64
from pathlib import Path

HEADER = """\
# Written by tests/lab when the traffic was made; see tests/lab/README.md for the columns.
# Covers credential-in-url, credential-in-referer, credential-in-redirect, credential-reflected,
# cross-tenant-access and credential-over-cleartext.
"""


def reversed_base64(value: str) -> str:
    """A form in which no scanner takes a planted secret in the tree for a live one."""
    return base64.b64encode(value.encode()[::-1]).decode()


class Truth:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._planted: list[str] = []
        self._environment: dict[str, str] = {}
        self.config = ""

    def plant(self, value: str) -> str:
        if value not in self._planted:
            self._planted.append(value)
        return value

    def environment(self, name: str, value: str) -> None:
        self._environment[name] = value

    def note(self, text: str) -> None:
        self._lines.append(f"# {text}")

    def incident(self, detector: str, host: str, method: str, route: str, where: str, kind: str,
                 confidence: str = "proof") -> None:
        self._add("+", detector, host, method, route, where, kind, confidence)

    def control(self, detector: str, host: str, method: str, route: str, where: str, kind: str) -> None:
        self._add("~", detector, host, method, route, where, kind, "attempt")

    def info(self, detector: str, host: str, kind: str) -> None:
        self._add("i", detector, host, "*", "*", "*", kind, "proof")

    def absent(self, *detectors: str) -> None:
        for detector in detectors:
            self._add("-", detector)

    def _add(self, *words: str) -> None:
        self._lines.append(" ".join(words))

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.write_config(folder)
        _write_lines(folder / "expected.txt", [HEADER.rstrip("\n"), *self._lines])
        if self._planted:
            _write_lines(folder / "planted.b64r", [reversed_base64(value) for value in self._planted])

    def write_config(self, folder: Path) -> None:
        """The part that a live monitor needs before the first packet."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.config:
            (folder / "leaktap.yaml").write_text(self.config)
        if self._environment:
            pairs = self._environment.items()
            _write_lines(folder / "env.b64r", [f"{name} {reversed_base64(value)}" for name, value in pairs])


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")
