"""Posts a callback over TLS, or only tries the handshake, and prints what came of it as JSON.

usage: tls.py PORT AUTHORITY [--as CERTIFICATE KEY] [--versions LOW HIGH] [--posts N] [--path PATH] [--hold COUNT] [--before LINE]
With --hold it makes so many connections and posts on each, prints, waits for a line on standard input, and posts on each once more. With
--before it says something in the clear before its hello, and a line's end behind it.
"""

import argparse
import http.client
import json
import resource
import socket
import ssl
import sys

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("authority")
parser.add_argument("--as", dest="own", nargs=2)
parser.add_argument("--versions", nargs=2, default=["TLSv1_2", "TLSv1_3"])
parser.add_argument("--posts", type=int, default=1)
parser.add_argument("--path", default="/in/open")
parser.add_argument("--hold", type=int, default=0)
parser.add_argument("--before", default="")
options = parser.parse_args()

context = ssl.create_default_context(cafile=options.authority)
context.set_ciphers("ALL:@SECLEVEL=0")
context.minimum_version = ssl.TLSVersion[options.versions[0]]
context.maximum_version = ssl.TLSVersion[options.versions[1]]
if options.own:
    context.load_cert_chain(*options.own)

_, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def connect():
    plain = socket.create_connection(("127.0.0.1", options.port), timeout=20)
    # A request's body, which is sent behind its head, is not to wait for an acknowledgement.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if options.before:
        plain.sendall(options.before.encode() + b"\r\n")
    connection = http.client.HTTPSConnection("localhost", options.port, context=context, timeout=20)
    connection.sock = context.wrap_socket(plain, server_hostname="localhost")
    # One that is gone is not to be made anew without a word.
    connection.auto_open = 0
    return connection


def post(connection):
    connection.request("POST", options.path, body=b"{}", headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


try:
    connections, told = [], {"statuses": []}
    for _ in range(max(1, options.hold)):
        connection = connect()
        told |= {"version": connection.sock.version(), "serial": connection.sock.getpeercert()["serialNumber"]}
        told["statuses"] += [post(connection) for _ in range(options.posts)]
        connections.append(connection)
    if options.hold:
        print(json.dumps(told), flush=True)
        sys.stdin.readline()
        told["statuses"] = [post(connection) for connection in connections]
except (ssl.SSLError, OSError, http.client.HTTPException) as error:
    told = {"error": type(error).__name__}
print(json.dumps(told), flush=True)
