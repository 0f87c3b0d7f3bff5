# SPDX-License-Identifier: Apache-2.0
"""Makes the pages of a folder's files hot (read twice) or cold (written back, then dropped): pages.py hot|cold FOLDER"""

import os
import sys

CHUNK = 1 << 20


def main():
    state, folder = sys.argv[1:]
    for path in files(folder):
        {"hot": read_twice, "cold": drop}[state](path)


def files(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)


def read_twice(path):
    buffer = bytearray(CHUNK)
    for _ in range(2):
        with open(path, "rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def drop(path):
    handle = os.open(path, os.O_RDONLY)
    # Only clean pages can be dropped.
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


main()
