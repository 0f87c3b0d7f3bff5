# SPDX-License-Identifier: Apache-2.0
"""What the Python tool does before it signs and while it verifies, by its public interface: hash_step.py MODEL

It has no command that only hashes.
"""

import sys

from model_signing import hashing

manifest = hashing.hash(sys.argv[1])
print(sum(1 for _ in manifest.resource_descriptors()))
