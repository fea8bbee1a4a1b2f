"""What a network or another capture tool would have done to the same traffic."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pcapfile import NULL, RAW_IP, Capture, Record
from segments import FIN, PUSH, SYN, Segment, ethernet, ip_packet, parse_all

MSS = 1200
WRAP = 2**32


def raw_ip(capture: Capture) -> Capture:
    return Capture(RAW_IP, [Record(one.time_ns, ip_packet(one)) for one in parse_all(capture)])


def bsd_loopback(capture: Capture) -> Capture:
    family = struct.pack("<I", 2)  # AF_INET in the byte order of the machine that captured
    return Capture(NULL, [Record(one.time_ns, family + ip_packet(one)) for one in parse_all(capture)])


def vlan_tagged(capture: Capture) -> Capture:
    return Capture(records=[Record(one.time_ns, ethernet(one, vlan=112)) for one in parse_all(capture)])


def extension_headers(capture: Capture) -> Capture:
    return Capture(records=[Record(one.time_ns, ethernet(one, with_extensions=True)) for one in parse_all(capture)])


def cut_to_mss(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The loopback interface carries 64 KiB at once; a network does not."""
    for segment in segments:
        pieces = range(0, len(segment.payload), MSS) or range(1)
        for at in pieces:
            last = at + MSS >= len(segment.payload)
            yield replace(segment, sequence=(segment.sequence + at) % WRAP, payload=segment.payload[at:at + MSS],
                          flags=segment.flags if last else segment.flags & ~(FIN | PUSH))


def retransmitted(segments: list[Segment]) -> list[Segment]:
    """Every third data segment comes a second time, two segments later at the most."""
    result: list[Segment] = []
    late: Segment | None = None
    count = 0
    for segment in segments:
        result.append(segment)
        if late:
            result.append(replace(late, time_ns=segment.time_ns))
            late = None
        count += bool(segment.payload)
        if segment.payload and count % 3 == 0:
            late = segment
    return result + ([late] if late else [])


def overlapping(segments: list[Segment]) -> list[Segment]:
    """Every second of two adjacent data segments starts with the last bytes of the one before."""
    result: list[Segment] = []
    before: Segment | None = None
    for segment in segments:
        if before and _follows(before, segment):
            again = before.payload[-min(100, len(before.payload)):]
            segment = replace(segment, payload=again + segment.payload,
                              sequence=(segment.sequence - len(again)) % WRAP)
            result.append(segment)
            before = None
            continue
        result.append(segment)
        before = segment if segment.payload else None
    return result


def reordered(segments: list[Segment]) -> list[Segment]:
    """Adjacent data segments of one direction change places in pairs."""
    result: list[Segment] = []
    held: Segment | None = None
    for segment in segments:
        if held and _follows(held, segment):
            result += [replace(segment, time_ns=held.time_ns), replace(held, time_ns=segment.time_ns)]
            held = None
            continue
        if held:
            result.append(held)
        held = segment if segment.payload else None
        if not held:
            result.append(segment)
    return result + ([held] if held else [])


def _follows(first: Segment, second: Segment) -> bool:
    return bool(second.payload) and first.direction == second.direction and \
        (first.sequence + len(first.payload)) % WRAP == second.sequence


def wrapping(segments: list[Segment], before_wrap: int = 3000) -> list[Segment]:
    """Both sides start so close to 2^32 that their sequence numbers wrap after `before_wrap` bytes."""
    shift: dict[tuple[bytes, int, bytes, int], int] = {}
    for segment in segments:
        if segment.flags & SYN:
            shift.setdefault(segment.direction, WRAP - before_wrap - segment.sequence)
    result = []
    for segment in segments:
        source, source_port, destination, destination_port = segment.direction
        other = shift.get((destination, destination_port, source, source_port), 0)
        # The first SYN acknowledges nothing, and its field stays zero.
        acknowledged = (segment.acknowledged + other) % WRAP if segment.acknowledged else 0
        result.append(replace(segment, sequence=(segment.sequence + shift[segment.direction]) % WRAP,
                              acknowledged=acknowledged))
    return result


def port_reused(segments: list[Segment]) -> list[Segment]:
    """All connections get the client port of the first one. They must not overlap in time."""
    server = min(segments[0].source_port, segments[0].destination_port)
    first = max(segments[0].source_port, segments[0].destination_port)
    return [replace(one, source_port=server if one.source_port == server else first,
                    destination_port=server if one.destination_port == server else first) for one in segments]
