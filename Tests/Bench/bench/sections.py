"""What is measured, a table each."""

import json
import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import contestants
from .measure import Load, Rounds, Spread, in_turns, measure, ratio, spread
from .report import MIB, Aim, Table, foreign_cores
from .server import Contestant, Server

FLOOR = "C floor"
MOGATE = "mogate"


@dataclass
class Bench:
    """The programs, how long to go on, and what was found so far."""

    mogate: Path
    programs: Path
    data: Path
    load: Load
    rounds: int
    tables: list[Table] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)

    def floor(self) -> Contestant:
        return contestants.floor(self.programs / "floor")

    def server(self, contestant: Contestant, folder: str, cores: str = "0", keeps_folder: bool = False) -> Server:
        return Server(contestant, self.data / folder, cores, keeps_folder)

    def compare(self, chosen: list[Contestant], load: Load, rounds: int) -> Rounds:
        """All of them up at once, in turns."""
        with ExitStack() as stack:
            servers = [stack.enter_context(self.server(one, f"{number}")) for number, one in enumerate(chosen)]
            results = in_turns(servers, load, rounds)
        self.foreign += foreign_cores(results)
        return results


def side_by_side(bench: Bench, peers: list[Contestant]) -> None:
    """The whole job, and the peers at theirs."""
    chosen = [bench.floor(), contestants.mogate(bench.mogate), *peers]
    results = bench.compare(chosen, bench.load, bench.rounds)
    table = Table(
        "Side by side", "As fast as each can go, 64 requests under way at once.",
        ["", "CPU s per 100,000", "÷ floor", "requests/s", "÷ floor", "p50 ms", "p99 ms", "p99.9 ms",
         "MiB idle", "MiB at load", "bytes written a request", "not answered 2xx"],
    )  # fmt: skip
    reference = results[FLOOR]
    for contestant in chosen:
        slices = results[contestant.name]
        table.rows.append([
            contestant.name,
            spread(slices, "cpu_per_100k").text(2), ratio(slices, reference, "cpu_per_100k").text(2),
            f"{spread(slices, 'per_second').median:,.0f}", ratio(slices, reference, "per_second").text(2),
            *(f"{spread(slices, what).median:.2f}" for what in ("p50_ms", "p99_ms", "p999_ms")),
            f"{slices[0].memory_idle / MIB:.0f}", f"{slices[-1].memory_most / MIB:.0f}",
            f"{spread(slices, 'written_per_request').median:,.0f}", f"{sum(piece.failures for piece in slices)}",
        ])  # fmt: skip
    table.after = [f"* {contestant.name}: {contestant.note}." for contestant in chosen]
    bench.tables.append(table)

    own = results[MOGATE]
    bench.aims += [
        Aim("CPU a request ÷ C floor", ratio(own, reference, "cpu_per_100k"), 1.0, is_most=True),
        Aim("requests/s ÷ C floor", ratio(own, reference, "per_second"), 1.0, is_most=False),
        Aim("MiB at load", Spread.of([piece.memory_most / MIB for piece in own]), 48, is_most=True),
    ]
    for name, bound in (("Hummingbird", 1.8), ("FastAPI, group commit", 4.0), ("FastAPI, a commit a request", 7.0)):
        if name in results:
            bench.aims += [
                Aim(f"requests/s ÷ {name}", ratio(own, results[name], "per_second"), bound, is_most=False),
                Aim(f"CPU of {name} ÷ mogate", ratio(results[name], own, "cpu_per_100k"), bound, is_most=False),
            ]


def fixed_rate(bench: Bench, rate: int) -> None:
    """Latency from the moment a request was due, at a rate that both can hold."""
    # More connections than can be busy, so that requests wait at the server and not at the load.
    load = replace(bench.load, rate=rate, seconds=max(bench.load.seconds, 2), connections=256)
    results = bench.compare([bench.floor(), contestants.mogate(bench.mogate)], load, bench.rounds)
    table = Table(
        f"At {rate:,} requests/s",
        "Requests fall due at random moments (Poisson); latency counts from then on, also while the server stands still. "
        "Over 256 connections.",
        ["", "p50 ms", "÷ floor", "p99 ms", "÷ floor", "p99.9 ms", "CPU s per 100,000", "÷ floor", "not answered 2xx"],
    )
    for name, slices in results.items():
        table.rows.append([
            name,
            spread(slices, "p50_ms").text(2), ratio(slices, results[FLOOR], "p50_ms").text(2),
            spread(slices, "p99_ms").text(2), ratio(slices, results[FLOOR], "p99_ms").text(2),
            spread(slices, "p999_ms").text(2),
            spread(slices, "cpu_per_100k").text(2), ratio(slices, results[FLOOR], "cpu_per_100k").text(2),
            f"{sum(piece.failures for piece in slices)}",
        ])  # fmt: skip
    bench.tables.append(table)
    bench.aims.append(
        Aim(f"p99 at {rate:,}/s ÷ C floor", ratio(results[MOGATE], results[FLOOR], "p99_ms"), 1.2, is_most=True)
    )


