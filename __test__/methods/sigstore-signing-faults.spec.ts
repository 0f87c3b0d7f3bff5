// SPDX-License-Identifier: Apache-2.0
// What services do wrong while a model is signed: what is worth another try is tried, everything else is an error with
// its code; nothing is written, and no token shows.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import type { ExecutionContext } from 'ava';
import { ModelSigningError, sign, sigstoreSigner } from 'model-signing';

import { buildModel, pattern, scratch } from '../models.js';
import { type Fault, type Service, type Sigstack, sigstackTest } from '../sigstack.js';

const FILES = { 'a.bin': pattern(1000, 1) };
const FAILED = {
  fulcio: 'CERTIFICATE_REQUEST_FAILED',
  rekor1: 'LOG_REQUEST_FAILED',
  rekor2: 'LOG_REQUEST_FAILED',
  tsa: 'TIMESTAMP_REQUEST_FAILED',
} as const;
const SERVICES = ['fulcio', 'rekor1', 'rekor2', 'tsa'] as const;

async function attempt(t: ExecutionContext, stack: Sigstack, service: Service, timeout = 20_000) {
  const trustConfig = service === 'rekor2' ? stack.clientTrustConfigV2 : stack.clientTrustConfigV1;
  const token = await stack.token();
  const signature = join(scratch(t), 'model.sig');
  const signer = sigstoreSigner({ trustConfig, identityToken: token, timeout });
  const outcome = await sign(buildModel(t, FILES), { signer, signature }).catch((error: unknown) => error);
  return { outcome, signature, token };
}

async function fails(t: ExecutionContext, stack: Sigstack, fault: Fault, code: string, timeout?: number) {
  await stack.fault(fault);
  const { outcome, signature, token } = await attempt(t, stack, fault.service, timeout);
  const what = `${JSON.stringify(fault)} ${inspect(outcome)}`;
  if (!(outcome instanceof ModelSigningError)) return t.fail(`no error of ours: ${what}`);
  t.is<string, string>(outcome.code, code, what);
  t.false(existsSync(signature), what);
  const shown = inspect(outcome, { depth: 9, showHidden: true });
  for (const part of token.split('.').slice(1)) t.false(shown.includes(part), 'the token shows');
  t.true((outcome.hint ?? '').length > 0);
  t.notRegex(outcome.message, /\p{Cc}|undefined|\[object/u);
  await stack.clearFaults();
}

async function succeeds(t: ExecutionContext, stack: Sigstack, fault: Fault) {
  await stack.fault(fault);
  const { outcome, signature } = await attempt(t, stack, fault.service);
  t.false(outcome instanceof Error, `${JSON.stringify(fault)} ${inspect(outcome)}`);
  t.true(readFileSync(signature, 'utf8').startsWith('{"mediaType"'));
  await stack.clearFaults();
}

for (const service of SERVICES) {
  sigstackTest(`${service}: one fault of the network or the server does no harm`, async (t, stack) => {
    for (const fault of [{ drop: true }, { status: 500 }, { status: 503, times: 2 }, { late: true, drop: true }]) {
      await succeeds(t, stack, { service, ...fault });
    }
  });

  sigstackTest(`${service}: down, slow, refusing, or talking nonsense`, async (t, stack) => {
    const refused = {
      fulcio: 'CERTIFICATE_REQUEST_REFUSED',
      rekor1: 'LOG_REQUEST_REFUSED',
      rekor2: 'LOG_REQUEST_REFUSED',
      tsa: 'TIMESTAMP_REQUEST_FAILED',
    }[service];
    const nonsense = service === 'tsa' ? 'TIMESTAMP_REJECTED' : FAILED[service];
    await fails(t, stack, { service, drop: true, times: 'all' }, FAILED[service]);
    await fails(t, stack, { service, status: 500, times: 'all' }, FAILED[service]);
    await fails(t, stack, { service, hangMs: 3000, times: 'all' }, FAILED[service], 1000);
    for (const status of [400, 403, 404, 429]) await fails(t, stack, { service, status }, refused);
    for (const body of ['<html>', '{}', '[]', 'null', '{"a":', ' ']) {
      await fails(t, stack, { service, status: 200, body }, nonsense);
    }
    const headers = { location: 'http://127.0.0.1:1/' };
    await fails(t, stack, { service, status: 302, headers }, service.startsWith('rekor') ? refused : FAILED[service]);
  });
}

sigstackTest('models that are signed while others are given up', async (t, stack) => {
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const isGivenUp = index % 3 === 0;
      const signal = isGivenUp ? AbortSignal.timeout(300) : undefined;
      const identityToken = (): Promise<string> => stack.token();
      const signer = sigstoreSigner({ trustConfig: stack.clientTrustConfigV2, identityToken });
      await signer.prepare?.();
      const signing = sign(buildModel(t, FILES), { signer, ...(signal && { signal }) });
      const outcome: unknown = await signing.catch((error: unknown) => error);
      return isGivenUp || !(outcome instanceof Error) ? undefined : outcome;
    }),
  );
  t.deepEqual(
    outcomes.filter((outcome) => outcome !== undefined),
    [],
  );
});

