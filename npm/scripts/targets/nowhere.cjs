// SPDX-License-Identifier: Apache-2.0
// Loaded before the smoke test: makes this machine one for which there is no native addon.
'use strict';

Object.defineProperty(process, 'arch', { value: 'riscv64' });
