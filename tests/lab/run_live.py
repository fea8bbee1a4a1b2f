#!/usr/bin/python3
"""Starts one application, drives its clients and ends: traffic for a monitor that is already listening.

Nothing is captured here. The last line on standard output is the folder with the truth: expected.txt,
planted.b64r and, for tenants, leaktap.yaml and env.b64r. A monitor needs the latter two before the traffic:
call this with --plan-only first and then again with the same --seed and --truth.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from clients import Site
from dice import Dice
from processes import free_port
from scenario import SCENARIOS, running


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--app", choices=["oauth", "tenants", "tenants-jwt"], required=True)
    parser.add_argument("--variant", choices=["vulnerable", "mended"], required=True)
    parser.add_argument("--port", type=int, help="where the server listens; a free port if not given")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--truth", type=Path, help="folder for the truth; a temporary one if not given")
    parser.add_argument("--plan-only", action="store_true", help="write configuration and environment, send nothing")
    options = parser.parse_args()
    if options.plan_only and (options.seed is None or options.truth is None):
        parser.error("--plan-only needs --seed and --truth")
    scenario = next(one for one in SCENARIOS if one.name == f"{options.app}-{options.variant}")
    drive = scenario.drive(Dice(options.seed))
    folder = options.truth or Path(tempfile.mkdtemp(prefix="leaktap-lab-"))
    if options.plan_only:
        drive.truth.write_config(folder)
    else:
        site = Site(options.port or free_port(), options.address)
        with running(scenario, drive.plan, site):
            drive.run(site)
        drive.truth.write(folder)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
