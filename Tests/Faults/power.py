"""The power goes off under load: the server is killed, and its file system forgets what was not synced."""

import os
import subprocess
import sys
import time
from pathlib import Path

from kit import JOURNAL, Load, Red, Scratch, Server, check, check_sound, dice, eatmydata


class Mount:
    def __init__(self, kept, place):
        self.place = place
        place.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "forgetful.py"), str(kept), str(place)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not os.path.ismount(place):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the file system that forgets cannot be mounted")
            time.sleep(0.01)

    def cut(self):
        """What is in its memory goes with it."""
        self.process.kill()
        self.process.wait()
        subprocess.run(["fusermount", "-u", "-z", str(self.place)], check=False, capture_output=True)


def cuts(binary, count, preload=None):
    acked = set()
    roll = dice(3)
    with Scratch() as folder:
        kept = folder / "kept"
        kept.mkdir()
        for cut in range(count):
            mount = Mount(kept, folder / "mount")
            server = None
            try:
                server = Server(
                    binary, folder / "mount", preload=preload, sink=False, reserve="64KiB", home=folder)
                if not server.wait_until_listening():
                    raise Red(f"it does not start after cut {cut}: {server.last_words()}")
                load = Load(server.port, label=f"p{cut}", connections=3)
                load.wait_for(1)
                load.go_on(0.05 + roll.random() * 0.35)
                server.kill()
                acked |= load.end()
            finally:
                if server:
                    server.kill()
                mount.cut()
            look(binary, kept, acked, cut)
        check_sound(binary, kept / JOURNAL, is_cut_off=True)
    return len(acked)


def look(binary, kept, acked, cut):
    with Scratch() as copy:
        for name in (JOURNAL, JOURNAL + "-wal"):
            if (kept / name).exists():
                (copy / name).write_bytes((kept / name).read_bytes())
        try:
            check(acked, copy / JOURNAL)
        except Red as red:
            raise Red(f"after cut {cut} {red}") from None
        except Exception as error:
            raise Red(f"after cut {cut} it cannot be read: {error}") from None


def run(binary, count):
    acked = cuts(binary, count)
    return f"{count} cuts, {acked} acknowledged, 0 missing, 0 twice"


def control(binary, count=5):
    cuts(binary, count, preload=eatmydata())


def control_normal(binary, count=5):
    cuts(binary, count)
