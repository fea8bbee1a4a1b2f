#!/usr/bin/python3
"""Bad files, databases, configurations and words: one line that names the thing and the cure, nothing half-written."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path

from harness import Checks, Done, Leaktap, rows_of, run_test
from scenario_folders import Scenario, scenarios

USAGE, UNUSABLE = 2, 3
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
Words = Iterable[object]


class Bad:
    """Runs what must fail, in a folder of which nothing may change."""

    def __init__(self, leaktap: Leaktap, checks: Checks) -> None:
        self.leaktap = leaktap
        self.checks = checks
        self.folder = leaktap.folder / "bad"
        self.folder.mkdir(mode=0o755)

    def refuses(self, name: str, code: int, said: Words, *words: object, prefix: Iterable[str] = (),
                stdin: bytes = b"") -> Done:
        """`said`: what the line must have in it; of a tuple, one of its texts."""
        before = self._content()
        done = self.leaktap.run(*words, prefix=prefix, stdin=stdin)
        self.checks.none(name, complaints(done, code, said))
        self.checks.equal(f"{name}: leaves everything as it was", before, self._content())
        return done

    def _content(self) -> dict[str, str]:
        """Folders, files and what is in them. SQLite's shared memory has no content of its own."""
        return {str(path.relative_to(self.folder)): _digest(path) for path in sorted(self.folder.rglob("*"))
                if not path.name.endswith("-shm")}


def complaints(done: Done, code: int, said: Words) -> list[str]:
    text = done.errors()
    found = []
    if done.code != code:
        found.append(f"exit {done.code}, expected {code}: {text}")
    if text.count("\n") != 1 or not text.startswith("leaktap: "):
        found.append(f"not one line: {text!r}")
    if any(word in text for word in ("terminate called", "what():", "Traceback", "exception", "YAML::", "CLI::")):
        found.append(f"an inner view: {text!r}")
    for word in said:
        choices = [str(one) for one in (word if isinstance(word, tuple) else (word,))]
        if not any(choice in text for choice in choices):
            found.append(f"says none of {choices}: {text!r}")
    if done.out:
        found.append(f"printed a result: {done.out[:200]!r}")
    return found


def _digest(path: Path) -> str:
    return "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def captures(bad: Bad, good: Path) -> None:
    folder, database = bad.folder, bad.folder / "no.db"
    (folder / "empty.pcap").touch()
    (folder / "text.pcap").write_text("This is no capture.\n" * 20)
    (folder / "head.pcap").write_bytes(good.read_bytes()[:17])
    (folder / "folder.pcap").mkdir()
    (folder / "zeros.pcap").write_bytes(bytes(4096))
    (folder / "image.pcap").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    for file, reason in [("missing.pcap", "no such file"), ("empty.pcap", "empty"),
                         ("text.pcap", ("not a pcap", "no capture", "neither")), ("head.pcap", ("header", "cut")),
                         ("folder.pcap", "folder"), ("zeros.pcap", "zeros.pcap"), ("image.pcap", "image.pcap")]:
        for command in (["scan", "--db", database], ["exchanges"]):
            bad.refuses(f"{command[0]} {file}", UNUSABLE, [file, reason], *command, folder / file)
    bad.refuses("scan - of nothing", UNUSABLE, ["standard input", "empty"], "scan", "--db", database, "-")
    bad.refuses("scan - of text", UNUSABLE, ["standard input"], "scan", "--db", database, "-", stdin=b"hello\n" * 10)
    bad.refuses("scan - -", UNUSABLE, ["standard input", "more than once"], "scan", "--db", database, "-", "-")
    # One bad file of several: the rest is read, and the exit status says that something is missing.
    done = bad.leaktap.scan(good, folder / "missing.pcap", folder / "empty.pcap")
    report = done.json()
    bad.checks.that("of several, the good one is read",
                    done.code == 3 and report["coverage"]["exchanges"] > 0 and done.err.count(b"\n") == 2,
                    f"exit {done.code}, {report['coverage']['exchanges']} exchanges\n{done.errors()}")


def compressed(bad: Bad, scenario: Scenario) -> None:
    """Read as what it holds, or refused with the way to unpack it."""
    packed = bad.folder / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(scenario.capture.read_bytes()))
    done = bad.leaktap.scan(packed)
    if done.code == UNUSABLE:
        bad.checks.none("gz", complaints(done, UNUSABLE, [packed.name, ("gunzip", "gzip", "zcat")]))
    else:
        plain = bad.leaktap.scan(scenario.capture).json()
        bad.checks.equal("gz", rows_of(plain), rows_of(done.json()))


