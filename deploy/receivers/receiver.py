#!/usr/bin/env python3
"""Takes events from mogate: verifies, deduplicates, decodes. `pip install standardwebhooks`

    WEBHOOK_SECRET=whsec_… PORT=8090 python3 receiver.py
"""
import http.server
import json
import os
import sqlite3

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
database = sqlite3.connect(os.environ.get("DATABASE", ":memory:"), check_same_thread=False)
database.execute("CREATE TABLE IF NOT EXISTS events(id TEXT PRIMARY KEY, json TEXT)")


def handle(event):
    print(json.dumps(event, ensure_ascii=False, separators=(",", ":")), flush=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.answer(401)
        # What is done with the event belongs into the same transaction: then it is done once, however often it comes.
        with database:
            isNew = database.execute("INSERT OR IGNORE INTO events VALUES (?, ?)", (event["id"], body)).rowcount
            if isNew:
                handle(event)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8090))), Receiver)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
