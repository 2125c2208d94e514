"""kill -9 at a moment that nobody chose, under load, again and again: nothing that was acknowledged is missing."""

import time

from kit import JOURNAL, Load, Red, Scratch, acknowledged, check, check_sound, dice, serving, whole_again


def run(binary, kills):
    acked = set()
    roll = dice(1)
    with Scratch() as folder:
        for kill in range(kills):
            with serving(binary, folder) as server:
                load = Load(server.port, label=f"k{kill}")
                load.wait_for(1)
                load.go_on(roll.random() * 0.12)
                server.kill()
                acked |= load.end()
            if kill % 50 == 49:
                check(acked, folder / JOURNAL)
        with serving(binary, folder) as server:
            server.stop()
        check(acked, folder / JOURNAL)
        check_sound(binary, folder / JOURNAL)
    return f"{kills} kills, {len(acked)} acknowledged, 0 missing, 0 twice"


def killed(binary, folder):
    """What was acknowledged before a kill."""
    with serving(binary, folder) as server:
        load = Load(server.port, label="c")
        load.wait_for(200)
        server.kill()
        return load.end()


def control(binary):
    """The same ledger, over a journal whose log lost its end after the kill, as it would without a wait for the disk."""
    with Scratch() as folder:
        acked = killed(binary, folder)
        log = folder / (JOURNAL + "-wal")
        log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
        check(acked, folder / JOURNAL)


def control_start(binary):
    """And the server itself, which is not to go on with such a journal."""
    with Scratch() as folder:
        killed(binary, folder)
        (folder / (JOURNAL + "-wal")).write_bytes(b"")
        with serving(binary, folder):
            pass


def many(binary, seconds=10):
    """Killed as soon as it listens, for ten seconds: it always comes back, with all that was acknowledged."""
    acked, kills, slowest = set(), 0, 0.0
    with Scratch() as folder:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            begun = time.monotonic()
            with serving(binary, folder) as server:
                slowest = max(slowest, time.monotonic() - begun)
                acked |= acknowledged(server, f"m{kills}", 1)
            kills += 1
        if kills < 10:
            raise RuntimeError(f"only {kills} kills in {seconds} s")
        if slowest > 2:
            raise Red(f"it took {slowest:.2f} s until it listened")
        whole_again(binary, folder, acked)
    return f"{kills} kills in {seconds} s, listening again after {slowest:.2f} s at most, 0 of {len(acked)} missing"
