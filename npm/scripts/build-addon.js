// SPDX-License-Identifier: Apache-2.0
// Builds the native addon into npm/ and writes the table that the loader checks it against.
// Arguments go on to `napi build`: `npm run build:addon -- --target x86_64-unknown-linux-musl -x`.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './run.js';
import { requireToolchain } from './toolchain.js';

const OUTPUT = join(ROOT, 'npm');

requireToolchain();
removeAddons();
build(process.argv.slice(2));
writeChecksums();

/** An addon of an earlier version or target must not get into the new table. */
function removeAddons() {
  for (const file of addons()) rmSync(join(OUTPUT, file));
}

/** @param {readonly string[]} extra */
function build(extra) {
  const fixed = ['--manifest-path', 'crates/napi/Cargo.toml', '--output-dir', 'npm', '--release', '--platform'];
  run('napi', ['build', ...fixed, '--no-js', '--dts', 'binding.d.cts', ...extra, '--', '--locked']);
}

function writeChecksums() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const files = Object.fromEntries(addons().map((file) => [file, sha256(join(OUTPUT, file))]));
  writeFileSync(join(OUTPUT, 'checksums.json'), `${JSON.stringify({ version, files }, undefined, 2)}\n`);
}

function addons() {
  return readdirSync(OUTPUT)
    .filter((file) => file.endsWith('.node'))
    .toSorted();
}

/** @param {string} file */
function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
