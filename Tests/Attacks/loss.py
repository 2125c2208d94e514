#!/usr/bin/env python3
"""Case 66: a fifth of all packets is lost on the way, each callback is sent again until it is answered 200, and none is
lost or there twice.

usage: unshare --net loss.py MOGATE     in a network of its own, as root; half a minute
"""

import json
import pathlib
import subprocess
import sys
import threading
import time

from kit import HEAD, Mogate, answer, clean, connect

THREADS, CALLBACKS = 16, 10
LOST_PERCENT = 20


def deliver(port, identifier, sendings):
    """Sends one callback until it is answered 200, as vendors do."""
    body = json.dumps({"reference_id": identifier, "sub_resource": "mo_sms", "user_response": {
        "phone_number": "15550100", "sender_id": "4442", "mo_message": "a"}}).encode()
    request = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(20):
        sendings.append(identifier)
        try:
            with connect(port) as connection:
                connection.sendall(request)
                if answer(connection).startswith(b"HTTP/1.1 200 "):
                    return
        except OSError:
            continue
    raise SystemExit(f"{identifier} was never answered 200")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    mogate = Mogate(sys.argv[1], "connectionsPerPeer: 64")
    clean(mogate.port)
    base = mogate.descriptors()
    rules = "table ip loss { chain in { type filter hook input priority 0; numgen random mod 100 < %d drop ; } ; }"
    subprocess.run(["nft", rules % LOST_PERCENT], check=True)
    wanted = [[f"R{thread}-{number}" for number in range(CALLBACKS)] for thread in range(THREADS)]
    sendings, start = [], time.monotonic()
    threads = [
        threading.Thread(target=lambda some=some: [deliver(mogate.port, one, sendings) for one in some]) for some in wanted
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    taken, status = clean(mogate.port)
    deadline = time.monotonic() + 15
    while mogate.descriptors() > base and time.monotonic() < deadline:
        time.sleep(0.1)
    rss, descriptors = mogate.rss_mib(), mogate.descriptors()
    path = pathlib.Path(mogate.folder.name, "events.ndjson")
    while (text := path.read_text()).count("\n") < THREADS * CALLBACKS and time.monotonic() < deadline:
        time.sleep(0.1)
    found = [json.loads(line)["data"]["providerMessageId"] for line in text.splitlines()]
    code, _ = mogate.stop()
    is_well = (
        sorted(found) == sorted(sum(wanted, [])) and status == 200 and taken < 1 and rss < 256 and descriptors <= base
        and code == 0
    )
    print(
        f"66_loss          {'ok' if is_well else 'FAILED':6} RSS {rss:5.0f} MiB  descriptors {base:3} > {descriptors:3}  "
        f"clean {taken * 1000:3.0f} ms after  {len(sendings)} sendings of {THREADS * CALLBACKS} callbacks in {took:.0f} s, "
        f"{len(found)} events")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main()
