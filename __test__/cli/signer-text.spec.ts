// SPDX-License-Identifier: Apache-2.0
// Who signed, on one line of which the signer chose the words: none of them may look like another fact.

import test from 'ava';

import { signerText } from '../../dist/cli/signer-text.js';

test('plain values stand as they are', (t) => {
  const certificate = { method: 'certificate', subject: 'CN=leaf,O=acme', subjectAltNames: ['a@b.c'], chain: [] };
  t.is(signerText(certificate), 'certificate, subject CN=leaf,O=acme, subject alt names a@b.c');
  const time = new Date(0);
  const sigstore = { method: 'sigstore', claims: { ref: 'main' }, entries: [{ log: 'https://l', index: '7', time }] };
  t.is(signerText(sigstore), 'sigstore, ref main, log https://l, index 7, time 1970-01-01T00:00:00.000Z');
  t.is(signerText({ method: 'kms', key: '', other: undefined, count: 0, list: [] }), 'kms, count 0');
});

test('no value imitates a fact, nor several values', (t) => {
  t.is(text('x, fingerprint 00'), "m, name 'x, fingerprint 00'");
  t.is(text('My Company'), "m, name 'My Company'");
  t.is(text("x', fingerprint '00"), "m, name 'x\\', fingerprint \\'00'");
  t.is(text("'x'"), "m, name '\\'x\\''");
  t.is(text("\\', y 'z"), "m, name '\\\\\\', y \\'z'");
  t.is(text(['a', 'b,c']), "m, name 'a' 'b,c'");
  t.is(text(['a', "b' 'c"]), "m, name 'a' 'b\\' \\'c'");
  for (const space of [' ', '\u00A0', '\u3000', '\u2003', '\u2800']) {
    t.regex(text(`x,${space}y${space}z`), /^m, name '.*'$/u, space);
  }
  t.is(text('x\n'), "m, name 'x\\n'");
  t.is(text({ inner: ['x y', 'z'] }), "m, inner 'x y' 'z'");
});

function text(name: unknown): string {
  return signerText({ method: 'm', name });
}
