#!/usr/bin/env python3
"""Checks recut against tshark: recut_check.py MAKE_CAPTURE RECUT

A generated capture is put into every kind of file and link layer that recut
reads. However it is cut and shuffled, the segments that tshark finds in it must
join to the same streams, and have right checksums. With the same seed the
generator must write the same capture again.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile

CUTS = [(1, 0), (7, 0), (1460, 0), (1460, 4), (7, 3)]


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def read_frames(path):
    """(seconds, microseconds, frame) of a little-endian Ethernet pcap."""
    data = path.read_bytes()
    at, frames = 24, []
    while at < len(data):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", data, at)
        frames.append((seconds, fraction, data[at + 16 : at + 16 + size]))
        at += 16 + size
    return frames


def write_pcap(path, link_type, frames, order="<", nano=False):
    with open(path, "wb") as out:
        magic = 0xA1B23C4D if nano else 0xA1B2C3D4
        out.write(struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262144, link_type))
        for seconds, fraction, frame in frames:
            fraction *= 1000 if nano else 1
            out.write(struct.pack(order + "IIII", seconds, fraction, len(frame), len(frame)))
            out.write(frame)


def write_pcapng(path, link_type, frames, order="<"):
    def block(kind, body):
        size = 12 + len(body)
        return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)

    with open(path, "wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)))
        resolution = struct.pack(order + "HHBxxx", 9, 1, 9) + struct.pack(order + "HH", 0, 0)
        out.write(block(1, struct.pack(order + "HHI", link_type, 0, 0) + resolution))
        for seconds, fraction, frame in frames:
            ticks = seconds * 10**9 + fraction * 1000
            head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
            out.write(block(6, head + frame + b"\0" * (-len(frame) % 4)))


def to_ipv6(packet):
    """The IPv4 packet as IPv6, with a hop-by-hop and a destination header."""
    tcp = bytearray(packet[20:])
    source, target = (b"\x20\x01\x0d\xb8" + b"\0" * 8 + packet[i : i + 4] for i in (12, 16))
    tcp[16:18] = b"\0\0"
    words = source + target + struct.pack(">II", len(tcp), 6) + tcp + b"\0" * (len(tcp) % 2)
    total = sum(struct.unpack(f">{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp[16:18] = struct.pack(">H", ~total & 0xFFFF)
    padding = b"\x01\x04\0\0\0\0"
    extensions = b"\x3c\x00" + padding + b"\x06\x00" + padding
    return struct.pack(">IHBB", 6 << 28, len(extensions) + len(tcp), 0, 64) + source + target + extensions + bytes(tcp)


def write_shapes(folder, frames):
    """The same traffic in every file format and link layer."""

    def shape(name, link_type, wrap, write=write_pcap, **options):
        path = folder / f"{name}.pcap"
        write(path, link_type, [(s, f, wrap(frame)) for s, f, frame in frames], **options)
        return path

    def after(header):
        return lambda frame: header + frame[14:]

    return [
        shape("ethernet", 1, lambda frame: frame),
        shape("padded", 1, lambda frame: frame.ljust(60, b"\0")),
        shape("vlan", 1, lambda frame: frame[:12] + b"\x88\xa8\x00\x05\x81\x00\x00\x0c" + frame[12:]),
        shape("cooked", 113, after(b"\0\0\0\1\0\6" + b"\2" * 6 + b"\0\0\x08\0"), order=">"),
        shape("cooked2", 276, after(b"\x08\0\0\0\0\0\0\2\0\1\0\6" + b"\2" * 6 + b"\0\0"), nano=True),
        shape("null", 0, after(b"\2\0\0\0")),
        shape("loop", 108, after(b"\0\0\0\2"), order=">", nano=True),
        shape("raw", 101, after(b"")),
        shape("ipv6", 101, lambda frame: to_ipv6(frame[14:])),
        shape("pcapng", 1, lambda frame: frame, write_pcapng),
        shape("pcapng-big-endian", 101, after(b""), write_pcapng, order=">"),
    ]


FIELDS = [
    "ip.addr", "ipv6.addr", "tcp.srcport", "tcp.dstport", "tcp.flags.syn", "tcp.seq_raw",
    "ip.checksum.status", "tcp.checksum.status", "tcp.payload",
]  # fmt: skip


def read_segments(path):
    """(sender and receiver, SYN or not, sequence number, payload in hexadecimal digits)."""
    options = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    fields = [word for field in FIELDS for word in ("-e", field)]
    segments = []
    for line in run("tshark", "-n", *options, "-r", path, "-T", "fields", *fields).splitlines():
        *ends, syn, sequence, ip_checksum, tcp_checksum, payload = line.split("\t")
        if ip_checksum not in ("1", "") or tcp_checksum != "1":
            sys.exit(f"{path.stem}: a wrong checksum in {line[:80]}")
        segments.append((tuple(ends), syn == "1", int(sequence), payload))
    return segments


def join(segments):
    """What each sender sent."""
    first = {ends: sequence + 1 for ends, syn, sequence, _ in segments if syn}
    positions = sorted(
        (ends, (sequence - first[ends]) % 2**32, payload) for ends, _, sequence, payload in segments if payload
    )
    streams = dict.fromkeys(first, "")
    for ends, position, payload in positions:
        if 2 * position != len(streams[ends]):
            sys.exit(f"a hole or an overlap at {position} of {ends}")
        streams[ends] += payload
    return streams


def count_data(segments):
    return sum(1 for *_, payload in segments if payload)


def check(shape, recut, size, shuffle, original):
    out = shape.with_suffix(".out")
    run(recut, "--segment", size, "--shuffle", shuffle, shape, out)
    what = f"{shape.stem} in segments of {size}, shuffled by {shuffle}"
    segments = read_segments(out)
    if any(len(payload) > 2 * size for *_, payload in segments):
        sys.exit(f"{what}: a segment is too long")
    # Sorted, because addresses differ between IPv4 and IPv6.
    if sorted(join(segments).values()) != sorted(join(original).values()):
        sys.exit(f"{what}: the streams differ")
    if shuffle and segments == original:
        sys.exit(f"{what}: nothing moved")


def check_joining(shape, recut, folder, original):
    """Cut to bytes and joined again, a capture has the data packets that it had."""
    single, joined = folder / "single.out", folder / "joined.out"
    run(recut, "--segment", 1, shape, single)
    run(recut, "--segment", 1460, single, joined)
    if count_data(read_segments(joined)) != count_data(original):
        sys.exit("joined again, the data packets are not as many as before")


def main():
    make_capture, recut = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = folder / "made.pcap"
        make = [make_capture, "--profile", "small", "--bytes", "80K", "--truth", folder / "truth"]
        run(*make, "--seed", 5, "--out", made)
        frames = read_frames(made)
        shapes = write_shapes(folder, frames)
        original = read_segments(shapes[0])
        for size, shuffle in CUTS:
            check(shapes[0], recut, size, shuffle, original)
        for shape in shapes[1:]:
            check(shape, recut, 7, 2, original)
        check_joining(shapes[0], recut, folder, original)

        again, other = folder / "again.pcap", folder / "other.pcap"
        run(*make, "--seed", 5, "--out", again)
        run(*make, "--seed", 6, "--out", other)
        if made.read_bytes() != again.read_bytes() or made.read_bytes() == other.read_bytes():
            sys.exit("the generator is not a function of its seed")


if __name__ == "__main__":
    main()
