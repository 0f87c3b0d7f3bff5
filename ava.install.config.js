// SPDX-License-Identifier: Apache-2.0
// For npm run test:install: the tests of what is installed, which take minutes and need a registry.
export default { files: ['build/install/*.spec.js'], timeout: '10m' };
