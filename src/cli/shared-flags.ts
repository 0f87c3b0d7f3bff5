// SPDX-License-Identifier: Apache-2.0
// Flags that several commands share: what is recorded, how the work is done, how the answer looks.

import { HASH_ALGORITHMS } from '../index.js';
import type { Flag } from './flags.js';
import { LOG_LEVELS } from './log-line.js';

/** About what is recorded: a verifier repeats it. */
export const MANIFEST_FLAGS: readonly Flag[] = [
  {
    name: 'hash-algorithm',
    kind: 'text',
    value: 'name',
    choices: HASH_ALGORITHMS,
    description: 'hash algorithm; one large file keeps one core busy with sha256 and blake2b, all cores with blake3',
    default: 'sha256',
  },
  {
    name: 'serialization',
    kind: 'text',
    value: 'method',
    choices: ['files', 'shards'],
    description: 'hash whole files, or shards of them',
    default: 'files',
  },
  {
    name: 'shard-size',
    kind: 'size',
    value: 'size',
    description: 'hash shards of this size, so that all cores share one large file; 1GB, 512MiB or bytes',
    default: '1GB with --serialization shards',
  },
  { name: 'ignore-paths', kind: 'list', value: 'path', description: 'leave out a file or folder; repeatable' },
  {
    name: 'ignore-git-paths',
    kind: 'switch',
    description: 'leave out .git, .gitattributes, .github, .gitignore',
    default: 'on',
  },
  {
    name: 'allow-symlinks',
    kind: 'switch',
    description: 'follow symbolic links inside the model',
    default: 'off, a link is an error',
  },
  { name: 'allow-external-symlinks', kind: 'switch', description: 'follow those that leave it, too', default: 'off' },
];

/** About how the work is done: none changes a digest. */
export const RUN_FLAGS: readonly Flag[] = [
  { name: 'threads', kind: 'count', value: 'number', description: 'hashing threads', default: 'all cores' },
  { name: 'mmap', kind: 'switch', description: 'look at cached files through memory maps', default: 'on' },
  {
    name: 'fill-cache',
    kind: 'switch',
    description: 'leave what is read in the page cache, for a loader that follows',
    default: 'off',
  },
];

/** About the answer, the talk and the patience: flags of the program, before or after the command. */
export const PROGRAM_FLAGS: readonly Flag[] = [
  { name: 'json', kind: 'switch', description: 'print the answer as JSON' },
  { name: 'quiet', kind: 'switch', description: 'print nothing but the answer and errors' },
  {
    name: 'log-level',
    kind: 'text',
    value: 'level',
    choices: Object.keys(LOG_LEVELS),
    description: 'the least that is told on stderr; errors always are',
    default: 'info',
  },
  {
    name: 'log-format',
    kind: 'text',
    value: 'format',
    choices: ['text', 'json'],
    description: 'how it is told: in words, or as one JSON object a line',
    default: 'text',
  },
  {
    name: 'output-file',
    kind: 'text',
    value: 'path',
    description: 'write the answer and the log there instead; errors still go to stderr, too',
  },
  {
    name: 'timeout',
    short: 't',
    kind: 'duration',
    description: 'for each answer of a service on the network; never for hashing',
    default: '30s',
  },
  {
    name: 'total-timeout',
    kind: 'duration',
    description: 'for the whole run, hashing included: 3m, 90s, 1h30m, 500ms or seconds',
    default: 'none',
  },
  {
    name: 'config',
    kind: 'text',
    value: 'path',
    description: 'JSON object that sets flags: {"shard-size": "1GB", "mmap": false}',
  },
];
