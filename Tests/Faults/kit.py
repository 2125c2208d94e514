"""What all faults need: the real server, a client that keeps a ledger, and a look at what is on the disk."""

import base64
import hashlib
import hmac
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

KEY = "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
CUSTOMER = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
JOURNAL = "mogate.db"


class Red(Exception):
    """A promise that was not kept."""


def request(name):
    """A callback of Telesign's with a reference of its own, signed."""
    body = json.dumps({
        "status": {"code": 1500, "description": "Delivered to customer", "updated_on": "2023-10-31T14:47:10.490130Z"},
        "reference_id": name,
        "user_response": {
            "sender_id": "4442", "iso_country_code": "US", "phone_number": "11234567890", "mo_message": "Hello " * 20,
        },
        "sub_resource": "mo_sms", "errors": [], "submit_timestamp": "2023-10-31T14:47:10.154000Z",
    }).encode()
    code = base64.b64encode(hmac.new(base64.b64decode(KEY), body, hashlib.sha256).digest()).decode()
    return (
        f"POST /in/telesign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: TSA {CUSTOMER}:{code}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Server:
    """`mogate serve` in a folder, on ports that the system chose."""

    def __init__(
        self, binary, folder, tracer=(), preload=None, reserve="1MiB", sink=True, home=None, sinks=None, journal="",
        clock=None,
    ):
        self.folder = Path(folder)
        # Its log and its settings may lie elsewhere than its journal.
        home = Path(home or folder)
        self.log = home / "serve.log"
        configuration = home / "mogate.yaml"
        if sinks is None:
            sinks = f'[{{name: archive, kind: file, path: "{folder}/events.ndjson"}}]' if sink else "[]"
        configuration.write_text(f"""
listen: [{{address: "127.0.0.1:0"}}]
admin: {{address: "127.0.0.1:0"}}
journal: {{path: "{folder}/{JOURNAL}", reserve: {reserve}{journal}}}
sources: [{{name: telesign, provider: telesign, customerId: {CUSTOMER}, secrets: ["env:TELESIGN_KEY"]}}]
sinks: {sinks}
""")
        environment = dict(os.environ, TELESIGN_KEY=KEY, SWIFT_BACKTRACE="enable=no")
        if preload:
            environment["LD_PRELOAD"] = preload
        if clock:
            # The first process under it makes what the others share; a server is not to be that one.
            tracer = [*tracer, "env"]
            environment |= {"LD_PRELOAD": faketime(), "FAKETIME_DONT_FAKE_MONOTONIC": "1", **clock}
        output = open(self.log, "wb")
        self.process = subprocess.Popen(
            [*tracer, str(binary), "serve", "--allow-root", "--config", str(configuration), "--log-level", "info"],
            stdout=subprocess.DEVNULL, stderr=output, env=environment, start_new_session=True)
        self.port = None

    def wait_until_listening(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(r'"listen":"[^"]*:(\d+)', self.words())
            if found:
                self.port = int(found.group(1))
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.005)
        raise Red(f"the server neither listens nor ends: {self.last_words()}")

    def words(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def last_words(self):
        lines = self.words().strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def kill(self):
        """As `kill -9`: it, and what traces it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def pid(self):
        """Of the server itself, which a tracer has for a child."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = children.read_text().split()
        return int(found[0]) if found else self.process.pid

    def stop(self, seconds=15):
        os.kill(self.pid(), signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Red("the server does not stop")


@contextmanager
def serving(binary, folder, **options):
    """A server that listens, and is gone at the end whatever happened."""
    server = Server(binary, folder, **options)
    try:
        if not server.wait_until_listening():
            raise Red(f"it does not start: {server.last_words()}")
        yield server
    finally:
        server.kill()


def acknowledged(server, label, count=20, seconds=30):
    """What was answered 200 of a load that ended after so many."""
    load = Load(server.port, label=label)
    load.wait_for(count, seconds)
    return load.end()


class Load:
    """Posts callbacks over some connections, and keeps a ledger: what was answered, with what, and after how long."""

    def __init__(self, port, connections=4, label="", pause=0.0, names=None):
        # Those and no others, over one connection; or ever new ones.
        self._names, connections = names, 1 if names is not None else connections
        self.port, self.label, self.pause = port, label, pause
        self.acked, self.statuses, self.longest = [], [], 0.0
        self.first_refusal = None
        self.acked_after_refusal = 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(connections)]
        for thread in self._threads:
            thread.start()

    def _run(self, connection):
        number = 0
        while not self._over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as peer:
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while not self._over.is_set():
                        if self._names is not None and number == len(self._names):
                            return
                        name = self._names[number] if self._names else f"{self.label}-{connection}-{number}"
                        number += 1
                        begun = time.monotonic()
                        peer.sendall(request(name))
                        status, stays = self._answer(peer)
                        self._note(name, status, begun)
                        if self.pause:
                            time.sleep(self.pause)
                        if not stays:
                            break
            except OSError:
                if self._over.wait(0.01):
                    return

    @staticmethod
    def _answer(peer):
        received = b""
        while b"\r\n\r\n" not in received:
            piece = peer.recv(4096)
            if not piece:
                raise OSError("closed")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length.group(1)):
            body += peer.recv(4096)
        return int(head.split()[1]), b"connection: close" not in head.lower()

    def _note(self, name, status, begun):
        with self._lock:
            self.statuses.append(status)
            self.longest = max(self.longest, time.monotonic() - begun)
            if status == 200:
                self.acked.append(name)
                # Answers of before may be read later by another thread: only what was asked afterwards counts.
                if self.first_refusal is not None and begun > self.first_refusal:
                    self.acked_after_refusal += 1
            elif self.first_refusal is None:
                self.first_refusal = time.monotonic()

    def count(self):
        with self._lock:
            return len(self.acked)

    def wait_for(self, acked, seconds=30):
        deadline = time.monotonic() + seconds
        while self.count() < acked and time.monotonic() < deadline:
            time.sleep(0.002)
        return self.count() >= acked

    def go_on(self, seconds):
        self._over.wait(seconds)

    def end(self):
        self._over.set()
        for thread in self._threads:
            thread.join(15)
        return set(self.acked)


def stored(path):
    """The references of all events in a journal, as often as each is there, read as any program may read an SQLite file:
    one that also writes would leave pages without their seal when it closes it."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = database.execute("SELECT CAST(body AS TEXT) FROM events").fetchall()
    finally:
        database.close()
    return [json.loads(row[0])["data"]["providerMessageId"] for row in rows]


def missing(acked, path):
    """What was acknowledged and is not in the journal, and what is in it twice."""
    references = stored(path)
    return set(acked) - set(references), len(references) - len(set(references))


def check(acked, path):
    """All of what was acknowledged is in the journal, and nothing is in it twice."""
    gone, twice = missing(acked, path)
    if gone or twice:
        raise Red(f"{len(gone)} of {len(acked)} acknowledged are missing, {twice} are there twice")


def check_sound(binary, path, is_cut_off=False):
    """After a kill or a cut, a commit that was under way is no flaw of what is there."""
    flaws = verify(binary, path)
    if is_cut_off:
        flaws = [flaw for flaw in flaws if not flaw.startswith("the write-ahead log: frame")]
    if flaws:
        raise Red(flaws[0])


def whole_again(binary, folder, acked, **options):
    """It starts, takes in more, ends well, and has all of it, each as it was written. How long it took to listen."""
    begun = time.monotonic()
    with serving(binary, folder, **options) as again:
        took = time.monotonic() - begun
        acked = set(acked) | acknowledged(again, "a")
        again.stop()
    check(acked, folder / JOURNAL)
    check_sound(binary, folder / JOURNAL)
    return took


def verify(binary, path):
    """The flaws that `mogate verify` names; a journal it does not even open has one as well."""
    found = subprocess.run(
        [str(binary), "verify", str(path), "--json"], capture_output=True, text=True,
        env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
    if found.returncode not in (0, 65):
        return [found.stderr.strip() or f"exit {found.returncode}"]
    return json.loads(found.stdout)["flaws"]


def unsafe_binary(binary, folder):
    """The server with one thing changed: its commits do not wait for the disk. For controls, which must turn red."""
    copy = Path(folder) / "mogate-normal"
    code = Path(binary).read_bytes()
    for told, changed in [
        (b"PRAGMA synchronous = FULL", b"PRAGMA synchronous = 1   "),
        # It asks whether it was obeyed, and would not start.
        (b"PRAGMA synchronous\0", b"SELECT 2          \0"),
    ]:
        if told not in code:
            raise RuntimeError(f"{told!r} is not in the binary: the control controls nothing")
        code = code.replace(told, changed)
    copy.write_bytes(code)
    copy.chmod(0o755)
    return copy


def eatmydata():
    return library("libeatmydata.so*")


def faketime():
    return library("faketime/libfaketime.so.1")


def library(name):
    for path in Path("/usr/lib").glob(f"*/{name}"):
        return str(path)
    raise RuntimeError(f"{name} is not installed")


class Scratch:
    """A folder that goes with its end."""

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="faults-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def fresh(folder, name):
    path = Path(folder) / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def dice(seed):
    return random.Random(seed)
