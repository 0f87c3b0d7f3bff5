// SPDX-License-Identifier: Apache-2.0
// One list of everything a release is made of, in CycloneDX 1.5: the tarballs, the npm packages they bring along or have
// inside, and the crates that are linked into the addons. The same sources give the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PORTABLE } from '../addon.js';
import { cratesBom } from './sbom-crates.js';
import { npmBom, portableBom } from './sbom-npm.js';

/** @typedef {{ 'bom-ref': string, name: string, version: string, scope?: string | undefined, purl: string, hashes?: { alg: string, content: string }[] | undefined, licenses?: unknown[] | undefined } & Record<string, unknown>} Component */
/** @typedef {{ ref: string, dependsOn?: string[] }} Dependency */
/** @typedef {{ metadata: { component: Component, tools: unknown[] }, components: Component[], dependencies: Dependency[] }} Bom */
/** @typedef {import('./pack.js').Tarball} Tarball */

/**
 * Makes the text of the list; the facade is the last of the tarballs.
 * @param {readonly Tarball[]} tarballs
 * @returns {string}
 */
export function sbom(tarballs) {
  const portable = tarballs.find(({ name }) => name.endsWith(`-${PORTABLE}`));
  const parts = [npmBom(), cratesBom(), ...(portable ? [portableBom(portable.name)] : [])].map(byAddress);
  const [packages, crates, inside] = /** @type {[Bom, Bom, Bom?]} */ (parts);
  const facade = { ...ours(/** @type {Tarball} */ (tarballs.at(-1))), type: 'application' };
  const platforms = tarballs.slice(0, -1).map(ours);
  // The crate that every addon is built from.
  const addon = component(crates.metadata.component);
  const own = [
    { ref: facade['bom-ref'], dependsOn: [...direct(packages), ...platforms.map((each) => each['bom-ref'])] },
    ...platforms.map(({ 'bom-ref': ref, name }) => ({
      ref,
      dependsOn: [addon['bom-ref'], ...(inside && name === portable?.name ? direct(inside) : [])],
    })),
  ];
  const others = parts.flatMap(({ dependencies }) => dependencies);
  const content = {
    metadata: { tools: [packages, crates].flatMap(({ metadata }) => metadata.tools), component: facade },
    components: sorted('bom-ref', [
      ...platforms,
      addon,
      ...parts.flatMap(({ components }) => components).map(component),
    ]),
    dependencies: sorted('ref', [...others, ...own]),
  };
  const serialNumber = `urn:uuid:${uuid(JSON.stringify(content))}`;
  const form = { bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber, version: 1 };
  return `${JSON.stringify({ ...form, ...content }, undefined, 2)}\n`;
}

/**
 * A list in which everything is called by its address (purl): the names that tools give hold folders of this machine.
 * @param {Bom} bom
 * @returns {Bom}
 */
function byAddress({ metadata, components, dependencies }) {
  const all = [metadata.component, ...components];
  const addresses = new Map(all.map((each) => [each['bom-ref'], component(each)['bom-ref']]));
  const address = (/** @type {string} */ ref) => {
    const found = addresses.get(ref);
    if (found === undefined) throw new Error(`SBOM: ${ref} is nowhere described`);
    return found;
  };
  return {
    metadata,
    components,
    dependencies: dependencies.map(({ ref, dependsOn = [] }) => ({
      ref: address(ref),
      dependsOn: dependsOn.map(address).toSorted(),
    })),
  };
}

/**
 * What both tools say of a component and users need; the address without the folder it was found in.
 * @param {Component} found
 * @returns {Component}
 */
function component({ type, name, version, description, scope, hashes, licenses, purl }) {
  const address = purl.replace(/\?download_url=file:.*$/, '');
  return { 'bom-ref': address, type, name, version, description, scope, hashes, licenses, purl: address };
}

/**
 * @param {Tarball} tarball
 * @returns {Component}
 */
function ours({ name, version, file }) {
  const purl = `pkg:npm/${name}@${version}`;
  const content = createHash('sha512').update(readFileSync(file)).digest('hex');
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { id: 'Apache-2.0' } }],
    purl,
    properties: [{ name: 'file', value: basename(file) }],
  };
}

/** @param {Bom} bom @returns {string[]} */
function direct({ metadata, dependencies }) {
  const own = component(metadata.component)['bom-ref'];
  return dependencies.find(({ ref }) => ref === own)?.dependsOn ?? [];
}

/**
 * Of those that are called the same, the last.
 * @template {Record<string, any>} Item
 * @param {string} key
 * @param {Item[]} items
 */
function sorted(key, items) {
  return [...new Map(items.map((each) => [each[key], each])).values()].toSorted((a, b) => (a[key] < b[key] ? -1 : 1));
}

/** A UUID of version 8, which is free to be made of a hash. @param {string} text */
function uuid(text) {
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 32).split('');
  digits[12] = '8';
  digits[16] = 'a';
  return digits.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
