// SPDX-License-Identifier: Apache-2.0
// Builds the native addon into npm/ and writes the table that the loader checks it against.
// Arguments go on to `napi build`: `npm run build:addon -- --target x86_64-unknown-linux-musl -x`.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksums, napiBuild } from './addon.js';
import { ROOT, run } from './run.js';
import { requireToolchain } from './toolchain.js';

const OUTPUT = join(ROOT, 'npm');

requireToolchain();
// An addon of an earlier version or target must not get into the new table.
for (const file of addons()) rmSync(file);
run('napi', napiBuild('npm', process.argv.slice(2)));
writeFileSync(join(OUTPUT, 'checksums.json'), checksums(addons()));

function addons() {
  const names = readdirSync(OUTPUT).filter((file) => file.endsWith('.node'));
  return names.toSorted().map((name) => join(OUTPUT, name));
}
