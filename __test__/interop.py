# SPDX-License-Identifier: Apache-2.0
"""Signs and verifies with the Python tool, many times in one process: a list of tasks on stdin, of outcomes on stdout.

An outcome is null when all went well, else the name and text of the exception.
"""

import json
import pathlib
import sys

from model_signing import hashing, signing, verifying


def hashing_config(task):
    config = hashing.Config()
    name = task.get("hash", "sha256")
    if "shard_size" in task:
        config.use_shard_serialization(hashing_algorithm=name, shard_size=task["shard_size"])
    elif name != "sha256":
        config.use_file_serialization(hashing_algorithm=name)
    config.set_ignored_paths(paths=[pathlib.Path(path) for path in task.get("ignore", [])])
    return config


def run(task):
    model, signature = pathlib.Path(task["model"]), pathlib.Path(task["signature"])
    if task["do"] == "sign":
        config = signing.Config()
        # Annotated as text, but handed on to where bytes are wanted.
        password = task["password"].encode() if "password" in task else None
        config.use_elliptic_key_signer(private_key=pathlib.Path(task["key"]), password=password)
        config.set_hashing_config(hashing_config(task))
        config.sign(model, signature)
    else:
        config = verifying.Config()
        if "certificates" in task:
            config.use_certificate_verifier(certificate_chain=[pathlib.Path(path) for path in task["certificates"]])
        else:
            config.use_elliptic_key_verifier(public_key=pathlib.Path(task["key"]))
        config.verify(model, signature)


def outcome(task):
    try:
        run(task)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


json.dump([outcome(task) for task in json.load(sys.stdin)], sys.stdout)
