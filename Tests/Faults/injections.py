"""What a disk can answer, told to the running server by strace: errors, a full disk, short writes, delays."""

import os
import subprocess
import time

from kit import (
    JOURNAL, Load, Red, Scratch, Server, acknowledged, check, eatmydata, missing, serving, verify, whole_again,
)

LOG, DATABASE = JOURNAL + "-wal", JOURNAL


class Attached:
    """Makes calls of a server that runs fail; only those on one file, where one is named."""

    def __init__(self, server, call, inject, file=None):
        chosen = ["-P", str(server.folder / file)] if file else []
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", "/dev/null", *chosen, "-e", f"trace={call}", "-e", f"inject={call}:{inject}",
             "-p", str(server.pid())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            tracer = [line for line in open(f"/proc/{server.pid()}/status") if line.startswith("TracerPid")][0].split()[1]
            if tracer != "0":
                return
            time.sleep(0.01)
        raise RuntimeError("strace does not attach")

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


def broken(binary, call, inject, file, preload=None):
    """No further 2xx once the disk failed, gone within a second, and whole again after the next start."""
    with Scratch() as folder, serving(binary, folder, preload=preload) as server:
        acked = acknowledged(server, "w")
        attached = Attached(server, call, inject, file)
        load = Load(server.port, label="b")
        deadline = time.monotonic() + 20
        while server.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        ended = time.monotonic()
        acked |= load.end()
        attached.end()
        if server.process.poll() is None:
            raise Red(f"it goes on after {call} failed: {load.statuses.count(200)} x 200")
        if server.process.returncode == 0:
            raise Red("it ends as if all were well")
        if load.acked_after_refusal:
            raise Red(f"{load.acked_after_refusal} x 200 after the first refusal")
        if load.first_refusal and ended - load.first_refusal > 1.5:
            raise Red(f"it took {ended - load.first_refusal:.1f} s to end")
        whole_again(binary, folder, acked)
        return f"{len(acked)} acknowledged, 0 missing, exit {server.process.returncode}"


def full(binary, error):
    """A full disk is 503, the process stays, and goes on by itself."""
    with Scratch() as folder, serving(binary, folder) as server:
        attached = Attached(server, "pwrite64", f"error={error}", LOG)
        load = Load(server.port, label="f", pause=0.01)
        time.sleep(1.0)
        acked = load.end()
        attached.end()
        if acked:
            raise Red(f"{len(acked)} x 200 on a full disk")
        if set(load.statuses) != {503}:
            raise Red(f"answers were {sorted(set(load.statuses))}")
        if server.process.poll() is not None:
            raise Red(f"it ended: {server.last_words()}")
        acked = acknowledged(server, "g")
        if len(acked) < 20:
            raise Red("it does not go on when there is room again")
        server.stop()
        check(acked, folder / JOURNAL)
        return f"{len(load.statuses)} answers of 503, then on without a restart"


def harmless(binary, call, inject, file):
    with Scratch() as folder, serving(binary, folder) as server:
        attached = Attached(server, call, inject, file)
        acked = acknowledged(server, "h", 30, 20)
        if len(acked) < 30:
            raise Red(f"it does not go on: {server.last_words()}")
        attached.end()
        server.stop()
        check(acked, folder / JOURNAL)
        return f"{len(acked)} acknowledged, 0 missing"


def stuck(binary):
    """The disk hangs for five seconds: every request is answered within 2.5 s, and what was written late is known."""
    with Scratch() as folder, serving(binary, folder) as server:
        acked = acknowledged(server, "w")
        attached = Attached(server, "fdatasync", "delay_enter=5000000:when=2..3", LOG)
        load = Load(server.port, label="s", pause=0.05)
        time.sleep(9)
        acked |= load.end()
        attached.end()
        if 503 not in load.statuses:
            raise Red("nobody was told that it takes too long")
        if load.longest > 2.5:
            raise Red(f"an answer took {load.longest:.2f} s")
        server.stop()
        whole_again(binary, folder, acked)
        return f"{len(load.statuses)} answers, the longest after {load.longest:.2f} s"


def lying(binary):
    """A disk that takes less than it says: what it lost is missed at the next start, and not passed over."""
    with Scratch() as folder:
        with serving(binary, folder) as server:
            attached = Attached(server, "pwrite64", "retval=4096:when=10+", LOG)
            acked = acknowledged(server, "l", 60, 10)
            attached.end()
        gone, _ = missing(acked, folder / JOURNAL)
        flaws = verify(binary, folder / JOURNAL)
        again = Server(binary, folder)
        starts = again.wait_until_listening()
        again.kill()
        if not gone:
            raise Red("nothing was lost: the disk did not lie")
        if starts or not flaws:
            raise Red(f"{len(gone)} of {len(acked)} acknowledged are missing, and nobody says so")
        return f"{len(gone)} of {len(acked)} lost by the disk, and it refuses to start on what is left"


