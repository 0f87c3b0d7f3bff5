// SPDX-License-Identifier: Apache-2.0
// Modules that the system or its user registered with p11-kit: small files of `name: value` lines, one for each module.
// A user's file adds to the system's of the same name, unless the system forbids it.

import { readFile, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';

/** Where p11-kit keeps its configuration: what packages ship, what the machine's owner says, what the user says. */
export interface Places {
  readonly packages: readonly string[];
  readonly system: readonly string[];
  readonly user: string;
}

/** A module that p11-kit knows. */
export interface Registered {
  /** The name of its configuration file, without `.module`. */
  readonly name: string;
  /** Its library: a path, or a name in p11-kit's own folder of modules. */
  readonly module: string;
  readonly priority: number;
}

/** The name by which p11-kit's files switch modules on and off for a program. */
const PROGRAM = 'model-signing';

const LARGEST_FILE = 65_536;

/** The usual places on this system; none on Windows. */
export function usualPlaces(environment: NodeJS.ProcessEnv = process.env): Places {
  const { XDG_CONFIG_HOME = '' } = environment;
  const user = join(isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(homedir(), '.config'), 'pkcs11');
  if (process.platform === 'win32') return { packages: [], system: [], user };
  const prefixes = process.platform === 'darwin' ? ['/opt/homebrew', '/usr/local'] : ['/usr', '/usr/local'];
  return {
    packages: prefixes.map((prefix) => `${prefix}/share/p11-kit/modules`),
    system: [
      '/etc/pkcs11',
      ...prefixes.slice(process.platform === 'darwin' ? 0 : 1).map((prefix) => `${prefix}/etc/pkcs11`),
    ],
    user,
  };
}

/** Every module that is switched on for us, the most wanted first. */
export async function registeredModules(places: Places = usualPlaces()): Promise<Registered[]> {
  const modes = await Promise.all(places.system.map(async (folder) => readFields(join(folder, 'pkcs11.conf'))));
  const mode = modes.map((fields) => fields.get('user-config')).find((value) => value !== undefined) ?? 'merge';
  const system = [...places.packages, ...places.system.map((folder) => join(folder, 'modules'))];
  const user = join(places.user, 'modules');
  const folders = mode === 'none' ? system : mode === 'only' ? [user] : [...system, user];
  const found = new Map<string, Map<string, string>>();
  for (const folder of folders) {
    for (const file of await moduleFiles(folder)) {
      const before = found.get(basename(file)) ?? new Map<string, string>();
      found.set(basename(file), new Map([...before, ...(await readFields(file))]));
    }
  }
  return [...found].flatMap(([file, fields]) => registered(file, fields)).toSorted(byPriority);
}

function registered(file: string, fields: ReadonlyMap<string, string>): Registered[] {
  const module = fields.get('module') ?? '';
  // A remote module is a program to be run, and none is run from here.
  if (module === '' || fields.has('remote') || !isEnabled(fields)) return [];
  const priority = Number(fields.get('priority') ?? 0);
  return [{ name: file.replace(/\.module$/, ''), module, priority: Number.isInteger(priority) ? priority : 0 }];
}

function isEnabled(fields: ReadonlyMap<string, string>): boolean {
  const programs = (name: string): readonly string[] | undefined => fields.get(name)?.split(/[\s,]+/);
  const [enabled, disabled] = [programs('enable-in'), programs('disable-in')];
  return enabled === undefined ? !(disabled?.includes(PROGRAM) ?? false) : enabled.includes(PROGRAM);
}

function byPriority(one: Registered, other: Registered): number {
  return other.priority - one.priority || (one.name < other.name ? -1 : 1);
}

async function moduleFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.module'))
    .toSorted()
    .map((name) => join(folder, name));
}

/** A file that cannot be read says nothing, as for p11-kit; so does one too large to be such a file. */
async function readFields(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.length > LARGEST_FILE ? [] : text.split('\n');
  const fields = lines.map((line) => /^\s*([\w-]+)\s*:\s*(.*?)\s*$/.exec(line));
  return new Map(fields.flatMap((field) => (field?.[1] === undefined ? [] : [[field[1], field[2] ?? ''] as const])));
}
