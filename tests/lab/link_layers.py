"""The mixed conversation as other capture tools, link types and networks would show it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pcapfile
import rewrites
from dice import Dice
from pcapfile import Capture
from protocol_servers import nginx
from protocols import Protocol, mixed, recorded
from segments import Segment, as_capture, parse_all

Rewrite = Callable[[Capture], Capture]


def _mixed(folder: Path, dice: Dice, address: str = "127.0.0.1", interface: str = "lo",
           options: tuple[str, ...] = ()) -> Path:
    with nginx(dice, address) as site, recorded(folder, site.port, interface, options) as path:
        mixed(site)
    return path


def rewritten(change: Rewrite, order: str = "<", address: str = "127.0.0.1") -> Callable[[Path, Dice], None]:
    def make(folder: Path, dice: Dice) -> None:
        path = _mixed(folder, dice, address)
        pcapfile.write(path, change(pcapfile.read(path)), order)

    return make


def resegmented(change: Callable[[list[Segment]], list[Segment]]) -> Callable[[Path, Dice], None]:
    """For what happens to TCP on a network, the stream is first cut into segments of a network's size."""
    def cut_and_change(capture: Capture) -> Capture:
        return as_capture(change(list(rewrites.cut_to_mss(parse_all(capture)))))

    return rewritten(cut_and_change)


def converted(file_format: str) -> Callable[[Path, Dice], None]:
    def make(folder: Path, dice: Dice) -> None:
        path = _mixed(folder, dice)
        plain = path.rename(path.with_suffix(".plain"))
        subprocess.run(["editcap", "-F", file_format, str(plain), str(path)], check=True, timeout=30,
                       capture_output=True)
        plain.unlink()

    return make


def any_interface(link_type: str) -> Callable[[Path, Dice], None]:
    return lambda folder, dice: _mixed(folder, dice, interface="any", options=("-y", link_type)) and None


def cut(folder: Path, dice: Dice) -> None:
    """The last record is the last answer, and only half of it is there."""
    path = _mixed(folder, dice)
    capture = pcapfile.read(path)
    last = max(at for at, one in enumerate(parse_all(capture)) if one.payload)
    capture.records = capture.records[:last + 1]
    pcapfile.write(path, capture)
    path.write_bytes(path.read_bytes()[:-len(capture.records[-1].frame) // 2])


def unchanged(capture: Capture) -> Capture:
    return capture


LINK_LAYERS = [
    Protocol("http-mixed", "the mixed conversation as tcpdump wrote it; what follows differs only in its form",
             rewritten(unchanged)),
    Protocol("http-cut", "a capture that ends within its last record: the last request has no answer", cut),
    Protocol("http-pcapng", "the mixed conversation as pcapng (in a file called .pcap)", converted("pcapng")),
    Protocol("http-nanoseconds", "a pcap file with times in nanoseconds", converted("nsecpcap")),
    Protocol("http-big-endian", "a pcap file written by a big-endian machine", rewritten(unchanged, ">")),
    Protocol("http-sll", "Linux cooked capture, version 1, of all interfaces", any_interface("LINUX_SLL")),
    Protocol("http-sll2", "Linux cooked capture, version 2", any_interface("LINUX_SLL2")),
    Protocol("http-raw-ip", "no link layer at all (LINKTYPE_RAW)", rewritten(rewrites.raw_ip)),
    Protocol("http-bsd-loopback", "the BSDs' loopback header (LINKTYPE_NULL)", rewritten(rewrites.bsd_loopback)),
    Protocol("http-vlan", "802.1Q tags", rewritten(rewrites.vlan_tagged)),
    Protocol("http-ipv6-extensions", "hop-by-hop and destination options before TCP",
             rewritten(rewrites.extension_headers, address="::1")),
    Protocol("http-retransmitted", "every third data segment twice", resegmented(rewrites.retransmitted)),
    Protocol("http-overlapping", "segments that begin with bytes already sent", resegmented(rewrites.overlapping)),
    Protocol("http-reordered", "data segments in the wrong order", resegmented(rewrites.reordered)),
    Protocol("http-sequence-wrap", "sequence numbers that wrap at 2^32 within request and answer",
             resegmented(rewrites.wrapping)),
    Protocol("http-port-reuse", "two connections with the same addresses and ports", resegmented(rewrites.port_reused)),
]


def make(protocol: Protocol, folder: Path, dice: Dice) -> None:
    protocol.make(folder, dice)
    (folder / "expected.txt").write_text("# Nothing is exposed here: the capture is for the comparison with tshark.\n")
    (folder / "README.md").write_text(f"""# {protocol.name}

Protocol capture: {protocol.purpose}.

leaktap must see the exchanges that tshark sees (`tests/lab/compare_exchanges.py`), and report nothing.

Made by [`tests/lab/make_scenarios.py`](../../tests/lab/make_scenarios.py) `--only {protocol.name}`; servers and
clients are in `tests/lab/protocols.py` and `tests/lab/link_layers.py`.
""")
