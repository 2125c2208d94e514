"""kill -9 at moments that were chosen: in the middle of what is worst to be ended in."""

import json
import subprocess
import time

import kills
from injections import DATABASE, LOG, Attached
from kit import JOURNAL, Load, Red, Scratch, Server, acknowledged, check, check_sound, serving, stored, whole_again


def traced(call, when, file=None):
    """Runs a command and kills it as it makes a call for the n-th time."""
    chosen = ["-P", str(file)] if file else []
    return ["strace", "-f", "-qq", "-o", "/dev/null", *chosen, "-e", f"trace={call}",
            "-e", f"inject={call}:signal=KILL:when={when}"]


def wait_for_end(server, seconds=20):
    try:
        server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        raise RuntimeError("it was not killed") from None


def after_commit(binary, times):
    """Between the commit and the answer: nobody was told, and who asks again is answered 200, for what is there once."""
    again_total = 0
    with Scratch() as folder:
        acked = set()
        for number in range(times):
            with serving(binary, folder) as server:
                attached = Attached(server, "writev,sendto", f"signal=KILL:when={20 + number}")
                load = Load(server.port, label=f"r{number}", connections=3)
                wait_for_end(server)
                acked |= load.end()
                attached.end()
            unanswered = set(stored(folder / JOURNAL)) - acked
            with serving(binary, folder) as server:
                load = Load(server.port, names=sorted(unanswered))
                load.wait_for(len(unanswered))
                asked_again = load.end()
                if asked_again != unanswered:
                    raise Red(f"{len(unanswered - asked_again)} that were asked again are not answered 200")
                again_total += len(asked_again)
                acked |= asked_again
        if not again_total:
            raise RuntimeError("it was never killed between a commit and its answer")
        whole_again(binary, folder, acked)
    return f"{times} kills, {again_total} stored and not answered, known when they came again"


def in_checkpoint(binary, times):
    with Scratch() as folder:
        acked = set()
        for number in range(times):
            with serving(binary, folder) as server:
                acked |= acknowledged(server, f"p{number}", 60)
                attached = Attached(server, "pwrite64", f"signal=KILL:when={1 + number}", DATABASE)
                # At its end the log is copied into the file.
                subprocess.run(["kill", "-TERM", str(server.pid())], check=True)
                wait_for_end(server)
                attached.end()
                if server.process.returncode == 0:
                    raise RuntimeError("it was not killed while it copied")
            check(acked, folder / JOURNAL)
        whole_again(binary, folder, acked)
    return f"{times} kills, {len(acked)} acknowledged, 0 missing"


def in_prune(binary, times):
    """More than a year later all is old enough to go, and it is killed while it goes."""
    with Scratch() as folder:
        options = {"sink": False, "journal": ", retain: 1d"}
        with serving(binary, folder, **options) as server:
            acknowledged(server, "o", 800)
            server.stop()
        later = {"FAKETIME": "+400d"}
        for number in range(times):
            # A step of it is one write: every second time one is done before.
            server = Server(
                binary, folder, clock=later, tracer=traced("pwrite64", 1 + number % 2, folder / LOG), **options)
            server.wait_until_listening()
            wait_for_end(server)
            check_sound(binary, folder / JOURNAL, is_cut_off=True)
        with serving(binary, folder, clock=later, **options) as server:
            deadline = time.monotonic() + 20
            while stored(folder / JOURNAL):
                if time.monotonic() > deadline:
                    raise Red("what is old does not go any more")
                time.sleep(0.05)
            server.stop()
        check_sound(binary, folder / JOURNAL)
    return f"{times} kills, nothing missing that did not go on purpose, and all of it went"


def in_first_start(binary):
    """While the file is made and brought to its version, step by step: the next start makes it, and it is whole."""
    calls = [("pwrite64", number) for number in (1, 5, 20, 40, 60)] + [("rename", 1), ("fsync", 1), ("fdatasync", 3)]
    for call, when in calls:
        with Scratch() as folder:
            server = Server(binary, folder, sink=False, tracer=traced(call, when))
            server.wait_until_listening()
            server.kill()
            whole_again(binary, folder, set(), sink=False)
    return f"{len(calls)} kills, and the next start makes a whole one"


def out_of_memory(binary):
    """It gets no more memory: it ends or refuses, and is back within two seconds with all that it acknowledged."""
    with Scratch() as folder:
        with serving(binary, folder) as server:
            acked = acknowledged(server, "w")
            subprocess.run(["prlimit", "--pid", str(server.pid()), "--as=1"], check=True)
            load = Load(server.port, label="m", connections=16)
            deadline = time.monotonic() + 5
            while server.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            acked |= load.end()
            ended = server.process.poll()
        took = whole_again(binary, folder, acked)
        if took > 2:
            raise Red(f"it took {took:.2f} s until it listened again")
        end = "it goes on" if ended is None else f"it ends ({ended})"
        return f"{end}, back after {took:.2f} s, {len(acked)} acknowledged, 0 missing"


def clocks(binary):
    """The clock is set while it serves: all is answered and delivered, in the order it came."""
    with Scratch() as folder:
        stamp = folder / "clock"
        acked = set()
        stamp.write_text("+0\n")
        clock = {"FAKETIME_TIMESTAMP_FILE": str(stamp), "FAKETIME_NO_CACHE": "1"}
        with serving(binary, folder, clock=clock) as server:
            for number, jump in enumerate(["+0", "+400d", "-1d", "+1d", "@2038-01-19 03:14:07", "+0"]):
                stamp.write_text(jump + "\n")
                acked |= acknowledged(server, f"t{number}")
                wait_for_lines(folder, acked)
            server.stop()
        whole_again(binary, folder, acked)
        sequences = [int(sequence) for sequence in sequences_in(folder)]
        if sequences != sorted(sequences):
            raise Red("events went out in another order than they came in")
        return f"5 jumps, {len(acked)} acknowledged, all delivered in their order"


def sequences_in(folder):
    """Of the lines that are whole."""
    lines = (folder / "events.ndjson").read_text().split("\n")[:-1]
    return [json.loads(line)["sequence"] for line in lines]


def wait_for_lines(folder, acked, seconds=10):
    deadline = time.monotonic() + seconds
    while len(sequences_in(folder)) < len(acked):
        if time.monotonic() > deadline:
            raise Red("what was accepted is not delivered any more")
        time.sleep(0.02)


def cases(binary):
    """Each with the number that it has among the faults, its name, what is done, and whether it belongs to the short form."""
    yield "118", "killed between a commit and its answer", lambda: after_commit(binary, 10), False
    yield "118", "killed in a checkpoint", lambda: in_checkpoint(binary, 10), False
    yield "118", "killed while it prunes", lambda: in_prune(binary, 4), False
    yield "118", "killed in its first start", lambda: in_first_start(binary), True
    yield "120", "killed as soon as it listens, for ten seconds", lambda: kills.many(binary), False
    yield "122", "no more memory", lambda: out_of_memory(binary), True
    yield "123", "the clock is set", lambda: clocks(binary), True
