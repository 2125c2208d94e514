#!/usr/bin/env python3
"""Sends a running mogate recorded callbacks, each changed by chance, and looks at how it answers and whether it lives.

usage: mutate.py MOGATE [SECONDS [SEED]]     MOGATE is built with AddressSanitizer; 600 seconds without a word

The callbacks are those in Fixtures, with the signatures that their vendors' keys make. The same seed makes the same
changes. It exits 1 where bytes are answered that are no request, where a callback is taken whose body nobody signed, where
anything is answered that is not whole, where a clean request is not answered 200 in the end, or where a sanitizer spoke.
"""

import collections
import contextlib
import pathlib
import random
import re
import sys
import threading
import time

from kit import Mogate, answer, clean, connect

THREADS = 3
SECRETS = {
    "MTA_SECRET": "abc123-abc2-cde1-1234-xyz123456",
    "TELESIGN_KEY": "ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==",
}
SOURCES = """{name: open, provider: telesign, auth: none},
  {name: mta, provider: mobile-text-alerts, secrets: ["env:MTA_SECRET"]},
  {name: telesign, provider: telesign, secrets: ["env:TELESIGN_KEY"]}"""
# Whoever is refused that often is not listened to any more, which would be the end of it.
LIMITS = "strangers: off, headTimeout: 5s, requestTimeout: 10s"

SPECIAL = [b"\0", b"\r", b"\n", b"\r\n", b":", b" ", b"\t", b"\x0b", b"\x7f", b"\x80", b"\xff", b"%00", b"//", b";", b",", b'"']
FIELDS = [
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding:\x0bchunked",
    b"Content-Length: 0", b"Content-Length: -0", b"Content-Length: +5", b"Content-Length: 99999999999999999999",
    b"Content-Length : 5", b"Host: b", b"Host:", b"Expect: 100-continue", b"Expect: 200-ok", b"Connection: close",
    b"Connection: upgrade", b"Upgrade: h2c", b"Content-Encoding: gzip", b" folded", b"\0: a", b": a", b"X-Long: " + b"a" * 9000,
    b"X-Forwarded-For: 10.0.0.1", b"Forwarded: for=\"[::1]\"", b"X-Signature: 00", b"Authorization: TSA a:b",
]
ANSWER = re.compile(
    rb"HTTP/1\.1 (?P<status>[1-5]\d\d) [ -~]*\r\n(?P<fields>(?:[A-Za-z-]+: [ -~]*\r\n)*)\r\n", re.ASCII)
# How bytes are answered that are no request.
REFUSALS = {400, 414, 431, 505}


class Callback:
    """A recorded callback: what it is sent as, and the body that its signature is for."""

    def __init__(self, path):
        self.whole = path.read_bytes()
        self.head, _, self.body = self.whole.partition(b"\r\n\r\n")

    def chunked(self, chance):
        """The same callback with its body in chunks."""
        head = re.sub(rb"(?i)content-length: *\d+", b"Transfer-Encoding: chunked", self.head)
        pieces, rest = [], self.body
        while rest:
            size = chance.randint(1, len(rest))
            pieces.append(b"%x\r\n%s\r\n" % (size, rest[:size]))
            rest = rest[size:]
        return head + b"\r\n\r\n" + b"".join(pieces) + b"0\r\n\r\n"


