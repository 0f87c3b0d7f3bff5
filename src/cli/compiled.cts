// SPDX-License-Identifier: Apache-2.0
// Loads the program's files together with what the engine made of them on an earlier run: to compile them costs a third
// of what a tiny model costs. The compiled form lies beside the file, nowhere else: who can write there decides what
// runs anyway, which holds for no cache folder. It is taken only if it is of exactly this file, undamaged, and of the
// same owner. Where none can be kept, as in a read-only installation, all goes as well, only slower.

import type * as Programs from './programs.js' with { 'resolution-mode': 'import' };

/** The program, and what to do once it has ended well. */
export interface Loaded {
  readonly program: typeof Programs;
  /** Leaves the compiled form for the next run, unless this one had it. */
  readonly keep: () => void;
}

/** What this file exports. */
export interface Compiled {
  readonly loadProgram: (command?: string) => Loaded;
}

const { createHash } = process.getBuiltinModule('node:crypto');
const fs = process.getBuiltinModule('node:fs');
const path = process.getBuiltinModule('node:path');
const { Script } = process.getBuiltinModule('node:vm');

const DIGEST_BYTES = 32;
const COMMAND = /^[a-z0-9]{1,16}$/;

/** Loads `program.cjs`; `command` tells one compiled form from another, since each holds what its command used. */
function loadProgram(command = ''): Loaded {
  const keepers: (() => void)[] = [];
  const requirePart = Object.assign(
    (name: string): unknown => (name === './later.cjs' ? load('later') : require(name)),
    require,
  );
  const load = (name: string): typeof Programs => {
    const { script, file, keep } = compile(name, command);
    if (keep !== undefined) keepers.push(keep);
    const module = { exports: {} };
    return script.runInThisContext()(module, module.exports, requirePart, file, __dirname);
  };
  return { program: load('program'), keep: () => keepers.forEach((keep) => keep()) };
}

/** A file that can be run, and how to keep its compiled form, where that is news. */
function compile(name: string, command: string) {
  const file = path.join(__dirname, `${name}.cjs`);
  const source = fs.readFileSync(file);
  const kept = isAllowed(command)
    ? path.join(__dirname, `${name}-${command}-${process.version}-${process.arch}.cache`)
    : '';
  const cachedData = readKept(kept, file, source);
  // The build keeps the file free of anything but ASCII, which is the same in Latin-1, and read faster.
  const code = `(function (module, exports, require, __filename, __dirname) {${source.toString('latin1')}
return module.exports})`;
  const script = new Script(code, { filename: file, ...(cachedData && { cachedData }) });
  const isNews = kept !== '' && (cachedData === undefined || script.cachedDataRejected === true);
  return { script, file, keep: isNews ? () => write(kept, file, source, script.createCachedData()) : undefined };
}

/** Node's own switch against compile caches counts here, too. */
function isAllowed(command: string): boolean {
  return COMMAND.test(command) && process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined;
}

function readKept(kept: string, file: string, source: Buffer): Buffer | undefined {
  if (kept === '') return undefined;
  try {
    const descriptor = fs.openSync(kept, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
    try {
      const { uid, mode } = fs.fstatSync(descriptor);
      if (uid !== fs.statSync(file).uid || (mode & 0o022) !== 0) return undefined;
      const bytes = fs.readFileSync(descriptor);
      const data = bytes.subarray(DIGEST_BYTES);
      return digest(source, data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** Other runs may read or write it at this moment: it appears whole, or not at all. */
function write(kept: string, file: string, source: Buffer, data: Buffer): void {
  const unfinished = `${kept}-${process.pid}`;
  try {
    if (process.geteuid?.() !== undefined && process.geteuid() !== fs.statSync(file).uid) return;
    fs.writeFileSync(unfinished, Buffer.concat([digest(source, data), data]), { flag: 'wx', mode: 0o644 });
    fs.renameSync(unfinished, kept);
  } catch {
    try {
      fs.rmSync(unfinished, { force: true });
    } catch {
      // Yarn keeps packages in archives, where nothing can be removed, not even what is not there.
    }
  }
}

/** V8 compares no more of the source than its length, and takes damaged data for good: both are made certain of here. */
function digest(source: Buffer, data: Buffer): Buffer {
  return createHash('sha256').update(source).update(data).digest();
}

module.exports = { loadProgram } satisfies Compiled;
