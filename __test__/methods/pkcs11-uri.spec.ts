// SPDX-License-Identifier: Apache-2.0
// PKCS #11 URIs: the examples of RFC 7512, section 3, every refusal, and what holds for all of them.

import test from 'ava';
import * as fc from 'fast-check';

import { InputError } from '../../dist/errors.js';
import {
  OBJECT_TYPES,
  type Pkcs11Uri,
  formatPkcs11Uri,
  parsePkcs11Uri,
  shownPkcs11Uri,
} from '../../dist/methods/pkcs11-uri.js';

/** Every example of the section, and what it says. */
const EXAMPLES: readonly (readonly [uri: string, says: Partial<Record<keyof Pkcs11Uri, unknown>>])[] = [
  ['pkcs11:', {}],
  ['pkcs11:object=my-pubkey;type=public', { object: 'my-pubkey', type: 'public' }],
  [
    'pkcs11:object=my-key;type=private?pin-source=file:/etc/token',
    { object: 'my-key', type: 'private', pinSource: 'file:/etc/token' },
  ],
  [
    'pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin',
    {
      token: 'The Software PKCS#11 Softtoken',
      manufacturer: 'Snake Oil, Inc.',
      model: '1.0',
      object: 'my-certificate',
      type: 'cert',
      id: Buffer.from('69953e5cf4bdec91', 'hex'),
      serial: '',
      pinSource: 'file:/etc/token_pin',
    },
  ],
  [
    'pkcs11:object=my-sign-key;type=private?module-name=mypkcs11',
    { object: 'my-sign-key', type: 'private', moduleName: 'mypkcs11' },
  ],
  [
    'pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1',
    { object: 'my-sign-key', type: 'private', modulePath: '/mnt/libmypkcs11.so.1' },
  ],
  [
    'pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-value=the-pin',
    { token: 'Software PKCS#11 softtoken', manufacturer: 'Snake Oil, Inc.', pinValue: 'the-pin' },
  ],
  ['pkcs11:slot-description=Sun%20Metaslot', { slotDescription: 'Sun Metaslot' }],
  [
    'pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23',
    {
      libraryManufacturer: 'Snake Oil, Inc.',
      libraryDescription: 'Soft Token Library',
      libraryVersion: { major: 1, minor: 23 },
    },
  ],
  [
    'pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe%04%05%06',
    {
      token: 'My token% created by Joe',
      libraryVersion: { major: 3, minor: 0 },
      id: Buffer.from('010203baddcafe040506', 'hex'),
    },
  ],
  [
    'pkcs11:token=A%20name%20with%20a%20substring%20%25%3B;object=my-certificate;type=cert',
    { token: 'A name with a substring %;', object: 'my-certificate', type: 'cert' },
  ],
  [
    'pkcs11:token=Name%20with%20a%20small%20A%20with%20acute:%20%C3%A1;object=my-certificate;type=cert',
    { token: 'Name with a small A with acute: \u00E1', object: 'my-certificate', type: 'cert' },
  ],
  [
    'pkcs11:token=my-token;object=my-certificate;type=cert;vendor-aaa=value-a?pin-source=file:/etc/token_pin&vendor-bbb=value-b',
    { token: 'my-token', object: 'my-certificate', type: 'cert', pinSource: 'file:/etc/token_pin' },
  ],
  ['pkcs11:token=my-token?pin-source=|/usr/lib/pinomatic', { token: 'my-token', pinSource: '|/usr/lib/pinomatic' }],
];

for (const [uri, says] of EXAMPLES) {
  test(`example: ${uri}`, (t) => {
    const parsed = parsePkcs11Uri(uri);
    t.deepEqual(Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined)), says);
    t.deepEqual(parsePkcs11Uri(formatPkcs11Uri(parsed)), parsed);
  });
}

