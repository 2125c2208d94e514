"""Runs a command in a folder, lets it crash once it has said "started", and says whether its memory was written there.

    crash.py FOLDER COMMAND ARGUMENT…
"""

import os
import resource
import signal
import subprocess
import sys

folder, command = sys.argv[1], sys.argv[2:]
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
# Whoever started this may have signals blocked, and a child has what its parent has.
signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
# As the unit has it: Swift would answer a crash with a report instead of dying of it.
environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE)
for line in process.stderr:
    if b"started" in line:
        break
else:
    sys.exit("the command ended before it had started")
os.kill(process.pid, signal.SIGQUIT)
_, status = os.waitpid(process.pid, 0)
print("core" if os.WCOREDUMP(status) else "no core")
