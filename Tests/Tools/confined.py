#!/usr/bin/python3
"""Runs a command as a systemd unit would have it run: its calls, its families of sockets, and its memory.

    confined.py deploy/mogate.service COMMAND ARGUMENT…

What the unit's SystemCallFilter= leaves is allowed, everything else answers with EPERM. Memory is never both written and
run (PR_SET_MDWE, which systemd itself uses where it can). No core, no new privileges.
"""

import ctypes
import errno
import os
import resource
import subprocess
import sys

import seccomp

PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


def settings(path):
    for line in open(path):
        key, separator, value = line.strip().partition("=")
        if separator and not key.startswith("#"):
            yield key, value


def members(name):
    """The calls of a group such as @system-service, as systemd itself has them."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True)
    text.check_returncode()
    words = [line.strip() for line in text.stdout.splitlines()[1:]]
    return set().union(*(members(word) for word in words if word and not word.startswith("#")))


unit, command = list(settings(sys.argv[1])), sys.argv[2:]
allowed = set()
for key, value in unit:
    if key == "SystemCallFilter":
        named = set().union(*(members(word) for word in value.lstrip("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
families = next(value for key, value in unit if key == "RestrictAddressFamilies").split()

os.environ.update(value.split("=", 1) for key, value in unit if key == "Environment")
# What was built with AddressSanitizer looks for leaks, at its end, by a call that no unit should allow.
os.environ["LSAN_OPTIONS"] = "detect_leaks=0"
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
    sys.exit(f"this kernel does not keep memory from being made executable: {os.strerror(ctypes.get_errno())}")

rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
# systemd runs the command itself, so that the call for it is always among those that it allows.
for call in allowed | {"execve"}:
    try:
        number = seccomp.resolve_syscall(seccomp.Arch(), call)
    except Exception:
        continue
    if number >= 0 and call != "socket":
        rules.add_rule(seccomp.ALLOW, number)
for family in families:
    number = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}[family]
    rules.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, number))
rules.load()
os.execvp(command[0], command)