test('what else has its place', (t) => {
  const { slotId, slotManufacturer, object, id, moduleName } = parsePkcs11Uri(
    "PKCS11:slot-id=18446744073709551615;slot-manufacturer=a;object=1+1=2&@$!*'(),:[];id=a%00?x-v=1&x-v=2&module-name=soft%20hsm",
  );
  t.deepEqual([slotId, slotManufacturer, object, moduleName], [2n ** 64n - 1n, 'a', "1+1=2&@$!*'(),:[]", 'soft hsm']);
  t.deepEqual(id, Buffer.from([0x61, 0]));
});

/** What is refused, and a word of why. */
const REFUSED: readonly (readonly [uri: string, why: RegExp])[] = [
  ['', /does not begin/],
  ['token=a', /does not begin/],
  ['pkcs11', /does not begin/],
  ['http://localhost', /does not begin/],
  ['pkcs11:;', /not of the form/],
  ['pkcs11:token=a;', /not of the form/],
  ['pkcs11:token', /not of the form/],
  ['pkcs11:=a', /not of the form/],
  ['pkcs11: token=a', /not of the form/],
  ['pkcs11:tokens=a', /unknown name/],
  ['pkcs11:Token=a', /unknown name/],
  ['pkcs11:xyz=a', /unknown name/],
  ['pkcs11:x-=a', /unknown name/],
  ['pkcs11:token=a?pin=1', /unknown name/],
  ['pkcs11:token=a;token=a', /token twice/],
  ['pkcs11:?pin-value=a&pin-value=b', /pin-value twice/],
  ['pkcs11:?pin-value=a&pin-source=file:/b', /both pin-source and pin-value/],
  ['pkcs11:pin-value=1', /pin-value stands before/],
  ['pkcs11:?token=a', /token stands behind/],
  ['pkcs11:token=a b', /value of token has a character/],
  ['pkcs11:token=a/b', /value of token has a character/],
  ['pkcs11:token=%', /value of token has a character/],
  ['pkcs11:token=%4', /value of token has a character/],
  ['pkcs11:token=%zz', /value of token has a character/],
  ['pkcs11:token=\u00E1', /value of token has a character/],
  ['pkcs11:token=a#b', /value of token has a character/],
  ['pkcs11:token=%ff', /value of token is not/],
  ['pkcs11:token=a%00b', /value of token is not/],
  ['pkcs11:type=key', /value of type is not/],
  ['pkcs11:type=', /value of type is not/],
  ['pkcs11:slot-id=', /value of slot-id is not/],
  ['pkcs11:slot-id=-1', /value of slot-id is not/],
  ['pkcs11:slot-id=0x1', /value of slot-id is not/],
  ['pkcs11:slot-id=18446744073709551616', /value of slot-id is not/],
  ['pkcs11:library-version=', /value of library-version is not/],
  ['pkcs11:library-version=1.', /value of library-version is not/],
  ['pkcs11:library-version=1.2.3', /value of library-version is not/],
  ['pkcs11:?module-name=', /value of module-name is not/],
  ['pkcs11:?module-name=../evil', /value of module-name is not/],
  ['pkcs11:?module-name=a%5Cb', /value of module-name is not/],
  ['pkcs11:?module-name=..', /value of module-name is not/],
  ['pkcs11:?module-path=', /value of module-path is not/],
  ['pkcs11:?pin-source=', /value of pin-source is not/],
  [`pkcs11:token=${'a'.repeat(70_000)}`, /too long/],
];

for (const [uri, why] of REFUSED) {
  test(`refused: ${uri.slice(0, 60)}`, (t) => {
    const error = t.throws(() => parsePkcs11Uri(uri), { instanceOf: InputError });
    t.is(error.code, 'PKCS11_URI_INVALID');
    t.regex(error.message, why);
    t.regex(error.hint ?? '', /./);
  });
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !/[\0\p{Surrogate}]/u.test(value));
const name = text.filter((value) => value !== '' && !/[/\\]|^\.{1,2}$/.test(value));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const version = fc.record({ major: fc.nat(255), minor: fc.nat(255) });

