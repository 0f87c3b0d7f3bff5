// SPDX-License-Identifier: Apache-2.0
// Which ratios the gate looks at: CPU of one command against that of a reference that runs beside it.
import { join } from 'node:path';
import { ROOT } from '../../npm/scripts/run.js';
import { makeHot } from '../measure/pages.js';
import { bareNode, command, core, hasCore } from '../ours.js';
import { ourSigner } from '../peers/signers.js';
import { pythonTool } from '../peers/python.js';
import { tools } from '../peers/tools.js';
import { stored } from '../sets/store.js';
import { TARGETS } from '../targets.js';

/** @typedef {import('../measure/command.js').Command} Command */
/** @typedef {import('../sets/sets.js').SetName} SetName */

/**
 * @typedef {object} Check
 * @property {string} id stays the same as long as the ratio means the same
 * @property {string} what
 * @property {string} under what else the ratio depends on besides the CPU: versions of what is not ours
 * @property {Command} ours
 * @property {Command} other
 * @property {{ atMost: number }} [bound] what is promised, where something is
 * @property {number} [rounds]
 */

/** The account of CPU time has steps of milliseconds: a short process is measured often. */
const STARTS = 25;
/** The Python tool takes seconds. */
const SLOW = 5;
/** Sizes against those of the targets: small ones, where a start-up time is not too much of what is measured. */
const SCALES = { b: 0.125, c: 1, d: 0.5 };

const GROUPS = [
  { ids: ['start'], make: starting },
  { ids: ['lanes', 'map'], make: lanes },
  { ids: ['node-crypto'], make: nodeCrypto },
  { ids: ['sha256sum', 'openssl'], make: sameDigests },
  { ids: ['sign', 'verify'], make: signatures },
  { ids: ['c', 'd'], make: manySmall },
];

/** Every ratio by its name. */
export const IDS = GROUPS.flatMap(({ ids }) => ids);

const NODE = `Node.js ${process.versions.node.split('.')[0]}`;
const CRYPTO = join(ROOT, 'benchmark', 'probes', 'node-crypto.js');

/**
 * @param {import('../flags.js').Flags} flags
 * @param {(what: string) => void} skipped
 * @param {(id: string) => boolean} wanted
 * @returns {Check[]}
 */
export function checks(flags, skipped, wanted) {
  /** @type {Map<SetName, string>} */
  const ready = new Map();
  const asked = GROUPS.filter(({ ids }) => ids.some(wanted));
  const all = asked.flatMap(({ make }) => make({ flags, skipped, set })).filter(({ id }) => wanted(id));
  if (flags.scale !== 1) for (const check of all) check.under += `, scale ${flags.scale}`;
  return all;

  /** @param {keyof typeof SCALES} name */
  function set(name) {
    const folder = ready.get(name) ?? stored(name, { ...flags, scale: SCALES[name] * flags.scale }).folder;
    if (!ready.has(name)) makeHot(folder);
    ready.set(name, folder);
    return folder;
  }
}

/**
 * @typedef {object} Means
 * @property {import('../flags.js').Flags} flags
 * @property {(what: string) => void} skipped
 * @property {(name: keyof typeof SCALES) => string} set the folder of a data set, in the page cache
 */

/**
 * Starting is judged where it can be: the smallest model costs more than its target where Node itself starts fast.
 * @returns {Check[]}
 */
function starting() {
  const ours = command('--version');
  const what = '--version against node -e 0';
  return [{ id: 'start', what, under: NODE, ours, other: bareNode(), bound: TARGETS.version, rounds: STARTS }];
}

/**
 * The kernel of two lanes against the reference kernel of one.
 * @param {Means} means
 * @returns {Check[]}
 */
function lanes({ set, skipped }) {
  if (!hasCore()) {
    skipped('lanes and map: the core was not built to run without Node.js');
    return [];
  }
  const folder = set('b');
  const ours = core(folder, { threads: 1, streams: 2 });
  const one = core(folder, { threads: 1, streams: 1 });
  const copied = core(folder, { threads: 1, streams: 2, mmap: false });
  const under = 'the core alone';
  return [
    { id: 'lanes', what: 'two lanes against one lane, core', under, ours, other: one, bound: TARGETS.lanes },
    { id: 'map', what: 'mapped against copied, core', under, ours, other: copied, bound: TARGETS.map },
  ];
}

/**
 * @param {Means} means
 * @returns {Check[]}
 */
function nodeCrypto({ set }) {
  const folder = set('b');
  const other = /** @type {Command} */ ([process.execPath, CRYPTO, folder]);
  const what = 'b, small: digest against node:crypto';
  return [{ id: 'node-crypto', what, under: NODE, ours: command('digest', folder), other }];
}

/**
 * The files of b are smaller here, so that starting Node would be most of the cost: the core runs without it.
 * @param {Means} means
 * @returns {Check[]}
 */
function sameDigests({ flags, skipped, set }) {
  const peers = tools(flags.cache, { install: false });
  if (peers.length === 0) skipped('b: neither sha256sum nor openssl is here');
  if (peers.length === 0 || !hasCore()) return [];
  const folder = set('b');
  return peers.map(({ name, version, overFiles }) => ({
    id: name,
    what: `b, small: core against ${name}`,
    under: version,
    ours: core(folder),
    other: overFiles(folder),
    bound: TARGETS.b,
  }));
}

/**
 * What signing and verifying cost more than hashing.
 * @param {Means} means
 * @returns {Check[]}
 */
function signatures({ set }) {
  const folder = set('c');
  const [ours, other] = [ourSigner(), command('digest', folder)];
  return [
    { id: 'sign', what: 'c: sign against digest', under: NODE, ours: ours.sign(folder).command, other },
    { id: 'verify', what: 'c: verify against digest', under: NODE, ours: ours.verify(folder).command, other },
  ];
}

/**
 * @param {Means} means
 * @returns {Check[]}
 */
function manySmall({ flags, skipped, set }) {
  const python = pythonTool(flags.cache);
  if (python === undefined) {
    skipped('c and d: the Python tool is not here');
    return [];
  }
  const under = `Python tool ${python.version}, ${python.interpreter}, ${NODE}`;
  const against = (/** @type {string} */ folder) => ({
    under,
    ours: command('digest', folder),
    other: python.hashStep(folder),
    rounds: SLOW,
  });
  return [
    { id: 'c', what: 'c: against the Python tool', ...against(set('c')), bound: TARGETS.c },
    { id: 'd', what: 'd, half: against the Python tool', ...against(set('d')), bound: TARGETS.d },
  ];
}
