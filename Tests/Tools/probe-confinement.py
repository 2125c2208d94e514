#!/usr/bin/python3
"""Tries what a confined process must not be able to do, and says which of it worked."""

import ctypes
import errno
import mmap
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


attempts = {
    "mount": lambda: call("mount", None, b"/", None, 0x1000 | 0x20, None),
    "ptrace": lambda: call("ptrace", 0, 0, 0, 0),
    "reboot": lambda: call("reboot", 0),
    "swapon": lambda: call("swapon", b"/dev/null", 0),
    "init_module": lambda: call("syscall", 175, None, 0, b""),
    "bpf": lambda: call("syscall", 321, 0, None, 0),
    "perf_event_open": lambda: call("syscall", 298, None, 0, -1, -1, 0),
    "kexec_load": lambda: call("syscall", 246, 0, 0, None, 0),
    "clock_settime": lambda: call("syscall", 227, 0, None),
    "chroot": lambda: call("chroot", b"/"),
    "setuid": lambda: call("setuid", 1),
    "packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "local socket": lambda: socket.socket(socket.AF_UNIX),
    "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print(f"{name}: worked")
    except OSError as error:
        print(f"{name}: {errno.errorcode.get(error.errno, error.errno)}")
socket.socket(socket.AF_INET).close()
print("internet socket: worked")
