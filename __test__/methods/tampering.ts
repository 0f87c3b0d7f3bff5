// SPDX-License-Identifier: Apache-2.0
// Every way to change one member of a bundle: another value of the same kind, and none at all.

/** A changed bundle, and what was done to it. */
export interface Change {
  readonly what: string;
  /** What the member was before. */
  readonly before: Json;
  readonly text: string;
}

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Path = readonly (string | number)[];

/** Every member changed, and every member taken away. */
export function* changesOf(bundle: string): Generator<Change> {
  const document = JSON.parse(bundle) as Json;
  for (const path of pathsOf(document)) {
    const name = path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
      .join('')
      .slice(1);
    const before = at(document, path);
    yield { what: `without ${name}`, before, text: JSON.stringify(replaced(document, path, undefined)) };
    if (typeof before !== 'string') continue;
    for (const [how, other] of othersThan(before)) {
      yield { what: `${how} ${name}`, before, text: JSON.stringify(replaced(document, path, other)) };
    }
  }
}

/** Changes that keep the kind: a digit for a digit, base64 for base64. */
function* othersThan(value: string): Generator<readonly [string, string]> {
  yield ['empty', ''];
  if (/^\d+$/.test(value)) {
    yield ['one more in', String(BigInt(value) + 1n)];
    if (value !== '0') yield ['zero in', '0'];
    return;
  }
  const middle = Math.floor(value.length / 2);
  yield ['first bits of', flipped(value, 0)];
  yield ['middle bits of', flipped(value, middle)];
  yield ['longer', `${value}AAAA`];
  yield ['shorter', value.slice(0, Math.max(0, value.length - 4))];
}

/** Members that mean nothing, values that proto3 JSON may leave out, and second witnesses of what the log says itself. */
export function isHarmless({ what, before }: Change, log: 1 | 2): boolean {
  const stamps = 'verificationMaterial.timestampVerificationData';
  const isWithout = what.startsWith('without ');
  const isZero = before === '0' || (Array.isArray(before) && before.length === 0);
  if (isWithout && isZero && what.includes('tlogEntries[0].')) return true;
  if (what.endsWith(' dsseEnvelope.signatures[0].keyid')) return true;
  if (log === 1 && isWithout && what.startsWith(`without ${stamps}`)) return !what.endsWith('signedTimestamp');
  return what === `middle bits of ${stamps}.rfc3161Timestamps[0].signedTimestamp`;
}

/** Another letter of base64 for a letter of it; any other for any other character. */
function flipped(text: string, index: number): string {
  const letter = text.charAt(index);
  return `${text.slice(0, index)}${letter === 'B' ? 'C' : 'B'}${text.slice(index + 1)}`;
}

function* pathsOf(value: Json, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  const parts = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  for (const part of parts) yield* pathsOf(at(value, [part]), [...path, part]);
}

function at(value: Json, path: Path): Json {
  let found = value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the path was made from this very value
  for (const part of path) found = (found as Readonly<Record<string | number, Json>>)[part] as Json;
  return found;
}

function replaced(value: Json, [first, ...rest]: Path, other: Json | undefined): Json | undefined {
  if (first === undefined) return other;
  if (Array.isArray(value)) {
    const items = [...(value as readonly Json[])];
    const changed = replaced(at(value, [first]), rest, other);
    items.splice(Number(first), 1, ...(changed === undefined ? [] : [changed]));
    return items;
  }
  return { ...(value as object), [first]: replaced(at(value, [first]), rest, other) } as Json;
}
