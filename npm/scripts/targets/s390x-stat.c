// SPDX-License-Identifier: Apache-2.0
// Preloaded where QEMU runs programs for s390x: its stat, lstat and fstat leave the nanoseconds of every time at zero,
// its fstatat does not, and so every file looks as if it had changed between two looks. No real machine needs this.
// These three are what programs linked to glibc 2.32 and earlier call.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int __xstat64(int version, const char *path, struct stat64 *found) {
  (void)version;
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, found, 0);
}

int __lxstat64(int version, const char *path, struct stat64 *found) {
  (void)version;
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
}

int __fxstat64(int version, int descriptor, struct stat64 *found) {
  (void)version;
  return (int)syscall(SYS_newfstatat, descriptor, "", found, AT_EMPTY_PATH);
}
