"""Every state that a power cut could have left the disk in: the real server's writes, as strace saw them, put together anew.

What was not synced before a moment is left out, kept, kept in part, or torn in the middle of a write, at 512 bytes. What
was acknowledged before that moment is to be there whatever happened to the rest.
"""

import re
from pathlib import Path

from kit import JOURNAL, Load, Red, Scratch, Server, check, check_sound, dice, fresh, serving

FILES = {JOURNAL: "db", JOURNAL + "-wal": "wal", JOURNAL + "-mark": "mark"}
CALLS = "openat,close,dup,dup2,pwrite64,write,writev,ftruncate,fdatasync,fsync,unlink,read,readv,recvfrom,sendto"
PAGE = 4096
SECTOR = 512


class Recording:
    """What the server did, in order: writes and syncs of its files, and acknowledgements."""

    def __init__(self, binary, folder, requests):
        self.folder = Path(folder)
        first = Server(binary, self.folder, sink=False)
        first.wait_until_listening()
        first.stop()
        self.start = {name: self._bytes(name) for name in FILES}
        trace = self.folder.parent / (self.folder.name + ".trace")
        server = Server(
            binary, self.folder, sink=False,
            tracer=["strace", "-f", "-qq", "-y", "-xx", "-s", "140000", "-o", str(trace), "-e", f"trace={CALLS}"])
        server.wait_until_listening(60)
        load = Load(server.port, connections=6, label="s")
        load.wait_for(requests, 120)
        load.end()
        server.stop(60)
        self.steps = list(self._read(trace))
        trace.unlink()
        self.acks = sum(step[0] == "ack" for step in self.steps)
        self.writes = sum(step[0] in ("write", "cut") for step in self.steps)

    def _bytes(self, name):
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def _read(self, trace):
        """Calls of one thread that another's came between are put together; each counts where it came to its end. Only a
        sync counts from where it began, too: what was written meanwhile need not be on the disk."""
        begun, asked = {}, {}
        unhex = lambda text: bytes.fromhex(text.replace("\\x", ""))
        for line in trace.open(errors="replace"):
            thread, _, call = line.rstrip("\n").partition(" ")
            call = call.strip()
            if call.endswith("<unfinished ...>"):
                begun[thread] = call[: -len("<unfinished ...>")].rstrip()
                yield from self._syncs("begin", thread, begun[thread])
                continue
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", call)
            if resumed:
                call = begun.pop(thread, "") + resumed.group(1)
            else:
                yield from self._syncs("begin", thread, call)
            name = call.partition("(")[0]
            ended = re.search(r"= (-?\d+)", call[call.rfind(")"):])
            result = int(ended.group(1)) if ended else -1
            if result < 0:
                continue
            descriptor = call.partition("(")[2].partition("<")[0]
            if name in ("read", "readv", "recvfrom"):
                said = b"".join(unhex(piece) for piece in re.findall(r'"((?:\\x[0-9a-f]{2})+)"', call))
                reference = re.search(rb'"reference_id": "([^"]+)"', said)
                if reference:
                    asked[descriptor] = reference.group(1).decode()
                continue
            if name in ("write", "writev", "sendto"):
                said = b"".join(unhex(piece) for piece in re.findall(r'"((?:\\x[0-9a-f]{2})+)"', call)[:4])
                if said.startswith(b"HTTP/1.1 200"):
                    if descriptor in asked:
                        yield ("ack", asked.pop(descriptor))
                continue
            if name == "unlink":
                gone = re.search(r'"((?:\\x[0-9a-f]{2})+)"', call)
                gone = Path(unhex(gone.group(1)).decode()).name if gone else None
                if gone in FILES:
                    yield ("gone", gone)
                continue
            file = self._file(call)
            if file is None:
                continue
            if name == "pwrite64":
                data = unhex(re.search(r'"((?:\\x[0-9a-f]{2})*)"', call).group(1))
                offset = int(re.search(r", (\d+)\)\s*=", call).group(1))
                yield from self._pages(file, offset, data[:result])
            elif name == "ftruncate":
                yield ("cut", file, int(re.search(r", (\d+)\)\s*=", call).group(1)))
            else:
                yield from self._syncs("sync", thread, call)

    def _syncs(self, kind, thread, call):
        """A step of this kind, if the call is a sync of one of the files."""
        file = self._file(call) if call.startswith(("fdatasync(", "fsync(")) else None
        if file is not None:
            yield (kind, file, thread)

    def _file(self, call):
        """Which of the files a call is about."""
        path = re.search(r"<([^>]*)>", call)
        name = Path(self._plain(path.group(1))).name if path else None
        return name if name in FILES else None

    @staticmethod
    def _pages(file, offset, data):
        """A write page by page: the system keeps them apart, and may bring some to the disk and not the others."""
        while data:
            count = PAGE - offset % PAGE
            yield ("write", file, offset, data[:count])
            offset, data = offset + count, data[count:]

    @staticmethod
    def _plain(path):
        return bytes.fromhex(path.replace("\\x", "")).decode() if path.startswith("\\x") else path


