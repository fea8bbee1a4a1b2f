#!/usr/bin/python3
"""No planted secret is in any output, error or file that leaktap makes, in any encoding; --reveal shows them."""

from __future__ import annotations

import argparse
import os
import pty
import subprocess
from pathlib import Path

from harness import Checks, Done, Json, Leaktap, run_test
from needles import Search
from scenario_folders import Scenario, scenarios

FORMATS = ("table", "json", "jsonl")


def on_terminal(leaktap: Leaktap, *arguments: object, env: dict[str, str]) -> bytes:
    """What a person sees: standard output and standard error are a terminal."""
    ours, theirs = pty.openpty()
    process = leaktap.start(*arguments, env=env | {"TERM": "xterm-256color", "COLUMNS": "100"}, stdin=theirs,
                            stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while block := os.read(ours, 65536):
            seen += block
    except OSError:
        pass  # EIO: the other end was closed
    os.close(ours)
    process.wait(timeout=60)
    return seen


class Leaks:
    """Runs commands for one scenario and searches everything they say."""

    def __init__(self, scenario: Scenario, leaktap: Leaktap, checks: Checks) -> None:
        self.scenario = scenario
        self.search = Search(scenario.planted)
        self._leaktap = leaktap
        self._checks = checks
        self.folder = leaktap.folder / scenario.name
        self.folder.mkdir()
        self.database = self.folder / "result.db"

    def run(self, *arguments: object, env: dict[str, str] | None = None) -> Done:
        done = self._leaktap.run(*arguments, env=self.scenario.environment | (env or {}))
        name = " ".join(_short(argument) for argument in arguments)
        self._checks.none(f"{self.scenario.name}: {name}", self.search.in_bytes(done.out + b"\n" + done.err))
        return done

    def terminal(self, *arguments: object) -> None:
        seen = on_terminal(self._leaktap, *arguments, env=self.scenario.environment)
        name = " ".join(_short(argument) for argument in arguments)
        self._checks.that(f"{self.scenario.name}: {name} shows something on a terminal", len(seen) > 100)
        self._checks.none(f"{self.scenario.name}: {name} on a terminal", self.search.in_bytes(seen))

    def scan_words(self, *more: object) -> list[object]:
        return ["scan", "--db", self.database, *self.scenario.options, *more, self.scenario.capture]

    def scan_outputs(self) -> None:
        for form in FORMATS:
            self.run(*self.scan_words("--format", form))
            self.run(*self.scan_words("--format", form, "-o", self.folder / f"result.{form}"))
        self.run(*self.scan_words("--show-principals", "--format", "json"))
        self.terminal(*self.scan_words())

    def stored_outputs(self) -> None:
        for form in FORMATS:
            listed = self.run("incidents", "--all", "--db", self.database, "--format", form)
            if form == "json":
                self._show_all(listed.json())
        self.terminal("incidents", "--all", "--db", self.database)

    def _show_all(self, report: Json) -> None:
        ids = [one["id"] for one in [*report["incidents"], *report["controls"]]]
        self._checks.that(f"{self.scenario.name}: incidents are stored", bool(ids))
        shown = b""
        for number, one in enumerate(ids):
            done = self._leaktap.run("incidents", "show", one, "--db", self.database, "--format",
                                     FORMATS[number % len(FORMATS)])
            shown += done.out + done.err
            if number == 0:
                self.terminal("incidents", "show", one, "--db", self.database)
        self._checks.none(f"{self.scenario.name}: incidents show, each", self.search.in_bytes(shown))

    def exchange_outputs(self) -> None:
        self.run("exchanges", self.scenario.capture)
        self.run("exchanges", "--show-values", self.scenario.capture)
        self.run("exchanges", "--show-values", "-o", self.folder / "exchanges.jsonl", self.scenario.capture)

    def while_written(self) -> None:
        """The files beside the database, too, while a reader keeps SQLite from tidying them away."""
        reader = subprocess.Popen(["python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
                                   "c.execute('BEGIN'); c.execute('SELECT * FROM incidents').fetchall(); "
                                   "print('reading', flush=True); sys.stdin.read()", str(self.database)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert reader.stdin and reader.stdout
        reader.stdout.readline()
        self.run(*self.scan_words())
        wal = self.database.with_name(self.database.name + "-wal")
        self._checks.that(f"{self.scenario.name}: there is a write-ahead log to search",
                          wal.exists() and wal.stat().st_size > 0)
        self._checks.none(f"{self.scenario.name}: database, -wal, -shm", self.search.in_files(self.folder))
        reader.stdin.close()
        reader.wait(timeout=10)

    def reveal(self) -> None:
        """The search finds what is shown on purpose, and that goes to standard output only."""
        name = self.scenario.name
        for words in [*(self.scan_words("--reveal", "--format", form) for form in FORMATS),
                      ["exchanges", "--reveal", self.scenario.capture]]:
            done = self._leaktap.run(*words, env=self.scenario.environment)
            what = " ".join(_short(word) for word in words)
            if "mended" not in name or words[0] == "exchanges" or "table" not in words:
                self._checks.that(f"{name}: {what} shows secrets", bool(self.search.in_bytes(done.out)))
            self._checks.none(f"{name}: {what}: not on standard error", self.search.in_bytes(done.err))
            into = self.folder / "revealed"
            refused = self._leaktap.run(*words, "-o", into, env=self.scenario.environment)
            self._checks.that(f"{name}: {what} -o is refused", refused.code == 2 and not into.exists(),
                              f"exit {refused.code}\n{refused.errors()}")

    def files(self) -> None:
        self._checks.none(f"{self.scenario.name}: every file", self.search.in_files(self._leaktap.folder))


def _short(argument: object) -> str:
    return argument.name if isinstance(argument, Path) else str(argument)


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    for scenario in scenarios(options.only):
        if not scenario.planted:
            continue
        leaks = Leaks(scenario, leaktap, checks)
        leaks.scan_outputs()
        leaks.stored_outputs()
        leaks.exchange_outputs()
        leaks.while_written()
        leaks.reveal()
        leaks.files()


if __name__ == "__main__":
    run_test(__doc__, test)
