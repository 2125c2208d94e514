#!/usr/bin/env python3
"""A receiver downstream: answers a script of statuses, and holds each request against other people's readers.

    receiver.py SECRET STATUS...

Prints its port, then a JSON object for each request: the status it was answered, its `webhook-id`, whether the
signature is good by the package standardwebhooks, and what the package cloudevents makes of it. The last status of the
script is repeated for ever. It ends when its standard input does.
"""
import http.server
import json
import sys
import threading

from cloudevents.v1.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret, script = sys.argv[1], [int(status) for status in sys.argv[2:]]
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lock:
            status = script.pop(0) if len(script) > 1 else script[0]
        try:
            Webhook(secret).verify(body, headers)
            verified = True
        except WebhookVerificationError as error:
            verified = str(error)
        event = from_http(headers, body)
        line = {
            "status": status,
            "webhookId": headers.get("webhook-id"),
            "verified": verified,
            "contentType": headers.get("content-type"),
            "authorization": headers.get("authorization"),
            "eventId": event["id"],
            "eventType": event["type"],
            "subject": event.get("subject"),
            "data": event.data,
        }
        with lock:
            print(json.dumps(line), flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
