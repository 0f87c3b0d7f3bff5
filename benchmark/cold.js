// SPDX-License-Identifier: Apache-2.0
// How near does hashing come to what the disk gives, when nothing is in the page cache?
import { join } from 'node:path';
import { ROOT } from '../npm/scripts/run.js';
import { readFlags } from './flags.js';
import { contest } from './measure/pairs.js';
import { makeCold } from './measure/pages.js';
import { build, command } from './ours.js';
import { DatedRecord } from './record/record.js';
import { stored } from './sets/store.js';
import { TARGETS } from './targets.js';

const DIRECT = join(ROOT, 'benchmark', 'measure', 'direct.py');
const DD = 'for file in "$1"/*; do dd if="$file" of=/dev/null bs=4M iflag=direct status=none; done';

const flags = readFlags();
build(flags);
const { folder, bytes } = stored('b', flags);
const record = new DatedRecord('cold', {
  title: 'b: eight large files, cold page cache',
  unit: 'GB/s, more is better',
  flags,
});
record.note('Before each run the pages of these files, and no others, are written back and dropped (posix_fadvise).');
record.note(
  'Plain reads use O_DIRECT on one thread and hash nothing: dd with 4 MiB, and 8 MiB into huge pages. Wall time: only an idle machine gives good figures.',
);
const plain = [
  { name: 'dd', command: /** @type {const} */ (['sh', '-c', DD, 'sh', folder]) },
  { name: 'plain read, huge pages', command: /** @type {const} */ (['python3', '-S', DIRECT, folder]) },
];
const result = contest([{ name: 'ours', command: command('digest', folder) }, ...plain], {
  rounds: flags.rounds,
  before: () => makeCold(folder),
  onCost: (alternative, round, cost) => record.sample({ alternative, round, ...cost }),
});
for (const name of Object.keys(result.costs)) {
  const speed = bytes / 1e9 / result.of(name, 'wall').value;
  record.bar({ group: 'cold read', label: name, value: speed, isOurs: name === 'ours' });
  record.found({ what: `${name}: speed`, value: speed, unit: 'GB/s' });
  record.found({ what: `${name}: CPU`, ...result.of(name, 'cpu'), unit: 's' });
}
for (const { name } of plain) {
  const speed = result.ratio(name, 'ours', 'wall');
  record.found({ what: `speed against ${name}`, ...speed, unit: '×', bound: TARGETS.cold });
}
record.write();
