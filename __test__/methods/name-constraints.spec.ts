// SPDX-License-Identifier: Apache-2.0
// Name constraints: which names an issuer permits and excludes, kind by kind.

import { chain, refusalOf, run, trusting, verify } from './chains.js';
import { CA, LEAF, bundleOf } from './pki.js';

const NAMES: readonly [constraint: string, san: string, code: 'ok' | 'no'][] = [
  ['permitted;DNS:example.com', 'DNS:ci.example.com', 'ok'],
  ['permitted;DNS:example.com', 'DNS:EXAMPLE.com', 'ok'],
  ['permitted;DNS:example.com', 'DNS:badexample.com', 'no'],
  ['permitted;DNS:example.com', 'email:a@elsewhere.org', 'ok'],
  ['excluded;DNS:example.com', 'DNS:a.example.com', 'no'],
  ['permitted;email:example.com', 'email:a@example.com', 'ok'],
  ['permitted;email:example.com', 'email:a@sub.example.com', 'no'],
  ['permitted;email:.example.com', 'email:a@sub.example.com', 'ok'],
  ['permitted;email:a@example.com', 'email:b@example.com', 'no'],
  ['permitted;URI:example.com', 'URI:https://example.com/x', 'ok'],
  ['permitted;URI:example.com', 'URI:https://example.com.evil.org/x', 'no'],
  ['permitted;URI:example.com', 'URI:https://example.com@evil.org/', 'no'],
  ['excluded;URI:.example.com', 'URI:https://a.example.com:8080/', 'no'],
  ['excluded;URI:example.com', 'URI:https://EXAMPLE.com./x', 'no'],
  ['excluded;otherName:1.2.3.4;IA5:x', 'otherName:1.2.3.4;UTF8:y', 'no'],
  ['excluded;URI:example.com', 'URI:urn:without:host', 'no'],
  ['excluded;URI:example.com', 'URI:https://10.0.0.1/', 'no'],
  ['excluded;URI:example.com', 'URI:https://other.org/', 'ok'],
  ['excluded;DNS:example.com', 'DNS:example.com.', 'no'],
  ['excluded;email:example.com', 'email:a@b@example.com', 'no'],
  ['excluded;email:example.com', 'email:example.com', 'no'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', 'ok'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:11.1.2.3', 'no'],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:::1', 'no'],
  ['excluded;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', 'no'],
  ['permitted;dirName:acme', 'DNS:a.b', 'ok'],
  ['permitted;dirName:other', 'DNS:a.b', 'no'],
  ['excluded;dirName:acme', 'DNS:a.b', 'no'],
];

for (const [constraint, san, expected] of NAMES) {
  run(`name constraints: ${constraint} and ${san}`, async (t) => {
    const sections = '[acme]\nO=Acme\n[other]\nO=Other\n';
    const [leaf, middle, root] = chain({
      middle: { extensions: [...CA, `nameConstraints=critical,${constraint}`], sections },
      leaf: { subject: '/O=acme/CN=leaf', extensions: [...LEAF, `subjectAltName=${san}`] },
    });
    const code = await refusalOf(verify(bundleOf([leaf, middle]), trusting(root)));
    t.is(code, expected === 'ok' ? 'accepted' : 'CERTIFICATE_NAME_FORBIDDEN');
  });
}

run('e-mail addresses in the subject are constrained too', async (t) => {
  const middle = { extensions: [...CA, 'nameConstraints=critical,permitted;email:example.com'] };
  const [leaf, between, root] = chain({ middle, leaf: { subject: '/CN=leaf/emailAddress=a@evil.org' } });
  t.is(await refusalOf(verify(bundleOf([leaf, between]), trusting(root))), 'CERTIFICATE_NAME_FORBIDDEN');
});

run('names and constraints by the thousand are refused before each is held against each', async (t) => {
  for (const [count, code] of [
    [400, 'accepted'],
    [600, 'CERTIFICATE_PATH_TOO_COMPLEX'],
  ] as const) {
    const constraints = `[n]\n${many(count, (index) => `excluded;DNS.${index}=${index}.example`)}`;
    const names = `[s]\n${many(count, (index) => `DNS.${index}=${index}.test`)}`;
    const [leaf, middle, root] = chain({
      middle: { extensions: [...CA, 'nameConstraints=@n'], sections: constraints },
      leaf: { extensions: [...LEAF, 'subjectAltName=@s'], sections: names },
    });
    t.is(await refusalOf(verify(bundleOf([leaf, middle]), trusting(root))), code);
  }
});

function many(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}
