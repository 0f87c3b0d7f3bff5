# SPDX-License-Identifier: Apache-2.0
"""Writes back and drops the pages of a folder's files, so that they are read from the disk: cold.py FOLDER"""

import os
import sys


def main():
    for parent, _, names in os.walk(sys.argv[1]):
        for name in names:
            drop(os.path.join(parent, name))


def drop(path):
    handle = os.open(path, os.O_RDONLY)
    # Only clean pages can be dropped.
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


main()
