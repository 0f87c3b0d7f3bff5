// SPDX-License-Identifier: Apache-2.0
// The npm packages that come along, as npm itself lists them from the lock file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, ask } from '../run.js';

/** @typedef {import('./sbom.js').Bom} Bom */

/**
 * `npm sbom --omit dev` leaves out what packages for development need as well, so npm is shown a lock file without them.
 * @returns {Bom}
 */
export function npmBom() {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-sbom-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      writeFileSync(join(folder, file), JSON.stringify(forUsers(JSON.parse(readFileSync(join(ROOT, file), 'utf8')))));
    }
    const form = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--prefix', folder];
    const { status, stdout, stderr } = ask('npm', ['sbom', ...form]);
    if (status !== 0) throw new Error(`npm sbom: ${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A package.json or a lock file, without what is for development, and without the optional peer.
 * @param {Record<string, any>} description
 * @returns {Record<string, any>}
 */
function forUsers({ devDependencies: _dev, peerDependencies: _peer, peerDependenciesMeta: _meta, ...kept }) {
  if (kept['packages'] === undefined) return kept;
  const [[, root = {}] = [], ...others] = Object.entries(kept['packages']);
  const shipped = others.filter(([, { dev }]) => dev !== true);
  return { ...kept, packages: { '': forUsers(root), ...Object.fromEntries(shipped) } };
}
