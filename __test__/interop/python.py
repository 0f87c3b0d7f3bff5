# SPDX-License-Identifier: Apache-2.0
"""Signs and verifies with a release of the Python tool, many times in one process.

A list of tasks on stdin, of outcomes on stdout: null when all went well, else the name and text of the exception.
"""

import contextlib
import json
import pathlib
import sys

from model_signing import _cli, hashing, signing, verifying

# Every signing configuration begins as one for Sigstore, and that asks the network before it is told otherwise.
signing.Config.use_sigstore_signer = lambda self: self


def hashing_config(hash="sha256", shard_size=None, ignore=(), links=False):
    config = hashing.Config()
    # The name under which this tool knows BLAKE2b.
    name = {"blake2b": "blake2"}.get(hash, hash)
    if shard_size is None:
        config.use_file_serialization(hashing_algorithm=name, allow_symlinks=links)
    else:
        config.use_shard_serialization(hashing_algorithm=name, shard_size=shard_size, allow_symlinks=links)
    if hasattr(config, "set_allow_symlinks"):
        config.set_allow_symlinks(links)
    return config.set_ignored_paths(paths=[pathlib.Path(path) for path in ignore])


def sign(model, signature, recipe, key, certificate=None, chain=(), password=None):
    config = signing.Config().set_hashing_config(hashing_config(**recipe))
    if certificate is not None:
        config.use_certificate_signer(
            private_key=pathlib.Path(key),
            signing_certificate=pathlib.Path(certificate),
            certificate_chain=[pathlib.Path(path) for path in chain],
        )
    else:
        # Annotated as text, but handed on to where bytes are wanted.
        secret = None if password is None else password.encode()
        config.use_elliptic_key_signer(private_key=pathlib.Path(key), password=secret)
    config.sign(pathlib.Path(model), pathlib.Path(signature))


def verify(model, signature, recipe=None, key=None, chain=()):
    config = verifying.Config()
    if key is None:
        config.use_certificate_verifier(certificate_chain=[pathlib.Path(path) for path in chain])
    else:
        config.use_elliptic_key_verifier(public_key=pathlib.Path(key))
    # Without a recipe the tool takes it from the signature.
    if recipe is not None:
        config.set_hashing_config(hashing_config(**recipe))
    config.verify(pathlib.Path(model), pathlib.Path(signature))


def command(arguments):
    """The tool's own command line, in this process: starting one for each would take most of the time."""
    try:
        _cli.main(arguments, standalone_mode=False)
    except SystemExit as end:
        if end.code not in (None, 0):
            raise ChildProcessError(f"exit code {end.code}") from end


TASKS = {"sign": sign, "verify": verify, "command": command}


def outcome(task):
    try:
        # What the tool prints must not mix with the outcomes.
        with contextlib.redirect_stdout(sys.stderr):
            TASKS[task.pop("do")](**task)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


json.dump([outcome(task) for task in json.load(sys.stdin)], sys.stdout)
