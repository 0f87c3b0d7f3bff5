// SPDX-License-Identifier: Apache-2.0
//! Link settings that every Node-API addon needs.

fn main() {
    napi_build::setup();
}
