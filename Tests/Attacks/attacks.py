#!/usr/bin/env python3
"""Attacks a running mogate as section B of the catalogue of hostile inputs says, and looks at what became of it.

usage: attacks.py MOGATE [NAME...]     MOGATE is a release build; without names all attacks run, a few seconds each

It starts a mogate of its own on loopback, with deadlines of seconds rather than minutes, so that every attack sees them
pass. Before, during and after each attack a clean request comes from another address and must be answered 200 within a
second, but during those that say why not; memory and descriptors are read from /proc. It ends by itself, and exits 1
where a bound does not hold.
"""

import contextlib
import gzip
import json
import re
import resource
import signal
import socket
import sys
import time

from kit import (
    ATTACKER, CHUNKED, CLEAN, HEAD, Mogate, Watcher, answer, callback, clean, connect, deliver, injected, tell, wait)

RSS_MAX_MIB = 256
CLEAN_WITHIN_S = 1.0
LIMITS = "headTimeout: 4s, requestTimeout: 6s, idleTimeout: 8s, writeTimeout: 4s"


def flood(port, start, repeated, seconds=4):
    """Sends without an end and never reads, and comes back whenever it is cut off; how often, and how many bytes went."""
    sent, times, deadline = 0, 0, time.monotonic() + seconds
    piece = repeated * max(1, 65536 // len(repeated))
    while time.monotonic() < deadline:
        times += 1
        with connect(port) as connection, contextlib.suppress(OSError):
            connection.settimeout(1)
            connection.sendall(start)
            while time.monotonic() < deadline:
                sent += connection.send(piece)
    return f"cut off {times} times, {sent >> 20} MiB taken"


def drip(port, count, start, repeated, deadline_s):
    """Many connections that send a byte a second; how many are there after the deadline."""
    connections = []
    for _ in range(count):
        connection = connect(port)
        connection.sendall(start)
        connections.append(connection)
    end = time.monotonic() + deadline_s + 1.5
    index = 0
    while time.monotonic() < end:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.send(repeated[index % len(repeated):][:1])
        index += 1
        time.sleep(1)
    alive, answers = part_from(connections)
    expect(alive == 0, f"{alive} connections are alive after their deadline")
    timed_out = sum(b" 408 " in words for words in answers)
    expect(timed_out == count, f"{timed_out} of {count} told 408")
    return f"0 of {count} left, all told 408"


def part_from(connections):
    """Closes connections; how many of them the other side had left open, and what it had told each."""
    alive, answers = 0, []
    for connection in connections:
        connection.setblocking(False)
        data = b""
        try:
            while piece := connection.recv(65536):
                data += piece
        except BlockingIOError:
            alive += 1
        except OSError:
            pass
        answers.append(data)
        connection.close()
    return alive, answers


def expect(is_so, otherwise):
    if not is_so:
        raise AssertionError(otherwise)


def status_of(port, *pieces):
    """The status that bytes are answered with; 0 where the connection ends without a word."""
    with connect(port) as connection:
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
        words = answer(connection).split(b" ", 2)
        return int(words[1]) if len(words) > 1 else 0


# The attacks, by number. Each says in a few words what it saw, and raises where it is not as it must be.


def a48_chunkline(mogate):
    start = time.monotonic()
    status = status_of(mogate.port, CHUNKED + b"0" * 4096)
    expect(status == 400 and time.monotonic() - start < 1, f"answered {status}")
    return "400; " + flood(mogate.port, CHUNKED, b"0")


def a49_chunkblank(mogate):
    status = status_of(mogate.port, CHUNKED + b"1\r\na\r\n" + b"\r\n" * 4096)
    expect(status == 400, f"answered {status}")
    return "400; " + flood(mogate.port, CHUNKED + b"1\r\na\r\n", b"\r\n")


def a50_pipeflood(mogate):
    return flood(mogate.port, b"", HEAD + b"Content-Length: 2\r\n\r\n{}")


def a51_trailer(mogate):
    return flood(mogate.port, CHUNKED + b"0\r\n", b"a: b\r\n")


def a52_slow(mogate):
    return drip(mogate.port, 500, HEAD, b"X-a: b\r\n", 4)


def a53_slowbody(mogate):
    return drip(mogate.port, 200, HEAD + b"Content-Length: 100000\r\n\r\n", b"a", 6)


def a53_large(mogate):
    """Not in the catalogue: bodies that lack a byte, together far more than may be held."""
    connections = []
    start = HEAD + b"Content-Length: 1048576\r\n\r\n" + b"a" * 1048575
    for _ in range(300):
        connection = connect(mogate.port)
        with contextlib.suppress(OSError):
            connection.settimeout(2)
            connection.sendall(start)
        connections.append(connection)
    time.sleep(1)
    for connection in connections:
        connection.close()
    return "300 MiB offered"


def a54_slow_read(mogate):
    connections = []
    for _ in range(200):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        connection.bind((ATTACKER, 0))
        connection.connect(("127.0.0.1", mogate.port))
        connection.sendall(CLEAN.replace(b"Connection: close\r\n", b""))
        connections.append(connection)
    time.sleep(6)
    longest = 0
    for connection in connections:
        connection.settimeout(0.5)
        longest = max(longest, len(answer(connection)))
        connection.close()
    expect(longest <= 4096, f"an answer of {longest} bytes")
    return f"answers of {longest} bytes at most"


def a55_fields(mogate):
    status = status_of(mogate.port, HEAD + b"a:\r\n" * 2500 + b"\r\n")
    expect(status == 431, f"answered {status}")
    return "431"


def a56_long(mogate):
    field = status_of(mogate.port, HEAD + b"a: " + b"b" * 9000 + b"\r\n\r\n")
    target = status_of(mogate.port, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    expect((field, target) == (431, 414), f"answered {field}, {target}")
    return "431, 414"


def a57_body(mogate):
    long = b"a" * 1048577
    statuses = [
        status_of(mogate.port, HEAD + b"Content-Length: 1048577\r\n\r\n", long),
        status_of(mogate.port, CHUNKED + b"100001\r\n", long),
        status_of(mogate.port, HEAD + b"Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n"),
    ]
    expect(statuses == [413, 413, 413], f"answered {statuses}")
    return "413, 413, 413"


def a58_limit(mogate):
    body = json.dumps({"a": "b" * (1048576 - 9)}, separators=(",", ":")).encode().ljust(1048576)
    whole = status_of(mogate.port, HEAD + b"Connection: close\r\nContent-Length: 1048576\r\n\r\n", body)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body[:65536])
    close = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    many = status_of(mogate.port, close, chunks + b"0\r\n\r\n")
    expect((whole, many) == (200, 200), f"answered {whole}, {many}")
    return "200, 200"


def a59_descriptors(mogate):
    """Fewer descriptors than connections from the start: so many connections are taken as there are descriptors for."""
    expect("fewer descriptors" in mogate.log(), "not a word of it in the log")
    return idle_beyond_descriptors(mogate)


def a59_taken(mogate):
    """They are taken away while it runs. Without one nothing can be accepted, and whoever comes waits in the system's queue
    behind those that came before: a clean request during it is answered when those are gone."""
    few = mogate.descriptors() + 20
    resource.prlimit(mogate.process.pid, resource.RLIMIT_NOFILE, (few, few))
    return idle_beyond_descriptors(mogate)


def idle_beyond_descriptors(mogate):
    connections = []
    for _ in range(200):
        connection = socket.socket()
        connection.setblocking(False)
        connection.bind((ATTACKER, 0))
        connection.connect_ex(("127.0.0.1", mogate.port))
        connections.append(connection)
    lines, cpu = mogate.log().count("\n"), mogate.cpu_s()
    time.sleep(3)
    lines, cpu = mogate.log().count("\n") - lines, (mogate.cpu_s() - cpu) / 3
    for connection in connections:
        connection.close()
    expect(cpu < 0.05, f"{cpu:.0%} of a processor")
    expect(lines <= 3, f"{lines} lines of log in three seconds")
    return f"{cpu:.1%} of a processor, {lines} lines in 3 s"


def a60_idle(mogate):
    """From one address: it gets its part of the connections, and leaves the rest to others."""
    return over_the_number(mogate, [ATTACKER], of=25)


def a60_many(mogate):
    """From many addresses, which together take all the connections there are: a clean request during it is told so as well,
    unless it comes first when one is given back."""
    return over_the_number(mogate, [f"127.0.1.{number}" for number in range(1, 11)], of=100)


def over_the_number(mogate, addresses, of):
    """Takes up so many connections, and looks at what becomes of 100 more."""
    taken, refused = [], 0
    while refused < 100 and len(taken) <= of:
        connection = connect(mogate.port, addresses[(len(taken) + refused) % len(addresses)])
        # Who has a place is told nothing for seconds. A clean request may have had it meanwhile, so each is looked at.
        connection.settimeout(0.02 if len(taken) < of else 1)
        words = answer(connection)
        if not words:
            taken.append(connection)
            continue
        connection.close()
        expect(b" 503 " in words and b"Retry-After" in words, f"answered {words!r}")
        refused += 1
    for connection in taken:
        connection.close()
    expect((len(taken), refused) == (of, 100), f"{len(taken)} taken, {refused} told 503")
    return f"{of} taken, {refused} more told 503 with Retry-After"


def a61_abort(mogate):
    for _ in range(20000):
        connection = connect(mogate.port)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.send(HEAD + b"Content-Length: 50000\r\n\r\n" + b"a" * 1000)
        connection.close()
    return "20,000 half bodies"


def a62_abortpending(mogate):
    """Their senders are gone before they are answered, half of them in order and half by a reset, and send again later."""
    names = [f"R{number}" for number in range(5000)]
    for number, name in enumerate(names):
        connection = connect(mogate.port)
        if number % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.send(callback(name))
        connection.close()
    wait(lambda: len(mogate.events()) >= len(names) // 2, 5)
    before = mogate.events()
    expect_each_once(mogate, names)
    return f"5,000 gone before their answer, {len(before)} of them events; sent again, 5,000 events"


def expect_each_once(mogate, names):
    """Sends each callback until it is answered 200, and looks for one event of each."""
    for name in names:
        deliver(mogate.port, name)
    wait(lambda: len(mogate.events()) >= len(names), 10)
    expect(sorted(mogate.events()) == sorted(names), f"{len(mogate.events())} events of {len(names)} callbacks")


def a63_half_close(mogate):
    with connect(mogate.port) as connection:
        connection.sendall(CLEAN)
        connection.shutdown(socket.SHUT_WR)
        expect(b" 200 " in answer(connection), "no answer")
    return "200"


def a64_gzip(mogate):
    bomb = gzip.compress(bytes(1 << 26))
    status = status_of(
        mogate.port, HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb)
    expect(status == 415, f"answered {status}")
    return "415"


def a65_keepalive(mogate):
    connections = []
    for number in range(10_000):
        connection = connect(mogate.port, f"127.0.1.{number % 10 + 1}")
        connection.sendall(CLEAN.replace(b"Connection: close\r\n", b""))
        connections.append(connection)
    expect(wait(lambda: mogate.descriptors() > len(connections), 3), f"only {mogate.descriptors()} descriptors at once")
    lines = mogate.log().count("\n")
    time.sleep(10)
    alive, _ = part_from(connections)
    expect(alive == 0, f"{alive} idle connections are left")
    expect(mogate.log().count("\n") - lines <= 10, "a flood of lines")
    return f"{len(connections)} kept, 0 left after their time"


def a67_accept(mogate):
    """The system says five times that there is no descriptor; each time nothing is accepted for a moment."""
    with injected(mogate, "accept4:error=EMFILE:when=1..5"):
        start = time.monotonic()
        taken, status = clean(mogate.port)
        waited = time.monotonic() - start
    expect(status == 200, f"answered {status}")
    return f"200 after {waited:.1f} s"


def a68_broken_answers(mogate):
    return sent_again(mogate, ["sendto:error=EPIPE:when=1..20", "sendto:error=ECONNRESET:when=1..20"])


def a69_broken_requests(mogate):
    return sent_again(mogate, ["recvfrom:error=ECONNRESET:when=1..20"])


def sent_again(mogate, errors):
    """Sends callbacks while the system says that connections are broken, each until it is answered 200: one event of each."""
    names, again = [], 0
    for error in errors:
        some = [f"{error}-{number}" for number in range(30)]
        with injected(mogate, error):
            again += sum(deliver(mogate.port, name) - 1 for name in some)
        names += some
    expect(again >= 10 * len(errors), f"only {again} were sent again")
    expect_each_once(mogate, names)
    return f"{len(names)} callbacks, {again} sent again, {len(names)} events"


def a70_stopped(mogate):
    """A process that stands still answers nobody: a clean request during it waits for as long as that. What was begun before
    it and ends meanwhile is overdue when it goes on."""
    # Without a clean request's connection, which is there for a moment now and then.
    base = mogate.descriptors()
    for _ in range(20):
        time.sleep(0.01)
        base = min(base, mogate.descriptors())
    rest = b"Content-Length: 2\r\n\r\n{}"
    connections = [connect(mogate.port) for _ in range(90)]
    silent, heads, bodies = connections[:30], connections[30:60], connections[60:]
    for connection in silent + heads:
        connection.sendall(HEAD)
    for connection in bodies:
        connection.sendall(HEAD + rest[:-1])
    # Their time runs from when they are taken, which those that still wait in the system are not.
    expect(wait(lambda: mogate.descriptors() >= base + 90, 2), "not all of them were taken")
    time.sleep(0.5)
    mogate.process.send_signal(signal.SIGSTOP)
    time.sleep(8)
    for connection in heads:
        connection.sendall(rest)
    for connection in bodies:
        connection.sendall(rest[-1:])
    mogate.process.send_signal(signal.SIGCONT)
    time.sleep(3)
    alive, answers = part_from(connections)
    expect(alive == 0, f"{alive} overdue connections are left")
    timed_out = sum(b" 408 " in words for words in answers)
    expect(timed_out == len(connections), f"{timed_out} of {len(connections)} told 408")
    return "0 overdue left, 90 told 408"


# What an attack needs otherwise: its limits, its number of descriptors, and whether clean requests are shut out during it, as
# it says itself.
FURTHER_LIMITS = {
    "a60_idle": ", connections: 100", "a60_many": ", connections: 100, loops: 2", "a65_keepalive": ", connections: 12000",
}
DESCRIPTORS = {"a59_descriptors": 64}
SHUT_OUT = {"a59_taken", "a60_many", "a67_accept", "a68_broken_answers", "a69_broken_requests", "a70_stopped"}


def settle(mogate, base):
    """Waits for descriptors to come back to what they were; how many there are then."""
    wait(lambda: mogate.descriptors() <= base, 10)
    return mogate.descriptors()


def run(binary, name, attack):
    mogate = Mogate(binary, LIMITS + FURTHER_LIMITS.get(name, ""), descriptors=DESCRIPTORS.get(name))
    problems = []
    for _ in range(3):
        clean(mogate.port)
    time.sleep(0.3)
    base, rss_base = mogate.descriptors(), mogate.rss_mib()
    watcher = Watcher(mogate)
    watcher.start()
    try:
        said = attack(mogate)
    except AssertionError as error:
        said = ""
        problems.append(str(error))
    watcher.over.set()
    watcher.join()
    after = settle(mogate, base)
    taken, status = clean(mogate.port)
    rss_after = mogate.rss_mib()
    rss = max(watcher.rss_mib, rss_after)
    if rss > RSS_MAX_MIB:
        problems.append("memory")
    if after > base:
        problems.append("descriptors")
    if status != 200 or taken > CLEAN_WITHIN_S:
        problems.append(f"clean request after: {status} in {taken:.2f} s")
    if name not in SHUT_OUT and (watcher.wrong or watcher.slowest_s > CLEAN_WITHIN_S):
        problems.append(f"clean requests during: {len(watcher.wrong)} not 200, slowest {watcher.slowest_s:.2f} s")
    code, _ = mogate.stop()
    if code != 0:
        problems.append(f"exit {code}")
    return tell(
        name[1:], not problems,
        f"RSS {rss_base:3.0f} > {rss:3.0f} > {rss_after:3.0f} MiB  descriptors {base:3} > {watcher.descriptors:4} > {after:3}  "
        f"clean {watcher.slowest_s * 1000:4.0f} ms during, {taken * 1000:3.0f} ms after  "
        f"{'; '.join([said] * bool(said) + problems)}")


def main():
    # Whoever ends it early, such as `timeout`, ends what it started too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    attacks = {name: value for name, value in globals().items() if re.fullmatch(r"a\d+_\w+", name)}
    wanted = sys.argv[2:]
    chosen = [name for name in attacks if not wanted or any(word in name for word in wanted)]
    results = [run(sys.argv[1], name, attacks[name]) for name in chosen]
    print(f"{sum(results)} of {len(results)} attacks withstood")
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
