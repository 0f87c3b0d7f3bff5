#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the golden manifests beside this file, with hashlib, blake3 and the Python model-signing tool only.

Nothing of this repository takes part, so that a test against them compares two implementations:
    python3 -m venv venv && venv/bin/pip install model-signing==1.1.1 pyOpenSSL blake3
    venv/bin/python make-golden.py
"""

import base64
import hashlib
import importlib.metadata
import json
import os
import pathlib
import tempfile

import blake3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
import model_signing

HERE = pathlib.Path(__file__).parent
GIT = [".git", ".gitattributes", ".github", ".gitignore"]
HASH = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "blake2b": lambda data: hashlib.blake2b(data).hexdigest(),
    "blake3": lambda data: blake3.blake3(data).hexdigest(),
}


def text(name, value):
    return {"name": name, "text": value}


def sized(name, size, seed):
    return {"name": name, "size": size, "seed": seed}


SEAMS = [sized(f"s{n:07}", n, n % 251) for n in (0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 65537, 300001)]
PLAIN = [sized("weights.bin", 70000, 1), text("config.json", '{"layers": 2}\n'), text("README.md", "# A model\n")]
NESTED = [text("a.txt", "top"), sized("b/c/d/deep.bin", 5000, 2), text("b/c/e", "e"), text("b/z", "z"), text("z/a", "a")]
UNICODE = [text(name, name) for name in (
    "\u6a21\u578b/\u6743\u91cd.bin", "\u00e9", "e\u0301", "\U0001f600.bin", "\ufffd", "na\u00efve", "A", "a",
    "\uff5e", "quote\"'<&>", "line\nbreak", "tab\tand\x01", "colon:0:5", "bidi\u202egnp.exe", "\u007f", "\u2028")]
EMPTY = [text("empty", ""), text("one", "1"), text("sub/empty too", "")]
GITTED = [text(".git/HEAD", "ref"), text(".gitignore", "*"), text(".gitattributes", "x"), text(".github/ci.yml", "y"),
          text("sub/.git/HEAD", "kept"), text("sub/.gitignore", "kept too"), text("model.bin", "m")]
LINKED = [text("real.bin", "real"), {"name": "link.bin", "link": "real.bin"}, {"name": "sub/up", "link": "../real.bin"}]
SHARDED = [sized("a.bin", 2500, 3), sized("b/c.bin", 1000, 4), text("empty", ""), sized("d.bin", 999, 5), sized("e", 1001, 6)]
# By whole name 'a-b' < 'a.bin' < 'a/q'; a tool that compares part by part lists them in another order.
ORDER = [text("a/q", "1"), text("a-b", "2"), text("a.bin", "3")]

CASES = [
    ("plain", PLAIN, {}),
    ("plain-blake2b", PLAIN, {"hashAlgorithm": "blake2b"}),
    ("plain-blake3", PLAIN, {"hashAlgorithm": "blake3"}),
    ("nested", NESTED, {}),
    ("unicode", UNICODE, {}),
    ("empty-files", EMPTY, {}),
    ("seams", SEAMS, {}),
    ("seams-blake2b", SEAMS, {"hashAlgorithm": "blake2b"}),
    ("seams-blake3", SEAMS, {"hashAlgorithm": "blake3"}),
    ("single-file", sized("model.safetensors", 12345, 9), {}),
    ("single-file-sharded", sized("model.safetensors", 12345, 9), {"shardSize": 5000}),
    ("git-left-out", GITTED, {}),
    ("git-kept", GITTED, {"ignoreGitPaths": False}),
    ("ignored", NESTED, {"ignorePaths": ["b/c", "z/a"]}),
    ("symlinks", LINKED, {"allowSymlinks": True}),
    ("shards-1000", SHARDED, {"shardSize": 1000}),
    ("shards-1", [text("abc", "abc"), text("d", "d")], {"shardSize": 1}),
    ("shards-whole", SHARDED, {"shardSize": 1000000}),
    ("shards-default", SHARDED, {"serialization": "shards"}),
    ("shards-1000-blake2b", SHARDED, {"shardSize": 1000, "hashAlgorithm": "blake2b"}),
    ("shards-1000-blake3", SHARDED, {"shardSize": 1000, "hashAlgorithm": "blake3"}),
    ("order", ORDER, {}),
]


def main():
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, entries, options in CASES:
        golden = make(name, entries, options)
        (HERE / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="ascii")
        print(name, "python:", golden["python"] and golden["python"].get("rootDigest", "other order"))


def make(name, entries, options):
    is_file = isinstance(entries, dict)
    model_name = entries["name"] if is_file else "model"
    listed = [entries] if is_file else entries
    resources = list_resources(listed, options)
    root = hashlib.sha256(b"".join(bytes.fromhex(r["digest"]) for r in resources)).hexdigest()
    recipe = recipe_of(options)
    return {
        "kind": "file" if is_file else "folder",
        "modelName": model_name,
        "entries": listed,
        "options": options,
        "rootDigest": f"sha256:{root}",
        "statement": statement(model_name, root, resources, recipe),
        "python": ask_python(model_name, listed, is_file, options, resources),
    }


def content(entry, entries):
    if "link" in entry:
        target = os.path.normpath(os.path.join(os.path.dirname(entry["name"]), entry["link"]))
        return content(next(e for e in entries if e["name"] == target), entries)
    if "text" in entry:
        return entry["text"].encode()
    return bytes((i * 31 + (i >> 8) * 17 + entry["seed"]) & 255 for i in range(entry["size"]))


def ignore_paths(options):
    return sorted(options.get("ignorePaths", []) + (GIT if options.get("ignoreGitPaths", True) else []))


def is_ignored(name, options):
    parts = name.split("/")
    return any("/".join(parts[:n]) in ignore_paths(options) for n in range(1, len(parts) + 1))


def list_resources(entries, options):
    algorithm = options.get("hashAlgorithm", "sha256")
    size = shard_size(options)
    resources = []
    for entry in entries:
        if len(entries) > 1 and is_ignored(entry["name"], options):
            continue
        data = content(entry, entries)
        if size is None:
            resources.append((entry["name"], data))
        for start in range(0, len(data), size) if size else []:
            end = min(start + size, len(data))
            resources.append((f"{entry['name']}:{start}:{end}", data[start:end]))
    return [{"algorithm": algorithm, "digest": HASH[algorithm](data), "name": name} for name, data in sorted(resources)]


def shard_size(options):
    return options.get("shardSize", 1000000000 if options.get("serialization") == "shards" else None)


def recipe_of(options):
    recipe = {
        "allow_symlinks": options.get("allowSymlinks", False),
        "hash_type": options.get("hashAlgorithm", "sha256"),
        "ignore_paths": ignore_paths(options),
        "method": "shards" if shard_size(options) else "files",
    }
    return {**recipe, "shard_size": shard_size(options)} if shard_size(options) else recipe


def statement(model_name, root, resources, recipe):
    value = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": model_name, "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"resources": resources, "serialization": recipe},
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def ask_python(model_name, entries, is_file, options, resources):
    """What the tool signs: its digests by name; its root only where it lists resources in the same order."""
    if options.get("hashAlgorithm") == "blake3" and shard_size(options):
        return None  # It hashes whole files then.
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder, model_name)
        for entry in entries:
            file = model if is_file else model / entry["name"]
            file.parent.mkdir(parents=True, exist_ok=True)
            if "link" in entry:
                file.symlink_to(entry["link"])
            else:
                file.write_bytes(content(entry, entries))
        payload = sign(model, pathlib.Path(folder), options)
    signed = payload["predicate"]["resources"]
    by_name = {model_name + r["name"][1:] if is_file else r["name"]: r["digest"] for r in signed}
    assert by_name == {r["name"]: r["digest"] for r in resources}, "the tool hashes otherwise"
    same_order = [r["digest"] for r in signed] == [r["digest"] for r in resources]
    result = {"version": importlib.metadata.version("model-signing")}
    return {**result, "rootDigest": "sha256:" + payload["subject"][0]["digest"]["sha256"]} if same_order else result


def sign(model, folder, options):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    algorithm = options.get("hashAlgorithm", "sha256").replace("blake2b", "blake2")
    config = model_signing.hashing.Config()
    common = {"hashing_algorithm": algorithm, "allow_symlinks": options.get("allowSymlinks", False)}
    if shard_size(options):
        config.use_shard_serialization(shard_size=shard_size(options), **common)
    else:
        config.use_file_serialization(**common)
    config.set_allow_symlinks(options.get("allowSymlinks", False))
    ignored = [model / path for path in options.get("ignorePaths", [])]
    config.set_ignored_paths(paths=ignored, ignore_git_paths=options.get("ignoreGitPaths", True))
    signer = model_signing.signing.Config().use_elliptic_key_signer(private_key=folder / "key.pem")
    signer.set_hashing_config(config).sign(model, folder / "model.sig")
    bundle = json.loads((folder / "model.sig").read_text())
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


main()
