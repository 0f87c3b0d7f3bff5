// SPDX-License-Identifier: Apache-2.0
// Packages of Debian and its like, for any architecture, unpacked into the cache. Nothing is installed and no root is
// needed; apt checks the signatures of the archive, with lists of our own.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../run.js';
import { cached } from './cache.js';
import { WhyNot, lastWords } from './why-not.js';

/** From here on Debian's musl loads what today's compilers link: 1.2.4 was the first with relative relocations. */
const DEBIAN = { version: 13, name: 'trixie' };

/**
 * A folder with what these packages hold, as if it were `/`.
 * @param {readonly string[]} packages
 * @param {string} [architecture] as Debian calls it; the machine's own unless given
 * @returns {string}
 */
export function unpacked(packages, architecture = ownArchitecture()) {
  return cached(`apt-${packages[0]}`, [DEBIAN.name, architecture, ...packages], (folder) => {
    const state = mkdtempSync(join(tmpdir(), 'model-signing-apt-'));
    try {
      download(packages, architecture, state);
      for (const file of readdirSync(state).filter((name) => name.endsWith('.deb'))) extract(join(state, file), folder);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });
}

function ownArchitecture() {
  const { status, stdout } = ask('dpkg', ['--print-architecture']);
  if (status !== 0) throw new WhyNot('there is no apt here, which has it');
  return stdout.trim();
}

/**
 * @param {readonly string[]} packages
 * @param {string} architecture
 * @param {string} state
 */
function download(packages, architecture, state) {
  console.error(`fetching, once: ${packages.join(', ')} (${architecture})`);
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, part), { recursive: true });
  const settings = {
    'APT::Architecture': architecture,
    'APT::Architectures::': architecture,
    'Dir::State::Lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    'Acquire::Retries': '2',
    ...sources(state),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  for (const command of [['update'], ['download', ...packages]]) {
    const answer = ask('sh', ['-c', 'cd "$0" && exec apt-get -q "$@"', state, ...options, ...command]);
    if (answer.status === 0) continue;
    throw new WhyNot(`apt cannot fetch ${packages[0]} for ${architecture}: ${lastWords(answer)}`);
  }
}

/**
 * The system's own sources; for an older Debian its own mirror with a newer release.
 * @param {string} state
 * @returns {Record<string, string>}
 */
function sources(state) {
  const system = readFileSync('/etc/os-release', 'utf8');
  const version = /^ID=debian$/m.test(system) ? /^VERSION_ID="(\d+)"$/m.exec(system)?.[1] : undefined;
  if (version === undefined || Number(version) >= DEBIAN.version) return {};
  const main = ['--format', '$(REPO_URI)', 'Created-By: Packages', 'Label: Debian'];
  const [mirror] = ask('apt-get', ['indextargets', ...main]).stdout.split('\n');
  const file = join(state, 'sources.list');
  writeFileSync(file, `deb ${mirror} ${DEBIAN.name} main\n`);
  return { 'Dir::Etc::SourceList': file, 'Dir::Etc::SourceParts': '-' };
}

/**
 * @param {string} file
 * @param {string} folder
 */
function extract(file, folder) {
  const { status, stderr } = ask('dpkg-deb', ['--extract', file, folder]);
  if (status !== 0) throw new Error(`${file} cannot be unpacked: ${stderr.trim()}`);
}
