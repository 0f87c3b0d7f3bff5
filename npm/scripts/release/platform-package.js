// SPDX-License-Identifier: Apache-2.0
// The package of one platform: the addon, its licence, and a description that npm chooses it by.
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../run.js';

/** @typedef {import('./platforms.js').Platform} Platform */
/** @typedef {import('./platforms.js').Description} Description */

/**
 * Not the facade's range: npm leaves out an optional package whose engines do not fit, without a word, and the facade
 * would then have nothing to say why. The binary itself serves every Node.js with Node-API 9.
 */
const ENGINES = '>=20';

/**
 * Writes the package into a folder that does not exist yet.
 * @param {Platform} platform
 * @param {Description} facade
 * @param {string} addon the built file
 * @param {string} folder
 */
export function writePlatformPackage(platform, facade, addon, folder) {
  mkdirSync(folder, { recursive: true });
  const [, ...beside] = filesOf(platform);
  cpSync(addon, join(folder, platform.addon));
  for (const file of beside) cpSync(join(dirname(addon), file), join(folder, file));
  // Whatever carried them here: the same bytes and the same mode give the same tarball.
  for (const file of filesOf(platform)) chmodSync(join(folder, file), 0o644);
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readme(platform));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(describe(platform, facade), undefined, 2)}\n`);
}

/** @param {Platform} platform */
function filesOf({ files, licences }) {
  return licences === undefined ? files : [...files, licences];
}

/**
 * @param {Platform} platform
 * @param {Description} facade
 */
function describe(platform, facade) {
  const { name, packageName, addon, os, cpu, libc } = platform;
  const { version, license, repository } = facade;
  return {
    name: packageName,
    version,
    description: `The addon of model-signing for ${name}`,
    license,
    ...(repository === undefined ? {} : { repository }),
    files: filesOf(platform),
    main: addon,
    os,
    cpu,
    libc,
    engines: { node: ENGINES },
  };
}

/** @param {Platform} platform */
function readme({ name, target, packageName, os }) {
  if (os === undefined) return PORTABLE_README;
  return `# ${packageName}

The native addon of the package model-signing for ${name} (\`${target}\`).
\`npm install model-signing\` brings it along where it fits; it is of no use by itself.
`;
}

const PORTABLE_README = `# model-signing-wasm32-wasi

The addon of the package model-signing as WebAssembly, for systems without a native one, Windows excepted.
Install the same version of it beside model-signing. It gives the same results on one core, several times slower, and
reaches the files of the machine through WASI of Node.js. The file ending in .licences.md is about what is in it.
`;
