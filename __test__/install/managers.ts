// SPDX-License-Identifier: Apache-2.0
// The package managers, each of one release, told to ask our registry and to keep what they fetch in the folder's own
// caches.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Start } from './consumer.js';
import { type Outcome, runProgram } from './program.js';

/** A way to install. */
export interface Manager {
  readonly name: string;
  /** Installs packages by name or by their tarball's path. */
  readonly add: (cwd: string, registry: string, specifiers: readonly string[]) => Promise<Outcome>;
  /** How an installed command and a script are started with a Node.js, of which the version is told, too. */
  readonly start: (cwd: string, node: string, version: string) => Start;
}

const PNPM = 'pnpm@10.34.8';
const YARN_1 = 'yarn@1.22.22';
const YARN_4 = '@yarnpkg/cli-dist@4.18.1';

/** npm, as it came with Node.js. */
export const NPM: Manager = {
  name: 'npm',
  add: (cwd, registry, specifiers) => npm(cwd, registry, ['install', ...specifiers]),
  start: inNodeModules,
};

/** All others; the first installation fetches the manager itself. */
export const OTHERS: readonly Manager[] = [
  {
    name: 'pnpm',
    add: (cwd, registry, specifiers) => {
      const cache = join(cwd, '.cache');
      const env = { XDG_CACHE_HOME: cache, XDG_DATA_HOME: cache, XDG_STATE_HOME: cache };
      return fetched(PNPM, ['pnpm', 'add', ...specifiers, '--registry', registry, '--store-dir', cache], cwd, env);
    },
    start: inNodeModules,
  },
  {
    name: 'yarn classic',
    add: (cwd, registry, specifiers) => {
      writeFileSync(join(cwd, '.yarnrc'), `registry "${registry}"\n`);
      const options = ['--non-interactive', '--cache-folder', join(cwd, '.cache')];
      return fetched(YARN_1, ['yarn', 'add', ...specifiers, ...options], cwd);
    },
    start: inNodeModules,
  },
  { name: 'yarn with node_modules', add: yarn4('node-modules'), start: inNodeModules },
  {
    name: "yarn Plug'n'Play",
    add: yarn4('pnp'),
    start: (cwd, node, version) => {
      const loader = pathToFileURL(join(cwd, '.pnp.loader.mjs')).href;
      const hooks = ['--require', join(cwd, '.pnp.cjs'), '--loader', loader];
      const command = ['npx', '--yes', '--package', YARN_4, '--', 'yarn', 'model-signing'];
      // Node.js 20 has no hooks that a module in an archive could be required by.
      const canRequire = Number.parseInt(version, 10) >= 22;
      return { node: [node, '--no-warnings', ...hooks], command, env: withNode(node), canRequire };
    },
  },
];

/** Runs npm in a folder, with our registry and a cache of its own; by another Node.js, if one is given. */
export function npm(cwd: string, registry: string, args: readonly string[], node?: string): Promise<Outcome> {
  const quiet = ['--no-audit', '--no-fund', '--registry', registry, '--cache', join(cwd, '.cache')];
  return runProgram('npm', [...args, ...quiet], { cwd, env: node === undefined ? {} : withNode(node) });
}

/** Packages lie in node_modules. */
function inNodeModules(cwd: string, node: string): Start {
  const command = [join(cwd, 'node_modules', '.bin', 'model-signing')];
  return { node: [node], command, env: withNode(node) };
}

function yarn4(linker: 'node-modules' | 'pnp'): Manager['add'] {
  return (cwd, registry, specifiers) => {
    const settings = [
      `npmRegistryServer: ${JSON.stringify(registry)}`,
      'unsafeHttpWhitelist: ["127.0.0.1"]',
      `nodeLinker: ${linker}`,
      'enableTelemetry: false',
      'enableGlobalCache: false',
      'enableImmutableInstalls: false',
      `globalFolder: ${JSON.stringify(join(cwd, '.cache'))}`,
    ];
    mkdirSync(join(cwd, '.cache'), { recursive: true });
    writeFileSync(join(cwd, '.yarnrc.yml'), `${settings.join('\n')}\n`);
    writeFileSync(join(cwd, 'yarn.lock'), '');
    return fetched(YARN_4, ['yarn', 'add', ...specifiers], cwd);
  };
}

function fetched(manager: string, command: readonly string[], cwd: string, env = {}): Promise<Outcome> {
  return runProgram('npx', ['--yes', '--package', manager, '--', ...command], { cwd, env });
}

/** Commands are scripts that look for Node.js on PATH. */
function withNode(node: string): Readonly<Record<string, string>> {
  const separator = process.platform === 'win32' ? ';' : ':';
  return { PATH: `${join(node, '..')}${separator}${process.env['PATH'] ?? ''}` };
}
