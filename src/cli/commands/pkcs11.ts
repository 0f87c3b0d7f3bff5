// SPDX-License-Identifier: Apache-2.0
// `model-signing pkcs11 list`: which tokens are there, and what is on them, as URIs ready to paste.

import { Command } from 'commander';

import { type Pkcs11ListOptions, type Pkcs11Listing, type Pkcs11Token, escape, listPkcs11 } from '../../index.js';
import { type Flag, type FlagValues, addFlags } from '../flags.js';
import { SCHEMA_VERSION, toJson } from '../json-answer.js';
import { list, text } from '../method.js';
import type { Report } from '../report.js';
import { runCommand } from '../run.js';
import { PKCS11_URI, TOKEN_FLAGS, givenPin, hideArguments } from '../token.js';

const FLAGS: readonly Flag[] = [
  { ...PKCS11_URI, description: 'list only what fits this URI' },
  ...TOKEN_FLAGS.map((flag) =>
    flag.name === 'pin-env' ? { name: flag.name, kind: flag.kind, value: 'name', description: flag.description } : flag,
  ),
];

/** The command. */
export function pkcs11Command(report: Report): Command {
  const command = new Command('list')
    .description('List tokens, and the keys and certificates on them, as URIs.')
    .addHelpText('after', AFTER_HELP)
    .action(async () =>
      runCommand(command, FLAGS, undefined, report, async ({ values, json }) => {
        const listing = await listPkcs11(optionsOf(values, report));
        for (const problem of listing.problems) report.warn(problem);
        if (listing.tokens.length === 0) report.note('no token was found');
        await report.answer(json ? [`${jsonOf(listing)}\n`] : listing.tokens.flatMap(textOf));
      }),
    );
  addFlags(command, FLAGS);
  return new Command('pkcs11').description('See what is on PKCS #11 tokens.').addCommand(command);
}

function optionsOf(values: FlagValues, report: Report): Pkcs11ListOptions {
  hideArguments(report);
  const isPinGiven = values['pinFile'] !== undefined || values['pinEnv'] !== undefined;
  return {
    uri: text(values, 'pkcs11Uri') ?? 'pkcs11:',
    pin: isPinGiven ? givenPin(values) : undefined,
    modulePaths: list(values, 'modulePath'),
    onPinPad: () => report.note('enter the PIN on the pin pad of the token'),
  };
}

function jsonOf(listing: Pkcs11Listing): string {
  return toJson({ schemaVersion: SCHEMA_VERSION, ok: true, ...listing });
}

function textOf({ uri, keys, certificates }: Pkcs11Token): string[] {
  return [
    `token ${uri}\n`,
    ...keys.map((key) => `  key ${escape(key.algorithm)} ${key.uri}\n`),
    ...certificates.map(({ subject, uri: own }) => `  certificate ${escape(subject)} ${own}\n`),
  ];
}

const AFTER_HELP = `
Most tokens show private keys, and all that is private, only after a login: give the PIN by --pin-file or --pin-env, and
name one token by --pkcs11-uri if there are several.

Examples:
  $ model-signing pkcs11 list
  $ model-signing pkcs11 list --module-path /usr/lib/softhsm/libsofthsm2.so --json`;
