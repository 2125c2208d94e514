"""A mogate of an attack's own, requests to it, and what became of it."""

import atexit
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

ATTACKER = "127.0.0.66"

HEAD = b"POST /in/open HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CLEAN = b"POST /in/open HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"

# What a mogate listens on and keeps; the rest is its attack's own.
CONFIGURATION = """
listen: [{{address: "127.0.0.1:0"}}]
admin: {{address: "127.0.0.1:0"}}
journal: {{path: "{folder}/mogate.db", reserve: 1MiB}}
limits: {{{limits}}}
sources: [{sources}]
sinks: [{{name: archive, kind: file, path: "{folder}/events.ndjson"}}]
"""
OPEN = "{name: open, provider: telesign, auth: none}"


class Mogate:
    """A process of its own, and what /proc says of it."""

    def __init__(self, binary, limits, sources=OPEN, secrets=None, descriptors=None):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "mogate.yaml")
        with open(path, "w") as file:
            file.write(CONFIGURATION.format(folder=self.folder.name, limits=limits, sources=sources))
        self.log_path = os.path.join(self.folder.name, "log")
        command = [binary, "serve", "--allow-root", "--config", path]
        if descriptors:
            command = ["prlimit", f"--nofile={descriptors}:{descriptors}", *command]
        self.process = subprocess.Popen(
            command, stderr=open(self.log_path, "w"), stdout=subprocess.DEVNULL, env=os.environ | (secrets or {}))
        # Whatever ends the attack ends it too.
        atexit.register(self.process.kill)
        deadline = time.monotonic() + 20
        while not (started := re.search(r'"listen":"127\.0\.0\.1:(\d+)"', self.log())):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("mogate did not start:\n" + self.log())
            time.sleep(0.02)
        self.port = int(started.group(1))

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def rss_mib(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def events(self):
        """The vendor's ids of the events that its sink has, in their order."""
        with contextlib.suppress(FileNotFoundError), open(os.path.join(self.folder.name, "events.ndjson")) as file:
            return [json.loads(line)["data"]["providerMessageId"] for line in file if line.endswith("\n")]
        return []

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Its exit code, and all that it logged."""
        self.process.send_signal(signal.SIGTERM)
        code, log = self.process.wait(timeout=30), self.log()
        self.folder.cleanup()
        return code, log


class Watcher(threading.Thread):
    """Sends clean requests all the while, and notes the slowest answer and the most memory."""

    def __init__(self, mogate):
        super().__init__(daemon=True)
        self.mogate, self.over = mogate, threading.Event()
        self.slowest_s = self.rss_mib = 0.0
        self.wrong = []
        self.descriptors = 0

    def run(self):
        while True:
            taken, status = clean(self.mogate.port)
            self.slowest_s = max(self.slowest_s, taken)
            if status != 200:
                self.wrong.append(status)
            self.rss_mib = max(self.rss_mib, self.mogate.rss_mib())
            self.descriptors = max(self.descriptors, self.mogate.descriptors())
            if self.over.wait(0.2):
                return


def wait(condition, seconds):
    """Whether it came to be so in so many seconds."""
    deadline = time.monotonic() + seconds
    while not (is_so := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so


def tell(name, is_well, words):
    """Prints in a line what became of an attack; whether it was withstood."""
    print(f"{name:16} {'ok' if is_well else 'FAILED':6} {words}", flush=True)
    return is_well


def connect(port, source=ATTACKER):
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


def answer(connection):
    """Everything up to the end; empty where it is reset before."""
    data = b""
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            data += piece
    return data


def clean(port):
    """How long a clean request took, and its status; 0 where there was none."""
    start = time.monotonic()
    try:
        with connect(port, "127.0.0.1") as connection:
            connection.sendall(CLEAN)
            words = answer(connection).split(b" ", 2)
            return time.monotonic() - start, int(words[1]) if len(words) > 1 else 0
    except OSError:
        return time.monotonic() - start, 0


def callback(identifier):
    """A callback that comes to one event under that id of the vendor's."""
    body = json.dumps({"reference_id": identifier, "sub_resource": "mo_sms", "user_response": {
        "phone_number": "15550100", "sender_id": "4442", "mo_message": "a"}}).encode()
    return HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def deliver(port, identifier):
    """Sends one callback until it is answered 200, as vendors do; how often it was sent."""
    for times in range(1, 31):
        with contextlib.suppress(OSError), connect(port) as connection:
            connection.sendall(callback(identifier))
            if answer(connection).startswith(b"HTTP/1.1 200 "):
                return times
    raise SystemExit(f"{identifier} was never answered 200")


@contextlib.contextmanager
def injected(mogate, what):
    """While it lasts, calls to the system fail as strace is told."""
    call = what.split(":")[0]
    strace = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={what}", "-p", str(mogate.process.pid)],
        stderr=subprocess.PIPE, text=True)
    try:
        for line in strace.stderr:
            if "attached" in line:
                break
        yield
    finally:
        strace.terminate()
        strace.wait()