def fill(bench: Bench, server: Server, stored: int, size: int, deadline: float) -> int:
    """Stores requests until there are so many, or the time is over; returns how many there are."""
    while stored < size and time.monotonic() < deadline:
        stored += measure(server, replace(bench.load, requests=min(size - stored, 20_000))).requests
    return stored


def against_small(bench: Bench, large: Server, rounds: int) -> Rounds:
    """Slices on a journal as it is, and on one that is made anew each round."""
    piece = replace(bench.load, requests=15_000)
    pairs: Rounds = {"large": [], "small": []}
    # What the filling left for the disk is not the slices' doing.
    os.sync()
    for number in range(rounds):
        with bench.server(large.contestant, f"small/{number}", keeps_folder=True) as small:
            measure(small, replace(bench.load, requests=10_000))
            for server in (small, large) if number % 2 == 0 else (large, small):
                pairs["large" if server is large else "small"].append(measure(server, piece))
    shutil.rmtree(bench.data / "small")
    bench.foreign += foreign_cores(pairs)
    return pairs


def growth(bench: Bench, sizes: list[int], floor_most: int, minutes: float, rounds: int) -> None:
    """What a request costs when so many are stored already, against a journal that is always small."""
    table = Table(
        "As the journal grows",
        "CPU a request with so many requests stored, beside the same program on a journal that is made anew each round "
        "and holds ten thousand: with fewer it is the start of the process that is measured. None of them is deleted "
        "before the last round: a journal that is written into memory which another has just given back takes less time "
        "than one that grows.",
        ["", "requests stored", "CPU s per 100,000", "÷ small", "bytes written a request", "MiB at load"],
    )
    bench.tables.append(table)
    with ExitStack() as stack:
        servers: list[Server] = []
        reached: list[int] = []
        for contestant, most in ((bench.floor(), floor_most), (contestants.mogate(bench.mogate), sizes[-1])):
            deadline = time.monotonic() + minutes * 60
            large = stack.enter_context(bench.server(contestant, f"large-{len(servers)}"))
            servers.append(large)
            stored = 0
            for wanted in [size for size in sizes if size <= most]:
                size = fill(bench, large, stored, wanted, deadline)
                pairs = against_small(bench, large, rounds)
                stored = size + sum(piece.requests for piece in pairs["large"])
                against = ratio(pairs["large"], pairs["small"], "cpu_per_100k")
                table.rows.append([
                    contestant.name, f"{size:,}", spread(pairs["large"], "cpu_per_100k").text(2), against.text(2),
                    f"{spread(pairs['large'], 'written_per_request').median:,.0f}",
                    f"{pairs['large'][-1].memory_most / MIB:.0f}",
                ])  # fmt: skip
                if contestant.name == MOGATE and size > sizes[0]:
                    what = f"CPU a request at {size:,} stored ÷ small"
                    bench.aims.append(Aim(what, against, 1.1, is_most=True))
                if size < wanted:
                    table.after.append(f"{contestant.name} came no further than {size:,} in {minutes:g} minutes.")
                    break
            reached.append(stored)
        full(bench, servers, reached)