class Disk:
    """What is surely on the disk, and what may be."""

    def __init__(self, start):
        self.durable = {name: bytearray(data) for name, data in start.items() if data is not None}
        self.pending = {name: [] for name in FILES}
        # How many writes of each file are surely there, and by thread how many will be when its sync ends.
        self._settled = {name: 0 for name in FILES}
        self._promised = {}

    def apply(self, step):
        kind, file = step[0], step[1]
        if kind == "begin":
            self._promised[step[2]] = self._settled[file] + len(self.pending[file])
        elif kind == "sync":
            count = max(0, self._promised.pop(step[2]) - self._settled[file])
            for write in self.pending[file][:count]:
                self._put(self.durable, file, write)
            self.pending[file] = self.pending[file][count:]
            self._settled[file] += count
        elif kind == "gone":
            self.durable.pop(file, None)
            self._settled[file] += len(self.pending[file])
            self.pending[file] = []
        elif kind != "ack":
            self.pending[file].append(step)

    @staticmethod
    def _put(files, name, step):
        data = files.setdefault(name, bytearray())
        if step[0] == "cut":
            length = step[2]
            del data[length:]
            data.extend(bytes(length - len(data)))
            return
        offset, written = step[2], step[3]
        data.extend(bytes(max(0, offset - len(data))))
        data[offset : offset + len(written)] = written

    def state(self, variant, roll):
        """One of the ways in which it may have ended."""
        files = {name: bytearray(data) for name, data in self.durable.items()}
        for name, steps in self.pending.items():
            for index, step in enumerate(steps):
                is_last = index == len(steps) - 1
                if variant == "dropped":
                    continue
                if variant == "cut" and is_last:
                    continue
                if variant == "some" and roll.random() < 0.5:
                    continue
                if step[0] == "write" and (variant == "torn" and is_last or variant == "some" and roll.random() < 0.2):
                    sectors = max(1, len(step[3]) // SECTOR)
                    step = (*step[:3], step[3][: roll.randrange(sectors + 1) * SECTOR])
                self._put(files, name, step)
        return files


def in_copyings(steps):
    """The moments in which pages of the log are on their way into the file, while commits go on."""
    disk, moments = Disk({}), []
    last_ack = max(index for index, step in enumerate(steps) if step[0] == "ack")
    for index, step in enumerate(steps[:last_ack]):
        disk.apply(step)
        if disk.pending[JOURNAL]:
            moments.append(index)
    if not any(steps[index][0] == "ack" for index in moments):
        raise RuntimeError("nothing was acknowledged while the log was copied")
    return moments


def replay(recording, binary, states, folder, moments=None):
    """How many states there were, and how many lost something that was acknowledged."""
    roll = dice(2)
    steps = recording.steps
    moments = [index for index in moments or range(len(steps)) if steps[index][0] != "ack"]
    variants = ["dropped", "kept", "cut", "torn", "some"]
    chosen = sorted(roll.sample([(m, v) for m in moments for v in variants], min(states, len(moments) * len(variants))))
    disk, acked, done, lost, first = Disk(recording.start), set(), 0, 0, None
    position = 0
    for number, (moment, variant) in enumerate(chosen):
        while position <= moment:
            step = steps[position]
            if step[0] == "ack":
                acked.add(step[1])
            disk.apply(step)
            position += 1
        place = fresh(folder, "state")
        for name, data in disk.state(variant, roll).items():
            (place / name).write_bytes(data)
        why = look(binary, place, acked, starts=number % 40 == 0)
        done += 1
        if why:
            lost += 1
            first = first or f"at step {moment}, {variant}: {why}"
    return done, lost, first


def look(binary, place, acked, starts):
    # Before anything else has a look, which might bring it up to date.
    try:
        check_sound(binary, place / JOURNAL, is_cut_off=True)
        if starts:
            with serving(binary, place, sink=False) as server:
                server.stop()
        check(acked, place / JOURNAL)
    except Red as red:
        return str(red)
    except Exception as error:
        return f"it cannot be read: {error}"
    return None


def run(binary, states, requests=400, replayed_by=None, moments=None):
    with Scratch() as folder:
        home = fresh(folder, "home")
        recording = Recording(binary, home, requests)
        if recording.acks < requests // 2:
            raise Red(f"only {recording.acks} acknowledgements were seen in the trace")
        done, lost, first = replay(recording, replayed_by or binary, states, folder, moments and moments(recording.steps))
        if lost:
            raise Red(f"{lost} of {done} states are not whole; {first}")
        if done < states:
            raise RuntimeError(f"only {done} states of {recording.writes} writes")
        return f"{done} states of {recording.writes} writes, {recording.acks} acknowledged, 0 lost"
