// SPDX-License-Identifier: Apache-2.0
// Puts the table of a run on its pull request: node comment.js REPORT, in a job that may write there and has none of
// the pull request's code. The report is anybody's; which pull request it is for is told by the platform's own facts:
// GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD_OWNER, HEAD_BRANCH, HEAD_SHA.
import { pathToFileURL } from 'node:url';
import { fail } from '../../npm/scripts/run.js';
import { readReport } from './claim.js';
import { MARKER, toMarkdown } from './report.js';

const BOT = 'github-actions[bot]';
/** Comments are looked through so far: hundreds of them. */
const MOST_PAGES = 5;
const PER_PAGE = 100;
const LIMIT = 30_000;

/**
 * Writes the comment, or brings the one that is there up to date; returns what it did.
 * @param {string} file
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export async function comment(file, env) {
  const body = toMarkdown(readReport(file));
  const [repository, owner, branch, head] = ['GITHUB_REPOSITORY', 'HEAD_OWNER', 'HEAD_BRANCH', 'HEAD_SHA'].map(
    (name) => env[name] || fail(`${name} is not set`),
  );
  const api = client(env);
  const from = encodeURIComponent(`${owner}:${branch}`);
  const pulls = await api('GET', `/repos/${repository}/pulls?state=open&head=${from}&per_page=${PER_PAGE}`);
  const pull = members(pulls).find((each) => members([each['head']])[0]?.['sha'] === head);
  if (pull === undefined) return 'no open pull request has this commit as its head: nothing to comment';
  const comments = `/repos/${repository}/issues/${Number(pull['number'])}/comments`;
  const own = await find(api, comments);
  if (own === undefined) await api('POST', comments, { body });
  else await api('PATCH', `/repos/${repository}/issues/comments/${own}`, { body });
  return `${own === undefined ? 'commented on' : 'updated the comment on'} #${Number(pull['number'])}`;
}

/**
 * @param {ReturnType<typeof client>} api
 * @param {string} comments
 */
async function find(api, comments) {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const found = members(await api('GET', `${comments}?per_page=${PER_PAGE}&page=${page}`));
    const own = found.find(
      (each) => members([each['user']])[0]?.['login'] === BOT && String(each['body']).startsWith(MARKER),
    );
    if (own !== undefined) return Number(own['id']);
    if (found.length < PER_PAGE) break;
  }
  return undefined;
}

/** @param {Readonly<Record<string, string | undefined>>} env */
function client({ GITHUB_API_URL: base = 'https://api.github.com', GITHUB_TOKEN: token }) {
  /** @type {(method: string, path: string, body?: object) => Promise<unknown>} */
  return async (method, path, body) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT),
      ...(body && { body: JSON.stringify(body) }),
    });
    // What a service says in a failure stays out of our lines.
    if (!response.ok) throw new Error(`${method} ${path.split('?')[0]}: status ${response.status}`);
    return response.json();
  };
}

/**
 * The objects among what a service answered.
 * @param {unknown} value
 * @returns {Record<string, unknown>[]}
 */
function members(value) {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    console.log(await comment(process.argv[2] ?? fail('usage: comment.js REPORT'), process.env));
  } catch (error) {
    fail(`no comment: ${error instanceof Error ? error.message : String(error)}`);
  }
}
