// SPDX-License-Identifier: Apache-2.0
// A dated record of one question: every sample, the facts of the machine, what was found, and a picture.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine, machineSlug } from './machine.js';
import { drawPicture } from './picture.js';
import { formatSummary } from './summary.js';

/** @typedef {import('../targets.js').Bound} Bound */

/**
 * @typedef {object} Finding
 * @property {string} what
 * @property {number} value
 * @property {string} unit
 * @property {number} [noise] how far the value of another run may well lie from this one
 * @property {number} [count] samples
 * @property {Bound} [bound] the target, where there is one
 */

/** @typedef {{ group: string, label: string, value: number, isOurs: boolean }} Bar */
/** @typedef {{ title: string, unit: string, bars: Bar[] }} Chart */

/** Collects what one question finds, and writes it down. */
export class DatedRecord {
  /** @type {object[]} */
  #samples = [];
  /** @type {Finding[]} */
  #findings = [];
  /** @type {string[]} */
  #notes = [];
  /** @type {Chart} */
  #chart;
  #started = new Date();
  #machine;

  /**
   * @param {string} name of the question
   * @param {{ title: string, unit: string, flags: import('../flags.js').Flags, peers?: Record<string, string> }} about
   */
  constructor(name, { title, unit, flags, peers }) {
    mkdirSync(flags.data, { recursive: true });
    this.name = name;
    this.flags = flags;
    this.#machine = describeMachine(flags.data, peers);
    this.#chart = { title, unit, bars: [] };
  }

  /** @param {object} sample one measurement, as it was */
  sample(sample) {
    this.#samples.push(sample);
  }

  /** @param {Finding} finding */
  found(finding) {
    this.#findings.push(finding);
    const { what, value, unit } = finding;
    console.log(`${what}: ${value.toPrecision(3)} ${unit}`);
  }

  /** @param {Bar} bar */
  bar(bar) {
    this.#chart.bars.push(bar);
  }

  /** @param {string} note what a reader has to know to read the figures right */
  note(note) {
    this.#notes.push(note);
  }

  /** Writes the record; one of the same day, machine and question makes room for it. */
  write() {
    const date = this.#started.toISOString().slice(0, 10);
    const folder = join(this.flags.results, `${date}-${machineSlug(this.#machine)}-${this.name}`);
    const { scale, rounds, full } = this.flags;
    const record = {
      question: this.name,
      title: this.#chart.title,
      date: this.#started.toISOString(),
      settings: { scale, rounds, full },
      machine: this.#machine,
      notes: this.#notes,
      findings: this.#findings,
      chart: this.#chart,
    };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'raw.jsonl'), this.#samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
    writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record, undefined, 2)}\n`);
    writeFileSync(join(folder, 'summary.md'), formatSummary(record));
    writeFileSync(join(folder, 'summary.svg'), drawPicture(this.#chart));
    console.log(`record: ${folder}`);
  }
}
