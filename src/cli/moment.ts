// SPDX-License-Identifier: Apache-2.0
// A moment as people write one: a day, or a day and a time with its zone. Nothing that depends on where the machine is.

import { InputError, escape } from '../index.js';

const FORM = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a moment; a day begins at midnight, universal time. Nothing of nothing. */
export function parseMoment(value: string | undefined, source: string): Date | undefined {
  if (value === undefined) return undefined;
  const moment = new Date(value);
  const day = new Date(value.slice(0, 10));
  // The 30th of February becomes another day.
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
  if (FORM.test(value) && isDay && !Number.isNaN(moment.getTime())) return moment;
  throw new InputError('USAGE', `${source} has the wrong value '${escape(value)}'`, {
    hint: 'give a day such as 2026-01-31, or a time with its zone such as 2026-01-31T12:00:00Z',
  });
}
