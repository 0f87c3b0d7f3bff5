// SPDX-License-Identifier: Apache-2.0
// Answers as one JSON object on one line, a page of resources at a time: a million files are not one string.

import type { Manifest } from '../index.js';

/** Version of the JSON answers; raised when a member changes its meaning or goes. */
export const SCHEMA_VERSION = 1;

/** JSON that cannot act on a terminal: what JSON may leave raw in strings is written as `\u…`, which means the same. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
    return units.map((unit) => `\\u${unit}`).join('');
  });
}

/** The answer about a manifest: what it is, what else the command has to say, and the resources last. */
export function* jsonAnswer(manifest: Manifest, more: object = {}): Generator<string> {
  const { modelName, rootDigest, serialization } = manifest;
  const head = { schemaVersion: SCHEMA_VERSION, ok: true, modelName, rootDigest, serialization, ...more };
  yield `${toJson(head).slice(0, -1)},"resources":[`;
  let separator = '';
  for (const page of manifest.pages) {
    yield separator + toJson(page).slice(1, -1);
    separator = ',';
  }
  yield ']}\n';
}
