// SPDX-License-Identifier: Apache-2.0
// Builds for macOS by zig, for an older macOS than zig would by itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withZig } from './build.js';
import { cached } from './cache.js';
import { zig, zigPython } from './zig.js';

/** Zig's own oldest macOS is 13, and cargo-zigbuild has no way to name another: a zig in between names it. */
const ZIG_FOR_MACOS = `#!/bin/sh
for word; do
  shift
  case $word in *-macos-none) word=\${word%-none}.$OLDEST_MACOS-none ;; esac
  set -- "$@" "$word"
done
exec "$ZIG_PYTHON" -m ziglang "$@"
`;

/**
 * @param {string} triple of Rust
 * @param {string} oldest the oldest macOS it has to run on
 * @returns {() => import('./build.js').Recipe}
 */
export function byZigForMacos(triple, oldest) {
  return () => {
    const between = cached('zig-macos', [ZIG_FOR_MACOS], (folder) =>
      writeFileSync(join(folder, 'zig'), ZIG_FOR_MACOS, { mode: 0o755 }),
    );
    return withZig(triple, {
      ...zig(triple),
      MACOSX_DEPLOYMENT_TARGET: oldest,
      OLDEST_MACOS: oldest,
      ZIG_PYTHON: zigPython(),
      CARGO_ZIGBUILD_ZIG_PATH: join(between, 'zig'),
      // Else the module ziglang is found first.
      CARGO_ZIGBUILD_PYTHON_PATH: 'false',
    });
  };
}
