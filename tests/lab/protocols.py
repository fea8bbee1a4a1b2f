"""Captures of HTTP/1.x in every framing, for the comparison with tshark. Nothing in them is exposed."""

from __future__ import annotations

import gzip
import socket
import subprocess
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients import TIMEOUT, Client, Request, Site, curl, httpx_client, in_parallel, session
from dice import Dice
from processes import capturing, free_port
from protocol_servers import connect_proxy, http_server, nginx, uvicorn_plain
from rawserver import Answer, scripted

HOST = "web.lab.test"


@dataclass(frozen=True)
class Protocol:
    name: str
    purpose: str
    make: Callable[[Path, Dice], None]


@contextmanager
def recorded(folder: Path, port: int, interface: str = "lo", options: tuple[str, ...] = ()) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "traffic.pcap"
    with capturing(path, f"tcp port {port}", interface, options):
        yield path


def asks(method: str, *targets: str, **more: object) -> list[Request]:
    return [Request(method, HOST, target, **more) for target in targets]  # type: ignore[arg-type]


def run_curl(site: Site, *arguments: str, stdin: bytes | None = None) -> None:
    """curl for the options that clients.curl has no words for."""
    subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", str(TIMEOUT), "-o", "/dev/null",
                    "--resolve", f"{HOST}:{site.port}:{site.address}", *arguments],
                   input=stdin, check=True, timeout=TIMEOUT * 2, stdout=subprocess.DEVNULL)


def mixed(site: Site) -> None:
    """The traffic that is captured, or rewritten, in many ways: the outcome must always be the same.

    The last answer is short, so that it travels in one frame.
    """
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for client in (curl, session):
        client(site, [*asks("GET", "/page.html", "/list.txt"),
                      Request("POST", HOST, "/form", form, {"comment": "a" * 4000}),
                      *asks("GET", "/empty", expect=204), *asks("GET", "/moved", expect=302),
                      *asks("GET", "/missing", expect=404), *asks("GET", "/short")])


def keep_alive(folder: Path, dice: Dice) -> None:
    with nginx(dice) as site, recorded(folder, site.port):
        for client in (curl, session, httpx_client):
            client(site, asks("GET", "/page.html", "/short", "/list.txt", "/page.html"))


def pipelining(folder: Path, dice: Dice) -> None:
    def request(target: str, last: bool = False) -> bytes:
        close = "Connection: close\r\n" if last else ""
        return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n{close}\r\n".encode()

    with nginx(dice) as site, recorded(folder, site.port):
        with socket.create_connection((site.address, site.port), timeout=TIMEOUT) as connection:
            connection.sendall(b"".join(request(f"/{name}") for name in ("short", "page.html", "empty", "missing")))
            # A request that is cut in two, the second half together with the whole of the next one.
            middle = request("/list.txt")
            connection.sendall(middle[:20])
            connection.sendall(middle[20:] + request("/short", last=True))
            read_to_end(connection)


def chunked(folder: Path, dice: Dice) -> None:
    with uvicorn_plain() as site, recorded(folder, site.port):
        curl(site, asks("GET", "/stream/a", "/stream/b?pieces=1", "/stream/c?pieces=12"))
        session(site, asks("GET", "/stream/d", "/record/7"))


def trailers(folder: Path, dice: Dice) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
    # tshark 4.0 misses an answer whose very last CR and LF are in two segments, so they are not here.
    with scripted({
        "/trailers": Answer([head + b"Trailer: Digest\r\n\r\n5\r\nhello\r\n", b"6\r\n world\r\n",
                             b"0\r\nDigest: none\r\nServer-Timing: total\r\n\r\n"]),
        "/extensions": Answer([head + b"\r\n5;name=value\r\nhello\r\n0005 ; quoted=\"a;b\"\r\nagain\r\n0;last\r\n\r\n"]),
        "/split": Answer([head + b"\r\n1", b"0\r", b"\n0123456789", b"abcdef\r", b"\n0\r\n", b"\r\n"]),
        "/capitals": Answer([head + b"\r\nA\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n"]),
    }) as port, recorded(folder, port):
        curl(Site(port), asks("GET", "/trailers", "/extensions", "/split", "/capitals"))


