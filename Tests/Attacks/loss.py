#!/usr/bin/env python3
"""Case 66: a fifth of all packets is lost on the way, and what is left comes 200 ms later. Each callback is sent again until
it is answered 200, and none is lost or there twice.

usage: unshare --net loss.py MOGATE     in a network of its own, as root; half a minute
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time

from kit import Mogate, clean, connect, deliver, tell, wait

THREADS, CALLBACKS = 16, 10
LOST_PERCENT, DELAY_S = 20, 0.2


class Delay:
    """A way to a port on which all that is sent arrives later, in both directions; this kernel has no netem."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=THREADS)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.lead, args=(near,), daemon=True).start()

    def lead(self, near):
        with near, contextlib.suppress(OSError), connect(self.to) as far:
            back = threading.Thread(target=self.pass_on, args=(far, near))
            back.start()
            self.pass_on(near, far)
            back.join()

    def pass_on(self, source, target):
        """All that comes, and then its end. What comes meanwhile waits for longer than it should, which is as well."""
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                time.sleep(DELAY_S)
                target.sendall(piece)
        with contextlib.suppress(OSError):
            time.sleep(DELAY_S)
            target.shutdown(socket.SHUT_WR)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    mogate = Mogate(sys.argv[1], "connectionsPerPeer: 64")
    clean(mogate.port)
    base, delay = mogate.descriptors(), Delay(mogate.port)
    rules = "table ip loss { chain in { type filter hook input priority 0; numgen random mod 100 < %d drop ; } ; }"
    subprocess.run(["nft", rules % LOST_PERCENT], check=True)
    wanted = [[f"R{thread}-{number}" for number in range(CALLBACKS)] for thread in range(THREADS)]
    sendings, start = [], time.monotonic()
    threads = [
        threading.Thread(target=lambda some=some: sendings.extend(deliver(delay.port, one) for one in some))
        for some in wanted
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - start
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    taken, status = clean(mogate.port)
    wait(lambda: mogate.descriptors() <= base, 15)
    rss, descriptors = mogate.rss_mib(), mogate.descriptors()
    wait(lambda: len(mogate.events()) >= THREADS * CALLBACKS, 15)
    found = mogate.events()
    code, _ = mogate.stop()
    is_well = (
        sorted(found) == sorted(sum(wanted, [])) and status == 200 and taken < 1 and rss < 256 and descriptors <= base
        and code == 0
    )
    tell(
        "66_loss", is_well,
        f"RSS {rss:5.0f} MiB  descriptors {base:3} > {descriptors:3}  "
        f"clean {taken * 1000:3.0f} ms after  {sum(sendings)} sendings of {THREADS * CALLBACKS} callbacks in {took:.0f} s, "
        f"{len(found)} events")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main()
