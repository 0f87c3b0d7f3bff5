// SPDX-License-Identifier: Apache-2.0
// Identities that the surroundings lend: a CI job, a workload in a cluster or in a cloud. One provider is one question
// ("are we there?") and one way to a token; where we are there and get none, that is an error that says what to set up.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SigningError } from '../errors.js';
import { escape } from '../native.js';
import { readSecretFile } from './secret-file.js';
import { type Patience, type ServiceCall, callService, failedCall, objectIn, refusalText } from './service-call.js';

/** Where to look. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** The folder below which files of the system are. */
  readonly root: string;
}

/** One place that lends identities. */
export interface Provider {
  readonly name: string;
  /** Whether its identity is used without being asked for: a job of a CI has no other. */
  readonly byItself: boolean;
  readonly isHere: (surroundings: Surroundings) => boolean;
  /** Gets a token for an audience. */
  readonly token: (surroundings: Surroundings, audience: string, patience: Patience) => Promise<string>;
}

/** Where the documentation of Sigstore's other clients has clusters mount the token that they project. */
const PROJECTED = '/var/run/sigstore/cosign/oidc-token';
const METADATA_HOST = 'metadata.google.internal';
const AGENT_URL = 'https://agent.buildkite.com/v3';
const MOST_OUTPUT = 131_072;

const GITHUB: Provider = {
  name: 'GitHub Actions',
  byItself: true,
  isHere: ({ environment }) => environment['GITHUB_ACTIONS'] === 'true',
  token: async ({ environment }, audience, patience) => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = environment;
    if (!isSet(address) || !isSet(bearer)) throw noToken(GITHUB, "give the job 'permissions: id-token: write'");
    const url = addressIn(GITHUB, address);
    url.searchParams.set('audience', audience);
    const call = get(GITHUB, url, { authorization: `Bearer ${bearer}`, accept: 'application/json' }, patience);
    return textIn(call, await answered(call), 'value');
  },
};

const GITLAB: Provider = {
  name: 'GitLab CI',
  byItself: true,
  isHere: ({ environment }) => environment['GITLAB_CI'] === 'true',
  token: async ({ environment }, audience) => {
    const name = `${audience.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_ID_TOKEN`;
    const token = environment[name];
    if (isSet(token)) return token;
    throw noToken(GITLAB, `give the job 'id_tokens: ${name}: aud: ${escape(audience)}'`);
  },
};

const BUILDKITE: Provider = {
  name: 'Buildkite',
  byItself: true,
  isHere: ({ environment }) => environment['BUILDKITE'] === 'true',
  token: async ({ environment }, audience, patience) => {
    const { BUILDKITE_AGENT_ACCESS_TOKEN: access, BUILDKITE_JOB_ID: job, BUILDKITE_AGENT_ENDPOINT: base } = environment;
    if (!isSet(access) || !isSet(job)) {
      const args = ['oidc', 'request-token', '--audience', audience];
      return printed(BUILDKITE, 'buildkite-agent', args, patience);
    }
    const url = addressIn(BUILDKITE, `${base ?? AGENT_URL}/jobs/${encodeURIComponent(job)}/oidc/tokens`);
    const headers = { authorization: `Token ${access}`, 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify({ audience }));
    const call: ServiceCall = { ...get(BUILDKITE, url, headers, patience), method: 'POST', body };
    return textIn(call, await answered(call), 'token');
  },
};

const CIRCLECI: Provider = {
  name: 'CircleCI',
  byItself: true,
  isHere: ({ environment }) => environment['CIRCLECI'] === 'true',
  token: async (_, audience, patience) =>
    printed(CIRCLECI, 'circleci', ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })], patience),
};

/** Such a token is mounted for this purpose and no other. */
const KUBERNETES: Provider = {
  name: 'Kubernetes',
  byItself: true,
  isHere: ({ environment, root }) => isSet(environment['KUBERNETES_SERVICE_HOST']) && existsSync(join(root, PROJECTED)),
  token: async ({ root }) => (await readSecretFile(join(root, PROJECTED), 'the projected token')).trim(),
};

/** Many a workstation there has an identity, too, which is not that of the person at it. */
const GOOGLE: Provider = {
  name: 'Google Cloud',
  byItself: false,
  isHere: ({ environment, root }) =>
    ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => isSet(environment[name])) ||
    isGoogleMachine(root),
  token: async ({ environment }, audience, patience) => {
    const host = environment['GCE_METADATA_HOST'] ?? METADATA_HOST;
    const path = '/computeMetadata/v1/instance/service-accounts/default/identity';
    const url = addressIn(GOOGLE, `http://${host}${path}`);
    url.searchParams.set('audience', audience);
    url.searchParams.set('format', 'full');
    const answer = await answered(get(GOOGLE, url, { 'metadata-flavor': 'Google' }, patience));
    return answer.body.toString('latin1');
  },
};

const CLOUD_BUILD: Provider = {
  ...GOOGLE,
  name: 'Google Cloud Build',
  byItself: true,
  isHere: ({ environment }) => isSet(environment['BUILDER_OUTPUT']),
};

/** Every provider, in the order in which they are looked for. */
export const PROVIDERS: readonly Provider[] = [GITHUB, GITLAB, BUILDKITE, CIRCLECI, CLOUD_BUILD, KUBERNETES, GOOGLE];

/** Where we are. */
export function findProvider(surroundings: Surroundings): Provider | undefined {
  return PROVIDERS.find(({ isHere }) => isHere(surroundings));
}

function get(provider: Provider, url: URL, headers: Record<string, string>, patience: Patience): ServiceCall {
  return {
    ...patience,
    who: `the token service of ${provider.name}`,
    code: 'AMBIENT_FAILED',
    url,
    method: 'GET',
    headers,
  };
}

async function answered(call: ServiceCall) {
  const answer = await callService(call);
  if (answer.status === 200 || answer.status === 201) return answer;
  throw failedCall(call, `refused: ${refusalText(answer)}`);
}

function textIn(call: ServiceCall, answer: Awaited<ReturnType<typeof answered>>, member: string): string {
  const value = objectIn(call, answer)[member];
  answer.body.fill(0);
  if (typeof value === 'string') return value;
  throw failedCall(call, 'gave no token');
}

/** What a command prints. What it complains about is shown only as far as its exit code: it might hold a token. */
function printed(provider: Provider, file: string, args: readonly string[], patience: Patience): Promise<string> {
  const { signal, timeout } = patience;
  return new Promise((resolve, reject) => {
    const options = { timeout, maxBuffer: MOST_OUTPUT, windowsHide: true, ...(signal && { signal }) };
    execFile(file, [...args], options, (error, stdout) => {
      if (error === null) return resolve(stdout);
      if (signal?.aborted === true) return reject(signal.reason);
      const why = error.code === 'ENOENT' ? 'is not there' : 'failed';
      reject(noToken(provider, `the command '${file}' ${why}: run it in the job and see why`));
    });
  });
}

function addressIn(provider: Provider, text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw noToken(provider, 'the environment names an address that is none');
}

function noToken({ name }: Provider, hint: string): SigningError {
  return new SigningError('AMBIENT_UNAVAILABLE', `${name} lends no identity to this job`, { hint });
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function isGoogleMachine(root: string): boolean {
  try {
    return readFileSync(join(root, '/sys/class/dmi/id/product_name'), 'latin1').startsWith('Google');
  } catch {
    return false;
  }
}
