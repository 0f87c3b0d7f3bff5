// SPDX-License-Identifier: Apache-2.0
// What `#native` offers: the addon's generated types, and the one way to its functions.
import type * as binding from './binding.cjs';

export type * from './binding.cjs';

/** The functions of the native addon. */
export type Addon = typeof binding;

/** What a failed load throws: why, and what to do next. */
export interface AddonError extends Error {
  readonly code: 'ADDON_MISSING' | 'ADDON_MISMATCH' | 'ADDON_UNLOADABLE';
  readonly hint: string;
}

/** Returns the addon's exports; the first call finds, checks and loads it, or throws an {@link AddonError}. */
export declare function loadAddon(): Addon;
