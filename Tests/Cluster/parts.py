"""What the cluster suite is made of: servers in network namespaces, nodes of mogate, vendors with a ledger, a receiver."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import random
import re
import signal
import subprocess
import threading
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
CUSTOMER = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"


sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Faults"))

from power import Mount


class Red(Exception):
    """A promise that was not kept."""


def command(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


class Process:
    """A program that is killed, paused and started again."""

    process = None

    def launch(self, words, log, environment=None):
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=output, env=environment, start_new_session=True)

    def send(self, number):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def pause(self):
        self.send(signal.SIGSTOP)

    def go_on(self):
        self.send(signal.SIGCONT)


class Network:
    """A bridge of this machine's own, with a namespace for each server: each can be cut off from all else."""

    numbers = itertools.count()

    def __init__(self, count):
        self.tag = f"mg{os.getpid() % 10_000}{next(self.numbers) % 10}"
        self.net = f"10.{random.randint(64, 127)}.{random.randint(1, 254)}"
        self.count = count
        command("ip", "link", "add", self.tag, "type", "bridge")
        command("ip", "addr", "add", f"{self.net}.1/24", "dev", self.tag)
        command("ip", "link", "set", self.tag, "up")
        for index in range(count):
            space, outer, inner = self.space(index), f"{self.tag}o{index}", f"{self.tag}i{index}"
            command("ip", "netns", "add", space)
            command("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
            command("ip", "link", "set", outer, "master", self.tag, "up")
            command("ip", "link", "set", inner, "netns", space)
            command("ip", "-n", space, "addr", "add", f"{self.address(index)}/24", "dev", inner)
            command("ip", "-n", space, "link", "set", inner, "up")
            command("ip", "-n", space, "link", "set", "lo", "up")

    def space(self, index):
        return f"{self.tag}n{index}"

    def address(self, index):
        return f"{self.net}.{11 + index}"

    def cut(self, index):
        command("ip", "link", "set", f"{self.tag}o{index}", "down")

    def mend(self, index):
        command("ip", "link", "set", f"{self.tag}o{index}", "up")

    def remove(self):
        for index in range(self.count):
            subprocess.run(["ip", "netns", "del", self.space(index)], check=False)
        subprocess.run(["ip", "link", "del", self.tag], check=False)


class LogServer(Process):
    """A nats-server of the cluster, in its namespace."""

    def __init__(self, binary, network, index, folder, syncs, forgets=False):
        self.network, self.index, self.folder = network, index, Path(folder) / f"nats{index}"
        self.folder.mkdir()
        self.store, self.mount = self.folder / "store", None
        self.store.mkdir()
        if forgets:
            self.kept = self.folder / "kept"
            self.kept.mkdir()
            self.mount = Mount(self.kept, self.store)
        routes = ", ".join(f'"nats://{network.address(other)}:6222"' for other in range(network.count))
        (self.folder / "server.conf").write_text(f"""
server_name: n{index}
listen: "{network.address(index)}:4222"
http: "{network.address(index)}:8222"
max_payload: 4MB
jetstream: {{store_dir: "{self.store}"{", sync_interval: always" if syncs else ""}}}
cluster: {{name: mg, listen: "{network.address(index)}:6222", routes: [{routes}]}}
""")
        self.binary = binary
        self.start()

    def start(self):
        self.launch(
            ["ip", "netns", "exec", self.network.space(self.index), self.binary, "-c", f"{self.folder}/server.conf"],
            self.folder / "log")

    def cut_power(self):
        """Ends it, with all that it had not synced."""
        self.kill()
        self.mount.cut()
        self.mount = Mount(self.kept, self.store)

    def is_well(self):
        """Whether it is there, and has all that the others have."""
        try:
            with urllib.request.urlopen(f"http://{self.network.address(self.index)}:8222/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


class Node(Process):
    """`mogate serve` over the log, or alone over a file."""

    def __init__(self, binary, network, index, folder, receiver, replicas):
        servers = ", ".join(f'"nats://{network.address(other)}:4222"' for other in range(network.count))
        sink = "[]"
        if receiver:
            sink = f"""
  - {{name: crm, kind: http, url: "http://127.0.0.1:{receiver.port}/in", order: subject, concurrency: 16,
     allowNetworks: [127.0.0.0/8], retry: {{first: 100ms, longest: 1s, for: 72h}}}}"""
        journal = f"{{kind: nats, servers: [{servers}], replicas: {replicas}}}"
        self.configure(binary, Path(folder) / f"mogate{index}", journal, sink)

    @classmethod
    def alone(cls, binary, folder):
        node = cls.__new__(cls)
        node.configure(binary, Path(folder) / "mogate", f'{{path: "{folder}/mogate/mogate.db"}}', "[]")
        return node

    def configure(self, binary, folder, journal, sinks):
        self.folder = folder
        self.folder.mkdir()
        self.binary, self.port, self.starts = binary, None, 0
        (self.folder / "mogate.yaml").write_text(f"""
listen: [{{address: "127.0.0.1:0"}}]
admin: {{address: "127.0.0.1:0"}}
sources: [{{name: telesign, provider: telesign, customerId: {CUSTOMER}, secrets: ["env:TELESIGN_KEY"]}}]
journal: {journal}
sinks: {sinks}
""")

    def start(self):
        self.port = None
        self.starts += 1
        # It tells its port, which is the system's choice, in the log: each start has one of its own.
        self.log = self.folder / f"log{self.starts}"
        self.launch(
            [self.binary, "serve", "--allow-root", "--log-level", "info", "--config", f"{self.folder}/mogate.yaml"],
            self.log, dict(os.environ, TELESIGN_KEY=KEY, SWIFT_BACKTRACE="enable=no"))

    def wait(self, seconds=60):
        """Until it listens; it is started again where it ended for want of a log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.log.exists() and re.search(r'"listen":"[^"]*:(\d+)', self.log.read_text(errors="replace"))
            if found:
                self.port = int(found.group(1))
                return
            if self.process.poll() is not None:
                self.start()
            time.sleep(0.05)
        raise Red(f"a node does not come back: {self.log.read_text(errors='replace')[-400:]}")


class Receiver:
    """Where the sink's events go: it remembers each, in the order they came."""

    def __init__(self):
        self.events, self.lock, self.status = [], threading.Lock(), 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 200:
                    event = json.loads(body)
                    with receiver.lock:
                        receiver.events.append((
                            event["data"]["providerMessageId"], event["id"], event["subject"], int(event["sequence"]),
                            time.monotonic()))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                """A node that is killed breaks its connections off, which is no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def snapshot(self):
        with self.lock:
            return list(self.events)


class Vendors:
    """Post to any node, try again at another one until one answers 200, and keep the ledger of what was answered so."""

    def __init__(self, nodes, threads=6, pause=0.01):
        self.nodes, self.pause, self.isEnded = nodes, pause, False
        self.lock, self.acked, self.answers = threading.Lock(), {}, {}
        self.unavailable = []
        # Since when each thread waits for an answer.
        self.waiting = {}
        self.threads = [threading.Thread(target=self.work, args=(index,), daemon=True) for index in range(threads)]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def request(name, phone):
        body = json.dumps({
            "status": {"code": 1500, "description": "Delivered to customer", "updated_on": "2023-10-31T14:47:10.490130Z"},
            "reference_id": name,
            "user_response": {
                "sender_id": "4442", "iso_country_code": "US", "phone_number": phone, "mo_message": "Hello " * 20,
            },
            "sub_resource": "mo_sms", "errors": [], "submit_timestamp": "2023-10-31T14:47:10.154000Z",
        }).encode()
        code = base64.b64encode(hmac.new(base64.b64decode(KEY), body, hashlib.sha256).digest()).decode()
        return body, {"Content-Type": "application/json", "Authorization": f"TSA {CUSTOMER}:{code}"}

    def post(self, body, headers):
        port = random.choice(self.nodes).port
        if port is None:
            return None
        with self.lock:
            self.waiting[threading.get_ident()] = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=6)
            connection.request("POST", "/in/telesign", body, headers)
            status = connection.getresponse().status
            connection.close()
        except (OSError, http.client.HTTPException):
            status = None
        with self.lock:
            del self.waiting[threading.get_ident()]
            self.answers[status] = self.answers.get(status, 0) + 1
            if status == 503:
                self.unavailable.append((time.monotonic(), port))
        return status

    def work(self, index):
        for number in itertools.count():
            name = f"{os.getpid()}-{index}-{number}"
            body, headers = self.request(name, f"1123456{random.randint(0, 39):04}")
            while not self.isEnded and self.post(body, headers) != 200:
                time.sleep(0.02)
            if self.isEnded:
                return
            with self.lock:
                self.acked[name] = time.monotonic()
            # The same callback once more, at any node.
            if number % 10 == 0:
                self.post(body, headers)
            time.sleep(self.pause)

    def count(self):
        with self.lock:
            return len(self.acked)

    def settle(self):
        """Until all that was sent before now has its answer: a node may be seconds about it, and what comes of it then is
        of what happened before."""
        now = time.monotonic()
        while True:
            with self.lock:
                if all(since > now for since in self.waiting.values()):
                    return
            time.sleep(0.01)

    def wait_for_more(self, count, seconds):
        """Until so many more were answered 200; tells how long the longest time without any was."""
        start = last = time.monotonic()
        seen = first = self.count()
        longest = 0.0
        while seen < first + count:
            now = time.monotonic()
            if now - start > seconds:
                raise Red(f"nothing is answered 200 after {seconds} s: {self.answers}")
            if self.count() != seen:
                seen, last = self.count(), now
            longest = max(longest, now - last)
            time.sleep(0.01)
        return longest

    def end(self):
        self.isEnded = True
        for thread in self.threads:
            thread.join()


class Cluster:
    """Three servers of the log, and three nodes over it."""

    def __init__(self, mogate, nats, folder, replicas=3, syncs=False, forgets=False, sinks=True):
        self.network = Network(3)
        self.servers, self.nodes = [], []
        self.receiver = Receiver()
        self.servers = [LogServer(nats, self.network, index, folder, syncs, forgets) for index in range(3)]
        self.nodes = [Node(mogate, self.network, index, folder, self.receiver if sinks else None, replicas) for index in range(3)]
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait()

    def wait_until_well(self, seconds=60):
        """Until each server has caught up with the others: a fault is to meet a cluster that is whole."""
        deadline = time.monotonic() + seconds
        while not all(server.is_well() for server in self.servers):
            if time.monotonic() > deadline:
                raise Red(f"the log's servers are not whole after {seconds} s")
            time.sleep(0.1)

    def stop(self):
        for part in self.nodes + self.servers:
            if part.process:
                part.go_on()
                part.kill()
        for server in self.servers:
            if server.mount:
                server.mount.cut()
        self.receiver.server.shutdown()
        self.network.remove()
