#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The entry of `model-signing-conformance`.

import { readFileSync } from 'node:fs';

import { run } from './adapter.js';

const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const { version }: { version: string } = JSON.parse(text);
process.exitCode = await run(process.argv.slice(2), version);