def databases(bad: Bad, good: Path) -> None:
    folder = bad.folder
    (folder / "notes.db").write_text("no database\n" * 100)
    with sqlite3.connect(folder / "other.db") as other:
        other.execute("CREATE TABLE addresses (name TEXT)")
        other.execute("INSERT INTO addresses VALUES ('somebody')")
    bad.leaktap.run("scan", "--db", folder / "newer.db", good)
    with sqlite3.connect(folder / "newer.db") as newer:
        newer.execute("PRAGMA user_version = 999")
    other.close(), newer.close()
    (folder / "folder.db").mkdir()
    for file, reason in [("notes.db", "not a leaktap database"), ("other.db", "not a leaktap database"),
                         ("newer.db", "newer"), ("folder.db", "folder"), ("gone/x.db", "no such file")]:
        bad.refuses(f"scan --db {file}", UNUSABLE, [file, reason, "--db"], "scan", "--db", folder / file, good)
        missing = "no database" if file == "gone/x.db" else reason
        bad.refuses(f"incidents --db {file}", UNUSABLE, [file, missing, "--db"], "incidents", "--db", folder / file)
    bad.refuses("incidents --db missing.db", UNUSABLE, ["missing.db", "scan"],
                "incidents", "--db", folder / "missing.db")
    bad.refuses("incidents show of an unknown id", UNUSABLE, ["abcdef12"],
                "incidents", "show", "abcdef12", "--db", _database(bad, good))


def _database(bad: Bad, good: Path) -> Path:
    path = bad.leaktap.new_database()
    bad.leaktap.run("scan", "--db", path, good)
    return path


def locked(bad: Bad, good: Path) -> None:
    database = _database(bad, good)
    lock = sqlite3.connect(database, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    done = bad.leaktap.run("scan", "--format", "json", "--db", database, good)
    bad.checks.that("a locked database is reported, the result printed",
                    done.code == 3 and done.err.count(b"\n") == 1 and database.name in done.errors()
                    and "locked" in done.errors() and bool(done.json()["captures"]),
                    f"exit {done.code}\n{done.errors()}")
    read = bad.leaktap.run("incidents", "--db", database)
    bad.checks.equal("a locked database can be read", (0, b""), (read.code, read.err))
    lock.execute("ROLLBACK")
    lock.close()
    again = bad.leaktap.run("scan", "--db", database, good)
    bad.checks.equal("unlocked, it is written", (0, ""), (again.code, again.errors()))


def rights(bad: Bad, good: Path) -> None:
    """Files that may not be read or written. Root may do all: then the tests become somebody else."""
    prefix = NOBODY if os.geteuid() == 0 else []
    if prefix and subprocess.run([*prefix, "true"], capture_output=True).returncode:
        print("skipped: rights, as this user can become no other")
        return
    folder = bad.leaktap.folder
    folder.chmod(0o755)
    bad.leaktap.binary = Path(shutil.copy(bad.leaktap.binary, folder / "leaktap"))
    bad.leaktap.binary.chmod(0o755)
    key = ["--fingerprint-key", "env:TEST_FINGERPRINT_KEY"]
    capture = Path(shutil.copy(good, folder / "mine.pcap"))
    database = bad.folder / "mine.db"
    bad.leaktap.run("scan", *key, "--db", database, capture)
    capture.chmod(0o644), database.chmod(0o444)
    bad.refuses("a read-only database", UNUSABLE, ["mine.db", "--db", ("permission", "read-only")],
                "scan", *key, "--db", database, capture, prefix=prefix)
    database.chmod(0o000)
    for words in (["scan", *key, "--db", database, capture], ["incidents", "--db", database]):
        bad.refuses(f"{words[0]}: an unreadable database", UNUSABLE, ["mine.db", "permission", "--db"], *words,
                    prefix=prefix)
    bad.folder.chmod(0o555)
    bad.refuses("an unwritable folder for the database", UNUSABLE, ["new.db", "permission", "--db"],
                "scan", *key, "--db", bad.folder / "new.db", capture, prefix=prefix)
    theirs = folder / "theirs"
    theirs.mkdir()
    theirs.chmod(0o777)
    bad.refuses("an unwritable folder for the result", UNUSABLE, ["result.json", ("permission", "Permission")],
                "scan", *key, "--db", theirs / "x.db", "-o", bad.folder / "result.json", capture, prefix=prefix)
    bad.folder.chmod(0o755)
    capture.chmod(0o000)
    for words in (["scan", *key, "--db", bad.folder / "no.db"], ["exchanges"]):
        bad.refuses(f"{words[0]}: an unreadable capture", UNUSABLE, ["mine.pcap", "permission", "read"], *words, capture,
                    prefix=prefix)


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    bad = Bad(leaktap, checks)
    known = {one.name: one for one in scenarios([])}
    good = known["http-mixed"].capture
    captures(bad, good)
    compressed(bad, known["oauth-vulnerable"])
    databases(bad, good)
    locked(bad, good)
    rights(bad, good)


if __name__ == "__main__":
    run_test(__doc__, test)
