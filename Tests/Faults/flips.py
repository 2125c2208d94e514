"""A bit changes on the disk, in the database, in the log while it counts, and in a backup: `mogate verify` reports each."""

import shutil
import sqlite3
import subprocess

from kit import JOURNAL, Load, Red, Scratch, Server, dice, verify


def prepare(binary, folder):
    """A journal as a crash leaves it, with a log; the same one closed; and a backup of it."""
    crashed, closed = folder / "crashed", folder / "closed"
    crashed.mkdir()
    server = Server(binary, crashed)
    server.wait_until_listening()
    load = Load(server.port, label="f")
    load.wait_for(150)
    load.end()
    backup = folder / "backup.db"
    subprocess.run([binary, "backup", "--journal", crashed / JOURNAL, "--to", backup], check=True, capture_output=True)
    server.kill()
    shutil.copytree(crashed, closed)
    again = Server(binary, closed)
    again.wait_until_listening()
    again.stop()
    return crashed, closed, backup


def unreported(path, count, seed, look):
    whole = path.read_bytes()
    length = len(whole)
    roll = dice(seed)
    unseen = 0
    for _ in range(count):
        bit = roll.randrange(length * 8)
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        if not look():
            unseen += 1
    path.write_bytes(whole)
    return unseen


def run(binary, count):
    with Scratch() as folder:
        crashed, closed, backup = prepare(binary, folder)
        log = crashed / (JOURNAL + "-wal")
        told = []
        for name, path, journal in [("log", log, crashed / JOURNAL), ("database", closed / JOURNAL, closed / JOURNAL),
                                    ("backup", backup, backup)]:
            if verify(binary, journal):
                raise Red(f"the {name} is not sound before anything was changed: {verify(binary, journal)[0]}")
            unseen = unreported(path, count, 4, lambda: verify(binary, journal))
            if unseen:
                raise Red(f"{unseen} of {count} flips in the {name} are not reported")
            told.append(f"{name} {count} of {count}")
        return ", ".join(told) + " reported"


def control(binary, count=50):
    """What SQLite itself sees of it."""
    with Scratch() as folder:
        _, closed, _ = prepare(binary, folder)
        path = closed / JOURNAL

        def look():
            database = sqlite3.connect(path)
            try:
                return database.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
            except sqlite3.DatabaseError:
                return True
            finally:
                database.close()

        unseen = unreported(path, count, 4, look)
        if unseen:
            raise Red(f"SQLite's own check does not see {unseen} of {count}")
