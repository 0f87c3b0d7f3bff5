// SPDX-License-Identifier: Apache-2.0
// The crates that are linked into the addon, for all targets, as cargo-cyclonedx lists them.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, ask, run } from '../run.js';

/** @typedef {import('./sbom.js').Bom} Bom */

const VERSION = '0.5.9';
const FOLDER = join(ROOT, 'target', 'tools');
const PROGRAM = join(FOLDER, 'bin', process.platform === 'win32' ? 'cargo-cyclonedx.exe' : 'cargo-cyclonedx');

/** Whether the tool is there already; to build it takes minutes. */
export function hasTool() {
  return existsSync(PROGRAM);
}

/** The tool writes beside the manifests, so it gets a copy of them. @returns {Bom} */
export function cratesBom() {
  if (!hasTool()) {
    console.log(`building cargo-cyclonedx ${VERSION} into target/tools, once`);
    run('cargo', ['install', 'cargo-cyclonedx', '--version', VERSION, '--locked', '--quiet', '--root', FOLDER]);
  }
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-sbom-'));
  try {
    for (const name of ['Cargo.toml', 'Cargo.lock', 'crates']) {
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    }
    const form = ['--format', 'json', '--spec-version', '1.5', '--target', 'all', '--no-build-deps'];
    const manifest = join(folder, 'crates', 'napi', 'Cargo.toml');
    const { status, stderr } = ask(PROGRAM, ['cyclonedx', ...form, '--manifest-path', manifest]);
    if (status !== 0) throw new Error(`cargo-cyclonedx: ${stderr}`);
    return JSON.parse(readFileSync(join(folder, 'crates', 'napi', 'model-signing-napi.cdx.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
