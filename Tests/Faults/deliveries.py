"""An HTTP sink with a ledger, and kill -9 between its 200 and the record of it.

A kill leaves events in doubt: those of which the journal does not say that they were taken. Each of these may come once
more for it; no other may come again, and none twice from one process.
"""

import http.server
import json
import shutil
import sqlite3
import threading
import time

from kit import JOURNAL, Load, Red, Scratch, acknowledged, dice, fresh, serving


class Receiver:
    """Takes everything, and notes which event came from which process; without `answers` it says nothing."""

    def __init__(self):
        self.lives = []
        self.lock, self.came, self.answers = threading.Lock(), threading.Event(), threading.Event()
        self.answers.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver.lock:
                    # By its path, for what a process sent may be read when the next one serves already.
                    receiver.lives[int(self.path[1:])].append(event["id"])
                receiver.answers.wait()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver.came.set()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that was killed hangs up in the middle."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin_life(self):
        """The sinks of a process that begins, whose requests tell which it is."""
        with self.lock:
            self.lives.append([])
            url = f"http://127.0.0.1:{self.server.server_address[1]}/{len(self.lives) - 1}"
        return f'[{{name: crm, kind: http, url: "{url}", allowNetworks: [127.0.0.0/8], concurrency: 4}}]'

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def in_doubt(path):
    """Ids of which the journal does not say that the sink has them, and all that it holds."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = database.execute("""
            SELECT e.id, e.sequence > coalesce((SELECT cursor FROM sinks), 0)
            OR EXISTS (SELECT 1 FROM retries r WHERE r.sequence = e.sequence) FROM events e""").fetchall()
    finally:
        database.close()
    text = lambda id: "-".join(id.hex()[a:b] for a, b in [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)])
    return {text(id) for id, doubt in rows if doubt}, {text(id) for id, _ in rows}


def judge(lives, doubts):
    """What came again although it was not in doubt, or more often than there were kills that left it so."""
    delivered, again = set(), 0
    for number, life in enumerate(lives):
        if len(life) != len(set(life)):
            raise Red(f"process {number} sent {len(life) - len(set(life))} events twice")
        repeated = set(life) & delivered
        if number and not repeated <= doubts[number - 1]:
            raise Red(f"{len(repeated - doubts[number - 1])} came again though it was recorded that they were taken")
        again += len(repeated)
        delivered |= set(life)
    return delivered, again


def deliver_all(binary, folder, receiver):
    """A process that is not killed before all is delivered, and recorded."""
    with serving(binary, folder, sinks=receiver.begin_life()) as server:
        deadline = time.monotonic() + 30
        while in_doubt(folder / JOURNAL)[0]:
            if time.monotonic() > deadline:
                raise Red("not everything is delivered in the end")
            time.sleep(0.05)
        server.stop()


def run(binary, kills):
    receiver, doubts, roll = Receiver(), [], dice(5)
    try:
        with Scratch() as folder:
            for kill in range(kills):
                receiver.came.clear()
                with serving(binary, folder, sinks=receiver.begin_life()) as server:
                    load = Load(server.port, label=f"d{kill}", connections=2)
                    # Right behind an answer of the sink: what it says is not on the disk yet.
                    receiver.came.wait(10)
                    load.go_on(roll.random() * 0.1)
                    receiver.came.clear()
                    receiver.came.wait(10)
                    server.kill()
                    load.end()
                doubts.append(in_doubt(folder / JOURNAL)[0])
            deliver_all(binary, folder, receiver)
            delivered, again = judge(receiver.lives, doubts)
            lost = in_doubt(folder / JOURNAL)[1] - delivered
            if lost:
                raise Red(f"{len(lost)} never came")
    finally:
        receiver.end()
    return f"{kills} kills, {len(delivered)} events, {again} came once more, each in doubt at a kill; none twice for one kill"


def control(binary):
    """A journal that forgets what was recorded sends it again: the ledger is to say so."""
    receiver = Receiver()
    try:
        with Scratch() as scratch:
            folder = fresh(scratch, "home")
            # No event of the first process is recorded as taken, for its sink says nothing as long as it lives.
            receiver.answers.clear()
            with serving(binary, folder, sinks=receiver.begin_life()) as server:
                acknowledged(server, "f")
                server.kill()
            receiver.answers.set()
            doubts = [in_doubt(folder / JOURNAL)[0]]
            shutil.copytree(folder, scratch / "old")
            deliver_all(binary, folder, receiver)
            doubts.append(in_doubt(folder / JOURNAL)[0])
            # An older copy of all of it takes its place, by whom ever: what was recorded since is not known.
            shutil.rmtree(folder)
            shutil.copytree(scratch / "old", folder)
            deliver_all(binary, folder, receiver)
            judge(receiver.lives, doubts)
    finally:
        receiver.end()
