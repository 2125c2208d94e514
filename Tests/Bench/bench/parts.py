"""What mogate says of its own parts."""

import json
import subprocess

from .report import Table
from .sections import Bench


def parts(bench: Bench) -> None:
    """`mogate bench journal` and `sink`, on core 0 and the disk of the other measurements."""
    table = Table(
        "Parts", "`mogate bench journal` and `mogate bench sink`: what one takes, by how many go together. What comes of "
        "Telesign's recorded callbacks; the receiver of the HTTP requests is in the same process.",
        ["", "µs each", "lowest", "highest", "µs of CPU", "lowest", "highest"],
    )  # fmt: skip
    bench.data.mkdir(parents=True, exist_ok=True)
    for name in ("journal", "sink"):
        command = [
            "taskset", "-c", "0", str(bench.mogate), "bench", name, "--json", "--only", "telesign/",
            "--fixtures", str(bench.load.fixtures.parent), "--folder", str(bench.data),
        ]  # fmt: skip
        said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for part in said["parts"]:
            figures = [
                part[clock][f"{what}Microseconds"]
                for clock in ("wall", "processor")
                for what in ("median", "lowest", "highest")
            ]
            table.rows.append([f"{name}: {part['name']}", *(f"{figure:.1f}" for figure in figures)])
    bench.tables.append(table)
