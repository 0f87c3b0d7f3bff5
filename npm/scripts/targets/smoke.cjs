// SPDX-License-Identifier: Apache-2.0
// Whether an addon works where it runs: loaded by the real loader, it hashes golden models, signs, verifies, and refuses
// what was changed. Plain CommonJS for any Node.js from 20 on, in a folder that `stage.js` makes. The last line of its
// output is one JSON object.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const FACADE = path.join(__dirname, 'node_modules', 'model-signing');
const GOLDEN = path.join(__dirname, 'golden');

void main();

async function main() {
  const place = mkdtempSync(path.join(os.tmpdir(), 'model-signing-smoke-'));
  try {
    const kernel = loads();
    refusesAnotherAddon(place);
    const api = await import('model-signing');
    const models = await hashesGoldenModels(api, place);
    const lengths = await hashesEveryLength(api, place);
    await signsAndVerifies(api, place);
    const { version, arch } = process;
    console.log(JSON.stringify({ node: version, arch, endianness: os.endianness(), kernel, models, lengths }));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** What hashes SHA-256 on this CPU. @returns {string} */
function loads() {
  return require(path.join(FACADE, 'npm', 'loader.cjs'))
    .loadAddon()
    .sha256Kernel();
}

/**
 * The loader reads the addon before it runs it.
 * @param {string} place
 */
function refusesAnotherAddon(place) {
  const modules = path.join(place, 'node_modules');
  for (const name of readdirSync(path.join(__dirname, 'node_modules'))) {
    cpSync(path.join(__dirname, 'node_modules', name), path.join(modules, name), { recursive: true });
    const addon = readdirSync(path.join(modules, name)).find((file) => /\.(?:node|wasm)$/.test(file));
    if (addon === undefined) continue;
    const bytes = readFileSync(path.join(modules, name, addon));
    writeFileSync(path.join(modules, name, addon), Buffer.concat([bytes, Buffer.of(0)]));
  }
  const { loadAddon } = require(path.join(modules, 'model-signing', 'npm', 'loader.cjs'));
  assert.throws(loadAddon, { code: 'ADDON_MISMATCH' });
}

/**
 * Models whose manifests other implementations computed: every algorithm, shards, lengths around blocks, names, links.
 * @param {any} api
 * @param {string} place
 */
async function hashesGoldenModels({ digest }, place) {
  const files = readdirSync(GOLDEN).filter((name) => name.endsWith('.json') && !isImpossible(name));
  assert.ok(files.length >= (process.platform === 'win32' ? 15 : 20));
  for (const file of files) {
    const golden = JSON.parse(readFileSync(path.join(GOLDEN, file), 'utf8'));
    const model = path.join(place, file, golden.modelName);
    for (const entry of golden.entries) {
      write(golden.kind === 'file' ? path.join(path.dirname(model), entry.name) : path.join(model, entry.name), entry);
    }
    const manifest = await digest(model, golden.options);
    assert.equal(Buffer.from(manifest.statement()).toString(), golden.statement, file);
    assert.equal(manifest.rootDigest, golden.rootDigest, file);
  }
  return files.length;
}

/**
 * On Windows links need a right of their own, and some characters are in no name.
 * @param {string} file
 */
function isImpossible(file) {
  if (process.platform !== 'win32') return false;
  /** @type {{ entries: { name: string, link?: string }[] }} */
  const { entries } = JSON.parse(readFileSync(path.join(GOLDEN, file), 'utf8'));
  return entries.some(({ name, link }) => link !== undefined || /[<>:"|?*\\]/.test(name));
}

/**
 * @param {string} file
 * @param {{ text?: string, size?: number, seed?: number, link?: string }} entry
 */
function write(file, { text, size = 0, seed = 0, link }) {
  mkdirSync(path.dirname(file), { recursive: true });
  if (link === undefined) writeFileSync(file, text ?? pattern(size, seed));
  else symlinkSync(link, file);
}

/**
 * The bytes that the golden models are made of.
 * @param {number} size
 * @param {number} seed
 */
function pattern(size, seed) {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 17 + seed) & 255);
}

/**
 * Files of every length up to a few blocks, and some long ones, so that lanes run beside each other at every offset;
 * Node.js's own OpenSSL says what is right.
 * @param {any} api
 * @param {string} place
 */
async function hashesEveryLength({ digest }, place) {
  const model = path.join(place, 'lengths');
  const lengths = [...Array(300).keys(), 4095, 4096, 65_537, 1_048_577, 9_000_001];
  for (const length of lengths) write(path.join(model, `${length}`), { size: length, seed: length });
  for (const [hashAlgorithm, name] of Object.entries({ sha256: 'sha256', blake2b: 'blake2b512' })) {
    for (const threads of [1, 4]) {
      const manifest = await digest(model, { hashAlgorithm, threads });
      for (const { name: length, digest: found } of manifest.resources) {
        const wanted = crypto
          .createHash(name)
          .update(pattern(Number(length), Number(length)))
          .digest('hex');
        assert.equal(found, wanted, `${hashAlgorithm} of ${length} bytes`);
      }
      assert.equal(manifest.resourceCount, lengths.length);
    }
  }
  return lengths.length;
}

/**
 * @param {any} api
 * @param {string} place
 */
async function signsAndVerifies({ keySigner, keyVerifier, sign, verify }, place) {
  const model = path.join(place, 'signed');
  write(path.join(model, 'weights'), { size: 100_000, seed: 1 });
  write(path.join(model, 'folder', 'config'), { text: '{}' });
  const [ours, others] = [pair(), pair()];
  const signature = path.join(place, 'model.sig');
  const { manifest } = await sign(model, { signer: keySigner({ privateKey: ours.privateKey }), signature });
  const verifier = keyVerifier({ publicKey: ours.publicKey });
  const evidence = await verify(model, signature, { verifier });
  assert.equal(evidence.manifest.rootDigest, manifest.rootDigest);
  const another = { verifier: keyVerifier({ publicKey: others.publicKey }) };
  await assert.rejects(verify(model, signature, another), { name: 'VerificationError' });
  write(path.join(model, 'weights'), { size: 100_000, seed: 2 });
  await assert.rejects(verify(model, signature, { verifier }), { name: 'ModelMismatchError' });
}

function pair() {
  return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
