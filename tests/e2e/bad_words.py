#!/usr/bin/python3
"""Wrong options, filters and configurations: one line that names the slip and what would be right, exit 2."""

from __future__ import annotations

import argparse
from pathlib import Path

from bad_input import UNUSABLE, USAGE, Bad
from harness import Checks, Leaktap, run_test
from scenario_folders import scenarios

# (name, what the line says, the words; CAPTURE and DB stand for good ones)
COMMAND_LINES = [
    ("no command", ["--help"], []),
    ("an unknown command", ["`scna`", "`scan`"], ["scna", "CAPTURE"]),
    ("an unknown option", ["--formta", "--format"], ["scan", "--formta", "json", "CAPTURE"]),
    ("no file", ["FILE"], ["scan"]),
    ("an unknown filter", ["--filter", "tpc prot 80"], ["scan", "--filter", "tpc prot 80", "--db", "DB", "CAPTURE"]),
    ("an unknown filter of exchanges", ["--filter"], ["exchanges", "--filter", "port port", "CAPTURE"]),
    ("an unknown detector", ["credential-in-ulr", "`credential-in-url`"],
     ["scan", "--disable", "credential-in-ulr", "--db", "DB", "CAPTURE"]),
    ("an unknown format", ["--format", "xml", "json"], ["scan", "--format", "xml", "--db", "DB", "CAPTURE"]),
    ("an unknown severity", ["--fail-on", "hgih", "high"], ["scan", "--fail-on", "hgih", "--db", "DB", "CAPTURE"]),
    ("an unknown confidence", ["--fail-on", "sure", "proof"],
     ["scan", "--fail-on", "high:sure", "--db", "DB", "CAPTURE"]),
    ("threads that are no number", ["--threads"], ["scan", "--threads", "many", "--db", "DB", "CAPTURE"]),
    ("negative threads", ["--threads"], ["scan", "--threads", "-1", "--db", "DB", "CAPTURE"]),
    ("too many threads", ["--threads"], ["scan", "--threads", "100000", "--db", "DB", "CAPTURE"]),
    ("memory that is no size", ["--memory", "lots", "512M"], ["scan", "--memory", "lots", "--db", "DB", "CAPTURE"]),
    ("too little memory", ["--memory", "16MiB"], ["scan", "--memory", "1K", "--db", "DB", "CAPTURE"]),
    ("memory beyond all bounds", ["--memory"], ["scan", "--memory", "99999999999999T", "--db", "DB", "CAPTURE"]),
    ("a time that is none", ["--since", "yesterday", "2026"],
     ["scan", "--since", "yesterday", "--db", "DB", "CAPTURE"]),
    ("times the wrong way round", ["--until", "--since"],
     ["scan", "--since", "2026-01-02", "--until", "2026-01-01", "--db", "DB", "CAPTURE"]),
    ("an unknown colour", ["--color", "sometimes", "always"],
     ["scan", "--color", "sometimes", "--db", "DB", "CAPTURE"]),
    ("an option without its value", ["--db"], ["scan", "CAPTURE", "--db"]),
    ("--reveal into a file", ["--reveal", "-o"], ["scan", "--reveal", "-o", "DB.json", "--db", "DB", "CAPTURE"]),
    ("--format json of a monitor", ["json", "jsonl"], ["monitor", "-i", "lo", "--format", "json", "--db", "DB"]),
    ("a monitor without an interface", ["--interface", "--help"], ["monitor", "--db", "DB"]),
    ("an unknown filter of a monitor", ["--filter"], ["monitor", "-i", "lo", "--filter", "tpc", "--db", "DB"]),
    ("show without an id", ["ID"], ["incidents", "show", "--db", "DB"]),
    ("an unknown detector of incidents", ["--detector", "nonsense"],
     ["incidents", "--detector", "nonsense", "--db", "DB"]),
    ("an unknown status", ["--status", "shut", "open"], ["incidents", "--status", "shut", "--db", "DB"]),
    ("a fingerprint key that is not there", ["no.key", "fingerprint key"],
     ["scan", "--fingerprint-key", "no.key", "--db", "DB", "CAPTURE"]),
    ("a variable that is not set", ["LAB_KEY_NOT_SET"],
     ["scan", "--fingerprint-key", "env:LAB_KEY_NOT_SET", "--db", "DB", "CAPTURE"]),
]

