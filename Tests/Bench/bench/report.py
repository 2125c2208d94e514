"""What was measured, as Markdown."""

import datetime
import os
from dataclasses import dataclass, field
from pathlib import Path

from .measure import Rounds, Spread

MIB = 1 << 20


@dataclass
class Table:
    """A table with what is to be known about it."""

    title: str
    about: str
    heading: list[str]
    rows: list[list[str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", self.about, "", row(self.heading)]
        lines.append(row(["---"] + ["---:"] * (len(self.heading) - 1)))
        lines += [row(cells) for cells in self.rows]
        if self.after:
            lines += ["", *self.after]
        return "\n".join(lines) + "\n"


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


@dataclass(frozen=True)
class Aim:
    """What a figure is to be, so that a miss is named as plainly as a hit."""

    what: str
    found: Spread
    bound: float
    is_most: bool

    @property
    def is_met(self) -> bool:
        return self.found.median <= self.bound if self.is_most else self.found.median >= self.bound

    def cells(self) -> list[str]:
        sign = "≤" if self.is_most else "≥"
        return [self.what, f"{sign} {self.bound:g}", self.found.text(2), "met" if self.is_met else "**missed**"]


def aims_table(aims: list[Aim]) -> Table:
    return Table(
        "Aims", "By the medians of the tables below.", ["what", "aim", "measured", ""],
        [aim.cells() for aim in sorted(aims, key=lambda aim: aim.is_met)],
    )  # fmt: skip


def foreign_cores(rounds: Rounds) -> list[float]:
    return [piece.foreign_cores for pieces in rounds.values() for piece in pieces]


def heading(command: str, foreign: list[float], minutes: float) -> str:
    """When, where, and how."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        "a processor without a name",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    disturbance = Spread.of(foreign or [0.0])
    return "\n".join([
        "# How mogate compares", "",
        f"{datetime.date.today()}, `{command}`, {minutes:.0f} minutes. "
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {os.uname().release}.", "",
        "The server has core 0 and the load core 1. Everyone is up at once, and gets a short slice of load each round, "
        "forwards and backwards by turns; a figure is the median over the rounds with [lowest, highest] beside it, and "
        "a ratio is that of the two slices of one round. CPU is user and system time of the server's process, with what "
        "it does after the load has ended until it is idle again. The load is Telesign's callbacks of eleven kinds, each "
        "with a fresh id and signed anew, over 64 connections; two of the eleven come to two events, the others to one.", "",
        f"Other programs used {disturbance.text(2)} of the server's core meanwhile: go by ratios, and by CPU first.", "", "",
    ])  # fmt: skip
