"""An API for several tenants whose credentials are bound to their tenant only in the mended variant.

A request names its tenant by the X-Tenant-ID header, the path, the query or the host name; the
credential (an opaque API key, or a JWT with a tenant_id claim) has one of its own. Two routes need
no credential, and a support user may read every tenant.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

SUPPORT = "*"


@dataclass
class Plan:
    """Everything that differs from run to run."""

    base: str  # the API's own name; a tenant's is <tenant>.<base>
    issuer: str
    audience: str
    jwt_key: str
    keys: dict[str, str]  # API key -> tenant, or SUPPORT
    data: dict[str, dict[str, Any]]  # tenant -> collection -> records


class Gate:
    def __init__(self, plan: Plan, leaky: bool) -> None:
        self._plan = plan
        self._leaky = leaky

    def home(self, request: Request) -> str:
        """The tenant that the credential belongs to."""
        key = request.headers.get("x-api-key", "")
        if key in self._plan.keys:
            return self._plan.keys[key]
        _, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, self._plan.jwt_key, algorithms=["HS256"], audience=self._plan.audience,
                                issuer=self._plan.issuer)
        except jwt.PyJWTError:
            raise HTTPException(401, "authentication required", headers={"WWW-Authenticate": "Bearer"}) from None
        return SUPPORT if claims.get("role") == "support" else str(claims["tenant_id"])

    def may(self, request: Request, tenant: str) -> bool:
        return self._leaky or self.bound(request, tenant)

    def bound(self, request: Request, tenant: str) -> bool:
        return self.home(request) in (tenant, SUPPORT)

    def tenant(self, request: Request, wanted: str | None, refusal: int) -> str:
        """The tenant to serve: the one that was asked for, if the caller may have it."""
        home = self.home(request)
        wanted = wanted or home
        if not self.may(request, wanted):
            raise HTTPException(refusal, "Tenant mismatch" if refusal == 403 else "Not Found")
        if wanted not in self._plan.data:
            raise HTTPException(404, "Not Found")
        return wanted


def build(plan: Plan, leaky: bool) -> FastAPI:
    app = FastAPI(title="tenants", openapi_url=None)
    gate = Gate(plan, leaky)

    @app.middleware("http")
    async def number(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        answer.headers["X-Request-ID"] = str(uuid.uuid4())
        return answer

    _add_by_header(app, plan, gate)
    _add_by_path(app, plan, gate)
    _add_by_query_and_host(app, plan, gate)
    _add_public(app, plan)
    return app


def _add_by_header(app: FastAPI, plan: Plan, gate: Gate) -> None:
    @app.get("/v1/orders")
    def orders(request: Request) -> dict[str, Any]:
        tenant = gate.tenant(request, request.headers.get("x-tenant-id"), 403)
        return {"orders": plan.data[tenant]["orders"], "served_at": time.time()}

    @app.get("/v1/profile")
    def profile(request: Request) -> dict[str, Any]:
        return plan.data[gate.tenant(request, request.headers.get("x-tenant-id"), 403)]["profile"]

    @app.patch("/v1/profile")
    async def change(request: Request) -> dict[str, Any]:
        tenant = gate.tenant(request, request.headers.get("x-tenant-id"), 403)
        plan.data[tenant]["profile"] |= await request.json()
        return {"updated": True}


def _add_by_path(app: FastAPI, plan: Plan, gate: Gate) -> None:
    def record(tenant: str, item: int) -> dict[str, Any]:
        for found in plan.data[tenant]["resource"]:
            if found["id"] == item:
                return found
        raise HTTPException(404, "Not Found")

    @app.get("/tenant/{tenant}/resource")
    def resources(request: Request, tenant: str) -> dict[str, Any]:
        return {"items": plan.data[gate.tenant(request, tenant, 404)]["resource"]}

    @app.get("/tenant/{tenant}/resource/{item}")
    def resource(request: Request, tenant: str, item: int) -> dict[str, Any]:
        return record(gate.tenant(request, tenant, 404), item)

    @app.put("/tenant/{tenant}/resource/{item}")
    async def write(request: Request, tenant: str, item: int) -> dict[str, Any]:
        record(gate.tenant(request, tenant, 403), item).update(await request.json())
        return {"updated": True}

    @app.get("/tenant/{tenant}/ping")
    def ping(request: Request, tenant: str) -> dict[str, Any]:
        # Nothing but what the client sent: whether this answer is about the tenant cannot be seen.
        return {"tenant": gate.tenant(request, tenant, 404), "ok": True}

    @app.get("/tenant/{tenant}/billing")
    def billing(request: Request, tenant: str) -> dict[str, Any]:
        # The one route that somebody thought of, in both variants.
        if not gate.bound(request, tenant):
            raise HTTPException(403, "Tenant mismatch")
        return plan.data[tenant]["profile"]


def _add_by_query_and_host(app: FastAPI, plan: Plan, gate: Gate) -> None:
    @app.get("/v1/invoices")
    def invoices(request: Request, tenant_id: str | None = None) -> list[dict[str, Any]]:
        # Mended as a database filter would do it: foreign rows are simply not there.
        wanted = tenant_id or gate.home(request)
        return plan.data[wanted]["invoices"] if gate.may(request, wanted) else []

    @app.get("/v1/contacts")
    def contacts(request: Request) -> dict[str, Any]:
        host = request.headers.get("host", "").partition(":")[0]
        return {"contacts": plan.data[gate.tenant(request, host.partition(".")[0], 403)]["contacts"]}


def _add_public(app: FastAPI, plan: Plan) -> None:
    @app.get("/tenant/{tenant}/public/brochure")
    def brochure(tenant: str) -> dict[str, Any]:
        return plan.data[tenant]["brochure"]

    @app.get("/v1/health")
    def health() -> Response:
        return JSONResponse({"status": "ok"})


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from servers.run import main

    main(Plan, build)
