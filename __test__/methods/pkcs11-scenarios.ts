// SPDX-License-Identifier: Apache-2.0
// What a program does with tokens, each scenario in a process of its own: modules and logins belong to processes, and a
// module reads its configuration from the environment, which threads cannot set. Arguments on stdin, findings on stdout.

import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';

import {
  ModelSigningError,
  type Pkcs11Listing,
  type Pkcs11SignerOptions,
  listPkcs11,
  pkcs11Signer,
  pkcs11Verifier,
  sign,
  verify,
} from 'model-signing';
import type * as Driver from 'pkcs11js';

import { ended } from '../cli/command.js';

/** Something to do, and what to call it. */
export interface Task {
  readonly name: string;
  readonly do: 'sign' | 'verify';
  readonly options: Pkcs11SignerOptions & { readonly pinKind?: 'bytes' | 'function' };
  readonly model: string;
  readonly signature: string;
}

/** How it ended. */
export interface Outcome {
  readonly name: string;
  /** `done`, or the code of the error. */
  readonly end: string;
  readonly text: string;
}

/** What the scenarios are given. */
export interface Setting {
  readonly options: Pkcs11SignerOptions;
  readonly model: string;
  readonly module: string;
  readonly pin: string;
  /** A folder or file that the scenario takes away or makes. */
  readonly place?: string;
}

/** Runs a scenario to its end. */
export async function play<T>(scenario: keyof typeof SCENARIOS, input: object, environment: object): Promise<T> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), scenario], { env });
  const ending = ended(child);
  child.stdin.end(JSON.stringify(input));
  const { exit, stdout, stderr } = await ending;
  if (exit === 0) return JSON.parse(stdout) as T;
  throw new Error(`${scenario} ended with ${exit}: ${stderr}`);
}

const SCENARIOS = {
  /** One after the other; every signer is closed, so that each logs in by itself. */
  tasks: async (tasks: readonly Task[]): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const task of tasks) outcomes.push({ name: task.name, ...(await outcomeOf(async () => carryOut(task))) });
    return outcomes;
  },

  list: async (options: Parameters<typeof listPkcs11>[0]): Promise<Pkcs11Listing> => listPkcs11(options),

  /** Twenty signers, and one signer twenty times, all at once. */
  twenty: async ({ options, model }: Setting): Promise<number> => {
    const shared = pkcs11Signer(options);
    const signers = Array.from({ length: 20 }, () => pkcs11Signer(options));
    const signed = await Promise.all(
      [...signers, ...signers.map(() => shared)].map(async (signer) => sign(model, { signer })),
    );
    const verifier = pkcs11Verifier(options);
    for (const { bundle } of signed) await verify(model, Buffer.from(bundle), { verifier });
    await Promise.all([shared, ...signers].map(async (signer) => signer.close()));
    return new Set(signed.map(({ bundle }) => bundle)).size;
  },

  /** A PIN that is wrong, again and again, then the right one. */
  wrongPin: async ({ options, pin }: Setting): Promise<string[]> => {
    const [wrong, right] = [pkcs11Signer({ ...options, pin: 'wrong-pin' }), pkcs11Signer({ ...options, pin })];
    const attempts = [wrong, wrong, pkcs11Signer({ ...options, pin: 'wrong-pin' }), right].map(
      (signer) => async () => signer.prepare?.(),
    );
    const ends: string[] = [];
    for (const attempt of attempts) ends.push(await outcomeOf(attempt).then(({ end, text }) => `${end} ${text}`));
    const error = await Promise.resolve(wrong.prepare?.()).catch((cause: unknown) => cause);
    return [...ends, inspect([error, wrong, right], { depth: 9, showHidden: true })];
  },

  /** Somebody else in this process initialised the module and logged in: neither is undone, and no PIN is needed. */
  neighbour: async ({ options, model, module, pin }: Setting): Promise<unknown[]> => {
    const { api, session } = await neighbour(module, pin);
    const signer = pkcs11Signer({ ...options, pin: () => Promise.reject(new Error('nobody should ask')) });
    await sign(model, { signer });
    await signer.close();
    const { state } = api.C_GetSessionInfo(session);
    process.once('exit', () => api.C_Finalize());
    return [state];
  },

  /** The session is lost between two signatures: said once, and the next finds a new one. */
  lostSession: async ({ options, model, module }: Setting): Promise<string[]> => {
    const signer = pkcs11Signer(options);
    await signer.prepare?.();
    const api = await load(module);
    for (const slot of api.C_GetSlotList(true)) api.C_CloseAllSessions(slot);
    const attempt = async (): Promise<void> => void (await sign(model, { signer }));
    return [await outcomeOf(attempt), await outcomeOf(attempt)].map(({ end, text }) => `${end} ${text}`);
  },

  /** The token goes while the model is being hashed. */
  removed: async ({ options, model, place = '' }: Setting): Promise<Outcome> => {
    const signer = pkcs11Signer(options);
    await signer.prepare?.();
    rmSync(place, { recursive: true });
    return {
      name: '',
      ...(await outcomeOf(async () => void (await sign(model, { signer, signature: `${model}.sig` })))),
    };
  },

  /** The token refuses to sign for a while. */
  failing: async ({ options, model, place = '' }: Setting): Promise<string[]> => {
    const ends: string[] = [];
    for (const answer of ['0x50', '0x32', '0xb3', '0xe0', '0x30', '0x21', '0x70', '0x80000001', '']) {
      if (answer === '') rmSync(place);
      else writeFileSync(place, answer);
      const signer = pkcs11Signer(options);
      const { end, text } = await outcomeOf(
        async () => void (await sign(model, { signer, signature: `${model}.sig` })),
      );
      ends.push(`${end} ${text} ${existsSync(`${model}.sig`)}`);
    }
    return ends;
  },

  /** Threads share one module: those that end leave it to the others, whoever initialised it. */
  threads: async ({ options, model }: Setting): Promise<(number | string)[]> => {
    const inThread = async (count: number): Promise<number | string> =>
      new Promise((resolve) => {
        const worker = new Worker(IN_THREAD, { eval: true, workerData: { options, model, count } });
        worker.once('error', (error) => resolve(error.message)).once('exit', resolve);
      });
    const first = await inThread(1);
    const signer = pkcs11Signer(options);
    await signer.prepare?.();
    const others = await Promise.all([1, 3, 5, 7].map(inThread));
    await sign(model, { signer });
    return [first, ...others];
  },

  /** Makes a key that may not sign: `pkcs11-tool` leaves that to the module, which allows it. */
  makeUnusable: async ({ module, pin }: Setting): Promise<number> => {
    const { api, session } = await neighbour(module, pin, 6);
    const names = [
      { type: 0x1, value: true },
      { type: 0x3, value: 'key' },
      { type: 0x102, value: Buffer.of(1) },
    ];
    const curve = { type: 0x180, value: Buffer.from('06082a8648ce3d030107', 'hex') };
    const template = [...names, { type: 0x108, value: false }, { type: 0x10c, value: true }];
    const made = api.C_GenerateKeyPair(session, { mechanism: 0x1040 }, [...names, curve], template);
    return made.privateKey.length;
  },

  /** Whoever gives up does not wait for the token. */
  aborted: async ({ options, model }: Setting): Promise<string[]> => {
    const signer = pkcs11Signer(options);
    const controller = new AbortController();
    await signer.prepare?.();
    const input = { message: Buffer.from('m'), payload: Buffer.from('p'), signal: controller.signal };
    const all = Promise.allSettled([signer.sign(input), signer.sign(input), signer.sign(input)]);
    controller.abort(new Error('enough'));
    const ends = (await all).map((result) => (result.status === 'rejected' ? String(result.reason) : result.status));
    return [...ends, (await outcomeOf(async () => void (await sign(model, { signer })))).end];
  },

  /** Signers that nobody holds give their sessions back: with the last one the token logs its user out. */
  abandoned: async ({ options, module }: Setting): Promise<number[]> => {
    for (let round = 0; round < 20; round += 1) await pkcs11Signer(options).prepare?.();
    const api = await load(module);
    const state = (): number => {
      const session = api.C_OpenSession(initialized(api), 4);
      const found = api.C_GetSessionInfo(session).state;
      api.C_CloseSession(session);
      return found;
    };
    const before = state();
    for (let round = 0; round < 100 && state() !== 0; round += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [before, state()];
  },
};

