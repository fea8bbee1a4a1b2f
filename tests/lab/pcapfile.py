"""Classic pcap files in every flavour: byte order, resolution, link type, cut short."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D
ETHERNET = 1
NULL = 0
RAW_IP = 101


@dataclass(frozen=True)
class Record:
    time_ns: int
    frame: bytes


@dataclass
class Capture:
    link_type: int = ETHERNET
    records: list[Record] = field(default_factory=list)


def read(path: Path) -> Capture:
    """Reads what tcpdump wrote on this machine: little-endian, complete frames."""
    raw = path.read_bytes()
    magic, link_type = struct.unpack_from("<I16xI", raw)
    scale = {MICROSECONDS: 1000, NANOSECONDS: 1}[magic]
    capture = Capture(link_type)
    at = 24
    while at < len(raw):
        seconds, fraction, captured, on_wire = struct.unpack_from("<IIII", raw, at)
        if captured != on_wire:
            raise ValueError(f"{path}: a frame was cut")
        capture.records.append(Record(seconds * 10**9 + fraction * scale, raw[at + 16:at + 16 + captured]))
        at += 16 + captured
    return capture


def write(path: Path, capture: Capture, order: str = "<") -> None:
    """`order` is struct's: '<' little-endian, '>' big-endian."""
    out = bytearray(struct.pack(f"{order}IHHiIII", MICROSECONDS, 2, 4, 0, 0, 262144, capture.link_type))
    for record in capture.records:
        seconds, rest = divmod(record.time_ns, 10**9)
        size = len(record.frame)
        out += struct.pack(f"{order}IIII", seconds, rest // 1000, size, size) + record.frame
    path.write_bytes(out)
