#!/usr/bin/env python3
"""Case 94: whether the time that a refusal takes tells how much of a signature was right.

usage: timing.py MOGATE [REQUESTS]     MOGATE is a release build; 40000 requests of each kind without a word

Forged callbacks, of which some have a signature that is wrong in its first byte and others in its last, are sent in an order
that chance makes, and the times are compared by Welch's t: beyond 4.5 one could be told from the other. That the times are
fine enough to tell anything is shown by a third kind, whose body is larger by 4 KiB: its t has to be beyond 4.5.
"""

import base64
import hashlib
import hmac
import math
import random
import socket
import statistics
import sys
import time

from kit import Mogate, clean, tell

KEY = "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=="
SOURCES = """{name: open, provider: telesign, auth: none}, {name: telesign, provider: telesign, secrets: ["env:KEY"]}"""
SUSPECT = 4.5


def forged(body, wrong):
    """A callback whose signature is right but for one byte."""
    code = bytearray(hmac.new(base64.b64decode(KEY), body, hashlib.sha256).digest())
    code[wrong] ^= 0xFF
    return (
        b"POST /in/telesign HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nAuthorization: TSA a:%s\r\n\r\n%s"
        % (len(body), base64.b64encode(code), body)
    )


def welch(ones, others):
    """Welch's t, of the times that lie below the nine tenths: what took longer was interrupted."""
    ones, others = (sorted(times)[: len(times) * 9 // 10] for times in (ones, others))
    spread = statistics.variance(ones) / len(ones) + statistics.variance(others) / len(others)
    return (statistics.fmean(ones) - statistics.fmean(others)) / math.sqrt(spread)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 40_000
    body = b'{"reference_id":"R1","note":"%s"}' % (b"a" * 200)
    requests = {
        "first": forged(body, 0), "last": forged(body, -1), "larger": forged(body[:-2] + b"a" * 4096 + body[-2:], 0),
    }
    mogate = Mogate(sys.argv[1], "strangers: off", sources=SOURCES, secrets={"KEY": KEY})
    clean(mogate.port)
    order = list(requests) * count
    random.shuffle(order)
    times = {kind: [] for kind in requests}
    connection = socket.create_connection(("127.0.0.1", mogate.port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for kind in order:
        start = time.perf_counter_ns()
        connection.sendall(requests[kind])
        said = connection.recv(4096)
        times[kind].append(time.perf_counter_ns() - start)
        if not said.startswith(b"HTTP/1.1 401 "):
            raise SystemExit(f"answered {said!r}")
    connection.close()
    code, _ = mogate.stop()
    told, shown = welch(times["first"], times["last"]), welch(times["larger"], times["first"])
    is_well = abs(told) < SUSPECT < abs(shown) and code == 0
    tell(
        "94_timing", is_well,
        f"{count} refusals of each kind, "
        f"{statistics.median(times['first']) / 1000:.0f} µs each: t is {told:.2f} between first and last byte, "
        f"{shown:.1f} for 4 KiB more")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main()
