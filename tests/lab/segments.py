"""TCP segments taken out of Ethernet frames and put back, with valid checksums."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pcapfile import Capture, Record

IPV4, IPV6, VLAN = 0x0800, 0x86DD, 0x8100
TCP, HOP_BY_HOP, DESTINATION_OPTIONS = 6, 0, 60
FIN, SYN, PUSH = 0x01, 0x02, 0x08
MACS = bytes(12)  # the loopback device has none


@dataclass(frozen=True)
class Segment:
    time_ns: int
    source: bytes
    destination: bytes
    source_port: int
    destination_port: int
    sequence: int
    acknowledged: int
    flags: int
    window: int
    options: bytes
    payload: bytes

    @property
    def direction(self) -> tuple[bytes, int, bytes, int]:
        return self.source, self.source_port, self.destination, self.destination_port

    @property
    def connection(self) -> tuple[tuple[bytes, int], ...]:
        return tuple(sorted([(self.source, self.source_port), (self.destination, self.destination_port)]))


def parse(record: Record) -> Segment:
    frame = record.frame
    (ether_type,) = struct.unpack_from(">H", frame, 12)
    packet = frame[14:]
    if ether_type == IPV4:
        header = (packet[0] & 15) * 4
        (total,) = struct.unpack_from(">H", packet, 2)
        source, destination, tcp = packet[12:16], packet[16:20], packet[header:total]
    elif ether_type == IPV6:
        (size,) = struct.unpack_from(">H", packet, 4)
        source, destination, tcp = packet[8:24], packet[24:40], packet[40:40 + size]
    else:
        raise ValueError(f"not IP: {ether_type:#x}")
    ports = struct.unpack_from(">HHIIBBH", tcp)
    header = (ports[4] >> 4) * 4
    return Segment(record.time_ns, source, destination, *ports[:4], ports[5], ports[6], tcp[20:header], tcp[header:])


def ip_packet(segment: Segment, with_extensions: bool = False) -> bytes:
    """The segment as an IPv4 or IPv6 packet; `with_extensions` puts two IPv6 extension headers in between."""
    tcp = _tcp(segment)
    if len(segment.source) == 4:
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), segment.sequence & 0xFFFF, 0x4000, 64, TCP, 0,
                           segment.source, segment.destination)
        return head[:10] + struct.pack(">H", _checksum(head)) + head[12:] + tcp
    # Each option header is eight bytes: next header, length, and a PadN option that fills it up.
    between = bytes([DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0]) if with_extensions else b""
    first = HOP_BY_HOP if with_extensions else TCP
    return struct.pack(">IHBB", 6 << 28, len(between) + len(tcp), first, 64) + segment.source + \
        segment.destination + between + tcp


def ethernet(segment: Segment, vlan: int | None = None, with_extensions: bool = False) -> bytes:
    tag = struct.pack(">HH", VLAN, vlan) if vlan is not None else b""
    kind = IPV4 if len(segment.source) == 4 else IPV6
    return MACS + tag + struct.pack(">H", kind) + ip_packet(segment, with_extensions)


def parse_all(capture: Capture) -> list[Segment]:
    return [parse(record) for record in capture.records]


def as_capture(segments: Iterable[Segment]) -> Capture:
    return Capture(records=[Record(one.time_ns, ethernet(one)) for one in retimed(segments)])


def retimed(segments: Iterable[Segment]) -> list[Segment]:
    """The order of the list is the order on the wire: time never goes back."""
    result: list[Segment] = []
    for segment in segments:
        earliest = result[-1].time_ns + 1000 if result else 0
        result.append(replace(segment, time_ns=max(segment.time_ns, earliest)))
    return result


def _tcp(segment: Segment) -> bytes:
    head = struct.pack(">HHIIBBHHH", segment.source_port, segment.destination_port, segment.sequence,
                       segment.acknowledged, (5 + len(segment.options) // 4) << 4, segment.flags, segment.window, 0, 0)
    tcp = head + segment.options + segment.payload
    pseudo = segment.source + segment.destination + struct.pack(">II", len(tcp), TCP)
    return tcp[:16] + struct.pack(">H", _checksum(pseudo + tcp)) + tcp[18:]


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
