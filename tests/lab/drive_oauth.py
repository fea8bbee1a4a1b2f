"""Traffic against servers/oauth_keys.py, and the truth about it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

from clients import Request, Site, curl, curl_follow, httpx_client, in_parallel, session
from dice import BASE64_TAIL, Dice
from servers.oauth_keys import Plan
from truth import Truth

SECTIONS_ONE_AND_TWO = ("credential-in-referer", "credential-in-redirect", "credential-reflected")


class Drive:
    def __init__(self, dice: Dice, leaky: bool) -> None:
        self._dice = dice
        self._leaky = leaky
        self.truth = Truth()
        zone = f"{dice.word()}.test"
        self._files = f"files.{zone}"
        self._metrics = f"{dice.word()}.metrics.test"
        issuer, audience = f"https://id.{zone}", f"https://api.{zone}"
        self._key = dice.text(43)
        secret = self.truth.plant
        self.plan = Plan(
            host=f"{dice.word()}.{zone}", app_origin=f"https://app.{zone}", issuer=issuer, audience=audience,
            jwt_key=self._key,
            clients={f"{dice.word()}-batch": secret(dice.text(40)), f"{dice.word()}-cli": secret(dice.text(36))},
            keys=[secret(dice.text(40)), secret(dice.text(32)), secret(f"{dice.text(18)}&{dice.text(17)}"),
                  secret(f"{dice.text(20, BASE64_TAIL)}+{dice.text(19, BASE64_TAIL)}/{dice.text(2)}=")],
            opaque_tokens=[secret(dice.text(44))], refresh_token=secret(dice.text(48)),
            user=dice.person()[1], password=secret(dice.text(14) + "!"), session=secret(dice.text(43)),
            code=secret(dice.text(40)), signed_link=self._signed_link(), cursor=self._cursor())
        self._tokens = [secret(self._bearer()) for _ in range(4)]

    def _bearer(self) -> str:
        return self._dice.bearer(self._key, f"https://id.{self._files[6:]}", f"https://api.{self._files[6:]}",
                                 scope="read")

    def _signed_link(self) -> str:
        day = "20260105"
        query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": f"{day}T101500Z", "X-Amz-Expires": "900",
                 "X-Amz-SignedHeaders": "host", "X-Amz-Signature": self._dice.hex(64)}
        return f"https://{self._files}/bucket/q3.txt?{urlencode(query)}"

    def _cursor(self) -> str:
        where = json.dumps({"after": self._dice.number(), "at": self._dice.hex(24)})
        return base64.urlsafe_b64encode(where.encode()).decode().rstrip("=")

    def run(self, site: Site) -> None:
        self._token_endpoint(site)
        self._browser(site)
        self._headers_only(site)
        self._harmless(site)
        self._leaks(site) if self._leaky else self._mended(site)
        self._cleartext()

    # What both variants do.

    def _token_endpoint(self, site: Site) -> None:
        (batch, batch_secret), (cli, cli_secret) = self.plan.clients.items()
        basic = self.truth.plant(base64.b64encode(f"{cli}:{cli_secret}".encode()).decode())
        replies = curl(site, [
            self._ask("POST", "/token", form={"grant_type": "client_credentials", "client_id": batch,
                                              "client_secret": batch_secret, "scope": "read"}),
            self._ask("POST", "/token", {"Authorization": f"Basic {basic}"},
                      form={"grant_type": "client_credentials", "scope": "read"})])
        # A machine gets a token and uses it in the header: issuing it was no exposure.
        issued = [self.truth.plant(json.loads(reply.text)["access_token"]) for reply in replies]
        session(site, [self._ask("GET", f"/v1/items/{self._dice.number()}", _bearer(token)) for token in issued])

    def _browser(self, site: Site) -> None:
        state, challenge = self._dice.text(24), self._dice.text(43)
        query = urlencode({"response_type": "code", "client_id": "spa", "redirect_uri": self.plan.app_origin,
                           "state": state, "code_challenge": challenge, "code_challenge_method": "S256"})
        back = urlencode({"code": self.plan.code, "state": state, "session_state": self._dice.uuid()})
        session(site, [
            self._ask("GET", f"/authorize?{query}", expect=302),
            self._ask("GET", f"/callback?{back}", expect=303),
            self._ask("POST", "/login", form={"username": self.plan.user, "password": self.plan.password}, expect=303),
            self._ask("GET", "/home"), self._ask("GET", "/home"),
            self._ask("GET", "/static/app.css", {"Referer": site.url(self.plan.host, "/home?view=full")})])

    def _headers_only(self, site: Site) -> None:
        jobs = [(client, [self._ask("GET", f"/v1/items/{self._dice.number()}", headers) for _ in range(3)])
                for client, headers in [(curl, _bearer(self._tokens[0])), (session, _key(self.plan.keys[0])),
                                        (httpx_client, _bearer(self._tokens[1]))]]
        in_parallel(site, jobs)
        self._refused_without_credential(site)

    def _refused_without_credential(self, site: Site) -> None:
        curl(site, [self._ask("GET", f"/v1/items/{self._dice.number()}", expect=401)])

    def _harmless(self, site: Site) -> None:
        csrf, item = self._dice.hex(32), self._dice.uuid()
        with_key = _key(self.plan.keys[0])
        cookie = {"Cookie": f"csrftoken={csrf}"}
        captcha = {"csrf_token": csrf, "g-recaptcha-response": self._dice.text(120), "name": "Ann"}
        curl(site, [
            self._ask("GET", f"/v1/items?cursor={self.plan.cursor}&limit=20", with_key),
            self._ask("GET", f"/v1/items?next_page_token={self._dice.text(40)}", with_key),
            self._ask("GET", f"/v1/items?sync_token={self._dice.text(32)}&sort_key=created_at", with_key),
            self._ask("GET", "/v1/items?key=price_ascending&sort=key", with_key),
            self._ask("GET", f"/v1/items?partition_key={self._dice.number()}&has_password=true&api_key_required=false",
                      with_key),
            self._ask("GET", f"/v1/items/{item}?request_id={self._dice.uuid()}&etag={self._dice.hex(40)}", with_key),
            self._ask("GET", f"/static/app.css?v={self._dice.hex(20)}&integrity={self._dice.hex(64)}",
                      {"If-None-Match": f'"{self._dice.hex(40)}"'}),
            self._ask("GET", "/docs/try?api_key=YOUR_API_KEY"),
            self._ask("GET", f"/v1/files/{self._dice.number()}/link", with_key),
            self._ask("GET", f"/v1/files/{self._dice.number()}", with_key, expect=302),
            self._ask("GET", "/v1/keys", with_key)])
        httpx_client(site, [
            self._ask("GET", "/v1/form", cookie),
            self._ask("POST", "/v1/form", cookie | {"X-CSRF-Token": csrf}, form=captcha),
            self._ask("PUT", f"/v1/items/{self._dice.number()}",
                      with_key | {"Idempotency-Key": self._dice.text(32), "X-Request-ID": self._dice.uuid()},
                      json='{"title": "Lamp"}')])

    # What only one of them does.

    def _leaks(self, site: Site) -> None:
        self._in_url(site)
        self._in_redirect(site)
        self._in_referer(site)
        self._reflected(site)

    def _in_url(self, site: Site) -> None:
        first, _, _, tail = self.plan.keys
        token, opaque = self._tokens[2], self.plan.opaque_tokens[0]
        client, secret = list(self.plan.clients.items())[0]
        curl(site, [self._ask("GET", f"/v1/items/{self._dice.number()}?access_token={token}") for _ in range(3)])
        self._leak("credential-in-url", "GET", "/v1/items/{id}", "query:access_token", "jwt")
        # By its name alone; nothing else on the wire says that this value opens something.
        session(site, [self._ask("GET", f"/v1/exports/exp_{self._dice.text(10)}?api_key={quote(tail, safe='')}"),
                       self._ask("GET", f"/v1/widgets/{self._dice.uuid()}?access_token={opaque}")])
        self._leak("credential-in-url", "GET", "/v1/exports/{id}", "query:api_key", "api-key", "strong")
        self._leak("credential-in-url", "GET", "/v1/widgets/{id}", "query:access_token", "access-token", "strong")
        # Equal to the key in the header of the same request.
        httpx_client(site, [self._ask("GET", f"/v1/reports/{self._dice.number()}?api_key={first}", _key(first)),
                            self._ask("GET", f"/v1/share/{self._tokens[3]}")])
        self._leak("credential-in-url", "GET", "/v1/reports/{id}", "query:api_key", "api-key")
        self._leak("credential-in-url", "GET", "/v1/share/{id}", "path", "jwt")
        asked = urlencode({"grant_type": "client_credentials", "client_id": client, "client_secret": secret})
        replies = session(site, [
            self._ask("POST", f"/token?{asked}"),
            self._ask("POST", f"/oauth/renew?refresh_token={self.plan.refresh_token}"),
            Request("GET", self._files, self.plan.signed_link.removeprefix(f"https://{self._files}"))])
        for reply in replies[:2]:
            self.truth.plant(json.loads(reply.text)["access_token"])
        self._leak("credential-in-url", "POST", "/token", "query:client_secret", "client-secret")
        self._leak("credential-in-url", "POST", "/oauth/renew", "query:refresh_token", "refresh-token")
        self.truth.info("credential-in-url", self._files, "signed-url")
        self.truth.info("credential-over-cleartext", self.plan.host, "refresh-token")

    def _in_redirect(self, site: Site) -> None:
        states = [self._dice.text(20) for _ in range(2)]
        replies = curl(site, [self._ask("GET", f"/login/finish?state={states[0]}", expect=302),
                              self._ask("GET", f"/login/widget?state={states[1]}", expect=302)])
        for reply in replies:
            self.truth.plant(_token_in(reply.headers["location"]))
        self._leak("credential-in-redirect", "GET", "/login/finish", "response-header:location:query:access_token",
                   "jwt")
        self._leak("credential-in-redirect", "GET", "/login/widget", "response-header:location:fragment:access_token",
                   "jwt")
        # The client that really follows puts the token into its next request line.
        self.truth.plant(_token_in(curl_follow(site, self.plan.host, f"/login/finish?state={self._dice.text(20)}")))
        self._leak("credential-in-url", "GET", "/home", "query:access_token", "jwt")

    def _in_referer(self, site: Site) -> None:
        page = f"/app?access_token={self._tokens[2]}"
        referer = {"Referer": site.url(self.plan.host, page)}
        session(site, [self._ask("GET", page), self._ask("GET", "/static/app.css", referer),
                       self._ask("GET", "/static/app.js", referer),
                       Request("GET", self._metrics, "/pixel.gif", referer)])
        self._leak("credential-in-url", "GET", "/app", "query:access_token", "jwt")
        where = "header:referer:query:access_token"
        for name in ("app.css", "app.js"):
            self._leak("credential-in-referer", "GET", f"/static/{name}", where, "jwt")
        self.truth.incident("credential-in-referer", self._metrics, "GET", "/pixel.gif", where, "jwt")

    def _reflected(self, site: Site) -> None:
        wrong = self.truth.plant(self._dice.text(40))
        first, second, escaped, _ = self.plan.keys
        curl(site, [
            self._ask("GET", f"/v1/items/{self._dice.number()}", _key(wrong), expect=401),
            self._ask("GET", f"/v1/archive/{self._dice.number()}", _bearer(self._tokens[0]), expect=404),
            self._ask("POST", "/v1/orders", _key(escaped), json='{"item": 1001}', expect=400),
            self._ask("GET", "/v1/status", _key(second))])
        self._leak("credential-reflected", "GET", "/v1/items/{id}", "response-body", "api-key")
        self._leak("credential-reflected", "GET", "/v1/archive/{id}", "response-body", "jwt")
        self.truth.note("the next body has the key with & escaped as &amp;")
        self._leak("credential-reflected", "POST", "/v1/orders", "response-body", "api-key")
        self._leak("credential-reflected", "GET", "/v1/status", "response-header:x-debug-caller", "api-key")

    def _mended(self, site: Site) -> None:
        """The same errands after the repair, client and server both."""
        first, second, escaped, tail = self.plan.keys
        wrong = self.truth.plant(self._dice.text(40))
        bearer = _bearer(self._tokens[2])
        curl(site, [
            self._ask("GET", f"/v1/exports/exp_{self._dice.text(10)}", _key(tail)),
            self._ask("GET", f"/v1/reports/{self._dice.number()}", _key(first)),
            self._ask("GET", f"/v1/widgets/{self._dice.uuid()}", _bearer(self.plan.opaque_tokens[0])),
            self._ask("GET", f"/v1/share/{self._dice.uuid()}", _bearer(self._tokens[3])),
            self._ask("GET", f"/v1/items/{self._dice.number()}", _key(wrong), expect=401),
            self._ask("GET", f"/v1/archive/{self._dice.number()}", bearer, expect=404),
            self._ask("POST", "/v1/orders", _key(escaped), json='{"item": 1001}', expect=400),
            self._ask("GET", "/v1/status", _key(second))])
        replies = session(site, [
            self._ask("GET", f"/login/finish?state={self._dice.text(20)}", expect=302),
            self._ask("GET", f"/login/widget?state={self._dice.text(20)}", expect=302),
            self._ask("GET", "/app", bearer), self._ask("GET", "/static/app.js"),
            self._ask("POST", "/oauth/renew", form={"refresh_token": self.plan.refresh_token})])
        self.truth.plant(json.loads(replies[-1].text)["access_token"])
        self.truth.absent("credential-in-url", *SECTIONS_ONE_AND_TWO, "cross-tenant-access")
        self.truth.info("credential-over-cleartext", self.plan.host, "bearer-token")

    def _cleartext(self) -> None:
        for kind in ("jwt", "api-key", "client-secret", "basic", "password", "session-cookie"):
            self.truth.info("credential-over-cleartext", self.plan.host, kind)

    def _ask(self, method: str, target: str, headers: dict[str, str] | None = None, *,
             form: dict[str, str] | None = None, json: str | None = None, expect: int = 200) -> Request:
        return Request(method, self.plan.host, target, headers or {}, form, json, expect)

    def _leak(self, detector: str, method: str, route: str, where: str, kind: str, confidence: str = "proof") -> None:
        self.truth.incident(detector, self.plan.host, method, route, where, kind, confidence)


def _token_in(url: str) -> str:
    return url.split("access_token=")[1].split("&")[0]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _key(value: str) -> dict[str, str]:
    return {"x-api-key": value}
