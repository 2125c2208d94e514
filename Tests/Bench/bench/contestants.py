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
        return [str(program), "serve", "--config", str(settings), "--allow-root"]

    note = note or "the whole job: verify, decode, dedupe, raw and canonical stored with digests, committed, answered"
    return Contestant(name, note, command, {"TELESIGN_KEY": KEY})


def floor(program: Path) -> Contestant:
    return Contestant(
        "C floor", "the same job in C: evhttp, HMAC, jansson, SQLite WAL FULL, a unique key an event, the raw body",
        lambda folder, port: [str(program), "--port", str(port), "--journal", f"{folder}/floor.db"],
    )  # fmt: skip


def peers(programs: Path, sources: Path) -> list[Contestant]:
    """What someone might take instead. All of them do less than mogate: see their notes."""
    less = "one event a callback, no raw body, no duplicates known"

    def nginx(folder: Path, port: int) -> list[str]:
        places = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        settings = folder / "nginx.conf"
        settings.write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log warn;\n"
            "events {}\n"
            f"http {{ access_log off; keepalive_requests 100000000; {places}\n"
            f"  server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }} }}\n"
        )
        return ["nginx", "-c", str(settings)]

    def fastapi(commit: str, note: str) -> Contestant:
        def command(folder: Path, port: int) -> list[str]:
            # Its journal lies in its folder, which the environment cannot know beforehand.
            return [
                "env", f"BENCH_JOURNAL={folder}/events.db", str(programs / "venv/bin/uvicorn"), "fastapi_app:app",
                "--app-dir", str(sources), "--host", "127.0.0.1", "--port", str(port),
                "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
            ]  # fmt: skip

        environment = {"TELESIGN_KEY": KEY, "BENCH_COMMIT": commit, "PYTHONDONTWRITEBYTECODE": "1"}
        return Contestant(f"FastAPI, {note}", f"uvicorn with uvloop, orjson, SQLite; {less}", command, environment)

    return [
        Contestant("nginx", "answers 200 without looking at the request: what HTTP alone costs", nginx),
        Contestant(
            "Go net/http", f"encoding/json, SQLite with group commit; {less}",
            lambda folder, port: [str(programs / "peer-go"), str(port), f"{folder}/events.db"], {"TELESIGN_KEY": KEY},
        ),
        Contestant(
            "Hummingbird", f"Codable, swift-crypto, SQLite with group commit; {less}",
            lambda folder, port: [str(programs / "peer-hummingbird"), str(port), f"{folder}/events.db"],
            {"TELESIGN_KEY": KEY},
        ),
        fastapi("group", "group commit"),
        fastapi("each", "a commit a request"),
    ]  # fmt: skip
