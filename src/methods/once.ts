// SPDX-License-Identifier: Apache-2.0
// What a method loads: once, by whoever needs it first.

/** Loads at the first call, for all who wait; again after a failure, which may have been a mistyped password. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return async () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
