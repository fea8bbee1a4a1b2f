#!/usr/bin/env python3
"""Measures leaktap against other programs on the same files and prints a Markdown table.

Every program runs pinned to one core, with the file in the page cache, all of
them in turn (A B C A B C ...), so that a noisy minute hurts all alike. What
counts is the median of MB of capture file per second of CPU time. tshark is
slow, so it runs once for each profile, if wished on a smaller file, on which
leaktap is measured as well.

The secrets that the generator planted are counted in leaktap's incidents. The
exit status is 1 if one was missed or a demanded ratio was not reached, 2 if a
program could not be run.
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Planted by make_capture, by its name in the truth file; found as which detector's incidents.
PLANTED = {
    "uris_with_key": "credential-in-url",
    "echoed_keys": "credential-reflected",
    "provider_secrets": "secret-in-response",
}

Program = collections.namedtuple("Program", "name command does")
Measure = collections.namedtuple("Measure", "cpu_seconds peak_bytes status")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def parse_size(text):
    units = {"K": 10**3, "M": 10**6, "G": 10**9}
    return int(float(text[:-1]) * units[text[-1]]) if text[-1] in units else int(text)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="the build folder")
    parser.add_argument("--leaktap", type=pathlib.Path, help="default: ui-cli/leaktap of the build folder")
    parser.add_argument("--dir", type=pathlib.Path, help="where captures are kept, default: bench of the build folder")
    parser.add_argument("--profile", choices=["small", "bulk"], action="append", help="default: both")
    parser.add_argument("--bytes", type=parse_size, default="1G", metavar="SIZE", help="of each capture, default 1G")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--tshark-bytes", type=parse_size, metavar="SIZE", help="of the file for tshark")
    parser.add_argument("--floor", type=float, metavar="N", help="fail if leaktap is not N times as fast as tshark")
    parser.add_argument("--max-memory", type=float, metavar="MB", help="fail if leaktap's peak is above")
    parser.add_argument(
        "--check",
        default="credential-in-url,credential-reflected",
        metavar="DETECTOR,...",
        help="whose counts must equal what was planted, default: %(default)s",
    )
    parser.add_argument("-o", "--output", type=pathlib.Path, help="write the table there as well")
    arguments = parser.parse_args()
    arguments.leaktap = arguments.leaktap or arguments.build / "ui-cli" / "leaktap"
    arguments.dir = arguments.dir or arguments.build / "bench"
    arguments.profile = arguments.profile or ["small", "bulk"]
    return arguments


def load_into_page_cache(path):
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass


def format_peak(peak_bytes):
    """A child's peak counts from the fork on, so it is never below what this script itself needs."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"{peak_bytes / 1e6:.0f}" if peak_bytes > 1.1 * own else f"under {1.1 * own / 1e6:.0f}"


