#!/usr/bin/python3
"""A secret that slipped into a configuration, a key or an option does not come back in the error."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import Checks, Leaktap, run_test
from needles import Search
from scenario_folders import scenarios

# Where in a configuration somebody may put the credential itself.
CONFIGURATIONS = {
    "as a key": "{secret}: 1\n",
    "as a key of tenants": "tenants:\n  {secret}: [a]\n",
    "as a detector": "detectors:\n  {secret}: {{enabled: false}}\n",
    "in place of env": "tenants:\n  keys:\n    - {{env: '{secret}', tenant: acme}}\n",
    "in place of a file": "tenants:\n  keys:\n    - {{file: '{secret}', tenant: acme}}\n",
    "in place of a fingerprint": "tenants:\n  keys:\n    - {{fingerprint: '{secret}', tenant: acme}}\n",
    "as the item of a list": "tenants:\n  keys:\n    - '{secret}'\n",
    "as a multi-tenant principal": "principals:\n  multi_tenant: ['{secret}']\n",
    "as a path": "tenants:\n  path: ['{secret}']\n",
    "as the whole of tenants": "tenants: '{secret}'\n",
    "as enabled": "detectors:\n  credential-in-url: {{enabled: '{secret}'}}\n",
    "as a host": "services:\n  - {{name: orders, host: 'http://{secret}'}}\n",
    "as the whole document": "'{secret}'\n",
    "before a syntax error": "tenants: {{keys: [{{env: '{secret}'}}\n",
    "as an anchor that is not there": "tenants: *{secret}\n",
    "twice, as a key": "tenants:\n  aliases: {{'{secret}': a, '{secret}': b}}\n",
}


def check(words: list[object], env: dict[str, str], leaktap: Leaktap, secret: str, name: str, checks: Checks) -> None:
    done = leaktap.run(*words, env=env)
    checks.that(f"{name}: exit 2 and one line", done.code == 2 and done.err.count(b"\n") == 1,
                f"exit {done.code}\n{done.errors()}")
    checks.none(f"{name}: without the secret", Search([secret]).in_bytes(done.out + b"\n" + done.err))


def in_configuration(scan: list[object], leaktap: Leaktap, secret: str, kind: str, checks: Checks) -> None:
    config = leaktap.folder / "config.yaml"
    for where, text in CONFIGURATIONS.items():
        config.write_text(text.format(secret=secret))
        check([*scan, "--config", config], {}, leaktap, secret, f"{kind} {where}", checks)


def as_fingerprint_key(scan: list[object], leaktap: Leaktap, secret: str, kind: str, checks: Checks) -> None:
    key_file = Path(leaktap.folder, "key")
    key_file.write_text(secret + "\n")
    key_file.chmod(0o600)
    key = "--fingerprint-key"
    check([*scan, key, key_file], {}, leaktap, secret, f"{kind} in the key file", checks)
    check([*scan, key, "env:KEY"], {"KEY": secret}, leaktap, secret, f"{kind} in the key's variable", checks)
    check([*scan, key, secret], {}, leaktap, secret, f"{kind} in place of the key file's name", checks)
    check([*scan, key, f"env:{secret}"], {}, leaktap, secret, f"{kind} in place of the variable's name", checks)


def in_options(scan: list[object], leaktap: Leaktap, secret: str, kind: str, checks: Checks) -> None:
    check([*scan, f"--token={secret}"], {}, leaktap, secret, f"{kind} behind an unknown option", checks)


def test(options: argparse.Namespace, leaktap: Leaktap, checks: Checks) -> None:
    chosen = {one.name: one for one in scenarios([])}
    api_key, jwt = chosen["tenants-vulnerable"].planted[0], chosen["tenants-jwt-vulnerable"].planted[0]
    scan: list[object] = ["scan", "--db", leaktap.folder / "none.db", chosen["http-mixed"].capture]
    for kind, secret in [("an API key", api_key), ("a JWT", jwt)]:
        in_configuration(scan, leaktap, secret, kind, checks)
        as_fingerprint_key(scan, leaktap, secret, kind, checks)
        in_options(scan, leaktap, secret, kind, checks)
    # The key of the fingerprints is a secret, too, and easily given in place of the file that holds it.
    key = "7c" * 32
    check([*scan, "--fingerprint-key", key], {}, leaktap, key, "the key itself in place of its file's name", checks)
    checks.that("no database was made", not (leaktap.folder / "none.db").exists())


if __name__ == "__main__":
    run_test(__doc__, test)
