"""A server that answers with exactly the bytes it was given: for what no real server sends."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from processes import free_port

PAUSE = 0.01  # between two pieces, so that each travels in a segment of its own


@dataclass(frozen=True)
class Answer:
    pieces: Sequence[bytes]
    then: str = "keep"  # or "close", or "reset", or "echo": what comes in goes back, until the client ends


@contextmanager
def scripted(answers: Mapping[str, Answer], address: str = "127.0.0.1") -> Iterator[int]:
    """Listens on a free port, which it yields; an answer is found by the request's path."""
    port = free_port()
    listener = socket.create_server((address, port))
    listener.settimeout(0.2)
    done = threading.Event()
    thread = threading.Thread(target=_accept, args=(listener, answers, done), daemon=True)
    thread.start()
    try:
        yield port
    finally:
        done.set()
        thread.join(timeout=5)
        listener.close()


def _accept(listener: socket.socket, answers: Mapping[str, Answer], done: threading.Event) -> None:
    while not done.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        threading.Thread(target=_serve, args=(connection, answers), daemon=True).start()


def _serve(connection: socket.socket, answers: Mapping[str, Answer]) -> None:
    connection.settimeout(10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while (path := _request_path(connection)) is not None:
            answer = answers[path]
            for piece in answer.pieces:
                connection.sendall(piece)
                time.sleep(PAUSE)
            if answer.then == "echo":
                while data := connection.recv(4096):
                    connection.sendall(data)
                return
            if answer.then == "reset":
                time.sleep(0.1)  # the client has read everything; only the way of ending differs
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if answer.then != "keep":
                return


def _request_path(connection: socket.socket) -> str | None:
    """Reads one request without a body."""
    head = b""
    while b"\r\n\r\n" not in head:
        try:
            data = connection.recv(4096)
        except OSError:
            return None
        if not data:
            return None
        head += data
    return head.split(b" ", 2)[1].decode()
