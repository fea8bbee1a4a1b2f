"""What the end-to-end tests share: running the binary in a folder of its own, and one line a check."""

from __future__ import annotations

import argparse
import difflib
import itertools
import json
import os
import pprint
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

REPOSITORY = Path(__file__).resolve().parents[2]
LAB = REPOSITORY / "tests" / "lab"
TIMEOUT = 120  # of one call of the binary
SKIPPED = 77   # SKIP_RETURN_CODE in CMakeLists.txt
FINGERPRINT_KEY = "5e" * 32
Json = dict[str, Any]


class Checks:
    """Prints one line a check, and the difference where one fails."""

    def __init__(self) -> None:
        self._failed = 0
        self._done = 0

    def that(self, name: str, holds: bool, detail: object = "") -> bool:
        self._done += 1
        self._failed += not holds
        print(f"{'ok' if holds else 'FAILED'}: {name}", flush=True)
        if not holds and detail:
            text = detail if isinstance(detail, str) else pprint.pformat(detail, width=160)
            print("\n".join(f"    {line}" for line in text.splitlines()), flush=True)
        return holds

    def equal(self, name: str, expected: object, got: object) -> bool:
        return self.that(name, expected == got, difference(expected, got))

    def none(self, name: str, problems: Iterable[str]) -> bool:
        found = list(problems)
        return self.that(name, not found, "\n".join(found))

    def exit_code(self) -> int:
        print(f"{self._done - self._failed} of {self._done} checks passed")
        return 1 if self._failed or not self._done else 0


def difference(expected: object, got: object) -> str:
    lines = [_lines(expected), _lines(got)]
    return "\n".join(difflib.unified_diff(*lines, "expected", "got", lineterm="", n=1))


def _lines(value: object) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    if isinstance(value, (list, tuple)) and value:
        return [str(item) for item in value]
    return pprint.pformat(value, width=140).splitlines()


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: bytes

    def errors(self) -> str:
        return self.err.decode(errors="replace")

    def json(self) -> Json:
        try:
            return json.loads(self.out)
        except ValueError as error:
            raise RuntimeError(f"no JSON on standard output (exit {self.code}): {error}\n{self.errors()}") from None

    def json_lines(self) -> list[Json]:
        return [json.loads(line) for line in self.out.decode().splitlines()]


class Leaktap:
    """The binary, with its state, its key and its databases in one folder."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.binary = binary
        self.folder = folder
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder / "home"), "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(folder / "state"), "TEST_FINGERPRINT_KEY": FINGERPRINT_KEY,
        } | {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        self._numbers = itertools.count(1)

    def new_database(self) -> Path:
        return self.folder / f"{next(self._numbers)}.db"

    def run(self, *arguments: object, env: dict[str, str] | None = None, stdin: bytes = b"",
            prefix: Iterable[str] = (), timeout: float = TIMEOUT) -> Done:
        done = subprocess.run([*prefix, str(self.binary), *map(str, arguments)], input=stdin, capture_output=True,
                              env=self.environment | (env or {}), cwd=self.folder, timeout=timeout)
        if done.returncode < 0 or b"Sanitizer" in done.stderr:
            what = done.stderr.decode(errors="replace")
            raise RuntimeError(f"{' '.join(map(str, arguments))}: ended with {done.returncode}\n{what}")
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, env: dict[str, str] | None = None, **streams: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(self.binary), *map(str, arguments)], env=self.environment | (env or {}),
                                cwd=self.folder, **streams)

    def scan(self, *arguments: object, env: dict[str, str] | None = None, database: Path | None = None,
             stdin: bytes = b"") -> Done:
        """`scan --format json` with a database of its own, and one key for all."""
        return self.run("scan", "--format", "json", "--db", database or self.new_database(),
                        "--fingerprint-key", "env:TEST_FINGERPRINT_KEY", *arguments, env=env, stdin=stdin)


Row = tuple[str, str, str, int, int]


def rows_of(report: Json) -> list[Row]:
    """(id, severity, confidence, count, attempts) of every incident and control."""
    return sorted((one["id"], one["severity"], one["confidence"], one["count"], one["attempts"])
                  for one in [*report["incidents"], *report["controls"]])


def run_test(description: str | None, test: Callable[[argparse.Namespace, Leaktap, Checks], None],
             *tools: str) -> NoReturn:
    """Reads the command line, makes the folder, runs the test, ends the process."""
    parser = argparse.ArgumentParser(description=description)
    for tool in ("--leaktap", *tools):
        parser.add_argument(tool, type=lambda text: Path(text).resolve(), required=True, metavar="PATH")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this scenario; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="processes at the same time")
    options = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="leaktap-e2e-") as name:
        folder = Path(name)
        (folder / "home").mkdir()
        test(options, Leaktap(options.leaktap, folder), checks)
    sys.exit(checks.exit_code())