def full(bench: Bench, servers: list[Server], stored: list[int]) -> None:
    """The whole job again, where each has stored as much as a week may bring."""
    results = in_turns(servers, bench.load, bench.rounds)
    bench.foreign += foreign_cores(results)
    table = Table(
        "Side by side, with much stored", "As above, on the journals that the last table ended with.",
        ["", "requests stored", "CPU s per 100,000", "÷ floor", "requests/s", "÷ floor", "bytes written a request"],
    )  # fmt: skip
    for server, count in zip(servers, stored, strict=True):
        slices = results[server.contestant.name]
        table.rows.append([
            server.contestant.name, f"{count:,}",
            spread(slices, "cpu_per_100k").text(2), ratio(slices, results[FLOOR], "cpu_per_100k").text(2),
            f"{spread(slices, 'per_second').median:,.0f}", ratio(slices, results[FLOOR], "per_second").text(2),
            f"{spread(slices, 'written_per_request').median:,.0f}",
        ])  # fmt: skip
    bench.tables.append(table)
    what = f"CPU a request ÷ C floor, {min(stored):,} or more stored"
    bench.aims.append(Aim(what, ratio(results[MOGATE], results[FLOOR], "cpu_per_100k"), 1.0, is_most=True))


# A server with two cores needs more requests under way to be kept busy than one with one.
UNDER_WAY = [64, 256, 1024]


def two_loops(bench: Bench) -> None:
    """One loop on one core, and two on two, with the share of them taken off that others and the load have."""
    table = Table(
        "Two loops",
        "One loop on core 0 with the load on core 1; two loops on both cores, among which the load is too. What the load "
        "and other programs used is taken off the cores, and the rest scaled to all of them: requests/s that the cores "
        "would do if they had nothing else. All requests of a commit wait for the disk together: with few under way at "
        "once, two cores have nothing to do meanwhile. What two loops are for is told by the last line, since vendors "
        "send what they have, whether they were answered or not.",
        ["requests under way at once", "one loop: requests/s", "on all its core", "two loops: requests/s",
         "cores left to them", "on all their cores", "÷ one loop"],
    )  # fmt: skip
    one = contestants.mogate(bench.mogate, name="one loop")
    two = contestants.mogate(bench.mogate, name="two loops", loops=2)
    with bench.server(one, "0") as first, bench.server(two, "1", cores="0,1") as second:
        against = [one_and_two(bench, table, (first, second), under_way) for under_way in UNDER_WAY]
    table.after = [
        f"The machine: two C programs that share nothing, one on each core, read {cores_apart(bench).text(2)} times as many "
        "callbacks as one of them alone."
    ]
    bench.tables.append(table)
    bench.aims.append(
        Aim(
            f"requests/s of two loops on two cores ÷ one on one, {UNDER_WAY[-1]:,} under way", against[-1], 1.6,
            is_most=False,
        )
    )


@dataclass(frozen=True)
class Scaled:
    """What a slice would have come to with nobody else on the server's cores."""

    per_second: float
    cores_left: float
    on_all_cores: float

    @staticmethod
    def of(server: Server, load: Load) -> "Scaled":
        cores = len(server.cores.split(","))
        shares = cores > 1
        piece = measure(server, replace(load, cores=server.cores) if shares else load)
        left = max(0.05, cores - piece.foreign_cores - (piece.load_cores if shares else 0))
        return Scaled(piece.per_second, left, piece.per_second / left * cores)


def one_and_two(bench: Bench, table: Table, servers: tuple[Server, Server], under_way: int) -> Spread:
    """A line of the table; how the second server compares to the first."""
    load = replace(bench.load, connections=under_way)
    seen: tuple[list[Scaled], list[Scaled]] = ([], [])
    for number in range(bench.rounds + 1):
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            piece = Scaled.of(servers[place], load)
            # The first round is a warm-up.
            if number > 0:
                seen[place].append(piece)
    one, two = seen
    against = ratio(two, one, "on_all_cores")
    table.rows.append([
        f"{under_way:,}", spread(one, "per_second").text(0), spread(one, "on_all_cores").text(0),
        spread(two, "per_second").text(0), spread(two, "cores_left").text(2), spread(two, "on_all_cores").text(0),
        against.text(2),
    ])  # fmt: skip
    return against


def cores_apart(bench: Bench) -> Spread:
    """What two cores have for two programs that share nothing, beside what one has for one."""

    def start(core: int) -> subprocess.Popen[str]:
        command = ["taskset", "-c", str(core), str(bench.programs / "apart"), "--fixtures", str(bench.load.fixtures)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def rate(*cores: int) -> float:
        results = [program.communicate()[0] for program in [start(core) for core in cores]]
        return sum(float(json.loads(result)["perSecond"]) for result in results)

    return Spread.of([rate(0, 1) / rate(0) for _ in range(bench.rounds)])
