// SPDX-License-Identifier: Apache-2.0
// From built addons to folders that can be packed: one for each platform, and the facade. All of it below target/.
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checksums } from '../addon.js';
import { ROOT } from '../run.js';
import { writeFacade } from './facade.js';
import { writePlatformPackage } from './platform-package.js';
import { description, platforms } from './platforms.js';

/** @typedef {import('./platforms.js').Platform} Platform */

/** A built addon is `<platform>/model-signing.<platform>.node` below it, or what it is called for the platform. */
export const ADDONS = join(ROOT, 'target', 'addons');

/**
 * Writes the packages into a folder, each under its name, and returns their names: the facade is the last.
 * @param {ReadonlyMap<Platform, string>} addons the built file of each platform
 * @param {string} folder emptied first
 * @returns {string[]}
 */
export function stage(addons, folder) {
  rmSync(folder, { recursive: true, force: true });
  const facade = description();
  for (const [platform, addon] of addons) {
    writePlatformPackage(platform, facade, addon, join(folder, platform.packageName));
  }
  const files = [...addons].flatMap(([{ files: names }, addon]) => names.map((name) => join(dirname(addon), name)));
  writeFacade(facade, [...addons.keys()], checksums(files), join(folder, facade.name));
  return [...addons.keys()].map(({ packageName }) => packageName).concat(facade.name);
}

/**
 * The addons that are built. Where the one of this checkout's own build is all there is for a platform, it stands in;
 * that is for rehearsals, since it asks for as new a system as this one.
 * @param {string} [folder]
 * @returns {Map<Platform, string>}
 */
export function builtAddons(folder = ADDONS) {
  /** @type {Map<Platform, string>} */
  const found = new Map();
  for (const platform of platforms()) {
    const places = [join(folder, platform.name, platform.addon), join(ROOT, 'npm', platform.addon)];
    const file = places.find((place) => existsSync(place));
    if (file !== undefined) found.set(platform, file);
  }
  return found;
}
