"""Recomputes one row of a run from its files and its text alone, with NumPy in double precision.

Usage: python3 recompute.py RUN_DIRECTORY
From the newest checkpoint but the last step's: parameters and place in the data; then the batch of the next step, its loss, and the
use of every layer's units, beside what rows.jsonl says. For the built-in model on text files of one document each, as bytes, in runs since 0.2.0.
"""
import glob
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np

M32 = 0xFFFFFFFF


def random(seed, purpose):
    """xoshiro128** seeded by SplitMix32 steps; yields uniform numbers in [0, 1)."""
    mixed = seed & M32
    for character in purpose:
        mixed = ((mixed ^ ord(character)) * 0x9E3779B1) & M32
    mixed ^= seed >> 32
    s = []
    for _ in range(4):
        mixed = (mixed + 0x9E3779B9) & M32
        z = ((mixed ^ (mixed >> 16)) * 0x85EBCA6B) & M32
        z = ((z ^ (z >> 13)) * 0xC2B2AE35) & M32
        s.append(z ^ (z >> 16))
    turned = lambda value, by: ((value << by) | (value >> (32 - by))) & M32
    while True:
        result = (turned((s[1] * 5) & M32, 7) * 9) & M32
        shifted = (s[1] << 9) & M32
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = turned(s[3], 11)
        yield result / 2**32


def training_documents(texts, n_ctx, fraction, seed):
    """Documents, and blocks of large ones, are held out in an order by lot, each that still fits; the rest trains."""
    least, total = n_ctx + 1, sum(map(len, texts))
    target = min(total - least, max(least, math.floor(fraction * total + 0.5)))
    size, units, held, tokens = max(least, -(-target // 8)), [], set(), 0
    for document, text in enumerate(texts):
        cut = len(text) > target / 2
        count = max(1, min(-(-len(text) // size), len(text) // least)) if cut else 1
        edges = [i * len(text) // count for i in range(count + 1)]
        units += [(document, *edge) for edge in zip(edges, edges[1:]) if text]
    lots = random(seed, "split of text")
    lot = [next(lots) for _ in units]
    for i in sorted(range(len(units)), key=lambda i: (lot[i], i)):
        if tokens + units[i][2] - units[i][1] <= target:
            held.add(i)
            tokens += units[i][2] - units[i][1]
    pieces = []
    for document, start, end in (unit for i, unit in enumerate(units) if i not in held):
        if pieces and pieces[-1][0] == document and pieces[-1][2] == start:
            pieces[-1] = (document, pieces[-1][1], end)
        else:
            pieces.append((document, start, end))
    assert all(end - start > n_ctx for _, start, end in pieces), "joined documents are not recomputed here"
    return [texts[document][start:end] for document, start, end in pieces]


def epoch(documents, n_ctx, seed, order, number):
    """(document, first token) of every window of an epoch, in the order in which they are taken."""
    draw = random(seed, f"data order {order} epoch {number}")
    integer = lambda below: math.floor(next(draw) * below)
    windows = []
    for d, text in enumerate(documents):
        count = (len(text) - 1) // n_ctx
        first = integer(len(text) - 1 - count * n_ctx + 1)
        windows += [(d, first + k * n_ctx) for k in range(count)]
    for i in range(len(windows) - 1, 0, -1):
        j = integer(i + 1)
        windows[i], windows[j] = windows[j], windows[i]
    return windows


def load(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).astype(float)
        for name, entry in header.items()
        if not name.startswith("adam.")
    }


def forward(p, tokens, n_layers, n_heads):
    """Loss in nats per token and, layer by layer, which units fire, [batch pos d_mlp]."""
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    batch, pos = inputs.shape

    def norm(x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p[name + ".w"] + p[name + ".b"]

    x = p["embed.W_E"][inputs] + p["pos_embed.W_pos"][:pos]
    fires = []
    for layer in range(n_layers):
        block = f"blocks.{layer}."
        qkv = norm(x, block + "ln1") @ p[block + "attn.W_QKV"] + p[block + "attn.b_QKV"]
        q, k, v = (part.reshape(batch, pos, n_heads, -1).swapaxes(1, 2) for part in np.split(qkv, 3, -1))
        scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) + np.triu(np.full((pos, pos), -np.inf), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (weights / weights.sum(-1, keepdims=True) @ v).swapaxes(1, 2).reshape(batch, pos, -1)
        x = x + mixed @ p[block + "attn.W_O"] + p[block + "attn.b_O"]
        z = norm(x, block + "ln2") @ p[block + "mlp.W_in"] + p[block + "mlp.b_in"]
        fires.append(z > 0)
        x = x + np.maximum(z, 0) @ p[block + "mlp.W_out"] + p[block + "mlp.b_out"]
    logits = norm(x, "ln_final") @ (p["unembed.W_U"] if "unembed.W_U" in p else p["embed.W_E"].T)
    top = logits.max(-1, keepdims=True)
    surprise = np.log(np.exp(logits - top).sum(-1)) + top[..., 0] - np.take_along_axis(logits, targets[..., None], -1)[..., 0]
    return surprise.mean(), fires


run_dir = Path(sys.argv[1])
run = json.loads((run_dir / "run.json").read_text())
rows = {row["step"]: row["metrics"] for row in map(json.loads, (run_dir / "rows.jsonl").read_text().splitlines())}
names = sorted(path.name for path in (run_dir / "checkpoints").iterdir() if path.name.startswith("step-") and "." not in path.name)
checkpoint = [name for name in names if int(name[5:]) + 1 in rows][-1]
manifest = json.loads((run_dir / "checkpoints" / checkpoint / "checkpoint.json").read_text())
config, model = run["config"], run["model"]
files = {file for wanted in config["data"]["corpus"]["text"]["files"] for file in glob.glob(wanted, root_dir=run["baseDir"])}
texts = [Path(run["baseDir"], file).read_bytes() for file in sorted(files)]
documents = training_documents(texts, model["n_ctx"], config["data"]["eval_fraction"], config["data"]["split_seed"])
place, windows = manifest["cursor"], []
number, position = place["epoch"], place["position"]
while len(windows) < run["batchSize"]:
    rest = epoch(documents, model["n_ctx"], run["seed"], config["data"]["order"], number)[position:]
    windows += rest[: run["batchSize"] - len(windows)]
    number, position = number + 1, 0
tokens = np.array([list(documents[d][first : first + model["n_ctx"] + 1]) for d, first in windows])
loss, fires = forward(load(run_dir / "checkpoints" / checkpoint / "state.safetensors"), tokens, model["n_layers"], model["n_heads"])
row = rows[manifest["step"] + 1]
print("train/loss", float(loss), row["train/loss"])
for layer, mask in enumerate(fires):
    print(f"token_sparsity/use_token/layer_{layer}", float(mask.mean()), row[f"token_sparsity/use_token/layer_{layer}"])
    union = float(mask.any((0, 1)).mean())
    if f"batch_union_sparsity/use_batch/layer_{layer}" in row:
        print(f"batch_union_sparsity/use_batch/layer_{layer}", union, row[f"batch_union_sparsity/use_batch/layer_{layer}"])
