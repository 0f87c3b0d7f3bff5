# SPDX-License-Identifier: Apache-2.0
"""Runs a command and writes, to file descriptor 3, what the operating system says it cost: measure.py COMMAND ...

wait4 counts the command and everything it waited for. The peak is that of its largest process, and never less than
this script's own 10 MB or so, because a child begins as a copy of its parent.
"""

import json
import os
import sys
import time

REPORT = 3


def main():
    command = sys.argv[1:]
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, REPORT)])
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    # Kibibytes on Linux, bytes on macOS.
    peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
    cost = {"wall": wall, "user": usage.ru_utime, "system": usage.ru_stime, "peak": peak}
    os.write(REPORT, json.dumps({**cost, "status": os.waitstatus_to_exitcode(status)}).encode())


main()
