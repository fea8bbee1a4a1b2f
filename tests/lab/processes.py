"""Servers and captures as context managers: ready when entered, gone when left, killed by pid."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PYTHON = "/usr/bin/python3"
START_LIMIT = 20.0
LIFE_LIMIT = 120  # a server that nobody stops ends by itself


def free_port(family: socket.AddressFamily = socket.AF_INET) -> int:
    """A free port below the ephemeral range, where no client's own port can collide with the filter."""
    for port in _candidates():
        with socket.socket(family) as probe:
            try:
                probe.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def _candidates() -> Iterator[int]:
    chooser = int.from_bytes(os.urandom(2), "big")
    for offset in range(2000):
        yield 20000 + (chooser + offset * 7) % 12000


def wait_for_port(address: str, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with socket.create_connection((address, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {address}:{port}")


@contextmanager
def serving(command: list[str], port: int, address: str = "127.0.0.1",
            errors: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["timeout", str(LIFE_LIMIT), *command], stdout=subprocess.DEVNULL, stderr=errors)
    try:
        wait_for_port(address, port, process)
        yield process
    finally:
        stop(process, signal.SIGTERM)


def stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(timeout=8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)


@contextmanager
def capturing(path: Path, bpf: str, interface: str = "lo", options: tuple[str, ...] = ()) -> Iterator[None]:
    """tcpdump from its 'listening' line until its file has stopped growing; any lost packet is an error."""
    log_path = path.with_suffix(".tcpdump-log")
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["timeout", "--preserve-status", str(LIFE_LIMIT), "tcpdump", "-i", interface, "-U", "-s", "0", "-n",
             "-Z", "root", "--immediate-mode", "-B", "8192", *options, "-w", str(path), bpf],
            stdout=subprocess.DEVNULL, stderr=log)
        try:
            _wait_until_listening(log_path, process)
            yield
            _wait_until_quiet(path)
        finally:
            stop(process, signal.SIGINT)
    text = log_path.read_text()
    log_path.unlink()
    counts = {name: int(number) for number, name in
              re.findall(r"(\d+) packets? (captured|received by filter|dropped by kernel)", text)}
    if counts.get("dropped by kernel", 1) or not counts.get("captured"):
        raise RuntimeError(f"capture {path.name}: {counts or text}")


def _wait_until_listening(log: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while b"listening on" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"tcpdump does not capture: {log.read_text()}")
        time.sleep(0.02)


def _wait_until_quiet(path: Path, calm: float = 0.6) -> None:
    size, since = -1, time.monotonic()
    deadline = since + START_LIMIT
    while time.monotonic() < deadline:
        now = path.stat().st_size if path.exists() else 0
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > calm:
            return
        time.sleep(0.05)
    raise RuntimeError("traffic did not end")
