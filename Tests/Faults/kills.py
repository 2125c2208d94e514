"""kill -9 at a moment that nobody chose, under load, again and again: nothing that was acknowledged is missing."""

from kit import JOURNAL, Load, Red, Scratch, Server, dice, missing, verify


def run(binary, kills):
    acked = set()
    roll = dice(1)
    with Scratch() as folder:
        for kill in range(kills):
            server = Server(binary, folder)
            if not server.wait_until_listening():
                raise Red(f"it does not start after kill {kill}: {server.last_words()}")
            load = Load(server.port, label=f"k{kill}")
            load.wait_for(1)
            load.go_on(roll.random() * 0.12)
            server.kill()
            acked |= load.end()
            if kill % 50 == 49:
                check(acked, folder)
        server = Server(binary, folder)
        server.wait_until_listening()
        server.stop()
        check(acked, folder)
        flaws = verify(binary, folder / JOURNAL)
        if flaws:
            raise Red(f"after {kills} kills: {flaws[0]}")
    return f"{kills} kills, {len(acked)} acknowledged, 0 missing, 0 twice"


def check(acked, folder):
    gone, twice = missing(acked, folder / JOURNAL)
    if gone or twice:
        raise Red(f"{len(gone)} of {len(acked)} acknowledged are missing, {twice} are there twice")


def control(binary):
    """The same ledger, over a journal whose log lost its end after the kill, as it would without a wait for the disk."""
    with Scratch() as folder:
        server = Server(binary, folder)
        server.wait_until_listening()
        load = Load(server.port, label="c")
        load.wait_for(200)
        server.kill()
        acked = load.end()
        log = folder / (JOURNAL + "-wal")
        log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
        check(acked, folder)


def control_start(binary):
    """And the server itself, which is not to go on with such a journal."""
    with Scratch() as folder:
        server = Server(binary, folder)
        server.wait_until_listening()
        load = Load(server.port, label="c")
        load.wait_for(200)
        server.kill()
        load.end()
        (folder / (JOURNAL + "-wal")).write_bytes(b"")
        again = Server(binary, folder)
        if again.wait_until_listening():
            again.kill()
            return
        raise Red("it does not start: " + again.last_words())