def by_chance(binary, starts):
    """One write in fifty fails, from the first on: it ends of it, comes back, and keeps all that it acknowledged."""
    acked, ends = set(), 0
    with Scratch() as folder:
        with serving(binary, folder) as server:
            acked |= acknowledged(server, "c")
        for number in range(starts):
            server = Server(
                binary, folder,
                tracer=["fiu-run", "-x", "-c", "enable_random name=posix/io/rw/pwrite,probability=0.02"])
            if server.wait_until_listening():
                load = Load(server.port, label=f"c{number}")
                deadline = time.monotonic() + 3
                while server.process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
                acked |= load.end()
            ends += server.process.poll() is not None
            server.kill()
        if not ends:
            raise RuntimeError("no write failed")
        whole_again(binary, folder, acked)
        return f"{starts} starts, {ends} ended of it, {len(acked)} acknowledged, 0 missing"


def starting(binary, call, inject, words):
    """What fails at the start ends it before anybody is let in, with a reason."""
    with Scratch() as folder:
        server = Server(
            binary, folder,
            tracer=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{inject}"])
        if server.wait_until_listening():
            server.kill()
            raise Red("it listens")
        if server.process.returncode in (0, -4, -5, -11) or words not in server.words():
            raise Red(f"exit {server.process.returncode}: {server.last_words()}")
        return f"exit {server.process.returncode}: {server.last_words()}"


def changed(binary, change):
    """A journal that somebody laid hands on is not gone on with, and nothing is made in its place."""
    with Scratch() as folder:
        with serving(binary, folder) as server:
            acknowledged(server, "c", 50)
        change(folder)
        again = Server(binary, folder)
        starts = again.wait_until_listening()
        again.kill()
        return starts, again.last_words()


def refused(binary, change):
    starts, words = changed(binary, change)
    if starts:
        raise Red("it starts as if nothing were")
    return words


def started(binary, change):
    starts, words = changed(binary, change)
    if not starts:
        raise Red(words)
    return "it starts, and nothing is missing"


def second(binary):
    with Scratch() as folder, serving(binary, folder) as server:
        other = folder / "other"
        other.mkdir()
        again = Server(binary, folder, home=other)
        starts = again.wait_until_listening()
        again.kill()
        if starts:
            raise Red("two serve one journal")
        server.stop()
        return again.last_words()


def drop(name):
    return lambda folder: os.unlink(folder / name)


def cut(name, keep):
    def change(folder):
        with open(folder / name, "r+b") as file:
            file.truncate(int(os.path.getsize(folder / name) * keep))
    return change


def cases(binary):
    """Each with the number that it has among the faults, its name, what causes it, and whether it belongs to the short form."""
    yield "98", "fdatasync of the log: EIO once", lambda: broken(binary, "fdatasync", "error=EIO:when=2", LOG), True
    yield "99", "fdatasync of the log: EIO from then on", lambda: broken(binary, "fdatasync", "error=EIO:when=12+", LOG), False
    for error in ("EIO", "EROFS", "EDQUOT"):
        call = lambda error=error: broken(binary, "pwrite64", f"error={error}:when=60", LOG)
        yield "100", f"pwrite64 of the log: {error}", call, error == "EROFS"
    yield "100", "pwrite64 of the log: ENOSPC", lambda: full(binary, "ENOSPC"), True
    yield "102", "pwrite64 writes less than it says", lambda: lying(binary), True
    yield "103", "pwrite64: EINTR", lambda: harmless(binary, "pwrite64", "error=EINTR:when=3+7", LOG), False
    yield "104", "ftruncate at the start: ENOSPC", lambda: starting(
        binary, "ftruncate", "error=ENOSPC:when=1", "journal"), False
    yield "105", "the disk hangs for 5 s", lambda: stuck(binary), True
    yield "106", "flock at the start: ENOLCK", lambda: starting(
        binary, "flock", "error=ENOLCK", "cannot be locked"), False
    yield "107", "one write in fifty fails", lambda: by_chance(binary, 10), False
    yield "110", "the log is deleted", lambda: refused(binary, drop(LOG)), True
    yield "110", "the log is cut in half", lambda: refused(binary, cut(LOG, 0.5)), False
    yield "110", "the log's index is deleted", lambda: started(binary, drop(JOURNAL + "-shm")), False
    yield "110", "the database is deleted", lambda: refused(binary, drop(DATABASE)), True
    yield "110", "the database is empty", lambda: refused(binary, cut(DATABASE, 0)), False
    yield "110", "the mark is deleted", lambda: refused(binary, drop(JOURNAL + "-mark")), False
    yield "111", "a second server on the same file", lambda: second(binary), False


def control(binary):
    """Where the sync that fails is never made, the failure is not seen: it goes on, and the test is to say so."""
    broken(binary, "fdatasync", "error=EIO:when=2", LOG, preload=eatmydata())
