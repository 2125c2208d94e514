"""A program under test: started in a folder of its own, on its core, and accounted for by /proc."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Contestant:
    """Someone who takes callbacks in: how it is started in a folder, on a port."""

    name: str
    note: str
    command: Callable[[Path, int], list[str]]
    environment: dict[str, str] = field(default_factory=dict)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A contestant's one process, up and listening for as long as the `with` lasts."""

    def __init__(
        self, contestant: Contestant, folder: Path, cores: str = "0", keeps_folder: bool = False, settles: bool = True
    ) -> None:
        self.contestant = contestant
        self.folder = folder
        self.cores = cores
        self.port = free_port()
        self.keeps_folder = keeps_folder
        self.settles = settles

    def __enter__(self) -> "Server":
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["taskset", "-c", self.cores, *self.contestant.command(self.folder, self.port)]
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            command, env={**os.environ, **self.contestant.environment}, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
        )
        try:
            self.wait_until_open()
        except BaseException:
            self.stop()
            raise
        if self.settles:
            self.settle()
        self.idle_bytes = self.memory("VmRSS")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if not self.keeps_folder and error is None:
            shutil.rmtree(self.folder)

    def wait_until_open(self, patience: float = 60) -> None:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.contestant.name} ended at once: see {self.folder}/log")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.contestant.name} does not listen: see {self.folder}/log")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def cpu_seconds(self) -> float:
        """In its own code and in the kernel's for it, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def written_bytes(self) -> int:
        return self.number(Path(f"/proc/{self.process.pid}/io"), "write_bytes:")

    def memory(self, what: str) -> int:
        """`VmRSS` is what it has of the memory now, `VmHWM` the most that it ever had; in bytes."""
        return 1024 * self.number(Path(f"/proc/{self.process.pid}/status"), what + ":")

    def settle(self, patience: float = 20) -> None:
        """Waits until it has done what it put off, so that this is counted too."""
        end = time.monotonic() + patience
        before = self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(0.25)
            now = self.cpu_seconds()
            if now - before <= 1 / TICKS_PER_SECOND:
                return
            before = now

    @staticmethod
    def number(file: Path, name: str) -> int:
        for line in file.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise KeyError(f"{name} in {file}")
