// SPDX-License-Identifier: Apache-2.0
// What tests of the command with tokens begin with: a token with one key, a model, and the command in a folder.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { MODULE, PIN, Softhsm } from '../methods/softhsm.js';
import { buildModel, pattern, scratch } from '../models.js';
import { type Ended, command } from './command.js';

/** The key, and URIs of it without its module and with. */
export const KEY = { token: 'one', label: 'a key', id: '01' };
export const URI = 'pkcs11:token=one;object=a%20key';
export const NAMED: string = `${URI}?module-path=${MODULE}`;

/** A token with one key, a model, and the command. */
export function setting(t: ExecutionContext, { isPinless = false } = {}) {
  t.timeout(300_000);
  const softhsm = new Softhsm('one');
  t.teardown(() => softhsm.remove());
  softhsm.generate('EC:prime256v1', KEY);
  const folder = scratch(t);
  const model = buildModel(t, { 'a.bin': pattern(1000, 1), 'b/c': 'c' });
  const signature = join(folder, 'model.sig');
  const none = { PKCS11_PIN: '', XDG_CONFIG_HOME: folder };
  const environment = { ...softhsm.environment, ...none };
  const call = async (head: readonly string[], rest: readonly (string | object)[]): Promise<Ended> => {
    const args = rest.filter((item) => typeof item === 'string');
    const env = Object.assign(
      {},
      environment,
      isPinless ? {} : { PKCS11_PIN: PIN },
      ...rest.filter((item) => typeof item === 'object'),
    ) as NodeJS.ProcessEnv;
    return command([...head, ...args], { cwd: folder, env });
  };
  return {
    softhsm,
    folder,
    model,
    signature,
    environment,
    sign: async (method: string, ...rest: (string | object)[]) => call(['sign', method, model], rest),
    verify: async (method: string, ...rest: (string | object)[]) =>
      call(['verify', method, model], [...rest, { PKCS11_PIN: '' }]),
    list: async (...rest: (string | object)[]) => call(['pkcs11', 'list'], [...rest, { PKCS11_PIN: '' }]),
  };
}

/** A file with the PIN. */
export function pinFile(folder: string): string {
  const path = join(folder, 'pin');
  writeFileSync(path, `${PIN}\n`);
  return path;
}

/** Asserts that a command did what it should, and said nothing else. */
export function good(t: ExecutionContext, { exit, stderr }: Ended): void {
  t.is(exit, 0, stderr);
  t.is(stderr, '');
}
