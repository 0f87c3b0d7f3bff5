// SPDX-License-Identifier: Apache-2.0
// The facts that figures depend on. No names of hosts, people or folders.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { ask } from '../../npm/scripts/run.js';

const CPU_FLAGS = ['sha_ni', 'avx2', 'avx512f', 'sha2', 'asimd'];

/**
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores
 * @property {string[]} cpuFlags those that choose a kernel
 * @property {string} cpuKind maker, family and those: what ratios depend on
 * @property {number} memoryGb
 * @property {string} system
 * @property {string} fileSystem of the data sets
 * @property {number} load how many processes wanted the cores in the last minute
 * @property {Record<string, string>} versions
 */

/**
 * @param {string} data where the data sets are
 * @returns {Machine}
 */
export function describeMachine(data) {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    cpuFlags: cpuFlags(),
    cpuKind: cpuKind(),
    memoryGb: Math.round(os.totalmem() / 1e9),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    fileSystem: said('findmnt', ['--noheadings', '--output', 'FSTYPE', '--target', data]),
    load: Number(os.loadavg()[0]?.toFixed(2)),
    versions: {
      node: process.version,
      rust: said('rustc', ['--version']),
      commit: said('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*']),
    },
  };
}

/** A short name for folders: the CPU and its cores. @param {Machine} machine */
export function machineSlug({ cpu, cores }) {
  const words = cpu.toLowerCase().replaceAll(/\((r|tm)\)|@.*|\b(cpu|processor)\b/g, '');
  return `${words} ${cores} cores`.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}

/** Whether the CPU has the instructions that two lanes are made of. */
export function hasShaInstructions() {
  return cpuFlags().some((flag) => flag === 'sha_ni' || flag === 'sha2');
}

/** How often the CPU's unit for SHA-256 starts a pair of rounds, as far as that was measured. */
export function shaUnit() {
  return cpuFact(/vendor_id/) === 'GenuineIntel' ? 'every 3 cycles' : 'every 2 cycles';
}

/** @returns {string[]} */
function cpuFlags() {
  const flags = new Set(cpuFact(/flags|Features/).split(' '));
  return CPU_FLAGS.filter((flag) => flags.has(flag));
}

/** The model within a family is left out: clouds hide it, and change it under the same name. */
function cpuKind() {
  const maker = cpuFact(/vendor_id|CPU implementer/) || 'unknown';
  const family = cpuFact(/cpu family|CPU part/) || 'unknown';
  return [os.arch(), maker, family, ...cpuFlags()].join(' ').replaceAll(/[^\w ]+/g, '_');
}

/** What Linux says of the first core. @param {RegExp} name */
function cpuFact(name) {
  if (!existsSync('/proc/cpuinfo')) return '';
  const line = new RegExp(`^(?:${name.source})[ \\t]*:(.*)$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'));
  return line?.[1]?.trim() ?? '';
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function said(program, args) {
  const { status, stdout } = ask(program, args);
  return status === 0 ? stdout.trim() : 'unknown';
}
