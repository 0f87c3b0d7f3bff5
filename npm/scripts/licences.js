// SPDX-License-Identifier: Apache-2.0
// Licences, sources, banned and doubled crates (cargo-deny, rules in deny.toml), and the licences of the npm packages
// that users install, held to the same list.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, fail, run } from './run.js';
import { cargoDeny } from './cargo-deny.js';

run(cargoDeny(), ['check', '--hide-inclusion-graph', 'licenses', 'bans', 'sources']);
checkPackages();

function checkPackages() {
  const allowed = allowedLicences();
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const bad = shipped.filter(([, { license }]) => !allowed.has(license));
  if (bad.length > 0) fail(bad.map(([path, { license }]) => `${path}: licence ${license} is not allowed`).join('\n'));
  console.log(`npm packages that users install: ${shipped.length}, licences ok`);
}

/** The `allow` list of deny.toml: one list for both languages. @returns {Set<string>} */
function allowedLicences() {
  const list = /^allow = \[([^\]]*)\]/m.exec(readFileSync(join(ROOT, 'deny.toml'), 'utf8'))?.[1] ?? '';
  return new Set([...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? ''));
}
