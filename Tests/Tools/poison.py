#!/usr/bin/env python3
"""A receiver downstream that ends whoever sends it a certain event, each time, before it is answered.

    poison.py WORD PID_FILE

Prints its port, then `taken ID` or `killed ID` for each request: killed where the body contains WORD, and then the
process whose number is in PID_FILE gets SIGKILL. It ends when its standard input does.
"""
import http.server
import os
import signal
import sys
import threading

word, pid_file = sys.argv[1].encode(), sys.argv[2]
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        isPoison = word in body
        with lock:
            print("killed" if isPoison else "taken", self.headers["webhook-id"], flush=True)
        if isPoison:
            with open(pid_file) as file:
                os.kill(int(file.read()), signal.SIGKILL)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
