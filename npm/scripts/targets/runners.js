// SPDX-License-Identifier: Apache-2.0
// Ways to run a program that is for another system: each says how, which Node.js it brings, and the command line.
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../run.js';
import { unpacked } from './apt.js';
import { cached } from './cache.js';
import { WhyNot } from './why-not.js';

/**
 * @typedef {object} Runner
 * @property {string} how
 * @property {(folder: string, script: string) => string[]} node runs a script that lies in a folder
 * @property {(file: string) => string[]} program runs a program of the target
 * @property {string} [noTests] why the core's own tests are not run so
 */

/** How often QEMU tries each property, in place of 256 times; the core's slowest, `oracle`, a tenth as often. */
const CASES = 20;

/** @returns {Runner} */
export function native() {
  return {
    how: 'native',
    node: (folder, script) => [process.execPath, join(folder, script)],
    program: (file) => [file],
    noTests: 'they are part of every check',
  };
}

/**
 * Another CPU: QEMU translates the program, and the system's kernel serves it.
 * @param {string} cpu as QEMU calls it
 * @param {() => import('./node-binaries.js').NodeBinary} node
 * @param {() => { root: string, preload?: string }} libraries
 * @returns {() => Runner}
 */
export function qemu(cpu, node, libraries) {
  return () => {
    if (process.platform !== 'linux') throw new WhyNot('programs for another CPU run under Linux only (qemu-user)');
    const emulator = join(unpacked(['qemu-user']), 'usr', 'bin', `qemu-${cpu}`);
    const { root, preload } = libraries();
    const start = [emulator, '-L', root, ...(preload === undefined ? [] : ['-E', `LD_PRELOAD=${preload}`])];
    const { folder, program } = node();
    return {
      how: 'qemu-user',
      node: (work, script) => [...start, join(folder, program), join(work, script)],
      program: (file) => [...start, '-E', `PROPTEST_CASES=${CASES}`, file],
    };
  };
}

/**
 * The libraries that Node.js needs of a Linux with glibc for another CPU.
 * @param {string} architecture as Debian calls it
 * @param {string} triple as GNU calls it
 */
export function glibcRoot(architecture, triple) {
  const packages = ['libc6', 'libstdc++6', 'libgcc-s1'].map((name) => `${name}-${architecture}-cross`);
  return { root: join(unpacked(packages), 'usr', triple) };
}

/**
 * A root with nothing but musl in it.
 * @param {string} architecture as Debian calls it
 * @param {string} cpu as musl calls it
 */
export function muslRoot(architecture, cpu) {
  const files = unpacked(['musl'], architecture);
  const folders = ['lib', 'proc', 'dev', 'tmp', 'node', 'here'];
  const root = cached(`musl-root-${architecture}`, [files, ...folders], (folder) => {
    for (const name of folders) mkdirSync(join(folder, name));
    const linker = `ld-musl-${cpu}.so.1`;
    copyFileSync(join(files, 'usr', 'lib', `${cpu}-linux-musl`, 'libc.so'), join(folder, 'lib', linker));
    // What Alpine's packages ask for.
    symlinkSync(linker, join(folder, 'lib', `libc.musl-${cpu}.so.1`));
  });
  return { root };
}

/** In a namespace of its own, so that nothing stays mounted; the system outside is not touched. */
const ENTER = `
  for name in proc dev; do mount --rbind /$name "$0/$name" || exit; done
  mount --bind "$1" "$0/node" && mount --bind "$2" "$0/here" && mount -t tmpfs none "$0/tmp" || exit
  exec chroot "$0" "/node/$3" "/here/$4"`;

/**
 * The same CPU with another C library, at full speed: a root folder with musl.
 * @param {() => import('./node-binaries.js').NodeBinary} node
 * @param {() => { root: string }} libraries
 * @returns {() => Runner}
 */
export function chroot(node, libraries) {
  return () => {
    if (process.platform !== 'linux') throw new WhyNot('a root folder with musl is for Linux only');
    const enter = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
    const [program = '', ...args] = enter;
    if (ask(program, [...args, 'true']).status !== 0) {
      throw new WhyNot('this user may not mount anything (unshare --mount), which a root folder with musl needs');
    }
    const { root } = libraries();
    const { folder, program: binary } = node();
    return {
      how: 'musl chroot',
      node: (work, script) => [...enter, 'sh', '-c', ENTER, root, folder, work, binary, script],
      // What Rust links by itself is static.
      program: (file) => [file],
    };
  };
}
