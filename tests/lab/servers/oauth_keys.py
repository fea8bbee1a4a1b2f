"""An API with OAuth2 bearer tokens and x-api-key, which leaks both or, mended, neither.

Leaks: tokens and keys accepted in URLs, tokens in redirects, pages whose sub-resources carry the
token in Referer, errors and headers that echo the credential. Both variants also do what must not
be taken for a leak: issue tokens, renew sessions, hand out signed links, cursors and CSRF tokens.
"""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from typing import Any

import jwt
from fastapi import Depends, FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse

NO_STORE = {"Cache-Control": "no-store"}


@dataclass
class Plan:
    """Everything that differs from run to run."""

    host: str
    app_origin: str  # the browser application, on https as in production
    issuer: str
    audience: str
    jwt_key: str
    clients: dict[str, str]
    keys: list[str]
    opaque_tokens: list[str]
    refresh_token: str
    user: str
    password: str
    session: str
    code: str
    signed_link: str
    cursor: str


class Gate:
    """Finds and checks the caller's credential."""

    def __init__(self, plan: Plan, leaky: bool) -> None:
        self._plan = plan
        self._leaky = leaky

    def caller(self, request: Request) -> str:
        for value in self._offered(request):
            if value in self._plan.keys or value in self._plan.opaque_tokens or self.valid(value):
                return value
            # The mended answer says that the credential is wrong, not what it was.
            raise HTTPException(401, f"unknown credential {value}" if self._leaky else "invalid credential",
                                headers={"WWW-Authenticate": "Bearer"})
        raise HTTPException(401, "authentication required", headers={"WWW-Authenticate": "Bearer"})

    def _offered(self, request: Request) -> list[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = [token if scheme.lower() == "bearer" else "", request.headers.get("x-api-key", "")]
        if self._leaky:
            found += [request.query_params.get("access_token", ""), request.query_params.get("api_key", "")]
        return [value for value in found if value]

    def valid(self, token: str) -> bool:
        try:
            jwt.decode(token, self._plan.jwt_key, algorithms=["HS256"], audience=self._plan.audience,
                       issuer=self._plan.issuer)
        except jwt.PyJWTError:
            return False
        return True


def issue(plan: Plan, subject: str) -> str:
    from dice import Dice  # a run-time token needs the same claims as the planned ones
    return Dice().bearer(plan.jwt_key, plan.issuer, plan.audience, sub=subject, scope="read")


def build(plan: Plan, leaky: bool) -> FastAPI:
    app = FastAPI(title="oauth_keys", openapi_url=None)
    gate = Gate(plan, leaky)
    _add_api(app, plan, gate, leaky)
    _add_oauth(app, plan, leaky)
    _add_pages(app, plan, gate, leaky)
    _add_harmless(app, plan, gate)
    return app


def _add_api(app: FastAPI, plan: Plan, gate: Gate, leaky: bool) -> None:
    @app.get("/v1/items/{item}")
    @app.get("/v1/reports/{item}")
    @app.get("/v1/exports/{item}")
    @app.get("/v1/widgets/{item}")
    def read(item: str, _: str = Depends(gate.caller)) -> dict[str, Any]:
        return {"id": item, "title": f"Item {item}", "price": "12.50", "in_stock": True}

    @app.get("/v1/archive/{item}")
    def archive(item: str, credential: str = Depends(gate.caller)) -> Response:
        detail = f"item {item} is not visible to {credential}" if leaky else f"no item {item}"
        return JSONResponse({"detail": detail}, 404)

    @app.post("/v1/orders")
    def order(request: Request, credential: str = Depends(gate.caller)) -> Response:
        # Debugging output of the kind that a framework's error page prints: all of the request's headers.
        seen = f"<pre>x-api-key: {html.escape(credential)}</pre>" if leaky else ""
        return HTMLResponse(f"<html><body><h1>400 Bad Request</h1>quantity is missing{seen}</body></html>", 400)

    @app.get("/v1/status")
    def status(credential: str = Depends(gate.caller)) -> Response:
        return JSONResponse({"status": "ok"}, headers={"X-Debug-Caller": credential} if leaky else {})

    @app.get("/v1/share/{link}")
    def share(link: str, request: Request) -> dict[str, Any]:
        if not (leaky and gate.valid(link)):
            gate.caller(request)
        return {"shared": True, "pages": 4}


def _add_oauth(app: FastAPI, plan: Plan, leaky: bool) -> None:
    @app.post("/token")
    async def token(request: Request) -> Response:
        form = await request.form()
        sent = dict(request.query_params) | dict(form) if leaky else dict(form)
        client, secret = _client_of(request, sent)
        if plan.clients.get(client) != secret:
            return JSONResponse({"error": "invalid_client"}, 401, headers=NO_STORE)
        return _tokens(client)

    @app.post("/oauth/renew")
    async def renew(request: Request) -> Response:
        form = await request.form()
        given = form.get("refresh_token") or (leaky and request.query_params.get("refresh_token"))
        if given != plan.refresh_token:
            return JSONResponse({"error": "invalid_grant"}, 400, headers=NO_STORE)
        return _tokens(plan.user)

    def _tokens(subject: str) -> Response:
        return JSONResponse({"access_token": issue(plan, subject), "token_type": "Bearer", "expires_in": 3600,
                             "scope": "read"}, headers=NO_STORE)

    @app.get("/authorize")
    def authorize(state: str) -> Response:
        return RedirectResponse(f"{plan.app_origin}/callback?code={plan.code}&state={state}", 302)

    @app.get("/callback")
    def callback() -> Response:
        return RedirectResponse("/home", 303)

    @app.get("/login/finish")
    def finish(state: str) -> Response:
        if leaky:
            return RedirectResponse(f"/home?access_token={issue(plan, plan.user)}&view=full", 302)
        return RedirectResponse(f"{plan.app_origin}/callback?code={plan.code}&state={state}", 302)

    @app.get("/login/widget")
    def widget(state: str) -> Response:
        if leaky:
            return RedirectResponse(
                f"{plan.app_origin}/w#access_token={issue(plan, plan.user)}&token_type=bearer&expires_in=3600", 302)
        return RedirectResponse(f"{plan.app_origin}/callback?code={plan.code}&state={state}", 302)


def _client_of(request: Request, sent: dict[str, Any]) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        import base64
        name, _, secret = base64.b64decode(value).decode().partition(":")
        return name, secret
    return str(sent.get("client_id", "")), str(sent.get("client_secret", ""))


def _add_pages(app: FastAPI, plan: Plan, gate: Gate, leaky: bool) -> None:
    def keep_session(answer: Response) -> Response:
        answer.set_cookie("session", plan.session, max_age=3600, httponly=True, samesite="lax", path="/")
        return answer

    @app.post("/login")
    def login(username: str = Form(), password: str = Form()) -> Response:
        if (username, password) != (plan.user, plan.password):
            return PlainTextResponse("wrong user name or password", 401)
        return keep_session(RedirectResponse("/home", 303))

    @app.get("/home")
    @app.get("/app")
    def page(request: Request) -> Response:
        if request.cookies.get("session") != plan.session:
            gate.caller(request)
        answer = HTMLResponse(
            '<html><head><link rel="stylesheet" href="/static/app.css"><script src="/static/app.js"></script></head>'
            "<body>Welcome</body></html>")
        if not leaky:
            answer.headers["Referrer-Policy"] = "no-referrer"
        # Renewal of the same session on every page: the client gets back what it sent, and that is no leak.
        return keep_session(answer) if "session" in request.cookies else answer

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        body = f"/* {name} */ body {{ margin: 0 }}"
        return PlainTextResponse(body, headers={"ETag": '"' + hashlib.sha1(body.encode()).hexdigest() + '"'})

    @app.get("/pixel.gif")
    def pixel() -> Response:
        return Response(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", media_type="image/gif")


def _add_harmless(app: FastAPI, plan: Plan, gate: Gate) -> None:
    @app.get("/v1/items")
    def listing(_: str = Depends(gate.caller)) -> dict[str, Any]:
        return {"items": [{"id": 1001}, {"id": 1002}], "next_cursor": plan.cursor}

    @app.get("/v1/form")
    def form(request: Request) -> Response:
        token = request.cookies.get("csrftoken", "")
        answer = HTMLResponse(f'<form method="post"><input type="hidden" name="csrf_token" value="{token}"></form>')
        answer.set_cookie("csrftoken", token, samesite="lax")
        return answer

    @app.post("/v1/form")
    async def submit(request: Request) -> Response:
        fields = await request.form()
        again = html.escape(str(fields.get("csrf_token")))
        return HTMLResponse(f'<input type="hidden" name="csrf_token" value="{again}">Sent.')

    @app.put("/v1/items/{item}")
    def write(item: str, request: Request, _: str = Depends(gate.caller)) -> Response:
        echoed = {name: request.headers[name] for name in ("idempotency-key", "x-request-id")}
        return JSONResponse({"id": item, "saved": True}, headers=echoed)

    @app.get("/v1/files/{item}")
    def file(item: str, _: str = Depends(gate.caller)) -> Response:
        return RedirectResponse(plan.signed_link, 302)

    @app.get("/v1/files/{item}/link")
    def link(item: str, _: str = Depends(gate.caller)) -> dict[str, str]:
        return {"id": item, "download": plan.signed_link, "sha256": hashlib.sha256(item.encode()).hexdigest()}

    @app.get("/v1/keys")
    def keys(_: str = Depends(gate.caller)) -> dict[str, Any]:
        return {"keys": [{"id": number, "key": f"{key[:4]}****{key[-2:]}"} for number, key in enumerate(plan.keys)]}

    @app.get("/docs/try")
    def documentation() -> Response:
        return PlainTextResponse("Put your own key where the sample says YOUR_API_KEY.")

    @app.get("/bucket/{name}")
    def bucket(name: str) -> Response:
        return PlainTextResponse("quarterly figures")


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from servers.run import main

    main(Plan, build)
