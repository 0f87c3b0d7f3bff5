// SPDX-License-Identifier: Apache-2.0
// One call of a service: bounded in time and in size, tried again when the network or the server failed, never sent
// elsewhere by a redirect. No error repeats what was sent.

import { setTimeout as sleep } from 'node:timers/promises';

import { type ErrorCode, SigningError } from '../errors.js';
import { parseJson, escape } from '../native.js';

/** How long to wait, and for whom. */
export interface Patience {
  /** Milliseconds for one call with everything that is tried again; carrying a large body gets its own time. */
  readonly timeout: number;
  /** Stops waiting when it is aborted. */
  readonly signal: AbortSignal | undefined;
}

/** One call. */
export interface ServiceCall extends Patience {
  /** Who is called, in words. */
  readonly who: string;
  /** What it is called when the call fails. */
  readonly code: ErrorCode;
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** The longest answer in bytes that is read. */
  readonly largest?: number;
}

/** What a service answered. Redirects and refusals are answers, too; who calls judges them. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Between one try and the next, in milliseconds; as many tries more as there are numbers. */
const PAUSES = [200, 600, 1800];
/** A body gets a millisecond more for this many bytes: a line of one megabit a second is enough. */
const BYTES_PER_MS = 125;
const LARGEST_ANSWER = 1_048_576;
const LONGEST_EXCERPT = 200;

/** Calls a service until it answers, and at most as long as the caller's patience lasts. */
export async function callService(call: ServiceCall): Promise<ServiceAnswer> {
  const { signal, timeout, body } = call;
  const limit = timeout + Math.floor((body?.length ?? 0) / BYTES_PER_MS);
  const deadline = AbortSignal.timeout(limit);
  const until = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let fault: unknown;
  try {
    for (const pause of PAUSES) {
      try {
        return await attempt(call, until);
      } catch (cause) {
        if (until.aborted || cause instanceof TooLong) throw cause;
        fault = cause;
      }
      await sleep(pause * (0.5 + Math.random()), undefined, { signal: until });
    }
    return await attempt(call, until);
  } catch (cause) {
    signal?.throwIfAborted();
    throw deadline.aborted ? lateCall(call, limit, fault, cause) : failedCall(call, reasonOf(cause), cause);
  }
}

/** What the tries before said tells more than that there was no time for another one. */
function lateCall(call: ServiceCall, limit: number, fault: unknown, cause: unknown): SigningError {
  if (fault === undefined) return failedCall(call, `did not answer within ${limit} ms`, cause);
  return failedCall(call, `${reasonOf(fault)}, and no better answer came within ${limit} ms`, fault);
}

/** The JSON object in an answer. */
export function objectIn(call: ServiceCall, answer: ServiceAnswer): Readonly<Record<string, unknown>> {
  const value = jsonIn(call, answer);
  if (isRecord(value)) return value;
  throw failedCall(call, 'gave an answer that is no JSON object');
}

/** The JSON list in an answer. */
export function listIn(call: ServiceCall, answer: ServiceAnswer): readonly unknown[] {
  const value = jsonIn(call, answer);
  if (Array.isArray(value)) return value;
  throw failedCall(call, 'gave an answer that is no JSON list');
}

function jsonIn(call: ServiceCall, { body }: ServiceAnswer): unknown {
  try {
    return parseJson(body);
  } catch {
    throw failedCall(call, 'gave an answer that is not JSON');
  }
}

/** The error for a call that brought no answer that can be used. */
export function failedCall({ who, url, code }: ServiceCall, why: string, cause?: unknown): SigningError {
  const hint = 'check the network and the address, then try again';
  return new SigningError(code, `${who} ${addressOf(url)} ${why}`, { hint, cause });
}

/** What a service says about a refusal, as far as it can be shown: one short line, and never a token. */
export function refusalText({ status, body }: ServiceAnswer): string {
  const text = body.toString('utf8', 0, 4096);
  const said = messageIn(text)
    .replaceAll(/eyJ[\w.-]*/g, '(token)')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const shown = escape(said.slice(0, LONGEST_EXCERPT));
  return shown === '' ? `HTTP status ${status}` : `HTTP status ${status}, ${shown}`;
}

/** An address for people: without user, password and query, which may be secrets. */
export function addressOf({ origin, pathname }: URL): string {
  return `'${escape(`${origin}${pathname}`)}'`;
}

/** Whether a value is an object with members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class ServerFault extends Error {
  constructor(answer: ServiceAnswer) {
    super(`answered with ${refusalText(answer)}`);
  }
}

class TooLong extends Error {}

async function attempt(call: ServiceCall, signal: AbortSignal): Promise<ServiceAnswer> {
  const { url, method = 'POST', headers = {}, body, largest = LARGEST_ANSWER } = call;
  const init = { method, headers, redirect: 'manual', signal } as const;
  const response = await fetch(url, body === undefined ? init : { ...init, body });
  const answer = { status: response.status, headers: response.headers, body: await bounded(response, largest) };
  if (isFault(answer)) throw new ServerFault(answer);
  return answer;
}

/** 499 says that the client went away. Whoever reads it did not: seen from a log while other clients gave up. */
function isFault({ status }: ServiceAnswer): boolean {
  return status >= 500 || status === 499;
}

async function bounded(response: Response, largest: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largest) throw new TooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ServerFault) return cause.message;
  if (cause instanceof TooLong) return 'gave an answer that is too long';
  return isRefused(cause) ? 'refused the connection' : 'cannot be reached';
}

/** Of a host with several addresses there is one error for each, in one. */
function isRefused(cause: unknown): boolean {
  const { code, cause: deeper }: { code?: unknown; cause?: unknown } = isRecord(cause) ? cause : {};
  return code === 'ECONNREFUSED' || (deeper !== undefined && isRefused(deeper));
}

/** Most services put what they have to say into one member of JSON. */
function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const { message, error_description: description, error } = isRecord(value) ? value : {};
    const said = [message, description, error].find((part) => typeof part === 'string');
    return typeof said === 'string' ? said : '';
  } catch {
    return /^\s*</.test(text) ? '' : text;
  }
}
