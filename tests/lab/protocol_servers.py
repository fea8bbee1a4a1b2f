"""The servers of the protocol captures: nginx, uvicorn, python's http.server, and a CONNECT proxy."""

from __future__ import annotations

import os
import select
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clients import Site
from dice import Dice
from processes import PYTHON, free_port, serving

HERE = Path(__file__).resolve().parent

NGINX = """\
daemon off; user root; worker_processes 1; pid {scratch}/pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type text/plain;
  types {{ text/html html; text/plain txt; }}
  client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/f;
  uwsgi_temp_path {scratch}/u; scgi_temp_path {scratch}/s;
  gzip on; gzip_types text/plain; gzip_min_length 200;
  server {{
    listen {listen}; root {scratch}/www;
    location = /empty {{ return 204; }}
    location = /short {{ return 200 "a short answer\\n"; }}
    location = /form  {{ return 200 "thank you\\n"; }}
    location = /moved {{ return 302 /short; }}
  }}
{more}
}}
"""

TLS_SERVER = """\
  server {{ listen {listen} ssl; ssl_certificate {scratch}/cert.pem; ssl_certificate_key {scratch}/key.pem;
    location / {{ return 200 "over TLS\\n"; }} }}
"""


@contextmanager
def nginx(dice: Dice, address: str = "127.0.0.1", large: int = 0, tls_port: int | None = None) -> Iterator[Site]:
    """Serves /page.html (1 KB), /list.txt (20 KB) and /large.bin (`large` bytes), and what NGINX has."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    site = Site(free_port(family), address)
    bracketed = f"[{address}]" if ":" in address else address
    with tempfile.TemporaryDirectory() as scratch:
        www = Path(scratch, "www")
        www.mkdir()
        (www / "page.html").write_text(_prose(dice, 1000))
        (www / "list.txt").write_text(_prose(dice, 20000))
        if large:
            (www / "large.bin").write_bytes(_noise(dice, large))
        more = ""
        if tls_port:
            _certificate(Path(scratch))
            more = TLS_SERVER.format(listen=f"{bracketed}:{tls_port}", scratch=scratch)
        config = Path(scratch, "nginx.conf")
        config.write_text(NGINX.format(scratch=scratch, listen=f"{bracketed}:{site.port}", more=more))
        with serving(["nginx", "-p", scratch, "-c", str(config)], site.port, address):
            yield site


@contextmanager
def uvicorn_plain() -> Iterator[Site]:
    site = Site(free_port())
    with serving([PYTHON, str(HERE / "servers" / "plain.py"), "--port", str(site.port)], site.port):
        yield site


@contextmanager
def http_server(dice: Dice) -> Iterator[Site]:
    """python -m http.server: HTTP/1.0, one connection a request."""
    site = Site(free_port())
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "page.html").write_text(_prose(dice, 3000))
        command = [PYTHON, "-m", "http.server", str(site.port), "--bind", site.address, "--directory", scratch]
        with open(os.devnull, "wb") as nowhere, serving(command, site.port, errors=nowhere):
            yield site


@contextmanager
def connect_proxy() -> Iterator[Site]:
    """A proxy that opens tunnels, but not to port 25."""
    site = Site(free_port())
    server = socketserver.ThreadingTCPServer((site.address, site.port), _Tunnel, bind_and_activate=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Tunnel(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().decode().split(" ", 2)
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        port = int(target.rpartition(":")[2])
        if method != "CONNECT" or port == 25:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nforbidden\n")
            return
        with socket.create_connection(("127.0.0.1", port), timeout=5) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _copy_both_ways(self.connection, upstream)


def _copy_both_ways(client: socket.socket, upstream: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([client, upstream], [], [], 10)
        for one in ready:
            data = one.recv(65536)
            if not data:
                return
            (upstream if one is client else client).sendall(data)
        if not ready:
            return


def _certificate(folder: Path) -> None:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "2",
                    "-subj", "/CN=lab.test"], check=True, capture_output=True, timeout=30)


def _prose(dice: Dice, size: int) -> str:
    text = ""
    while len(text) < size:
        text += dice.choice(["river", "stone", "cloud", "meadow", "bridge", "lamp"]) + dice.choice([" ", " ", "\n"])
    return text[:size]


def _noise(dice: Dice, size: int) -> bytes:
    return bytes.fromhex(dice.hex(2000)) * (size // 1000 + 1)