def chunked_upload(folder: Path, dice: Dice) -> None:
    with uvicorn_plain() as site, recorded(folder, site.port):
        # From a pipe curl does not know the length; the size makes several chunks.
        run_curl(site, "-T", "-", site.url(HOST, "/upload"), stdin=b"line of text\n" * 4000)
        run_curl(site, "-T", "-", "-H", "Expect:", site.url(HOST, "/upload"), stdin=b"short")


def close_delimited(folder: Path, dice: Dice) -> None:
    with scripted({
        "/one": Answer([b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"until ", b"the end\n"], "close"),
        "/two": Answer([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 3000, b"y" * 500], "close"),
        "/none": Answer([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"], "close"),
    }) as port, recorded(folder, port):
        for target in ("/one", "/two", "/none"):
            curl(Site(port), asks("GET", target))


def http_1_0(folder: Path, dice: Dice) -> None:
    with http_server(dice) as site, recorded(folder, site.port):
        run_curl(site, "--http1.0", site.url(HOST, "/page.html"), site.url(HOST, "/missing"))
        # The oldest clients send no Host at all.
        with socket.create_connection((site.address, site.port), timeout=TIMEOUT) as connection:
            connection.sendall(b"GET /page.html HTTP/1.0\r\n\r\n")
            read_to_end(connection)


def http_1_0_keep_alive(folder: Path, dice: Dice) -> None:
    with nginx(dice) as site, recorded(folder, site.port):
        run_curl(site, "--http1.0", "-H", "Connection: keep-alive", site.url(HOST, "/page.html"),
                 "--next", "-o", "/dev/null", "--http1.0", site.url(HOST, "/short"))


def interim(folder: Path, dice: Dice) -> None:
    with uvicorn_plain() as site, recorded(folder, site.port):
        run_curl(site, "-H", "Expect: 100-continue", "--data-binary", "@-", site.url(HOST, "/upload"),
                 stdin=b"0123456789" * 3000)


def early_hints(folder: Path, dice: Dice) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload; as=style\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
    with scripted({"/": Answer([hints, final]), "/twice": Answer([hints, hints, final]),
                   "/together": Answer([hints + final])}) as port, recorded(folder, port):
        curl(Site(port), asks("GET", "/", "/twice", "/together"))


def no_body(folder: Path, dice: Dice) -> None:
    """HEAD announces a length that does not come; 204 and 304 have no body whatever they say."""
    with nginx(dice) as site, recorded(folder, site.port):
        tag = session(site, asks("GET", "/page.html"))[0].headers
        known = {"If-None-Match": tag["etag"], "If-Modified-Since": tag["last-modified"]}
        session(site, [*asks("HEAD", "/page.html", "/list.txt"), *asks("GET", "/page.html", headers=known, expect=304),
                       *asks("GET", "/empty", expect=204), *asks("HEAD", "/missing", expect=404),
                       *asks("GET", "/page.html")])


def tunnel(folder: Path, dice: Dice) -> None:
    tls_port = free_port()
    with nginx(dice, tls_port=tls_port), connect_proxy() as site, recorded(folder, site.port):
        proxy = ["--noproxy", "", "--proxy", f"http://{site.address}:{site.port}", "--insecure"]
        run_curl(site, *proxy, f"https://{HOST}:{tls_port}/", f"https://{HOST}:{tls_port}/again")
        with socket.create_connection((site.address, site.port), timeout=TIMEOUT) as connection:
            connection.sendall(b"CONNECT mail.lab.test:25 HTTP/1.1\r\nHost: mail.lab.test:25\r\n\r\n")
            read_to_end(connection)


def upgrade(folder: Path, dice: Dice) -> None:
    accept = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    refuse = b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"
    with scripted({"/chat": Answer([accept], "echo"), "/plain": Answer([refuse])}) as port, recorded(folder, port):
        curl(Site(port), asks("GET", "/plain", expect=426))
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
            # The sample key of RFC 6455, section 1.3.
            connection.sendall(f"GET /chat HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                               .encode())
            connection.recv(4096)
            for message in (b"hello", b"a second message"):
                connection.sendall(masked_text(message))
                connection.recv(4096)


def compressed(folder: Path, dice: Dice) -> None:
    with nginx(dice) as site, recorded(folder, site.port):
        # nginx compresses as it sends: gzip within chunks.
        curl(site, asks("GET", "/list.txt", "/page.html", headers={"Accept-Encoding": "gzip"}))
        httpx_client(site, asks("GET", "/list.txt"))


def codings(folder: Path, dice: Dice) -> None:
    text = b"".join(b"line %d of a page that compresses well\n" % number for number in range(200))
    raw = zlib.compressobj(wbits=-15)
    bodies = {"/gzip": (b"gzip", gzip.compress(text)), "/x-gzip": (b"x-gzip", gzip.compress(text)),
              "/zlib": (b"deflate", zlib.compress(text)), "/raw": (b"deflate", raw.compress(text) + raw.flush()),
              "/identity": (b"identity", text)}
    answers = {path: Answer([_coded(coding, body)]) for path, (coding, body) in bodies.items()}
    packed = gzip.compress(text)
    third = len(packed) // 3
    pieces = [packed[:third], packed[third:2 * third], packed[2 * third:]]
    answers["/gzip-chunks"] = Answer(
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
         *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"])
    with scripted(answers) as port, recorded(folder, port):
        curl(Site(port), asks("GET", *answers))


def _coded(coding: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        coding, len(body), body)


def ipv6(folder: Path, dice: Dice) -> None:
    with nginx(dice, "::1") as site, recorded(folder, site.port):
        mixed(site)


def large_body(folder: Path, dice: Dice) -> None:
    with nginx(dice, large=300_000) as site, recorded(folder, site.port):
        curl(site, asks("GET", "/large.bin", "/short"))


def interleaved(folder: Path, dice: Dice) -> None:
    jobs: Sequence[tuple[Client, list[Request]]] = [
        (client, asks("GET", *(f"/stream/{client.__name__}{number}?pieces=8" for number in range(3)), "/record/1"))
        for client in (curl, session, httpx_client, curl)]
    with uvicorn_plain() as site, recorded(folder, site.port):
        in_parallel(site, jobs)


def reset(folder: Path, dice: Dice) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nreset\n"
    with scripted({"/": Answer([answer], "reset"), "/kept": Answer([answer])}) as port, recorded(folder, port):
        curl(Site(port), asks("GET", "/kept", "/"))


def read_to_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def masked_text(message: bytes) -> bytes:
    """A WebSocket text frame from a client; the mask is fixed, as the capture must not depend on chance."""
    mask = b"\x12\x34\x56\x78"
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(message))
    return bytes([0x81, 0x80 | len(message)]) + mask + body


PROTOCOLS = [
    Protocol("http-keep-alive", "several requests a connection, bodies by Content-Length, three clients", keep_alive),
    Protocol("http-pipelining", "requests sent before the answers, one of them cut in two", pipelining),
    Protocol("http-chunked", "chunked answers as uvicorn streams them", chunked),
    Protocol("http-trailers", "chunk extensions, trailers, capital digits, chunk borders in odd places", trailers),
    Protocol("http-chunked-upload", "chunked request bodies from curl, with and without 100 Continue", chunked_upload),
    Protocol("http-close-delimited", "bodies that end with the connection, an empty one too", close_delimited),
    Protocol("http-1.0", "HTTP/1.0 by python's http.server, a request without Host", http_1_0),
    Protocol("http-1.0-keep-alive", "HTTP/1.0 clients that keep the connection", http_1_0_keep_alive),
    Protocol("http-continue", "a 100 Continue before the body is sent", interim),
    Protocol("http-early-hints", "103 once, twice, and in the same segment as the answer", early_hints),
    Protocol("http-no-body", "HEAD, 204, 304 between answers with bodies", no_body),
    Protocol("http-connect", "tunnels through a proxy with TLS inside, one refused", tunnel),
    Protocol("http-upgrade", "101 and WebSocket frames; one upgrade refused by 426", upgrade),
    Protocol("http-gzip", "gzip within chunks by nginx", compressed),
    Protocol("http-codings", "gzip, x-gzip, deflate with and without zlib's header, identity", codings),
    Protocol("http-ipv6", "the mixed conversation over ::1", ipv6),
    Protocol("http-large-body", "300 KB in one answer", large_body),
    Protocol("http-interleaved", "four connections at the same time", interleaved),
    Protocol("http-reset", "a connection that ends with RST", reset),
]