def changed(data, other, chance):
    """Some bytes with one change."""
    place = chance.randrange(len(data) + 1)
    end = min(len(data), place + chance.choice([1, 2, 8, 64, 1000]))
    lines = data.split(b"\r\n")
    line = chance.randrange(len(lines))
    kind = chance.randrange(14)
    if kind == 0 and place < len(data):
        return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1:]
    if kind == 1:
        return data[:place] + chance.choice(SPECIAL) + data[place:]
    if kind == 2:
        return data[:place] + data[end:]
    if kind == 3:
        return data[:place] + data[place:end] * chance.choice([2, 3, 50]) + data[end:]
    if kind == 4:
        return data[:place]
    if kind == 5:
        return data[:place] + other.whole[chance.randrange(len(other.whole)):]
    if kind == 6:
        return data + other.whole
    if kind == 7:
        return b"\r\n".join(lines[:1] + [chance.choice(FIELDS)] + lines[1:])
    if kind == 8:
        return b"\r\n".join(lines[:line] + lines[line:line + 1] * 2 + lines[line + 1:])
    if kind == 9:
        return b"\r\n".join(lines[:line] + lines[line + 1:])
    if kind == 10:
        return data.replace(b"\r\n", chance.choice([b"\n", b"\r", b"\r\n "]), chance.choice([1, -1]))
    if kind == 11:
        number = chance.choice([b"0", b"1", b"-1", b"%d" % chance.randrange(1 << 66), b"0x10", b"1e400"])
        return re.sub(rb"\d+", number, data, count=chance.choice([1, 2, 3]))
    if kind == 12:
        return data.replace(b"HTTP/1.1", chance.choice([b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.1 "]), 1)
    words = [b"GET", b"HEAD", b"PUT", b"CONNECT", b"post", b"TRACE", b"OPTIONS"]
    return re.sub(rb"^[A-Z]+", chance.choice(words), data)


def statuses(data):
    """The final answers' statuses; fails where the bytes are not whole answers, or go on behind a last one."""
    found, closed = [], False
    while data:
        match = ANSWER.match(data)
        if not match or closed:
            raise AssertionError(f"answered {data[:200]!r}" + (" behind the last answer" if closed else ""))
        data = data[match.end():]
        status = int(match["status"])
        if status < 200:
            continue
        length = re.search(rb"(?i)content-length: (\d+)", match["fields"])
        # An answer to HEAD tells the length of a body that does not come.
        size = int(length[1]) if length and not data.startswith(b"HTTP/1.1 ") else 0
        if len(data) < size and data:
            raise AssertionError(f"an answer of {len(data)} bytes says it has {size}")
        data = data[size:]
        closed = b"connection: close" in match["fields"].lower()
        found.append(status)
    return found


def attempt(port, callbacks, chance):
    """Sends one changed callback; the statuses it was answered with."""
    one, other = chance.choice(callbacks), chance.choice(callbacks)
    data = one.chunked(chance) if (is_chunked := chance.random() < 0.3) else one.whole
    for _ in range(chance.choice([1, 1, 1, 2, 3, 5])):
        data = changed(data, other, chance) or b"\0"
    reply = b""
    with contextlib.suppress(ConnectionError, TimeoutError), connect(port, "127.0.0.1") as connection:
        with contextlib.suppress(OSError):
            cut = chance.randrange(len(data)) if chance.random() < 0.3 else 0
            connection.sendall(data[:cut])
            connection.sendall(data[cut:])
            connection.shutdown(1)
        reply = answer(connection)
    try:
        found = statuses(reply)
        # Each request has a line of its own; and what lies behind the last one, however little, may be refused.
        requests = data.count(b" HTTP/1.")
        if len(found) > requests + 1 or len(found) > requests and found[-1] not in REFUSALS:
            raise AssertionError(f"answered {found}")
        if any(status >= 500 and status not in (501, 503, 505) for status in found):
            raise AssertionError(f"answered {found}")
        signed = one.body in data or other.body in data or is_chunked or b"/in/open" in data
        if 200 in found and not signed:
            raise AssertionError("a body that nobody signed was taken")
    except AssertionError as error:
        raise AssertionError(f"{error}\nto {data!r}") from None
    return found


def work(port, callbacks, chance, deadline, counts, problems):
    while time.monotonic() < deadline and not problems:
        try:
            counts.update(attempt(port, callbacks, chance) or ["none"])
        except (AssertionError, OSError) as error:
            problems.append(str(error))


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 600
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    folder = pathlib.Path(__file__).resolve().parents[2] / "Fixtures"
    callbacks = [Callback(path) for path in sorted(folder.glob("*/*/request.http"))]
    mogate = Mogate(sys.argv[1], LIMITS, sources=SOURCES, secrets=SECRETS)
    print(f"{len(callbacks)} callbacks, {seconds:.0f} s, seed {seed}", flush=True)
    counts, problems = collections.Counter(), []
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=work,
            args=(mogate.port, callbacks, random.Random(f"{seed}-{number}"), deadline, counts, problems))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken, status = clean(mogate.port)
    if status != 200 or taken > 1:
        problems.append(f"a clean request was answered {status} in {taken:.2f} s")
    rss, descriptors = mogate.rss_mib(), mogate.descriptors()
    code, log = mogate.stop()
    if code != 0 or "Sanitizer" in log or "Fatal error" in log:
        problems.append(f"exit {code}\n" + "\n".join(line for line in log.split("\n") if not line.startswith("{")))
    told = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items(), key=str))
    print(f"{sum(counts.values())} answers ({told}); {rss:.0f} MiB, {descriptors} descriptors, exit {code}")
    for problem in problems:
        print(problem)
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
