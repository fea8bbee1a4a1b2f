"""Real HTTP clients behind one shape: a list of requests in, a list of replies out.

Each call keeps one connection alive for all its requests, as the client itself does by default.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx
import requests

TIMEOUT = 15


@dataclass(frozen=True)
class Site:
    """Where the server of a scenario listens. Host names of the scenario all lead there."""

    port: int
    address: str = "127.0.0.1"

    def url(self, host: str, target: str) -> str:
        return f"http://{host}:{self.port}{target}"


@dataclass(frozen=True)
class Request:
    method: str
    host: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    json: str | None = None
    expect: int = 200  # the lab fails if its own plan does not come true

    def content(self) -> tuple[str | None, dict[str, str]]:
        """The body, and the headers with the type that goes with it."""
        if self.form is not None:
            return urlencode(self.form), {"Content-Type": "application/x-www-form-urlencoded"} | self.headers
        if self.json is not None:
            return self.json, {"Content-Type": "application/json"} | self.headers
        return None, dict(self.headers)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    text: str


Client = Callable[[Site, Sequence[Request]], list[Reply]]


def curl(site: Site, asks: Sequence[Request]) -> list[Reply]:
    """One curl process; all transfers share its connection cache."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["curl"]
        for number, ask in enumerate(asks):
            body, headers = ask.content()
            command += ["--next"] if number else []
            command += ["-sS", "--noproxy", "*", "--max-time", str(TIMEOUT), "-X", ask.method]
            command += ["--resolve", f"{ask.host}:{site.port}:{site.address}"]
            command += ["-o", f"{scratch}/{number}.body", "-D", f"{scratch}/{number}.head", "-w", "%{http_code}\n"]
            for name, value in headers.items():
                command += ["-H", f"{name}: {value}"]
            command += ["--data-raw", body] if body is not None else []
            command.append(site.url(ask.host, ask.target))
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT * 2, check=True)
        replies = []
        for number, status in enumerate(done.stdout.split()):
            body_file = Path(scratch, f"{number}.body")
            text = body_file.read_text(errors="replace") if body_file.exists() else ""
            replies.append(Reply(int(status), _parse_head(Path(scratch, f"{number}.head").read_text()), text))
    return _checked(asks, replies)


def session(site: Site, asks: Sequence[Request]) -> list[Reply]:
    """A requests.Session: keep-alive, cookies kept between requests."""
    with resolved(site), requests.Session() as client:
        client.trust_env = False
        return requests_with(client, site, asks)


def requests_with(client: requests.Session, site: Site, asks: Sequence[Request]) -> list[Reply]:
    replies = []
    for ask in asks:
        body, headers = ask.content()
        got = client.request(ask.method, site.url(ask.host, ask.target), headers=headers, data=body,
                             timeout=TIMEOUT, allow_redirects=False)
        replies.append(Reply(got.status_code, {k.lower(): v for k, v in got.headers.items()}, got.text))
    return _checked(asks, replies)


def httpx_client(site: Site, asks: Sequence[Request]) -> list[Reply]:
    with resolved(site), httpx.Client(trust_env=False, timeout=TIMEOUT) as client:
        replies = []
        for ask in asks:
            body, headers = ask.content()
            got = client.request(ask.method, site.url(ask.host, ask.target), headers=headers, content=body)
            replies.append(Reply(got.status_code, dict(got.headers), got.text))
    return _checked(asks, replies)


def in_parallel(site: Site, jobs: Sequence[tuple[Client, Sequence[Request]]]) -> None:
    """Each job on a connection of its own, all at the same time."""
    with resolved(site), ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        for future in [pool.submit(client, site, asks) for client, asks in jobs]:
            future.result(timeout=TIMEOUT * 4)


def curl_follow(site: Site, host: str, target: str) -> str:
    """curl -L: the client itself takes the redirect. Returns the URL it ended at."""
    done = subprocess.run(["curl", "-sS", "-L", "--noproxy", "*", "--max-time", str(TIMEOUT), "-o", "/dev/null",
                           "--fail", "-w", "%{url_effective}", "--resolve", f"{host}:{site.port}:{site.address}",
                           site.url(host, target)],
                          timeout=TIMEOUT * 2, check=True, capture_output=True, text=True)
    return done.stdout


_resolver = socket.getaddrinfo
_depth = 0


@contextmanager
def resolved(site: Site) -> Iterator[None]:
    """Inside, every name resolves to the site: what --resolve is to curl.

    The patch is per process and nests; threads of in_parallel() share it.
    """
    global _depth
    if _depth == 0:
        socket.getaddrinfo = lambda host, *rest, **more: _resolver(site.address, *rest, **more)  # type: ignore
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            socket.getaddrinfo = _resolver


def _parse_head(text: str) -> dict[str, str]:
    # With 100 Continue or redirects curl writes several heads; the last one is the answer's.
    last = text.replace("\r\n", "\n").strip().split("\n\n")[-1]
    pairs = (line.split(":", 1) for line in last.split("\n")[1:] if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _checked(asks: Sequence[Request], replies: list[Reply]) -> list[Reply]:
    if len(asks) != len(replies):
        raise RuntimeError(f"{len(asks)} requests, {len(replies)} replies")
    for ask, reply in zip(asks, replies):
        if reply.status != ask.expect:
            raise RuntimeError(f"{ask.method} {ask.host}{ask.target.split('?')[0]}: {reply.status}, not {ask.expect}")
    return replies
