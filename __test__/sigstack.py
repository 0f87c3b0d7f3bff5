# SPDX-License-Identifier: Apache-2.0
"""Signs and verifies keyless with the Python tool: a list of tasks on stdin, of outcomes on stdout.

An outcome is null when all went well, else the name, text and cause of the exception.
"""

import json
import pathlib
import sys

from model_signing import signing, verifying
from sigstore.models import ClientTrustConfig


def run(task):
    config = pathlib.Path(task["trust_config"])
    if task["do"] == "sign":
        signing.Config().use_sigstore_signer(identity_token=task["token"], trust_config=config).sign(
            pathlib.Path(task["model"]), pathlib.Path(task["signature"])
        )
    elif task["do"] == "verify":
        verifying.Config().use_sigstore_verifier(
            identity=task["identity"], oidc_issuer=task["issuer"], trust_config=config
        ).verify(pathlib.Path(task["model"]), pathlib.Path(task["signature"]))
    else:
        trust = ClientTrustConfig.from_tuf(task["tuf"], bootstrap_root=pathlib.Path(task["root"]))
        config.write_text(trust._inner.to_json(), encoding="utf-8")


def outcome(task):
    try:
        run(task)
    except Exception as error:
        return f"{type(error).__name__}: {error} ({error.__cause__})"
    return None


json.dump([outcome(task) for task in json.load(sys.stdin)], sys.stdout)
