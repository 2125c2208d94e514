"""Sinks beside ingest, and beside the floors of their own."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import contestants
from .measure import Spread, in_turns, measure, ratio, spread
from .report import Aim, Table, foreign_cores
from .sections import MOGATE, Bench
from .server import Contestant, Server

FILE_SINK = "[{name: archive, kind: file, path: {folder}/events.ndjson}]"
CALLBACKS, EVENTS = 11, 13
"""The load goes through so many callbacks by turns, which come to so many events."""


@dataclass(frozen=True)
class Drain:
    """How fast events left, and at what cost."""

    per_second: float
    cpu_per_100k: float


def file_sink(bench: Bench) -> None:
    """What a file sink adds to ingest."""
    alone = contestants.mogate(bench.mogate)
    both = contestants.mogate(bench.mogate, name="mogate, file sink on", sinks=FILE_SINK)
    with bench.server(alone, "0") as first, bench.server(both, "1") as second:
        # What the sink adds is little beside what slices differ by.
        results = in_turns([first, second], bench.load, 2 * bench.rounds)
        with open(second.folder / "events.ndjson", "rb") as file:
            lines = sum(1 for _ in file)
    bench.foreign += foreign_cores(results)
    taken = sum(piece.requests for piece in results[both.name])
    if lines < taken:
        raise RuntimeError(f"the file has {lines} events of {taken} callbacks")
    against = ratio(results[both.name], results[MOGATE], "cpu_per_100k")
    table = Table(
        "File sink", "Ingest with a file sink that follows it, with what the sink still has to do after the load.",
        ["", "CPU s per 100,000 requests", "÷ ingest alone", "requests/s", "bytes written a request"],
    )  # fmt: skip
    for name, slices in results.items():
        table.rows.append([
            name, spread(slices, "cpu_per_100k").text(2), ratio(slices, results[MOGATE], "cpu_per_100k").text(2),
            f"{spread(slices, 'per_second').median:,.0f}", f"{spread(slices, 'written_per_request').median:,.0f}",
        ])  # fmt: skip
    floors = [file_floor(bench) for _ in range(bench.rounds)]
    cost = Spread.of([floor.cpu_per_100k * EVENTS / CALLBACKS for floor in floors])
    table.after = [
        f"A C program that appends as many events to a file, 64 a write and a fdatasync, takes {cost.text(2)} CPU s per "
        "100,000 requests."
    ]
    bench.tables.append(table)
    bench.aims.append(Aim("CPU with a file sink ÷ ingest alone", against, 1.15, is_most=True))


def file_floor(bench: Bench) -> Drain:
    out = bench.data / "floor.ndjson"
    bench.data.mkdir(parents=True, exist_ok=True)
    result = run_on_core_0(bench, "filesink", "--file", str(out), "--events", "20000")
    out.unlink()
    return result


def run_on_core_0(bench: Bench, program: str, *arguments: str) -> Drain:
    command = ["taskset", "-c", "0", str(bench.programs / program), "--fixtures", str(bench.load.fixtures), *arguments]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return Drain(result["perSecond"], result["cpuSeconds"] / result["events"] * 1e5)


def http_sink(bench: Bench, requests: int, concurrency: int) -> None:
    """A backlog that leaves over HTTP, beside a loop in C that posts as many."""
    requests -= requests % CALLBACKS
    events = requests // CALLBACKS * EVENTS
    with Server(contestants.mogate(bench.mogate), bench.data / "filled", keeps_folder=True) as server:
        measure(server, replace(bench.load, requests=requests))
    receiver = Contestant(
        "receiver", "counts", lambda folder, port: [str(bench.programs / "receiver"), "--port", str(port)]
    )
    floors: list[Drain] = []
    own: list[Drain] = []
    with bench.server(receiver, "receiver", cores="1") as target:
        # A backlog is gone within a second, and what the host does in one is uneven: so twice as many rounds.
        for number in range(2 * bench.rounds):
            tries: list[Callable[[], None]] = [
                lambda: floors.append(egress_floor(bench, target, events, concurrency)),
                lambda: own.append(drain(bench, target, events, concurrency)),
            ]
            for one in tries if number % 2 == 0 else reversed(tries):
                one()
    shutil.rmtree(bench.data / "filled")
    rate = Spread.of([a.per_second / b.per_second for a, b in zip(own, floors, strict=True)])
    cost = Spread.of([a.cpu_per_100k / b.cpu_per_100k for a, b in zip(own, floors, strict=True)])
    table = Table(
        "HTTP sink",
        f"A backlog of {events:,} events that is posted to a receiver on core 1, {concurrency} requests under way at once; "
        "mogate reads it from the journal, and records there what was taken.",
        ["", "events/s", "÷ loop in C", "CPU s per 100,000 events", "÷ loop in C"],
    )
    for name, drains, ratios in (("loop in C (libcurl multi)", floors, None), ("mogate", own, (rate, cost))):
        table.rows.append([
            name, Spread.of([one.per_second for one in drains]).text(0), ratios[0].text(2) if ratios else "1",
            Spread.of([one.cpu_per_100k for one in drains]).text(2), ratios[1].text(2) if ratios else "1",
        ])  # fmt: skip
    bench.tables.append(table)
    bench.aims.append(Aim("events/s of the HTTP sink ÷ libcurl-multi loop in C", rate, 0.8, is_most=False))


def egress_floor(bench: Bench, target: Server, events: int, concurrency: int) -> Drain:
    url = f"http://127.0.0.1:{target.port}/in"
    return run_on_core_0(bench, "egress", "--url", url, "--events", str(events), "--concurrency", str(concurrency))


def drain(bench: Bench, target: Server, events: int, concurrency: int) -> Drain:
    """Measured from the first tenth to the last event, so that the start of the process is left out."""
    sinks = (
        f'[{{name: out, kind: http, url: "http://127.0.0.1:{target.port}/in", concurrency: {concurrency}, '
        "allowNetworks: [127.0.0.0/8]}]"
    )
    folder = bench.data / "draining"
    shutil.copytree(bench.data / "filled", folder)
    before = received(target)
    with Server(contestants.mogate(bench.mogate, sinks=sinks), folder, settles=False) as server:
        start = wait_for(target, server, before + events // 10)
        end = wait_for(target, server, before + events)
    count, seconds, cpu = (b - a for a, b in zip(start, end, strict=True))
    return Drain(count / seconds, cpu / count * 1e5)


def received(target: Server) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{target.port}/", timeout=60) as answer:
        return int(answer.read())


def wait_for(target: Server, server: Server, wanted: int, patience: float = 300) -> tuple[float, float, float]:
    """How many came by when, and at what cost of CPU."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        count = received(target)
        if count >= wanted:
            return count, time.monotonic(), server.cpu_seconds()
        time.sleep(0.03)
    raise RuntimeError(f"the sink stands still: see {server.folder}/log")
