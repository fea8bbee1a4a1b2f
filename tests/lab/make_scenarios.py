#!/usr/bin/python3
"""Makes the scenario folders of pcaps/ again, with fresh secrets, names and ports."""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from functools import partial
from pathlib import Path

import link_layers
import scenario
from dice import Dice
from index import write_index
from link_layers import LINK_LAYERS
from protocols import PROTOCOLS
from scenario import SCENARIOS

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "pcaps", help="where the folders go")
    parser.add_argument("--seed", type=int, help="names and secrets; without it they are random")
    parser.add_argument("--only", action="append", metavar="NAME", help="this scenario; may be repeated")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args()
    jobs = {one.name: partial(scenario.make, one) for one in SCENARIOS}
    jobs |= {one.name: partial(link_layers.make, one) for one in [*PROTOCOLS, *LINK_LAYERS]}
    if options.list:
        print("\n".join(jobs))
        return 0
    unknown = set(options.only or []) - set(jobs)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}; --list names them")
    for name in options.only or jobs:
        started = time.monotonic()
        # A scenario's secrets do not depend on which others are made with it.
        seed = None if options.seed is None else options.seed ^ zlib.crc32(name.encode())
        jobs[name](options.out / name, Dice(seed))
        print(f"{name}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    write_index(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
