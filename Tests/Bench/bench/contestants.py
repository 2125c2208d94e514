"""Who is measured: mogate, the floor, and what someone might take instead."""

from pathlib import Path

from .server import Contestant, free_port

KEY = "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
ACCOUNT = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"


def mogate(program: Path, name: str = "mogate", note: str = "", sinks: str = "[]", loops: int = 1) -> Contestant:
    """mogate with one source; `sinks` is YAML in which {folder} stands for the folder."""

    def command(folder: Path, port: int) -> list[str]:
        settings = folder / "mogate.yaml"
        settings.write_text(
            f'listen: [{{address: "127.0.0.1:{port}"}}]\n'
            f'admin: {{address: "127.0.0.1:{free_port()}"}}\n'
            f"journal: {{path: {folder}/mogate.db, retain: 30d}}\n"
            f'sources: [{{name: telesign, provider: telesign, customerId: "{ACCOUNT}", secrets: ["env:TELESIGN_KEY"]}}]\n'
            f"sinks: {sinks.replace('{folder}', str(folder))}\n"
            f"limits: {{loops: {loops}}}\n"
        )
        return [str(program), "serve", "--config", str(settings)]

    note = note or "the whole job: verify, decode, dedupe, raw and canonical stored with digests, committed, answered"
    return Contestant(name, note, command, {"TELESIGN_KEY": KEY})


def floor(program: Path) -> Contestant:
    return Contestant(
        "C floor", "the same job in C: evhttp, HMAC, jansson, SQLite WAL FULL, a unique key an event, the raw body",
        lambda folder, port: [str(program), "--port", str(port), "--journal", f"{folder}/floor.db"],
    )  # fmt: skip
