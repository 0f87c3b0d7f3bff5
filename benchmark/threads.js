// SPDX-License-Identifier: Apache-2.0
// What do more threads and smaller shards give? The parts of growth.js that want many cores, as a record of their own
// for a larger machine: with `--built` it takes Node.js and a built package, and nothing else.
import { readFlags } from './flags.js';
import { shards } from './growth/shards.js';
import { threads } from './growth/threads.js';
import { take } from './measure/plan.js';
import { build } from './ours.js';
import { DatedRecord } from './record/record.js';

const flags = readFlags({ more: ['minutes'] });
build(flags);
const record = new DatedRecord('threads', { title: 'Threads and shards, hot', unit: 'seconds, less is better', flags });
const steps = [...threads({ flags, record }), ...shards({ flags, record })];
take(steps, { minutes: Number(flags.more['minutes'] ?? 9), skipped: (what) => record.skipped(what) });
record.write();
