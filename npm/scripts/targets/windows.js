// SPDX-License-Identifier: Apache-2.0
// Windows elsewhere: what stands in for a build by Microsoft's tools, and Wine to run it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../run.js';
import { cached } from './cache.js';
import { WhyNot, lastWords } from './why-not.js';
import { zig, zigPython } from './zig.js';

const PRNG = fileURLToPath(new URL('wine-prng.c', import.meta.url));

/**
 * The same code for the ABI of GNU, which zig can link; `napi` knows no way to that by itself. With the tools of LLVM,
 * since for those of GNU Rust asks MinGW's dlltool to make import libraries, which is not here.
 * @param {string} cpu
 * @returns {() => import('./build.js').Recipe}
 */
export function byZigForWindows(cpu) {
  return () => {
    const triple = `${cpu}-pc-windows-gnullvm`;
    const { PATH = '' } = zig(triple);
    const linker = tool('cc', ['-target', `${cpu}-windows-gnu`]);
    const name = triple.replaceAll('-', '_');
    const env = {
      PATH,
      LIBNODE_PATH: nothingOfNode(),
      [`CARGO_TARGET_${name.toUpperCase()}_LINKER`]: linker,
      [`CC_${name}`]: linker,
      [`AR_${name}`]: tool('ar', []),
    };
    const args = ['--target', triple];
    return { args, tests: ['cargo', 'test', ...args], env, standIn: 'GNU ABI' };
  };
}

/**
 * A part of zig as a program by itself.
 * @param {string} part
 * @param {readonly string[]} args
 */
function tool(part, args) {
  const command = [join(dirname(zigPython()), 'cargo-zigbuild'), 'zig', part, '--', ...args].join(' ');
  const text = `#!/bin/sh\nexec ${command} "$@"\n`;
  const folder = cached(`zig-${part}`, [text], (place) => writeFileSync(join(place, part), text, { mode: 0o755 }));
  return join(folder, part);
}

/** napi wants a library of Node.js to link to there; what the addon needs it finds when it is loaded. */
function nothingOfNode() {
  return cached('libnode-of-nothing', [], (folder) => {
    writeFileSync(join(folder, 'libnode.dll'), '');
    writeFileSync(join(folder, 'libnode.a'), '!<arch>\n');
  });
}

/** Node.js for Windows cannot write to the pipes of another system: what it says goes through files. */
const NODE = `
  out=$(mktemp -d) && wine "$@" >"$out/1" 2>"$out/2" </dev/null
  status=$?
  cat "$out/1"; cat "$out/2" >&2; rm -rf "$out"
  exit $status`;

/**
 * Wine runs programs for Windows on the same CPU.
 * @param {() => import('./node-binaries.js').NodeBinary} node
 * @returns {() => import('./runners.js').Runner}
 */
export function wine(node) {
  return () => {
    const { status, stdout } = ask('wine', ['--version'], { WINEDEBUG: '-all' });
    if (status !== 0)
      throw new WhyNot('Wine is not here, which runs programs for Windows: apt-get install wine wine64');
    const version = stdout.trim();
    const prefix = winePrefix(version);
    const { folder, program } = node();
    const enter = ['env', `WINEPREFIX=${prefix}`, 'WINEDEBUG=-all', 'NODE_SKIP_PLATFORM_CHECK=1'];
    return {
      how: version,
      node: (work, script) => [...enter, 'sh', '-c', NODE, 'wine', join(folder, program), join(work, script)],
      program: (file) => [...enter, 'wine', file],
    };
  };
}

/**
 * A Windows of our own, so that the user's is not touched.
 * @param {string} version
 */
function winePrefix(version) {
  return cached('wine-prefix', [version, readFileSync(PRNG, 'utf8')], (folder) => {
    const prefix = { WINEPREFIX: folder, WINEDEBUG: '-all', WINEARCH: 'win64' };
    for (const [program = '', ...args] of [
      ['wineboot', '--init'],
      ['wine', 'winecfg', '-v', 'win10'],
      ['wineserver', '-w'],
    ]) {
      const answer = ask(program, args, prefix);
      if (answer.status !== 0) throw new WhyNot(`Wine cannot be set up: ${lastWords(answer)}`);
    }
    const system = join(folder, 'drive_c', 'windows', 'system32');
    mkdirSync(system, { recursive: true });
    const library = join(system, 'bcryptprimitives.dll');
    if (existsSync(library)) return;
    const how = ['-target', 'x86_64-windows-gnu', '-shared', '-O1', '-s', '-ladvapi32'];
    const answer = ask(zigPython(), ['-m', 'ziglang', 'cc', ...how, '-o', library, PRNG]);
    if (answer.status !== 0) throw new Error(`${PRNG} does not build: ${lastWords(answer)}`);
  });
}
