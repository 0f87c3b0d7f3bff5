// SPDX-License-Identifier: Apache-2.0
// A real Sigstore on loopback for tests (its program is in sigstack/), and the tests that are declared with one.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

const SCRIPT = new URL('../npm/scripts/sigstack.js', import.meta.url);
const { sigstackPath } = (await import(SCRIPT.href)) as { sigstackPath: () => string | undefined };

/** The program, if it was built: that takes minutes and is no test's business. */
const PROGRAM = [sigstackPath()].find((path) => path !== undefined && existsSync(path));
if (PROGRAM === undefined)
  console.warn('SKIPPED: tests against a local Sigstore; build it with: npm run build:sigstack');

/** The services that a fault can be of. */
export type Service = 'oidc' | 'fulcio' | 'ct' | 'tsa' | 'tsaSecond' | 'rekor1' | 'rekor1Second' | 'rekor2' | 'tuf';

/** What goes wrong, with which requests; what `forge` can be stands in the source of each service. */
export interface Fault {
  readonly service: Service;
  /** Only requests of this lane; empty for all. @default the lane of the stack that is asked */
  readonly lane?: string;
  /** How many requests, or all until the faults are cleared. @default 1 */
  readonly times?: number | 'all';
  /** Only requests whose path has this in it. */
  readonly path?: string;
  /** Only requests with a longer body. */
  readonly above?: number;
  /** Wait so long before anything else. */
  readonly hangMs?: number;
  /** Let the service do its work, then lose its answer. */
  readonly late?: boolean;
  /** Close the connection. */
  readonly drop?: boolean;
  /** Answer this status, with this body (else a message) and these headers. */
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Let the service itself answer what is not true. */
  readonly forge?: string;
  /** Seconds that its clock is off. */
  readonly shift?: number;
}

/** A request that a service got. */
export interface Visit {
  readonly service: Service;
  readonly lane: string;
  readonly method: string;
  readonly path: string;
  readonly size: number;
}

/** Who a token is for: a kind of identity, and claims that differ from the usual ones; times in seconds from now. */
export interface TokenClaims {
  /** @default 'email' */
  readonly tenant?: Tenant;
  readonly [claim: string]: string | number | boolean | undefined;
}

/** The kinds of identity; each is an issuer of its own. */
export type Tenant = 'email' | 'private' | 'dex' | 'github' | 'uri' | 'spiffe' | 'username';

/** Where everything is. */
interface Places {
  readonly oidc: string;
  readonly fulcio: string;
  readonly ct: string;
  readonly tsa: string;
  readonly rekor1: string;
  readonly rekor2: string;
  /** Of another operator; only the configurations called `all` name them. */
  readonly tsaSecond: string;
  readonly rekor1Second: string;
  readonly tuf: string;
  /** The file of the first TUF root. */
  readonly tufRoot: string;
  readonly control: string;
  /** The client that the tenant `private` knows. */
  readonly client: { readonly tenant: string; readonly id: string; readonly secret: string };
}

/** The ports of one running program; `lane` is a view of it with faults of its own. */
export class Sigstack {
  readonly urls: Places;
  /** Trust configuration, as files. */
  readonly trustedRoot: string;
  readonly signingConfigV1: string;
  readonly signingConfigV2: string;
  readonly clientTrustConfigV1: string;
  readonly clientTrustConfigV2: string;
  /** Both logs and the ones of a second operator: ALL of them. */
  readonly signingConfigAll: string;
  readonly clientTrustConfigAll: string;
  readonly #root: string;
  readonly #lane: string;
  readonly #child: ChildProcess;

  constructor(root: string, child: ChildProcess, lane = '') {
    this.#root = root;
    this.#lane = lane;
    this.#child = child;
    const folder = lane === '' ? root : join(root, `lane-${lane}`);
    this.urls = placesIn(folder);
    this.trustedRoot = join(folder, 'trusted_root.json');
    this.signingConfigV1 = join(folder, 'signing_config_rekor_v1.json');
    this.signingConfigV2 = join(folder, 'signing_config_rekor_v2.json');
    this.clientTrustConfigV1 = join(folder, 'client_trust_config_rekor_v1.json');
    this.clientTrustConfigV2 = join(folder, 'client_trust_config_rekor_v2.json');
    this.signingConfigAll = join(folder, 'signing_config_all.json');
    this.clientTrustConfigAll = join(folder, 'client_trust_config_all.json');
  }

  /** The issuer that a certificate names for an identity of this kind. */
  issuer(tenant: Tenant = 'email'): string {
    return tenant === 'dex' ? 'https://github.com/login/oauth' : `${this.urls.oidc}/${tenant}`;
  }

