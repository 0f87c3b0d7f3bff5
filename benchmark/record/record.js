// SPDX-License-Identifier: Apache-2.0
// A dated record of one question: every sample, the facts of the machine, what was found, and a picture.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notMeasurable } from '../measure/command.js';
import { describeMachine, machineSlug } from './machine.js';
import { drawBars } from './bars.js';
import { drawCurves } from './curves.js';
import { formatSummary } from './summary.js';
import { ABOUT_TARGETS } from '../targets.js';

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
/**
 * @typedef {{ name: string, unit: string, ticks?: 'points' }} Axis the unit is B, s, or nothing for a count; ticks stand
 * at round numbers, or where points are
 */
/** @typedef {{ series: string, x: number, y: number }} Point */
/** @typedef {{ file: string, title: string, x: Axis, y: Axis, points: Point[] }} Curves */

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
  /** @type {Curves[]} */
  #curves = [];
  #started = new Date();
  #machine;

  /**
   * @param {string} name of the question
   * @param {{ title: string, unit: string, flags: import('../flags.js').Flags }} about
   */
  constructor(name, { title, unit, flags }) {
    mkdirSync(flags.data, { recursive: true });
    this.name = name;
    this.flags = flags;
    this.#machine = describeMachine(flags.data);
    this.#chart = { title, unit, bars: [] };
    for (const about of ABOUT_TARGETS) this.note(about);
    for (const what of notMeasurable()) this.skipped(what);
  }

  /** @param {object} sample one measurement, as it was */
  sample(sample) {
    this.#samples.push(sample);
  }

  /** @param {Finding} finding not kept where nothing was measured, which was said at the start */
  found(finding) {
    if (Number.isNaN(finding.value)) return;
    this.#findings.push(finding);
    const { what, value, unit } = finding;
    console.log(`${what}: ${value.toPrecision(3)} ${unit}`);
  }

  /** @param {Bar} bar */
  bar(bar) {
    this.#chart.bars.push(bar);
  }

  /**
   * A picture of lines, to which points are added as they are found; one that is there already is gone on with.
   * @param {Omit<Curves, 'points'>} about
   * @returns {(point: Point) => void}
   */
  curves(about) {
    const curves = this.#curves.find(({ file }) => file === about.file) ?? { ...about, points: [] };
    if (!this.#curves.includes(curves)) this.#curves.push(curves);
    return (point) => curves.points.push(point);
  }

  /** @param {Record<string, string>} peers what else was measured */
  versions(peers) {
    Object.assign(this.#machine.versions, peers);
  }

  /** @param {string} what could not be measured, and why: said aloud and kept */
  skipped(what) {
    this.#notes.push(`NOT MEASURED, ${what}`);
    console.log(`!! NOT MEASURED, ${what}`);
  }

  /** @param {string} note what a reader has to know to read the figures right */
  note(note) {
    this.#notes.push(note);
  }

  /** Writes the record; one of the same day, machine and question makes room for it. */
  write() {
    const date = this.#started.toISOString().slice(0, 10);
    const folder = join(this.flags.results, `${date}-${machineSlug(this.#machine)}-${this.name}`);
    const { scale, rounds, full, quick } = this.flags;
    const record = {
      question: this.name,
      title: this.#chart.title,
      date: this.#started.toISOString(),
      settings: { scale, rounds, full, quick },
      machine: this.#machine,
      notes: this.#notes,
      findings: this.#findings,
      chart: this.#chart,
      curves: this.#curves,
    };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'raw.jsonl'), this.#samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
    writeFileSync(join(folder, 'record.json'), `${JSON.stringify(record, undefined, 2)}\n`);
    const pictures = this.#draw();
    for (const [file, picture] of pictures) writeFileSync(join(folder, file), picture);
    writeFileSync(join(folder, 'summary.md'), formatSummary({ ...record, pictures: pictures.map(([file]) => file) }));
    console.log(`record: ${folder}`);
  }

  /** @returns {[file: string, picture: string][]} */
  #draw() {
    /** @type {[string, string][]} */
    const pictures = this.#curves
      .filter(({ points }) => points.length > 0)
      .map((curves) => [`${curves.file}.svg`, drawCurves(curves)]);
    if (this.#chart.bars.length > 0) pictures.unshift(['summary.svg', drawBars(this.#chart)]);
    return pictures;
  }
}
