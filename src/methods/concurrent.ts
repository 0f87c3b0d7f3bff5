// SPDX-License-Identifier: Apache-2.0
// Waiting for several things at once, but not for all: services are asked by few calls at a time.

/** Works on all items, so many at a time; the results in the order of the items, or the first failure. */
export async function concurrently<T, U>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<U>,
): Promise<readonly U[]> {
  const results: U[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  try {
    await Promise.all(Array.from({ length: most }, worker));
  } finally {
    // After a failure nobody begins with what is left.
    Array.from(queue);
  }
  return results;
}