# (name, what the line says beside the file's name, the file)
CONFIGURATIONS = [
    ("a wrong key", [":1:", "`tenant`", "`tenants`"], "tenant: {}\n"),
    ("a wrong key within", [":3:", "`quary`", "`tenants`", "`query`"], "tenants:\n  header: [X-Org]\n  quary: [org]\n"),
    ("a wrong key far from all", [":1:", "`xyzzy`", "tenants"], "xyzzy: 1\n"),
    ("a key twice", [":2:", "twice"], "own_domains: [a.example]\nown_domains: [b.example]\n"),
    ("an unknown detector", [":2:", "`credential-in-ulr`", "`credential-in-url`"],
     "detectors:\n  credential-in-ulr: {enabled: false}\n"),
    ("an unknown setting of a detector", [":2:", "enabeld", "enabled"],
     "detectors:\n  credential-in-url: {enabeld: false}\n"),
    ("neither true nor false", [":2:", "true or false"], "detectors:\n  credential-in-url: {enabled: maybe}\n"),
    ("a text for a list", [":2:", "tenants.header", "list"], "tenants:\n  header: X-Tenant-ID\n"),
    ("a list for a mapping", [":1:", "mapping"], "- tenants\n"),
    ("a path without {tenant}", [":2:", "tenants.path[0]", "{tenant}"], "tenants:\n  path: [/orgs/all]\n"),
    ("a key without a tenant", [":3:", "tenant"], "tenants:\n  keys:\n    - {env: TEST_FINGERPRINT_KEY}\n"),
    ("a key without a value", [":3:", "env, file, fingerprint"], "tenants:\n  keys:\n    - {tenant: acme}\n"),
    ("a variable that is not set", [":3:", "ACME_KEY_NOT_SET", "not set"],
     "tenants:\n  keys:\n    - {env: ACME_KEY_NOT_SET, tenant: acme}\n"),
    ("a key's file that is not there", [":3:", "tenants.keys[0].file"],
     "tenants:\n  keys:\n    - {file: not-there.key, tenant: acme}\n"),
    ("a fingerprint that is none", [":3:", "32 hex digits"],
     "tenants:\n  keys:\n    - {fingerprint: 12ab, tenant: acme}\n"),
    ("a host with a scheme", [":2:", "services[0].host", "scheme"],
     "services:\n  - {name: orders, host: 'https://a.example'}\n"),
    ("a service without a host", [":2:", "`host`"], "services:\n  - {name: orders}\n"),
    ("a bracket that is not closed", ["no valid YAML"], "tenants: {header: [X-Tenant-ID\n"),
    ("a tab", ["no valid YAML"], "tenants:\n\theader: [X]\n"),
    ("two documents", ["more than one document"], "tenants: {}\n---\ntenants: {}\n"),
    ("an anchor that is not there", ["no valid YAML"], "tenants: *nowhere\n"),
    ("no text at all", [], "\x00\x01\x02\xff"),
    ("very deep", [], "a: " + "[" * 20000 + "\n"),
]


def command_lines(bad: Bad, capture: Path) -> None:
    stand_ins = {"CAPTURE": capture, "DB": bad.folder / "new.db", "DB.json": bad.folder / "new.json"}
    for name, said, words in COMMAND_LINES:
        bad.refuses(name, USAGE, said, *(stand_ins.get(word, word) for word in words))


def configurations(bad: Bad, capture: Path) -> None:
    path = bad.folder / "leaktap.yaml"
    for name, said, text in CONFIGURATIONS:
        path.write_text(text, encoding="latin-1")
        bad.refuses(f"configuration: {name}", USAGE, ["leaktap.yaml", *said], "scan", "--db", bad.folder / "new.db",
                    "--config", path, capture)
    path.unlink()
    bad.refuses("configuration: missing", USAGE, ["leaktap.yaml", "o such file"], "scan", "--db",
                bad.folder / "new.db", "--config", path, capture)
    bad.refuses("configuration: a folder", USAGE, [bad.folder.name, ("folder", "directory")], "scan", "--db",
                bad.folder / "new.db", "--config", bad.folder, capture)


def outputs(bad: Bad, capture: Path) -> None:
    result = bad.folder / "gone" / "result.json"
    for words in (["scan", "--db", bad.folder / "new.db"], ["exchanges"]):
        bad.refuses(f"{words[0]} -o into a folder that is not there", UNUSABLE,
                    ["result.json", ("o such file", "folder")], *words, "-o", result, capture)
        bad.refuses(f"{words[0]} -o onto a folder", UNUSABLE, ["folder"], *words, "-o", bad.folder, capture)
    bad.refuses("a monitor of an interface that is not there", UNUSABLE, ["nosuch0"],
                "monitor", "-i", "nosuch0", "--db", bad.folder / "new.db")
    with open("/dev/full", "wb") as full:
        process = bad.leaktap.start("scan", "--format", "json", "--db", bad.leaktap.new_database(), capture,
                                    stdout=full, stderr=-1)
        errors = process.communicate(timeout=60)[1]
    bad.checks.that("a full disk", process.returncode == UNUSABLE and errors.count(b"\n") == 1,
                    f"exit {process.returncode}: {errors!r}")


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    bad = Bad(leaktap, checks)
    capture = {one.name: one for one in scenarios([])}["http-mixed"].capture
    command_lines(bad, capture)
    configurations(bad, capture)
    outputs(bad, capture)


if __name__ == "__main__":
    run_test(__doc__, test)
