// SPDX-License-Identifier: Apache-2.0
// Verifies a model: first who signed, then what was signed, then whether this is it. Evidence, or an error.

import { type BundleSource, bundlePath, readBundle } from './bundle.js';
import { modelPath } from './digest.js';
import { type Diff, InputError, ModelMismatchError, VerificationError } from './errors.js';
import { Manifest } from './manifest.js';
import type { Authentication, Identity, TrustedTime, Verifier } from './method.js';
import { checkModel, escape } from './native.js';
import { isListOf, isObject, isText, requireMethod, withDefaults } from './option-reader.js';
import { type ResolvedVerify, type VerifyOptions, resolveVerifyOptions } from './options.js';

/** What a bundle says, by whom and when: authenticated, but compared with no model. */
export interface VerifiedBundle {
  /** What was signed. */
  readonly manifest: Manifest;
  /** Who signed. */
  readonly signer: Identity;
  /** When, as far as that can be trusted. */
  readonly time: TrustedTime;
  /** `sha256:` and the digest of the statement's bytes in hexadecimal. */
  readonly statementDigest: string;
  /** What a careful reader should know: relaxed rules, old forms, unused timestamps. */
  readonly remarks: readonly string[];
}

/** A model that is the one that was signed. */
export interface VerifiedModel extends VerifiedBundle {
  /** What ignore paths hid, and how many files. */
  readonly ignored: readonly { readonly path: string; readonly files: number }[];
  /** How many files were tolerated that nobody signed: with shards, empty files are such. */
  readonly unsignedFiles: number;
}

/** One configuration for many models. */
export interface ModelVerifier {
  /**
   * Verifies a model against a bundle.
   *
   * @param model - The model's folder, or its one file.
   * @param bundle - The bundle's path, or its bytes.
   * @param options - What differs from the verifier's own options.
   * @throws `VerificationError` when the signature or the statement is not acceptable, `ModelMismatchError` when both
   * are but the model is another one.
   */
  verify(model: string | URL, bundle: BundleSource, options?: VerifyOptions): Promise<VerifiedModel>;
  /** Authenticates a bundle and returns what it says, without a model. */
  verifyBundle(bundle: BundleSource, options?: VerifyOptions): Promise<VerifiedBundle>;
}

/** Makes a verifier of models. It serves many models, also at once; nothing of one reaches the next. */
export function createVerifier(settings: VerifyOptions & { readonly verifier: Verifier }): ModelVerifier {
  requireMethod(settings, 'verifier', 'verify');
  const { verifier, ...defaults } = settings;
  const resolve = (options: VerifyOptions = {}): ResolvedVerify =>
    resolveVerifyOptions(withDefaults<VerifyOptions>(defaults, options));
  return {
    verify: async (model, bundle, options) => verifyModel(modelPath(model), bundle, verifier, resolve(options)),
    verifyBundle: async (bundle, options) => {
      const { evidence } = await authenticate(bundle, verifier, resolve(options));
      return evidence;
    },
  };
}

/** Verifies one model. */
export async function verify(
  model: string | URL,
  bundle: BundleSource,
  options: VerifyOptions & { readonly verifier: Verifier },
): Promise<VerifiedModel> {
  return createVerifier(options).verify(model, bundle);
}

/** Authenticates one bundle and returns what it says, without a model. */
export async function verifyBundle(
  bundle: BundleSource,
  options: VerifyOptions & { readonly verifier: Verifier },
): Promise<VerifiedBundle> {
  return createVerifier(options).verifyBundle(bundle);
}

/** Nothing of the model is looked at before it is known who signed. */
async function verifyModel(
  model: string,
  bundle: BundleSource,
  verifier: Verifier,
  options: ResolvedVerify,
): Promise<VerifiedModel> {
  const { evidence, statement } = await authenticate(bundle, verifier, options);
  refuseLinks(evidence.manifest, options);
  const path = bundle instanceof Uint8Array ? undefined : bundlePath(bundle);
  const found = await checkModel(statement, model, path, options);
  if (!found.isEqual) throw new ModelMismatchError(summary(found.diff), found.diff, { hint: MISMATCH_HINT });
  const followed = found.isLink ? ['the model path is a symbolic link and was followed'] : [];
  const remarks = [...evidence.remarks, ...followed];
  return { ...evidence, remarks, ignored: found.ignored, unsignedFiles: found.unsigned };
}

async function authenticate(bundle: BundleSource, verifier: Verifier, options: ResolvedVerify) {
  options.signal?.throwIfAborted();
  await verifier.prepare?.();
  const read = await readBundle(bundle, options);
  const { signer, time, remarks: found = [] } = checkedAnswer(await verifier.verify(read.signed));
  const statement = await read.statement();
  options.signal?.throwIfAborted();
  const { statementDigest, unknownMembers } = statement;
  for (const name of unknownMembers) options.logger.debug(`the statement's member '${escape(name)}' is unknown`);
  const remarks = read.isLegacy ? [...found, 'the statement is from before the specification'] : found;
  const evidence: VerifiedBundle = { manifest: new Manifest(statement), signer, time, statementDigest, remarks };
  return { evidence, statement };
}

/** Anyone can write a verifier, and one that answers `false` or nothing has not said who signed. */
function checkedAnswer(answer: Authentication): Authentication {
  const { signer, time, remarks = [] }: Readonly<Record<string, unknown>> = isObject(answer) ? { ...answer } : {};
  const saysWho = isObject(signer) && isText(signer['method']);
  const saysWhen = isObject(time) && time['time'] instanceof Date && !Number.isNaN(time['time'].getTime());
  if (saysWho && saysWhen && isText(time['source']) && isListOf(remarks, isText)) return answer;
  const hint = 'a verifier returns who signed and when, or throws';
  throw new InputError('OPTION_INVALID', 'the verifier does not say who signed', { hint });
}

/** A verifier may be stricter than the signer was. */
function refuseLinks({ serialization }: Manifest, { allowSymlinks }: ResolvedVerify): void {
  if (allowSymlinks || !serialization.allowSymlinks) return;
  const hint = 'allow symbolic links, if you trust the signer with them';
  throw new VerificationError('SYMLINKS_REFUSED', 'the model was signed with symbolic links followed', { hint });
}

const MISMATCH_HINT = 'do not use this model; compare it with the original';

/** One line: how many files differ and how, and the first one by name. */
function summary({ missing, extra, resized, changed, renamed }: Diff): string {
  const parts = [
    part(missing, 'missing', (name) => name),
    part(extra, 'not signed', (name) => name),
    part(resized, 'of another size', ({ path }) => path),
    part(changed ?? [], 'changed', ({ name }) => name),
    part(renamed ?? [], 'renamed', ({ from }) => from),
  ];
  return `the model is not the one that was signed: ${parts.filter((text) => text !== '').join('; ')}`;
}

function part<T>(entries: readonly T[], what: string, nameOf: (entry: T) => string): string {
  const [first] = entries;
  if (first === undefined) return '';
  const others = entries.length === 1 ? '' : ` and ${entries.length - 1} more`;
  return `${what}: '${escape(nameOf(first))}'${others}`;
}