/** What a thread does: signs so often, each time with a signer of its own, and ends. */
const IN_THREAD = `
const { workerData: { options, model, count } } = require('node:worker_threads');
import('model-signing').then(async ({ pkcs11Signer, sign }) => {
  for (let round = 0; round < count; round += 1) await sign(model, { signer: pkcs11Signer(options) });
});`;

async function carryOut(task: Task): Promise<void> {
  const { model, signature, options } = task;
  const { pinKind, ...plain } = options;
  const pin = plain.pin;
  const kinds = { bytes: () => Buffer.from(String(pin)), function: () => async () => String(pin) };
  const given = pinKind === undefined ? plain : { ...plain, pin: kinds[pinKind]() };
  if (task.do === 'verify') return void (await verify(model, signature, { verifier: pkcs11Verifier(given) }));
  const signer = pkcs11Signer(given);
  try {
    const { bundle } = await sign(model, { signer });
    writeFileSync(signature, bundle);
  } finally {
    await signer.close();
  }
}

async function outcomeOf(work: () => Promise<void>): Promise<{ end: string; text: string }> {
  try {
    await work();
    return { end: 'done', text: '' };
  } catch (error) {
    if (!(error instanceof ModelSigningError)) throw error;
    return { end: error.code, text: `${error.message} (${error.hint})` };
  }
}

async function neighbour(module: string, pin: string, flags = 4): Promise<{ api: Driver.PKCS11; session: Buffer }> {
  const api = await load(module);
  api.C_Initialize({ flags: 2 });
  const session = api.C_OpenSession(initialized(api), flags);
  api.C_Login(session, 1, pin);
  return { api, session };
}

/** The slot of the one token. */
function initialized(api: Driver.PKCS11): Buffer {
  const slot = api.C_GetSlotList(true).find((candidate) => (api.C_GetTokenInfo(candidate).flags & 0x400) !== 0);
  if (slot !== undefined) return slot;
  throw new Error('no token');
}

async function load(module: string): Promise<Driver.PKCS11> {
  const driver: { default: typeof Driver } = await import('pkcs11js');
  const api = new driver.default.PKCS11();
  api.load(module);
  return api;
}

const [, script, name = ''] = process.argv;
if (script === fileURLToPath(import.meta.url) && Object.hasOwn(SCENARIOS, name)) {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const input = JSON.parse(Buffer.concat(chunks).toString()) as never;
  process.stdout.write(JSON.stringify(await SCENARIOS[name as keyof typeof SCENARIOS](input)));
}
