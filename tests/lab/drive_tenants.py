"""Traffic against servers/tenants.py, and the truth about it.

Three tenants: the first one's credential reaches for the second one's data. Everything that may
be proven is also read by the second one itself, before or after; the third one shows what the
tenants have in common.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from clients import Request, Site, curl, httpx_client, in_parallel, session
from dice import Dice
from servers.tenants import SUPPORT, Plan
from truth import Truth

DETECTOR = "cross-tenant-access"
FIRST_ID = 1001  # every tenant counts from here: equal ids do not mean equal objects


class Drive:
    def __init__(self, dice: Dice, leaky: bool, with_jwt: bool) -> None:
        self._dice = dice
        self._leaky = leaky
        self._with_jwt = with_jwt
        self._kind = "jwt" if with_jwt else "api-key"
        self.truth = Truth()
        base, zone = f"api.{dice.word()}.test", dice.word()
        self._base = base
        self._tenants = [dice.word(), dice.word(), dice.word()]
        issuer, audience, signing_key = f"https://id.{zone}.test", f"https://{base}", dice.text(43)
        roles = {tenant: {"tenant_id": tenant, "role": "member"} for tenant in self._tenants}
        roles[SUPPORT] = {"tenant_id": f"{zone}-operations", "role": "support"}
        if with_jwt:
            self._credentials = {tenant: dice.bearer(signing_key, issuer, audience, **claims)
                                 for tenant, claims in roles.items()}
        else:
            self._credentials = {tenant: dice.text(40) for tenant in roles}
        for value in self._credentials.values():
            self.truth.plant(value)
        keys = {} if with_jwt else {key: tenant for tenant, key in self._credentials.items()}
        data = {tenant: _data_of(dice, tenant) for tenant in self._tenants}
        self.plan = Plan(base, issuer, audience, signing_key, keys, data)
        if not with_jwt:
            self._configure()

    def _configure(self) -> None:
        names = {tenant: f"LAB_KEY_{'SUPPORT' if tenant == SUPPORT else tenant.upper()}" for tenant in self._credentials}
        for tenant, name in names.items():
            self.truth.environment(name, self._credentials[tenant])
        mapping = [f"    - {{env: {names[tenant]}, tenant: {tenant}}}" for tenant in self._tenants]
        self.truth.config = "\n".join([
            "tenants:", f"  subdomain_of: [{self._base}]", "  keys:", *mapping,
            "principals:", f"  multi_tenant: [{{env: {names[SUPPORT]}}}]", ""])

    def run(self, site: Site) -> None:
        first, second, third = self._tenants
        single = f"/tenant/{second}/resource/{FIRST_ID}"
        # The owners' reads: everyone at the same time, each on a connection of its own. The victim reads
        # one object only afterwards: proof must not depend on who came first.
        before = [ask for ask in self._own_reads(second) if ask.target != single]
        in_parallel(site, [(curl, self._own_reads(first)), (session, before), (httpx_client, self._own_reads(third))])
        self._anonymous(site)
        if self._leaky:
            self._reach_over(site, first, second)
        else:
            self._is_refused(site, first, second)
        self._bound_in_both(site, first, third)
        self._support(site)
        session(site, [ask for ask in self._own_reads(second) if ask.target in (single, "/v1/profile")])
        if self._leaky:
            self._write_unseen(site, first, second)
        else:
            self.truth.absent(DETECTOR, "credential-in-url", "credential-in-referer", "credential-in-redirect",
                              "credential-reflected")
        for host in [self._base, *([] if self._with_jwt else [self._host(name) for name in self._tenants])]:
            self.truth.info("credential-over-cleartext", host, self._kind)

    # Benign traffic.

    def _own_reads(self, tenant: str) -> list[Request]:
        asks = [self._ask(tenant, tenant, method, *what) for method, *what in self._routes(tenant)]
        return asks + [self._ask(tenant, None, "GET", self._base, "/v1/orders", False)]

    def _routes(self, tenant: str) -> list[tuple[str, str, str, bool]]:
        """(method, host, target, whether X-Tenant-ID goes along) of every read."""
        reads = [
            ("GET", self._base, "/v1/orders", True), ("GET", self._base, "/v1/profile", True),
            ("GET", self._base, f"/tenant/{tenant}/resource", False),
            ("GET", self._base, f"/tenant/{tenant}/resource/{FIRST_ID}", False),
            ("GET", self._base, f"/tenant/{tenant}/ping", False),
            ("GET", self._base, f"/v1/invoices?tenant_id={tenant}", False),
        ]
        # Without a configuration nothing says that the first label of the host is a tenant.
        return reads if self._with_jwt else [*reads, ("GET", self._host(tenant), "/v1/contacts", False)]

    def _anonymous(self, site: Site) -> None:
        """Public objects are read by anybody, with a foreign key too: no breach."""
        asks = [Request("GET", self._base, f"/tenant/{tenant}/public/brochure") for tenant in self._tenants]
        curl(site, [*asks, Request("GET", self._base, "/v1/health"),
                    Request("GET", self._base, "/v1/orders", expect=401)])
        session(site, [self._ask(self._tenants[0], None, "GET", self._base,
                                 f"/tenant/{self._tenants[1]}/public/brochure", False)])

    def _support(self, site: Site) -> None:
        asks = [self._ask(SUPPORT, tenant, method, *what)
                for tenant in self._tenants for method, *what in self._routes(tenant)]
        httpx_client(site, asks)

    def _bound_in_both(self, site: Site, first: str, third: str) -> None:
        curl(site, [self._ask(first, None, "GET", self._base, f"/tenant/{first}/billing", False),
                    self._ask(first, None, "GET", self._base, f"/tenant/{third}/billing", False, expect=403)])
        self.truth.control(DETECTOR, self._base, "GET", "/tenant/{id}/billing", "path:tenant", self._kind)

    # One tenant's credential on another tenant.

    def _reach_over(self, site: Site, caller: str, victim: str) -> None:
        curl(site, [self._ask(caller, victim, method, *what) for method, *what in self._routes(victim)])
        self._claims(victim, self._breach)
        # A write that the victim is then seen to read: its new value was not there before.
        changed = json.dumps({"billing_contact": self._dice.person()[1]})
        session(site, [self._ask(caller, victim, "PATCH", self._base, "/v1/profile", True, body=changed)])
        self._breach("PATCH", self._base, "/v1/profile", "header:x-tenant-id")

    def _write_unseen(self, site: Site, caller: str, victim: str) -> None:
        """A write after which nobody reads the object: accepted, but what it did cannot be seen."""
        note = json.dumps({"note": self._dice.text(24)})
        target = f"/tenant/{victim}/resource/{FIRST_ID + 1}"
        httpx_client(site, [self._ask(caller, None, "PUT", self._base, target, False, body=note)])
        self._breach("PUT", self._base, "/tenant/{id}/resource/{id}", "path:tenant", "strong")

    def _is_refused(self, site: Site, caller: str, victim: str) -> None:
        expected = {"/v1/orders": 403, "/v1/profile": 403, "/v1/contacts": 403, "/v1/invoices": 200}
        asks = [self._ask(caller, victim, method, host, target, header,
                          expect=expected.get(target.partition("?")[0], 404))
                for method, host, target, header in self._routes(victim)]
        replies = curl(site, asks)
        if not any(ask.target.startswith("/v1/invoices") and reply.text == "[]" for ask, reply in zip(asks, replies)):
            raise RuntimeError("the filtered route gave rows")
        self._claims(victim, lambda *claim: self.truth.control(DETECTOR, claim[1], claim[0], *claim[2:4], self._kind))
        body = json.dumps({"note": self._dice.text(24)})
        session(site, [
            self._ask(caller, victim, "PATCH", self._base, "/v1/profile", True, body=body, expect=403),
            self._ask(caller, None, "PUT", self._base, f"/tenant/{victim}/resource/{FIRST_ID}", False, body=body,
                      expect=403)])
        self.truth.control(DETECTOR, self._base, "PATCH", "/v1/profile", "header:x-tenant-id", self._kind)
        self.truth.control(DETECTOR, self._base, "PUT", "/tenant/{id}/resource/{id}", "path:tenant", self._kind)

    def _claims(self, victim: str, say: Any) -> None:
        say("GET", self._base, "/v1/orders", "header:x-tenant-id", "proof")
        say("GET", self._base, "/v1/profile", "header:x-tenant-id", "proof")
        say("GET", self._base, "/tenant/{id}/resource", "path:tenant", "proof")
        say("GET", self._base, "/tenant/{id}/resource/{id}", "path:tenant", "proof")
        say("GET", self._base, "/tenant/{id}/ping", "path:tenant", "strong")
        say("GET", self._base, "/v1/invoices", "query:tenant_id", "proof")
        if not self._with_jwt:
            say("GET", self._host(victim), "/v1/contacts", "host", "proof")

    def _breach(self, method: str, host: str, route: str, where: str, confidence: str = "proof") -> None:
        self.truth.incident(DETECTOR, host, method, route, where, self._kind, confidence)

    def _host(self, tenant: str) -> str:
        return f"{tenant}.{self._base}"

    def _ask(self, caller: str, tenant: str | None, method: str, host: str, target: str, with_header: bool,
             body: str | None = None, expect: int = 200) -> Request:
        value = self._credentials[caller]
        headers = {"Authorization": f"Bearer {value}"} if self._with_jwt else {"x-api-key": value}
        if with_header and tenant:
            headers["X-Tenant-ID"] = tenant
        return Request(method, host, target, headers, json=body, expect=expect)


def _data_of(dice: Dice, tenant: str) -> dict[str, Any]:
    return {
        "orders": [_record(dice, tenant, number) for number in range(3)],
        "resource": [_record(dice, tenant, number) for number in range(2)],
        "invoices": [_record(dice, tenant, number) for number in range(3)],
        "contacts": [_record(dice, tenant, number) for number in range(2)],
        "profile": copy.deepcopy(_record(dice, tenant, 0)) | {"billing_contact": dice.person()[1]},
        "brochure": _record(dice, tenant, 0),
    }


def _record(dice: Dice, tenant: str, number: int) -> dict[str, Any]:
    """A record whose values, but for id, owner and status, no other record has."""
    name, mail = dice.person()
    owner, owner_mail = dice.person()
    return {
        "id": FIRST_ID + number, "tenant_id": tenant, "customer": name, "email": mail,
        "phone": f"+49 30 {dice.digits(8)}", "city": dice.word(4).title(), "street": f"{dice.word(4).title()} 7",
        "amount": dice.money(), "reference": f"{dice.word(3)}-{dice.digits(7)}", "owner": owner,
        "owner_email": owner_mail, "status": "open",
    }
