// SPDX-License-Identifier: Apache-2.0
// Which services sign: by version, by the time they are in service, by operator, and as many as are wanted.

import test from 'ava';
import { InputError } from 'model-signing';

import { type Selection, type Service, chooseServices } from '../../dist/methods/sigstore-services.js';

const NOW = new Date('2026-01-01T00:00:00Z');

/** `start` and `end` in days from now. */
function service(name: string, version: number, operator: string, start?: number, end?: number): Service {
  const validFor = { start: day(start), end: day(end) };
  return { url: `https://${name}.example/`, majorApiVersion: version, operator, validFor };
}

function day(days: number | undefined): Date | undefined {
  return days === undefined ? undefined : new Date(NOW.getTime() + days * 86_400_000);
}

function names(services: readonly Service[], selection?: Selection, versions = [1, 2]): string[] {
  return chooseServices('logs', services, versions, selection, NOW).map(({ url }) => url.hostname.split('.')[0] ?? '');
}

const ALL: Selection = { selector: 'ALL', count: 0 };
const exactly = (count: number): Selection => ({ selector: 'EXACT', count });

test('the highest version that is spoken, and in service', (t) => {
  const services = [service('a', 1, 'x'), service('b', 2, 'x'), service('c', 3, 'x')];
  t.deepEqual(names(services), ['b']);
  t.deepEqual(names(services, undefined, [1]), ['a']);
  t.deepEqual(names([service('a', 1, 'x'), service('b', 2, 'x', 1)]), ['a'], 'it begins tomorrow');
  t.deepEqual(names([service('a', 1, 'x'), service('b', 2, 'x', -9, -1)]), ['a'], 'it ended yesterday');
  t.deepEqual(names([service('a', 1, 'x', 0, 0)]), ['a'], 'both ends count');
  t.deepEqual(names([{ url: 'https://a.example', majorApiVersion: 1, operator: '' }]), ['a'], 'without a validity');
});

test('the newest of an operator, and the order of the list among equals', (t) => {
  t.deepEqual(names([service('a', 1, 'x', -9), service('b', 1, 'x', -2), service('c', 1, 'x', -5)]), ['b']);
  t.deepEqual(names([service('a', 1, 'x', -9), service('b', 1, 'y', -9)]), ['a']);
});

test('one of each operator, as many as are wanted', (t) => {
  const services = [
    service('a', 1, 'x', -9),
    service('b', 1, 'x', -2),
    service('c', 1, 'y', -5),
    service('d', 1, 'z', -7, -1),
    service('e', 1, 'w', -8),
  ];
  t.deepEqual(names(services, ALL), ['b', 'c', 'e']);
  t.deepEqual(names(services, exactly(2)), ['b', 'c']);
  t.deepEqual(names(services, exactly(3)), ['b', 'c', 'e']);
  t.deepEqual(names(services, { selector: 'ANY', count: 9 }), ['b']);
  t.deepEqual(names([service('a', 2, 'x'), service('b', 1, 'y')], ALL), ['a'], 'one version at a time');
});

test('too few, none, or no address', (t) => {
  const one = service('a', 1, 'x');
  const wrong: readonly (readonly [services: readonly Service[], selection: Selection | undefined])[] = [
    [[], undefined],
    [[], ALL],
    [[service('a', 3, 'x')], undefined],
    [[service('a', 1, 'x', 1)], ALL],
    [[one], exactly(2)],
    [[one], exactly(0)],
    [[{ ...one, url: 'nowhere' }], undefined],
    [[{ ...one, url: 'ftp://a.example/' }], undefined],
    [[{ ...one, url: 'https://user:secret@a.example/' }], undefined],
  ];
  for (const [services, selection] of wrong) {
    const error = t.throws(() => names(services, selection), { instanceOf: InputError });
    t.is(error.code, 'SERVICE_MISSING');
    t.notRegex(error.message, /secret/);
  }
});
