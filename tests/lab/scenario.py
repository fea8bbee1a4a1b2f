"""One scenario: start its server, drive its clients, capture, write the folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from clients import Site
from dice import Dice
from processes import PYTHON, capturing, free_port, serving
from servers.run import write_plan
from truth import Truth

HERE = Path(__file__).resolve().parent


class Drive(Protocol):
    truth: Truth
    plan: Any

    def run(self, site: Site) -> None: ...


@dataclass(frozen=True)
class Scenario:
    name: str
    app: str  # the file in servers/
    variant: str
    purpose: str

    def drive(self, dice: Dice) -> Drive:
        from drive_oauth import Drive as OauthDrive
        from drive_tenants import Drive as TenantsDrive

        leaky = self.variant == "vulnerable"
        if self.app == "oauth_keys":
            return OauthDrive(dice, leaky)
        return TenantsDrive(dice, leaky, with_jwt="jwt" in self.name)


SCENARIOS = [
    Scenario("oauth-vulnerable", "oauth_keys", "vulnerable",
             "OAuth2 bearer tokens and API keys in URLs, redirects, Referer headers and error answers"),
    Scenario("oauth-mended", "oauth_keys", "mended",
             "The same errands on the repaired server by repaired clients: nothing to report"),
    Scenario("tenants-vulnerable", "tenants", "vulnerable",
             "Opaque API keys that are not bound to the tenant named by header, path, query or subdomain"),
    Scenario("tenants-mended", "tenants", "mended",
             "The same foreign requests, refused by 403, 404 and an empty list: attempts only"),
    Scenario("tenants-jwt-vulnerable", "tenants", "vulnerable",
             "JWTs whose tenant_id claim is not compared with the tenant that the request names; no configuration"),
    Scenario("tenants-jwt-mended", "tenants", "mended",
             "The same foreign requests with JWTs, refused: attempts only; no configuration"),
]


@contextmanager
def running(scenario: Scenario, plan: Any, site: Site) -> Iterator[None]:
    """The scenario's server, listening."""
    with tempfile.TemporaryDirectory() as scratch:
        plan_file = Path(scratch, "plan.json")
        write_plan(plan, plan_file)
        command = [PYTHON, str(HERE / "servers" / f"{scenario.app}.py"), "--variant", scenario.variant,
                   "--plan", str(plan_file), "--address", site.address, "--port", str(site.port)]
        with serving(command, site.port, site.address):
            yield


def make(scenario: Scenario, folder: Path, dice: Dice) -> None:
    drive = scenario.drive(dice)
    site = Site(free_port())
    folder.mkdir(parents=True, exist_ok=True)
    with running(scenario, drive.plan, site):
        with capturing(folder / "traffic.pcap", f"tcp port {site.port}"):
            drive.run(site)
    drive.truth.write(folder)
    (folder / "README.md").write_text(_readme(scenario, (folder / "leaktap.yaml").exists()))


def _readme(scenario: Scenario, has_config: bool) -> str:
    config = (
        "`leaktap.yaml` maps the API keys to their tenants by environment variables; `env.b64r` has their values\n"
        "(name, then base64 of the reversed bytes), for the test to export.\n\n" if has_config else "")
    return f"""# {scenario.name}

{scenario.purpose}.

Server: `tests/lab/servers/{scenario.app}.py --variant {scenario.variant}`, FastAPI on uvicorn, on the loopback
interface. Clients: curl (several URLs on one connection), a requests session and an httpx client, some at the same
time. Captured by `tcpdump -i lo -s 0` without loss.

`expected.txt` was written from what the lab planted, not from what leaktap found. `planted.b64r` has every planted
secret, one a line, as base64 of the reversed bytes.

{config}Made by [`tests/lab/make_scenarios.py`](../../tests/lab/make_scenarios.py); `--only {scenario.name}` makes it again
with fresh names, secrets and ports.
"""
