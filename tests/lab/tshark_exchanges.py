#!/usr/bin/python3
"""tshark's view of a capture, one exchange a line: method, host, uri, status, decoded body length.

Fields are separated by tabs. A request without an answer has the status '-', an answer without its
request the method '-'. Interim answers (1xx, but not 101) are no lines of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

TIMEOUT = 120
METHODS = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"CONNECT ", b"OPTIONS ", b"DELETE ", b"PATCH ")


class Exchange(NamedTuple):
    method: str
    host: str
    uri: str
    status: str
    body: int

    def line(self) -> str:
        return "\t".join([self.method or "-", self.host or "-", self.uri or "-", self.status or "-", str(self.body)])


@dataclass
class Message:
    """One http layer of one frame; a frame may have several."""

    stream: int  # the TCP connection
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        return str(self.fields.get(name, ""))

    def body_length(self) -> int:
        # [hex, position, length, bit mask, type]: the body after dechunking and decompression.
        raw = self.fields.get("http.file_data_raw")
        return int(raw[2]) if raw else 0


def exchanges(capture: Path, out_of_order: bool = False) -> list[Exchange]:
    streams: dict[int, list[Message]] = defaultdict(list)
    for message in http_layers(capture, out_of_order):
        streams[message.stream].append(message)
    return [exchange for messages in streams.values() for exchange in paired(messages)]


def paired(messages: list[Message]) -> list[Exchange]:
    """The n-th answer of a connection belongs to its n-th request: HTTP/1.x has no other rule.

    tshark's own http.request_in is not used. It takes the latest request, and so goes wrong with pipelining,
    after a 103, and where the answer comes before the last byte of the request.
    """
    requests = [one for one in messages if "http.request.method" in one.fields]
    answers = [one for one in messages if is_final(one.text("http.response.code"))]
    # Where the capture began in the middle, the answers in excess are those before the first request.
    orphans = max(0, len(answers) - len(requests))
    found = [_exchange(None, one) for one in answers[:orphans]]
    found += [_exchange(request, answer) for request, answer in zip_longest(requests, answers[orphans:])]
    return found


def is_final(status: str) -> bool:
    return bool(status) and (not status.startswith("1") or status == "101")


def _exchange(request: Message | None, answer: Message | None) -> Exchange:
    asked = [request.text(name) for name in ("http.request.method", "http.host", "http.request.uri")] if request \
        else ["", "", ""]
    return Exchange(*asked, answer.text("http.response.code") if answer else "", answer.body_length() if answer else 0)


def http_layers(capture: Path, out_of_order: bool) -> list[Message]:
    options = ["-Y", "http", "-T", "json", "-x", "-J", "tcp http"]
    if out_of_order:
        options += ["-2", "-o", "tcp.reassemble_out_of_order:TRUE"]
    for port in server_ports(capture):
        # A registered dissector for the port would come before tshark's own recognition of HTTP.
        options += ["-d", f"tcp.port=={port},http"]
    packets = json.loads(_tshark(capture, options), object_pairs_hook=list)
    messages = []
    for packet in packets:
        layers = dict(dict(packet)["_source"])["layers"]
        stream = int(_flat(dict(layers)["tcp"])["tcp.stream"])
        messages += [Message(stream, _flat(value)) for name, value in layers if name == "http"]
    return messages


def _flat(pairs: list[Any]) -> dict[str, Any]:
    """All fields of a layer, those of its sub-trees too; the first of equal names counts."""
    flat: dict[str, Any] = {}
    for name, value in pairs:
        if name.endswith("_raw"):
            flat.setdefault(name, value)
        elif isinstance(value, list) and value and isinstance(value[0], tuple):
            for inner, found in _flat(value).items():
                flat.setdefault(inner, found)
        else:
            flat.setdefault(name, value)
    return flat


def server_ports(capture: Path) -> list[int]:
    """The ports that HTTP answers come from or requests go to, seen by their first bytes."""
    rows = _tshark(capture, ["-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.dstport",
                             "-e", "tcp.payload"])
    ports = set()
    for row in rows.splitlines():
        source, destination, payload = (row.split("\t") + ["", ""])[:3]
        start = bytes.fromhex(payload[:32])
        if start.startswith(b"HTTP/1."):
            ports.add(int(source))
        elif start.startswith(METHODS):
            ports.add(int(destination))
    return sorted(ports)


def _tshark(capture: Path, options: list[str]) -> str:
    done = subprocess.run(["tshark", "-n", "-r", str(capture), *options], capture_output=True, timeout=TIMEOUT)
    # A cut capture makes tshark complain after it has printed all that is readable.
    if done.returncode and b"cut short" not in done.stderr:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture", type=Path)
    parser.add_argument("--out-of-order", action="store_true",
                        help="two passes and tcp.reassemble_out_of_order, as reordered captures need it")
    options = parser.parse_args()
    for exchange in exchanges(options.capture, options.out_of_order):
        print(exchange.line())
    return 0


if __name__ == "__main__":
    sys.exit(main())