/** Any URI that can be meant. */
const anyUri: fc.Arbitrary<Pkcs11Uri> = fc
  .record({
    token: optional(text),
    manufacturer: optional(text),
    serial: optional(text),
    model: optional(text),
    libraryManufacturer: optional(text),
    libraryDescription: optional(text),
    libraryVersion: optional(version),
    slotDescription: optional(text),
    slotManufacturer: optional(text),
    slotId: optional(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    object: optional(text),
    type: optional(fc.constantFrom(...OBJECT_TYPES)),
    id: optional(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))),
    pinSource: optional(name),
    pinValue: optional(text),
    moduleName: optional(name),
    modulePath: optional(name),
  })
  .map((uri) => (uri.pinValue === undefined ? uri : Object.assign(uri, { pinSource: undefined })));

test('what is written is read as it was', (t) => {
  fc.assert(fc.property(anyUri, (uri) => void t.deepEqual(parsePkcs11Uri(formatPkcs11Uri(uri)), uri)));
});

test('the order of attributes does not matter, nor which characters are written as numbers', (t) => {
  const property = fc.property(anyUri, fc.infiniteStream(fc.boolean()), fc.nat(), (uri, isNumber, turn) => {
    const [path = '', query = ''] = formatPkcs11Uri(uri).slice('pkcs11:'.length).split('?');
    const other = (part: string, separator: string): string => {
      const all = part === '' ? [] : part.split(separator);
      const turned = [...all.slice(turn % (all.length + 1)), ...all.slice(0, turn % (all.length + 1))];
      return turned.map((attribute) => respelt(attribute, isNumber)).join(separator);
    };
    const spelt = `pkcs11:${other(path, ';')}${query === '' ? '' : `?${other(query, '&')}`}`;
    t.deepEqual(parsePkcs11Uri(spelt), uri);
  });
  fc.assert(property);
});

test('no text makes it do anything but parse or refuse, in one line', (t) => {
  const pieces = fc.constantFrom(
    'pkcs11:',
    'token=',
    'id=',
    'pin-value=',
    ';',
    '&',
    '?',
    '%',
    '%4',
    '%41',
    '%ff',
    '\n',
    'a',
    '=',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 20 }).map((all) => `pkcs11:${all.join('')}`),
  );
  const property = fc.property(texts, (uri) => {
    try {
      parsePkcs11Uri(uri);
    } catch (error) {
      t.true(error instanceof InputError);
      t.notRegex(String(error), /\p{Cc}/u);
    }
  });
  fc.assert(property, { numRuns: 2000 });
});

test('no refusal and nothing shown holds a PIN', (t) => {
  const secret = fc.stringMatching(/^[0-9]{6,12}$/);
  const before = fc.constantFrom('', 'token=a', 'object=b;type=private', 'nonsense', 'token=%ff', 'token=a;token=b');
  const after = fc.constantFrom('', '&pin-source=file:/a', '&x-a=b', '&unknown=1', '#', '%', ' ', '&pin-value=2', '/');
  const property = fc.property(
    secret,
    before,
    after,
    fc.constantFrom('?pin-value=', ';pin-value=', '?pin-valu='),
    (pin, path, more, how) => {
      const uri = `pkcs11:${path}${how}${pin}${more}&${pin}=1`;
      for (const written of [uri, `pkcs11:${path}${how}${pin}${more}`]) {
        try {
          t.false(shownPkcs11Uri(parsePkcs11Uri(written)).includes(pin));
        } catch (error) {
          t.true(
            error instanceof InputError &&
              !`${error.message} ${error.hint} ${String(error.cause)} ${error.stack}`.includes(pin),
            written,
          );
        }
      }
    },
  );
  fc.assert(property);
});

/** The same attribute with other characters written as numbers. */
function respelt(attribute: string, isNumber: Iterator<boolean>): string {
  const [, head = '', value = ''] = /^([^=]*=)(.*)$/s.exec(attribute) ?? [];
  const units = value.match(/%[0-9A-F]{2}|./gs) ?? [];
  const other = units.map((unit) => {
    const isTurned = isNumber.next().value === true;
    if (unit.length === 1) return isTurned ? `%${unit.charCodeAt(0).toString(16).padStart(2, '0')}` : unit;
    return isTurned ? unit.toLowerCase() : unit;
  });
  return head + other.join('');
}
