// SPDX-License-Identifier: Apache-2.0
// The flags of the conformance suite's protocol, as data. Every sub-command takes all of them, since suites hand one set
// of flags to several; nothing comes from the environment, since a test must not depend on it.

import { type Command, InvalidArgumentError, Option } from 'commander';

import { HASH_ALGORITHMS, InputError } from '../../index.js';

/** One flag of the protocol. */
interface Flag {
  readonly name: string;
  /** A `list` may be repeated, and take several values at once; a `count` of 0 means the default. */
  readonly kind: 'text' | 'list' | 'switch' | 'count';
  readonly description: string;
  readonly choices?: readonly string[];
  /** Beyond what the protocol requires, so that `capabilities` tells of it. */
  readonly extra?: true;
  /** The one method that it is for. */
  readonly method?: string;
}

/** The values of flags; only those that were given. */
export interface Given {
  readonly method?: string;
  readonly modelPath?: string;
  readonly outputBundle?: string;
  readonly bundle?: string;
  readonly privateKey?: string;
  readonly publicKey?: string;
  readonly signingCert?: string;
  readonly certChain?: readonly string[];
  readonly ignorePaths?: readonly string[];
  readonly ignoreUnsignedFiles?: boolean;
  readonly identity?: string;
  readonly identityProvider?: string;
  readonly identityToken?: string;
  readonly useStaging?: boolean;
  readonly trustConfig?: string;
  readonly allowSymlinks?: boolean;
  readonly password?: string;
  readonly operation?: 'sign' | 'verify' | 'hash';
  readonly repeat?: number;
  readonly hashAlgorithm?: (typeof HASH_ALGORITHMS)[number];
  readonly shardSize?: number;
  readonly chunkSize?: number;
  readonly maxWorkers?: number;
}

const FLAGS: readonly Flag[] = [
  { name: 'method', kind: 'text', description: 'who signs; capabilities lists the methods' },
  { name: 'model-path', kind: 'text', description: "the model's folder, or its one file" },
  { name: 'output-bundle', kind: 'text', description: 'where to write the signature' },
  { name: 'bundle', kind: 'text', description: 'the signature to verify' },
  { name: 'private-key', kind: 'text', description: 'key that signs' },
  { name: 'public-key', kind: 'text', description: 'key to trust' },
  { name: 'signing-cert', kind: 'text', description: 'certificate of the key that signs' },
  { name: 'cert-chain', kind: 'list', description: 'certificates between it and the root, or to trust' },
  { name: 'ignore-paths', kind: 'list', description: 'files and folders to leave out; absolute' },
  { name: 'ignore-unsigned-files', kind: 'switch', description: 'excuse every unsigned file' },
  { name: 'identity', kind: 'text', method: 'sigstore', description: 'the name the signer must have' },
  { name: 'identity-provider', kind: 'text', method: 'sigstore', description: 'who must have vouched for it' },
  { name: 'identity-token', kind: 'text', method: 'sigstore', description: 'OIDC token of the signer' },
  { name: 'use-staging', kind: 'switch', method: 'sigstore', description: 'use the staging instance' },
  { name: 'trust-config', kind: 'text', extra: true, method: 'sigstore', description: 'instance to use and trust' },
  { name: 'allow-symlinks', kind: 'switch', extra: true, description: 'follow links when signing' },
  { name: 'password', kind: 'text', extra: true, description: 'password of the private key' },
  { name: 'operation', kind: 'text', choices: ['sign', 'verify', 'hash'], description: 'what to measure' },
  { name: 'repeat', kind: 'count', description: 'how often to measure it (default: 5)' },
  { name: 'hash-algorithm', kind: 'text', extra: true, choices: HASH_ALGORITHMS, description: 'hash algorithm' },
  { name: 'shard-size', kind: 'count', extra: true, description: 'bytes in a shard (default: whole files)' },
  { name: 'chunk-size', kind: 'count', description: 'understood, without effect: reads are sized as they come' },
  { name: 'max-workers', kind: 'count', extra: true, description: 'hashing threads (default: all cores)' },
];

/** Adds every flag to a command. */
export function addFlags(command: Command): Command {
  for (const { name, kind, description, choices } of FLAGS) {
    const value = { text: ' <value>', list: ' <value...>', count: ' <number>', switch: '' }[kind];
    const option = new Option(`--${name}${value}`, description);
    if (choices) option.choices([...choices]);
    if (kind === 'count') option.argParser(parseCount);
    command.addOption(option);
  }
  return command;
}

/** What was given to a command: a count of 0 was not. */
export function givenTo(command: Command): Given {
  return Object.fromEntries(Object.entries(command.opts()).filter(([, value]) => value !== 0));
}

/** The flags beyond the required ones that do something here, given the methods there are. */
export function extraFlags(methods: readonly string[]): string[] {
  const extra = FLAGS.filter((flag) => flag.extra && (flag.method === undefined || methods.includes(flag.method)));
  return extra.map(({ name }) => `--${name}`);
}

/** The value of a flag that the task cannot do without. */
export function needed(given: Given, name: keyof Given): string {
  const value = given[name];
  if (typeof value === 'string' && value !== '') return value;
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new InputError('USAGE', `${flag} is missing`, { hint: `give ${flag}, or see --help` });
}

function parseCount(value: string): number {
  const count = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('Give a whole number.');
}
