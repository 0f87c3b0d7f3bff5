// SPDX-License-Identifier: Apache-2.0
// How does cost grow with bytes, with files, with threads, and with the size of shards?
import { fail } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { bytes, sparse } from './growth/bytes.js';
import { files } from './growth/files.js';
import { shards } from './growth/shards.js';
import { threads } from './growth/threads.js';
import { take } from './measure/plan.js';
import { build } from './ours.js';
import { signers } from './peers/signers.js';
import { DatedRecord } from './record/record.js';
import { ownFolder } from './sets/temporary.js';

const PARTS = { bytes, sparse, files, threads, shards };

const flags = readFlags({ more: ['only', 'minutes'] });
const names = /** @type {(keyof typeof PARTS)[]} */ (flags.more['only']?.split(',') ?? Object.keys(PARTS));
for (const name of names) if (!(name in PARTS)) fail(`--only: ${name} is none of ${Object.keys(PARTS).join(', ')}`);
build(flags);
const record = new DatedRecord('growth', { title: 'How cost grows', unit: 'less is better', flags });
const [ours, ...others] = signers(flags, (what) => record.skipped(what));
record.versions(Object.fromEntries(others.map(({ name, version }) => [name, version])));
const context = { flags, record, ours, others, own: ownFolder(flags) };
record.note('CPU is user and system time of the whole process tree; medians of runs in alternation.');
const steps = names.flatMap((name) => PARTS[name](context));
take(steps, { minutes: Number(flags.more['minutes'] ?? 20), skipped: (what) => record.skipped(what) });
record.write();
