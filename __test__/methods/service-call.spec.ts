// SPDX-License-Identifier: Apache-2.0
// Calls of services: what is tried again and what is not, how long it may take, and what an error does not repeat.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import test from 'ava';
import { SigningError } from 'model-signing';

import { type ServiceCall, callService, objectIn, refusalText } from '../../dist/methods/service-call.js';
import { json, loopback } from '../loopback.js';

const SECRET = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2VjcmV0';

function callOf(url: string, more: Partial<ServiceCall> = {}): ServiceCall {
  const about = { who: 'the service', code: 'LOG_REQUEST_FAILED', timeout: 10_000, signal: undefined } as const;
  return { ...about, url: new URL(`${url}/path?key=${SECRET}`), body: Buffer.from(SECRET), ...more };
}

test('a fault of the network or the server is tried again', async (t) => {
  for (const fault of ['drop', { status: 500 }, { status: 503 }, { status: 499 }] as const) {
    const { url, questions } = await loopback(t, (_, count) => (count < 3 ? fault : json({ ok: true }, 201)));
    const answer = await callService(callOf(url));
    t.deepEqual([answer.status, objectIn(callOf(url), answer)], [201, { ok: true }]);
    t.is(questions.length, 3);
    t.true(questions.every(({ body, method }) => body === SECRET && method === 'POST'));
  }
});

test('a refusal or a redirect is an answer, and asked for once', async (t) => {
  for (const status of [302, 400, 401, 404, 409, 413, 429]) {
    const { url, questions } = await loopback(t, () => ({ status, headers: { location: '/elsewhere' } }));
    t.is((await callService(callOf(url))).status, status);
    t.is(questions.length, 1);
  }
});

test('a service that stays down is given up after four tries, and the error repeats no secret', async (t) => {
  const { url, questions } = await loopback(t, () => json({ message: `bad ${SECRET}\n\u202E` }, 500));
  const error = await t.throwsAsync(callService(callOf(url)), { instanceOf: SigningError });
  t.is(questions.length, 4);
  t.is(error.code, 'LOG_REQUEST_FAILED');
  t.is(error.message, `the service '${url}/path' answered with HTTP status 500, bad (token) \\u{202e}`);
  const nobody = await t.throwsAsync(callService(callOf('http://127.0.0.1:1')), { instanceOf: SigningError });
  t.is(nobody.message, `the service 'http://127.0.0.1:1/path' cannot be reached`);
});

test('one limit holds for everything that is tried', async (t) => {
  const silent = await loopback(t, () => undefined);
  const dropping = await loopback(t, () => 'drop');
  const failing = await loopback(t, (_, count) => (count === 1 ? { status: 503 } : undefined));
  const cases = [
    [silent.url, 'did not answer within 150 ms'],
    [dropping.url, 'cannot be reached, and no better answer came within 150 ms'],
    [failing.url, 'answered with HTTP status 503, and no better answer came within 150 ms'],
    [await refusing(), 'refused the connection, and no better answer came within 150 ms'],
  ] as const;
  for (const [url, why] of cases) {
    const started = performance.now();
    const error = await t.throwsAsync(callService(callOf(url, { timeout: 150 })), { instanceOf: SigningError });
    t.is(error.message, `the service '${url}/path' ${why}`);
    t.true(performance.now() - started < 2000);
  }
  t.is(silent.questions.length, 1);
});

test('nobody at a port is no service that is slow, also where a name has several addresses', async (t) => {
  for (const url of [await refusing(), await refusing('localhost')]) {
    const error = await t.throwsAsync(callService(callOf(url)), { instanceOf: SigningError });
    t.is(error.message, `the service '${url}/path' refused the connection`);
  }
});

/** An address at which nobody listens any more. */
async function refusing(host = '127.0.0.1'): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://${host}:${port}`;
}

test('an answer without end is not read', async (t) => {
  const { url, questions } = await loopback(t, () => ({ body: 'x'.repeat(2000) }));
  const error = await t.throwsAsync(callService(callOf(url, { largest: 1999 })), { instanceOf: SigningError });
  t.regex(error.message, /too long/);
  t.is(questions.length, 1);
  t.is((await callService(callOf(url, { largest: 2000 }))).body.length, 2000);
});

test('an abort ends it with its own reason', async (t) => {
  for (const given of [undefined, 'drop'] as const) {
    const { url } = await loopback(t, () => given);
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 50);
    t.is(await t.throwsAsync(callService(callOf(url, { signal: controller.signal }))), reason);
  }
});

test('what is no JSON object is said to be none', async (t) => {
  for (const body of ['', '<html>', '[]', 'null', '7', '{"a":', '{"a":1,"a":2}']) {
    const { url } = await loopback(t, () => ({ body }));
    const call = callOf(url);
    const answer = await callService(call);
    t.is(t.throws(() => objectIn(call, answer), { instanceOf: SigningError }, body).code, 'LOG_REQUEST_FAILED');
  }
});

function textOf(body: string): string {
  return refusalText({ status: 400, headers: new Headers(), body: Buffer.from(body) });
}

test('a refusal is one short line', (t) => {
  t.is(textOf(''), 'HTTP status 400');
  t.is(textOf('<html>nothing for people</html>'), 'HTTP status 400');
  t.is(textOf('plain\r\n  words'), 'HTTP status 400, plain words');
  t.is(textOf('{"error":"invalid_grant"}'), 'HTTP status 400, invalid_grant');
  t.is(textOf('{"error":"e","error_description":"d"}'), 'HTTP status 400, d');
  t.is(textOf(`{"message":"token ${SECRET} is bad"}`), 'HTTP status 400, token (token) is bad');
  t.true(textOf('x'.repeat(5000)).length < 250);
  t.notRegex(textOf('\u001B[31mred'), /\p{Cc}/u);
});