class Bench:
    def __init__(self, arguments, scratch):
        self.arguments = arguments
        self.scratch = scratch
        # leaktap's own files (key, rule cache) stay out of the user's home.
        self.environment = os.environ | {
            f"XDG_{kind}_HOME": str(arguments.dir / "home" / kind.lower()) for kind in ("STATE", "CACHE", "DATA", "CONFIG")
        }

    def capture(self, profile, size):
        """The capture and what is planted in it, made once."""
        a = self.arguments
        path = a.dir / f"{profile}-{size}-{a.seed}.pcap"
        truth = path.with_suffix(".json")
        generator = a.build / "tests" / "bench" / "bench_make_capture"
        stale = not truth.exists() or truth.stat().st_mtime < generator.stat().st_mtime
        if stale or not path.exists():
            say(f"making {path.name}")
            truth.unlink(missing_ok=True)
            made = truth.with_suffix(".new")
            subprocess.run(
                [generator, "--profile", profile, "--bytes", str(size), "--seed", str(a.seed)]
                + ["--out", path, "--truth", made],
                check=True,
            )
            made.rename(truth)
        return path, json.loads(truth.read_text())

    def run(self, command, stdout=subprocess.DEVNULL):
        """One run on one core, in an empty folder."""
        for leftover in self.scratch.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command = ["taskset", "-c", str(self.arguments.core), *map(str, command)]
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(command, stdout=stdout, stderr=errors, env=self.environment, cwd=self.scratch)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in (0, 1):
                errors.seek(0)
                last = errors.read().decode(errors="replace").strip().splitlines()[-1:] or [""]
                say(f"{' '.join(command)}: exit status {process.returncode}: {last[0]}")
                sys.exit(2)
        return Measure(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode)

    def scan(self, path, *options):
        return [self.arguments.leaktap, "scan", path, "--db", self.scratch / "leaktap.db", "--quiet", *options]

    def programs(self, path):
        reader = self.arguments.build / "tests" / "bench" / "bench_read_loop"
        programs = [
            Program("leaktap", self.scan(path), "everything: exchanges, detectors, incidents in a database"),
            Program("libpcap read loop", [reader, "read", path], "nothing"),
            Program("mapped walk", [reader, "walk", path], "nothing"),
        ]
        if shutil.which("tcpflow"):
            command = ["tcpflow", "-r", path, "-o", self.scratch / "streams"]
            programs.append(Program("tcpflow", command, "writes streams to files"))
        if shutil.which("httpry"):
            command = ["httpry", "-q", "-r", path, "-o", "/dev/null"]
            programs.append(Program("httpry", command, "request lines, packet by packet, no reassembly"))
        return programs

    def check_planted(self, path, truth):
        """Compares leaktap's incidents with what was planted. Returns the table's line and the complaints."""
        with tempfile.TemporaryFile() as out:
            measure = self.run(self.scan(path, "--format", "json"), stdout=out)
            out.seek(0)
            report = json.load(out)
        found = collections.Counter()
        for incident in report["incidents"]:
            found[incident["detector"]] += incident["count"]
        checked = self.arguments.check.split(",")
        parts, complaints = [], []
        for planted, detector in PLANTED.items():
            expected = truth[planted]
            parts.append(f"{found[detector]} of {expected} {detector}")
            if detector in checked and found[detector] != expected:
                complaints.append(f"{path.name}: {detector} found {found[detector]} times, planted {expected} times")
        seen = report["coverage"]["exchanges"]
        parts.insert(0, f"{seen} of {truth['exchanges']} exchanges")
        if seen != truth["exchanges"]:
            complaints.append(f"{path.name}: {seen} of {truth['exchanges']} exchanges")
        if measure.status == 0 and truth["uris_with_key"]:
            complaints.append(f"{path.name}: exit status 0 although keys are in URIs")
        return ", ".join(parts), complaints

    def measure_all(self, path, programs, rounds):
        """Throughputs in bytes per CPU second, and peaks in bytes, by program; interleaved."""
        load_into_page_cache(path)
        rates, peaks = collections.defaultdict(list), collections.defaultdict(list)
        for number in range(rounds):
            say(f"{path.name}: run {number + 1} of {rounds} of {', '.join(p.name for p in programs)}")
            for program in programs:
                measure = self.run(program.command)
                rates[program.name].append(path.stat().st_size / max(measure.cpu_seconds, 0.01))
                peaks[program.name].append(measure.peak_bytes)
        return {name: statistics.median(values) for name, values in rates.items()}, {
            name: max(values) for name, values in peaks.items()
        }

    def profile(self, profile):
        """The lines of one profile's part of the report, and the complaints."""
        a = self.arguments
        path, truth = self.capture(profile, a.bytes)
        planted, complaints = self.check_planted(path, truth)
        programs = self.programs(path)
        rates, peaks = self.measure_all(path, programs, a.runs)
        leaktap = rates["leaktap"]
        rows = [(p.name, rates[p.name], leaktap / rates[p.name], peaks[p.name], p.does) for p in programs]

        if shutil.which("tshark"):
            size = a.tshark_bytes or a.bytes
            small_path, small_truth = self.capture(profile, size)
            small_leaktap = leaktap
            if small_path != path:
                complaints += self.check_planted(small_path, small_truth)[1]
                small_rates, _ = self.measure_all(small_path, self.programs(small_path)[:1], a.runs)
                small_leaktap = small_rates["leaktap"]
            tshark = Program("tshark -Y http", ["tshark", "-n", "-r", small_path, "-Y", "http"], "full dissection")
            tshark_rates, tshark_peaks = self.measure_all(small_path, [tshark], 1)
            rate = tshark_rates[tshark.name]
            does = tshark.does + ("" if small_path == path else f"; one run on {size / 1e6:.0f} MB, leaktap on the same")
            rows.append((tshark.name, rate, small_leaktap / rate, tshark_peaks[tshark.name], does))
            if a.floor and small_leaktap / rate < a.floor:
                complaints.append(f"{profile}: {small_leaktap / rate:.1f} times tshark's speed, wanted {a.floor:g}")
        elif a.floor:
            complaints.append("tshark is not installed, so the floor cannot be judged")

        if a.max_memory and peaks["leaktap"] > a.max_memory * 1e6:
            complaints.append(f"{profile}: {peaks['leaktap'] / 1e6:.0f} MB of memory, allowed {a.max_memory:g}")

        lines = [
            f"### {profile}",
            "",
            f"{path.stat().st_size / 1e6:.0f} MB, {truth['packets']} packets, {truth['connections']} connections."
            f" Found: {planted}.",
            "",
            "| program | MB/s of one core | leaktap is so many times as fast | peak memory, MB | what it does |",
            "|---|--:|--:|--:|---|",
        ]
        for name, rate, ratio, peak, does in rows:
            lines.append(f"| {name} | {rate / 1e6:.1f} | {ratio:.2f} | {format_peak(peak)} | {does} |")
        return lines + [""], complaints


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return None
    return (done.stdout.strip() or done.stderr.strip()).split("\n")[0] if done.returncode == 0 else None


def describe(arguments):
    """Machine, versions and commit."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    commit = first_line("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    if first_line("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with local changes"
    versions = [first_line(str(arguments.leaktap), "--version"), first_line("g++", "--version")]
    for tool in ("tshark", "tcpflow", "httpry"):
        if shutil.which(tool):
            version = first_line("dpkg-query", "-W", "-f", "${Version}", tool)
            versions.append(f"{tool} {version}" if version else tool)
    return [
        f"Machine: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}. Commit: {commit}.",
        f"Versions: {'; '.join(filter(None, versions))}.",
        f"One core, page cache, median of {arguments.runs} interleaved runs (tshark: one);"
        " MB of capture file per second of CPU time.",
        "",
    ]


def main():
    arguments = parse_arguments()
    arguments.dir.mkdir(parents=True, exist_ok=True)
    if not os.access(arguments.leaktap, os.X_OK):
        say(f"{arguments.leaktap} is not there: build it first")
        return 2
    lines, complaints = describe(arguments), []
    with tempfile.TemporaryDirectory(dir=arguments.dir) as scratch:
        bench = Bench(arguments, pathlib.Path(scratch))
        for profile in arguments.profile:
            more, wrong = bench.profile(profile)
            lines += more
            complaints += wrong
    table = "\n".join(lines)
    print(table)
    if arguments.output:
        arguments.output.write_text(table)
    for complaint in complaints:
        say(f"FAILED: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
