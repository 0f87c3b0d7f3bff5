// SPDX-License-Identifier: Apache-2.0
// What the data sets are: names and sizes of files, nothing on disk yet.

/** @typedef {{ path: string, size: number }} Entry */
/** @typedef {{ name: SetName, title: string, files: Entry[], bytes: number }} DataSet */
/** @typedef {'a' | 'b' | 'c' | 'd' | 'e'} SetName */

const KIB = 2 ** 10;
const GIB = 2 ** 30;

/** @type {readonly SetName[]} */
export const SET_NAMES = ['a', 'b', 'c', 'd', 'e'];

/**
 * A data set; `scale` makes files smaller where they are few, and fewer where they are many.
 * @param {SetName} name
 * @param {number} [scale]
 * @returns {DataSet}
 */
export function dataSet(name, scale = 1) {
  const { title, files } = {
    a: () => ({ title: 'one large file', files: large(1, 4 * GIB * scale) }),
    b: () => ({ title: 'eight large files', files: large(8, GIB * scale) }),
    c: () => ({ title: 'many small files', files: small(20_000 * scale, 16 * KIB) }),
    d: () => ({ title: 'very many smaller files', files: small(100_000 * scale, 4 * KIB) }),
    e: () => ({ title: 'a Hugging Face layout', files: huggingFace(scale) }),
  }[name]();
  return { name, title, files, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/**
 * A few files.
 * @param {number} count
 * @param {number} size of each
 * @returns {Entry[]}
 */
export function large(count, size) {
  return Array.from({ length: count }, (_, at) => ({ path: `weights-${at}.bin`, size: Math.ceil(size) }));
}

/**
 * Many files, a thousand a folder.
 * @param {number} count
 * @param {number} size of each
 * @returns {Entry[]}
 */
export function small(count, size) {
  return Array.from({ length: Math.ceil(count) }, (_, at) => {
    const folder = `${Math.floor(at / 1000)}`.padStart(4, '0');
    return { path: `part-${folder}/file-${`${at}`.padStart(7, '0')}.bin`, size };
  });
}

/**
 * 4.6 GB as they are uploaded: shards filled to a limit with a smaller last one, and what a tokenizer needs.
 * @param {number} scale of the shards; the small files stay as they are
 * @returns {Entry[]}
 */
function huggingFace(scale) {
  const shards = [1_342_177_280, 1_329_594_368, 1_310_720_000, 608_174_080];
  const of = `${shards.length}`.padStart(5, '0');
  const weights = shards.map((size, at) => ({
    path: `model-${`${at + 1}`.padStart(5, '0')}-of-${of}.safetensors`,
    size: Math.ceil(size * scale),
  }));
  const others = {
    '.gitattributes': 1519,
    LICENSE: 11_358,
    'README.md': 38_241,
    'config.json': 843,
    'generation_config.json': 185,
    'merges.txt': 1_671_853,
    'model.safetensors.index.json': 23_950,
    'special_tokens_map.json': 414,
    'tokenizer.json': 9_085_657,
    'tokenizer.model': 499_723,
    'tokenizer_config.json': 50_500,
  };
  return [...weights, ...Object.entries(others).map(([path, size]) => ({ path, size }))];
}