sigstackTest('no refusal is asked for twice', async (t, stack) => {
  for (const service of SERVICES) {
    const before = (await stack.visits(service)).length;
    await stack.fault({ service, status: 429, times: 'all' });
    t.true((await attempt(t, stack, service)).outcome instanceof ModelSigningError);
    t.is((await stack.visits(service)).length - before, 1);
    await stack.clearFaults();
  }
});

sigstackTest('an entry that is there already is taken over', async (t, stack) => {
  await succeeds(t, stack, { service: 'rekor1', forge: 'exists' });
  await fails(t, stack, { service: 'rekor1', status: 409, headers: { location: '/elsewhere' } }, 'LOG_REQUEST_FAILED');
  const location = `/api/v1/log/entries/${'0'.repeat(80)}`;
  await fails(t, stack, { service: 'rekor1', status: 409, headers: { location } }, 'LOG_REQUEST_FAILED');
});

sigstackTest('an authority that certifies wrongly', async (t, stack) => {
  await fails(t, stack, { service: 'fulcio', forge: 'key' }, 'CERTIFICATE_REQUEST_FAILED');
  for (const forge of ['sct', 'no-sct', 'authority']) {
    await fails(
      t,
      stack,
      { service: 'fulcio', forge },
      forge === 'no-sct' ? 'CERTIFICATE_REQUEST_FAILED' : 'SELF_CHECK_FAILED',
    );
  }
});

sigstackTest('logs that lie', async (t, stack) => {
  for (const forge of ['promise', 'checkpoint', 'proof', 'root', 'entry', 'time']) {
    await succeedsOnce(t, stack);
    await fails(t, stack, { service: 'rekor1', forge }, 'SELF_CHECK_FAILED');
  }
  for (const forge of ['checkpoint', 'proof', 'root', 'body', 'entry']) {
    await fails(t, stack, { service: 'rekor2', forge }, 'SELF_CHECK_FAILED');
  }
});

/** There has to be somebody else's entry that a log can hand out. */
async function succeedsOnce(t: ExecutionContext, stack: Sigstack): Promise<void> {
  for (const service of ['rekor1', 'rekor2'] as const) {
    t.false((await attempt(t, stack, service)).outcome instanceof Error);
  }
}

sigstackTest('timestamps that are no good', async (t, stack) => {
  await fails(t, stack, { service: 'tsa', forge: 'imprint' }, 'TIMESTAMP_REJECTED');
  await fails(t, stack, { service: 'tsa', forge: 'signer' }, 'TIMESTAMP_REJECTED');
  await fails(t, stack, { service: 'tsa', forge: 'rejected' }, 'TIMESTAMP_REJECTED');
  await fails(t, stack, { service: 'tsa', forge: 'nonce' }, 'TIMESTAMP_NONCE_MISMATCH');
  await fails(t, stack, { service: 'tsa', forge: 'expired' }, 'SELF_CHECK_FAILED');
  await fails(t, stack, { service: 'tsa', shift: -3600 }, 'SELF_CHECK_FAILED');
  await fails(t, stack, { service: 'tsa', shift: 3600 }, 'SELF_CHECK_FAILED');
  await fails(t, stack, { service: 'rekor1', shift: -3600 }, 'SELF_CHECK_FAILED');
  await fails(t, stack, { service: 'rekor1', shift: 3600 }, 'SELF_CHECK_FAILED');
});

sigstackTest('tokens that an authority does not take', async (t, stack) => {
  const cases: readonly (readonly [Record<string, string | number>, string])[] = [
    [{ exp: -1 }, 'TOKEN_EXPIRED'],
    [{ aud: 'someone else' }, 'TOKEN_AUDIENCE'],
    [{ email_verified: 'false' }, 'TOKEN_EMAIL_UNVERIFIED'],
    [{ nbf: 3600 }, 'TOKEN_NOT_YET_VALID'],
    [{ iss: 'http://localhost:1/nobody' }, 'CERTIFICATE_REQUEST_REFUSED'],
    [{ email: 'not an address' }, 'CERTIFICATE_REQUEST_REFUSED'],
  ];
  for (const [claims, code] of cases) {
    const token = await stack.token(claims);
    const signature = join(scratch(t), 'model.sig');
    const signer = sigstoreSigner({ trustConfig: stack.clientTrustConfigV1, identityToken: token });
    const refusal = sign(buildModel(t, FILES), { signer, signature });
    const error = await t.throwsAsync(refusal, { instanceOf: ModelSigningError });
    t.is<string, string>(error.code, code);
    t.false(existsSync(signature));
    for (const part of token.split('.').slice(1)) t.false(inspect(error, { depth: 9 }).includes(part));
  }
});
