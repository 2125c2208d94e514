"""Short slices of load, in turns, so that whatever the machine is doing falls on all alike."""

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .server import TICKS_PER_SECOND, Server


@dataclass(frozen=True)
class Load:
    """How requests come: without a rate, each connection asks again as soon as it is answered."""

    program: Path
    fixtures: Path
    connections: int = 64
    seconds: float = 2
    requests: int = 0
    rate: float = 0
    cores: str = "1"

    def command(self, port: int) -> list[str]:
        size = ["--requests", str(self.requests)] if self.requests else ["--seconds", str(self.seconds)]
        return [
            "taskset", "-c", self.cores, str(self.program), "--port", str(port), "--fixtures", str(self.fixtures),
            "--connections", str(self.connections), "--rate", str(self.rate), *size,
        ]  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """What one slice came to."""

    requests: int
    failures: int
    per_second: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    cpu_per_100k: float
    written_per_request: float
    memory_idle: int
    memory_most: int
    load_cores: float
    # What others used of the server's cores meanwhile.
    foreign_cores: float


def busy_seconds(cores: str) -> float:
    """Of these cores: everything but idle time and waiting for disks."""
    wanted = {f"cpu{core}" for core in cores.split(",")}
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    fields = [[int(text) for text in line[1:9]] for line in lines if line[0] in wanted]
    return sum(sum(each) - each[3] - each[4] for each in fields) / TICKS_PER_SECOND


def measure(server: Server, load: Load) -> Slice:
    """One slice; what the server does afterwards for these requests is counted as theirs."""
    cpu, written, busy = server.cpu_seconds(), server.written_bytes(), busy_seconds(server.cores)
    done = subprocess.run(load.command(server.port), capture_output=True, text=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"the load against {server.contestant.name} failed: {done.stderr}")
    result = json.loads(done.stdout)
    seconds = max(result["seconds"], 0.001)
    ours = server.cpu_seconds() - cpu + (result["cpuSeconds"] if load.cores == server.cores else 0)
    foreign = busy_seconds(server.cores) - busy - ours
    server.settle()
    requests = max(1, result["requests"])
    return Slice(
        requests=result["requests"],
        failures=result["failures"] + result["unserved"],
        per_second=result["perSecond"],
        p50_ms=result["p50us"] / 1e3,
        p99_ms=result["p99us"] / 1e3,
        p999_ms=result["p999us"] / 1e3,
        cpu_per_100k=(server.cpu_seconds() - cpu) / requests * 1e5,
        written_per_request=(server.written_bytes() - written) / requests,
        memory_idle=server.idle_bytes,
        memory_most=server.memory("VmHWM"),
        load_cores=result["cpuSeconds"] / seconds,
        foreign_cores=max(0.0, foreign / seconds),
    )


Rounds = dict[str, list[Slice]]


def in_turns(servers: list[Server], load: Load, rounds: int) -> Rounds:
    """A slice for each server a round, forwards and backwards by turns. The first is a warm-up and is not counted."""
    results: Rounds = {server.contestant.name: [] for server in servers}
    for server in servers:
        measure(server, Load(load.program, load.fixtures, seconds=0.5, connections=load.connections))
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            results[server.contestant.name].append(measure(server, load))
    return results


@dataclass(frozen=True)
class Spread:
    """A median with the lowest and the highest beside it."""

    median: float
    lowest: float
    highest: float

    @staticmethod
    def of(values: list[float]) -> "Spread":
        return Spread(statistics.median(values), min(values), max(values))

    def text(self, digits: int) -> str:
        return f"{self.median:.{digits}f} [{self.lowest:.{digits}f}, {self.highest:.{digits}f}]"


def spread(slices: Sequence[object], what: str) -> Spread:
    return Spread.of([float(getattr(piece, what)) for piece in slices])


def ratio(tested: Sequence[object], reference: Sequence[object], what: str) -> Spread:
    """Of the two slices of the same round each."""
    pairs = zip(tested, reference, strict=True)
    return Spread.of([getattr(a, what) / max(getattr(b, what), 1e-9) for a, b in pairs])
