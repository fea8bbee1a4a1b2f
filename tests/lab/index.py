"""pcaps/README.md: one row for each scenario of the tables."""

from __future__ import annotations

from pathlib import Path

from link_layers import LINK_LAYERS
from protocols import PROTOCOLS
from scenario import SCENARIOS

TEXT = """\
# Scenarios

One folder a scenario: `traffic.pcap`, `expected.txt`, `README.md`, and where they apply `planted.b64r`,
`leaktap.yaml` and `env.b64r`. The formats, and how to make a scenario, are in
[`tests/lab/README.md`](../tests/lab/README.md).

Each capture was made by [`tests/lab/make_scenarios.py`](../tests/lab/make_scenarios.py) with real servers and
clients. No secret in them was ever valid anywhere; `make_scenarios.py --only NAME` replaces them all. This page is
written by the same script.

## Exposures, and the same servers mended

| folder | covers |
|---|---|
{scenarios}

## Protocol captures

Nothing is exposed in them. leaktap must see the exchanges that tshark sees.

| folder | covers |
|---|---|
{protocols}
"""


def write_index(folder: Path) -> None:
    def rows(entries: list[tuple[str, str]]) -> str:
        return "\n".join(f"| [`{name}`]({name}/) | {purpose} |" for name, purpose in entries)

    (folder / "README.md").write_text(TEXT.format(
        scenarios=rows([(one.name, one.purpose) for one in SCENARIOS]),
        protocols=rows([(one.name, one.purpose) for one in [*PROTOCOLS, *LINK_LAYERS]])))
