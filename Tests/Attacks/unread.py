#!/usr/bin/env python3
"""Case 54: senders that never read their answers. One answer is so short that the system has all of it at once, so they
send request after request, and the system's buffers are as small as they can be: then answers stand, and their connections
have to go.

usage: unshare --net unread.py MOGATE     in a network of its own, as root; ten seconds
"""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

from kit import CLEAN, Mogate, clean, tell, wait

CONNECTIONS, REQUESTS = 200, 100


def metric(mogate, name):
    port = re.search(r'"admin":"127\.0\.0\.1:(\d+)"', mogate.log()).group(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return int(re.search(rf"\n{name} (\d+)".encode(), answer.read()).group(1))


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["sysctl", "-qw", "net.ipv4.tcp_wmem=4096 4096 4096"], check=True)
    # The other deadlines are too far away to be what ends a connection here.
    mogate = Mogate(sys.argv[1], "writeTimeout: 4s, headTimeout: 60s, requestTimeout: 60s, idleTimeout: 60s")
    clean(mogate.port)
    base, connections = mogate.descriptors(), []
    for _ in range(CONNECTIONS):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.connect(("127.0.0.1", mogate.port))
        connections.append(connection)
    for _ in range(REQUESTS):
        for connection in connections:
            # One that was let go takes nothing any more.
            with contextlib.suppress(OSError):
                connection.sendall(CLEAN.replace(b"Connection: close\r\n", b""))
        time.sleep(0.05)
        # On a slow disk the next request would come before the answer to this one, and end its connection by that.
        wait(lambda: metric(mogate, "mogate_requests_in_flight") == 0, 5)
    during, _ = clean(mogate.port)
    has_ended = wait(lambda: mogate.descriptors() <= base, 6)
    after, status = clean(mogate.port)
    rss, descriptors = mogate.rss_mib(), mogate.descriptors()
    # How many connections it has closed because their time was over.
    ended = metric(mogate, "mogate_connections_timed_out_total")
    code, _ = mogate.stop()
    # Where two requests were read at once, the connection ends behind the first answer, and needs no deadline.
    is_well = has_ended and ended > CONNECTIONS // 2 and status == 200 and max(during, after) < 1 and rss < 256 and code == 0
    tell(
        "54_unread", is_well,
        f"RSS {rss:5.0f} MiB  descriptors {base:3} > {descriptors:3}  "
        f"clean {during * 1000:4.0f} ms during, {after * 1000:3.0f} ms after  "
        f"{ended} of {CONNECTIONS} let go by the time an answer may take")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main()
