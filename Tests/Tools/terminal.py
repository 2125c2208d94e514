#!/usr/bin/env python3
"""Runs a command at a terminal of its own, and prints all that it wrote there: terminal.py COMMAND ARGUMENT..."""
import os
import pty
import sys

child, screen = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        written = os.read(screen, 4096)
    except OSError:  # the command is gone
        break
    if not written:
        break
    os.write(1, written)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
