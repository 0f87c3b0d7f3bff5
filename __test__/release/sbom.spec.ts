// SPDX-License-Identifier: Apache-2.0
// The list of what a release is made of: everything that is linked in or comes along, with licences and hashes.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import test from 'ava';

import { scratch } from '../models.js';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly type: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly object[];
}

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const script = (name: string) => import(new URL(`../../npm/scripts/release/${name}.js`, import.meta.url).href);
const { version: current } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const { hasTool } = (await script('sbom-crates')) as { hasTool: () => boolean };
const { npmBom, portableBom } = (await script('sbom-npm')) as {
  npmBom: () => Bom;
  portableBom: (name: string) => Bom;
};
const { sbom } = (await script('sbom')) as { sbom: (tarballs: readonly object[]) => string };

/** Ours have no hash of their own: they are the sources of the release. */
const OWN_CRATES = new Set(['model-signing-core', 'model-signing-napi']);

test('npm packages: what the lock file gives to users, and nothing of development', (t) => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>;
  };
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const wanted = shipped.map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`);
  t.true(wanted.length > 10 && wanted.includes('commander@14.0.3'));
  t.deepEqual(npmBom().components.map(label).toSorted(), wanted.toSorted());
});

test('npm packages inside the portable addon: what its JavaScript is made of, and what its WebAssembly is linked with', (t) => {
  const { components, metadata } = portableBom('model-signing-wasm32-wasi');
  t.is(metadata.component.purl, `pkg:npm/model-signing-wasm32-wasi@${current}`);
  const names = components.map(label).map((each) => each.replace(/@[^@]+$/, ''));
  t.deepEqual(names.toSorted(), ['@emnapi/core', '@emnapi/runtime', '@emnapi/wasi-threads', 'emnapi', 'tslib']);
});

const withTool = hasTool() ? test : test.skip;
if (!hasTool()) console.warn('SKIPPED 1 test: cargo-cyclonedx is not built; npm run release:assemble builds it');

withTool('one list of everything, the same in every run', (t) => {
  const folder = scratch(t);
  const tarballs = ['model-signing-linux-x64-gnu', 'model-signing-wasm32-wasi', 'model-signing'].map((name) => {
    writeFileSync(join(folder, `${name}-${current}.tgz`), name);
    return { name, version: current, file: join(folder, `${name}-${current}.tgz`) };
  });
  const text = sbom(tarballs);
  t.is(sbom(tarballs), text);
  t.notRegex(text, /file:|"timestamp"/);
  const bom = JSON.parse(text) as Bom;
  t.deepEqual(
    [bom.bomFormat, bom.specVersion, bom.metadata.component.purl],
    ['CycloneDX', '1.5', `pkg:npm/model-signing@${current}`],
  );
  t.regex(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);

  const crates = bom.components.filter(({ purl }) => purl.startsWith('pkg:cargo/'));
  t.deepEqual(crates.map(label).toSorted(), linkedCrates());
  for (const each of bom.components) {
    t.true((each.licenses?.length ?? 0) > 0, `${each.name} has no licence`);
    if (OWN_CRATES.has(each.name)) continue;
    const [hash] = each.hashes ?? [];
    t.regex(`${hash?.alg} ${hash?.content}`, /^SHA-(?:256 [0-9a-f]{64}|512 [0-9a-f]{128})$/, each.name);
  }

  const known = new Set([bom.metadata.component, ...bom.components].map((each) => each['bom-ref']));
  t.is(known.size, bom.components.length + 1);
  for (const { ref, dependsOn } of bom.dependencies)
    for (const each of [ref, ...dependsOn]) t.true(known.has(each), each);
  t.deepEqual([...reached(bom)].toSorted(), [...known].toSorted());
  const users = bom.dependencies.filter(({ dependsOn }) => dependsOn.some((each) => each.includes('emnapi/runtime')));
  t.deepEqual(
    users.map(({ ref }) => ref),
    [`pkg:npm/model-signing-wasm32-wasi@${current}`],
  );
});

/** What cargo itself says is linked in, for all targets, without what only builds or tests. */
function linkedCrates(): string[] {
  const form = ['--edges', 'normal', '--target', 'all', '--prefix', 'none', '--format', '{p}', '--locked'];
  const said = execFileSync('cargo', ['tree', '--package', 'model-signing-napi', ...form], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const names = said
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+) v(\S+).*$/, '$1@$2'));
  return [...new Set(names)].toSorted();
}

/** Everything that the release depends on, by the graph. */
function reached({ metadata, dependencies }: Bom): Set<string> {
  const edges = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const found = new Set([metadata.component['bom-ref']]);
  for (const ref of found) for (const next of edges.get(ref) ?? []) found.add(next);
  return found;
}

function label({ 'bom-ref': ref, version }: Component): string {
  const name = decodeURIComponent(ref.replace(/^pkg:(?:cargo|npm)\//, ''));
  return name.endsWith(`@${version}`) ? name : `${name}@${version}`;
}
