// SPDX-License-Identifier: Apache-2.0
// What an identity provider can say about a signer beyond who it is, by names for people.

/** What an identity provider can say beyond who it is, and the number of the extension that holds it. */
export const CLAIMS = {
  buildSignerUri: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerUri: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigUri: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationUri: 21,
  sourceRepositoryVisibility: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
  githubWorkflowTrigger: 2,
  githubWorkflowSha: 3,
  githubWorkflowName: 4,
  githubWorkflowRepository: 5,
  githubWorkflowRef: 6,
} as const;

/** The name of such a statement. */
export type ClaimName = keyof typeof CLAIMS;

/** All names, in the order in which people look for them. */
export function claimNames(): ClaimName[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the object is closed and stands above
  return Object.keys(CLAIMS) as ClaimName[];
}