  /** An identity token. */
  async token({ tenant = 'email', ...claims }: TokenClaims = {}): Promise<string> {
    const url = new URL(`${this.urls.oidc}/${tenant}/token`);
    for (const [name, value] of Object.entries(claims)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return answer.text();
  }

  /** Lets the next requests of this lane meet a fault. The identity provider has no lanes: its faults are for all. */
  async fault({ times = 1, ...fault }: Fault): Promise<void> {
    const lane = fault.service === 'oidc' ? '' : this.#lane;
    await this.#order('POST', '/faults', { lane, ...fault, times: times === 'all' ? -1 : times });
  }

  /** Forgets the faults of this lane that are left. */
  async clearFaults(): Promise<void> {
    await this.#order('DELETE', `/faults?lane=${this.#lane}`);
  }

  /** The requests that a service got on this lane; those to the identity provider on any. */
  async visits(service: Service): Promise<readonly Visit[]> {
    const all = (await this.#order('GET', '/visits')) as Visit[];
    const lane = service === 'oidc' ? '' : this.#lane;
    return all.filter((visit) => visit.service === service && (lane === '' || visit.lane === lane));
  }

  /** Changes the TUF repository, which has no lanes: see sigstack/tuf.go. */
  async tuf(
    order: 'publish' | 'rollback' | 'tamper',
    how: Readonly<Record<string, string | number>> = {},
  ): Promise<void> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(how)) query.set(name, String(value));
    await this.#order('POST', `/tuf/${order}?${query.toString()}`);
  }

  /** The same services under other URLs, whose faults are only theirs. */
  lane(name: string): Sigstack {
    const folder = join(this.#root, `lane-${name}`);
    mkdirSync(folder);
    const { fulcio, tsa, tsaSecond, rekor1, rekor1Second, rekor2, tuf } = placesIn(this.#root);
    const services = [fulcio, tsa, tsaSecond, rekor1, rekor1Second, rekor2, tuf];
    for (const file of FILES) {
      let text = readFileSync(join(this.#root, file), 'utf8');
      for (const url of services) text = text.replaceAll(`"${url}`, `"${url}/~${name}`);
      writeFileSync(join(folder, file), text);
    }
    return new Sigstack(this.#root, this.#child, name);
  }

  /** Ends the program and removes its files. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.ref();
      this.#child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #order(method: string, path: string, body?: unknown): Promise<unknown> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(this.urls.control + path, { method, signal: AbortSignal.timeout(10_000), ...content });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the local Sigstore did not take ${method} ${path}: ${text}`);
    return JSON.parse(text);
  }
}

const FILES = [
  'stack.json',
  'trusted_root.json',
  'signing_config_rekor_v1.json',
  'signing_config_rekor_v2.json',
  'client_trust_config_rekor_v1.json',
  'client_trust_config_rekor_v2.json',
  'signing_config_all.json',
  'client_trust_config_all.json',
];

function placesIn(folder: string): Places {
  return JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8')) as Places;
}

/** Starts a Sigstore; with a test it ends when the test does. */
export async function startSigstack(t?: ExecutionContext): Promise<Sigstack> {
  if (PROGRAM === undefined) throw new Error('there is no local Sigstore; run: npm run build:sigstack');
  // A port that was free a moment ago may be taken by now: one more try.
  const stack = await launch(PROGRAM).catch(() => launch(PROGRAM));
  t?.teardown(() => stack.close());
  return stack;
}

async function launch(program: string): Promise<Sigstack> {
  const folder = mkdtempSync(join(tmpdir(), 'model-signing-sigstack-'));
  try {
    const child = spawn(program, ['-dir', folder, '-tied'], { stdio: ['pipe', 'pipe', 'pipe'] });
    await ready(child);
    return new Sigstack(folder, child);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Waits for the word of a program that has started, then lets this process end without it. */
async function ready(child: ChildProcess): Promise<void> {
  let talk = '';
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const word = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the local Sigstore ended with ${status}: ${talk}`)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (talk += text));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => text.includes('ready') && resolve());
  });
  await word.finally(() => clearTimeout(late));
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
}

/** A test that gets a lane of the one Sigstore of its file. */
type Body = (t: ExecutionContext, stack: Sigstack) => Promise<void>;

let shared: Promise<Sigstack> | undefined;
let lanes = 0;

/** Declares a test with a Sigstore; skipped, and counted as such, where there is none. */
export function sigstackTest(title: string, body: Body): void {
  if (lanes++ === 0) test.after.always(() => shared?.then((stack) => stack.close()));
  const lane = `t${lanes}`;
  const declare = PROGRAM === undefined ? test.skip : test;
  declare(title, async (t) => {
    shared ??= startSigstack();
    await body(t, (await shared).lane(lane));
  });
}
