"""Checks our analyzers against PyTorch: masks, counts, use at three levels, specificity, k50, and the states of units.

Usage, with any Python that has torch (1.13 will do):
  node --import tsx/esm test/golden/analyzers.ts FOLDER && python3 test/golden/analyzers.py FOLDER
Everything must be equal, but for pre-activations within 1e-5 of zero: float32 may round them to either side. Those are
counted and printed.
"""
import collections
import json
import math
import statistics
import struct
import sys

import torch

BORDER = 1e-5


def read_safetensors(path):
    """Eight bytes of length, a JSON header, then the tensors' bytes."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    dtypes = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = bytearray(data[8 + length + begin : 8 + length + end])
        tensors[name] = torch.frombuffer(raw, dtype=dtypes[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def layer_norm(state, name, x):
    return torch.nn.functional.layer_norm(x, x.shape[-1:], state[name + ".w"], state[name + ".b"], 1e-5)


def pre_activations(state, tokens, model):
    """The forward pass in double precision; pre-activations of each layer, [batch pos d_mlp]."""
    state = {name: tensor.double() for name, tensor in state.items() if not name.startswith("adam.")}
    batch, pos = tokens.shape
    heads = model["n_heads"]
    x = state["embed.W_E"][tokens.long()] + state["pos_embed.W_pos"][:pos]
    mask = torch.triu(torch.full((pos, pos), -math.inf, dtype=torch.float64), 1)
    found = []
    for layer in range(model["n_layers"]):
        block = "blocks.%d" % layer
        y = layer_norm(state, block + ".ln1", x)
        qkv = y @ state[block + ".attn.W_QKV"] + state[block + ".attn.b_QKV"]
        q, k, v = (part.reshape(batch, pos, heads, -1).transpose(1, 2) for part in qkv.chunk(3, -1))
        pattern = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + mask, -1)
        mixed = (pattern @ v).transpose(1, 2).reshape(batch, pos, -1)
        x = x + mixed @ state[block + ".attn.W_O"] + state[block + ".attn.b_O"]
        y = layer_norm(state, block + ".ln2", x)
        z = y @ state[block + ".mlp.W_in"] + state[block + ".mlp.b_in"]
        found.append(z)
        x = x + torch.relu(z) @ state[block + ".mlp.W_out"] + state[block + ".mlp.b_out"]
    return found


def states_of(stream, window, lengths):
    """Units' states from sequences x units counts, as neuron-death defines them; `lengths`: each window's horizon, 0 where there is none."""
    sequences, units = stream.shape
    names = []
    for unit in range(units):
        held = [sum(int(c > 0) for c in stream[w : w + window, unit]) for w in range(0, sequences - window + 1, window)]
        state, silent, stirred, ever_died, fired = "born_dead", 0, 0, False, False
        for count, length in zip(held, lengths):
            fired = fired or count > 0
            silent = 0 if count > 0 else silent + 1
            if count > 0 and state == "dead":
                stirred += count
                if stirred < 2:
                    continue
            if count > 0:
                state = "revived" if ever_died else "alive"
            elif fired and state != "dead":
                state = "silent" if silent == 1 else "dormant"
                if length > 0 and silent >= length:
                    state, ever_died, stirred = "dead", True, 0
        names.append(state)
    return names


def k50_of(firings):
    """The share of units, the busiest first, that gives half of all firings, the last unit in part."""
    half, units = sum(firings) / 2.0, 0
    for count in sorted(firings, reverse=True):
        if count >= half:
            return (units + half / count) / len(firings)
        half, units = half - count, units + 1


def specificity_of(rows, present, fewest=10):
    """Median of 1 - H / E[H] over units from counts by token [types][units]; E[H] over the hypergeometric, in exact integers."""
    total, found = sum(present), []
    for unit in range(len(rows[0])):
        counts = [row[unit] for row in rows]
        c = sum(counts)
        if c < fewest:
            continue
        entropy = -sum(k / c * math.log(k / c) for k in counts if k > 0)
        ways = math.comb(total, c)
        expected = 0.0
        for size in present:
            for k in range(max(1, c + size - total), min(size, c) + 1):
                chance = math.comb(size, k) * math.comb(total - size, c - k) / ways
                expected -= chance * k / c * math.log(k / c)
        if expected > 0:
            found.append(1 - entropy / expected)
    return statistics.median(found)


def main(folder):
    state = read_safetensors(folder + "/state.safetensors")
    counts = read_safetensors(folder + "/counts.safetensors")
    with open(folder + "/numbers.json") as file:
        ours = json.load(file)
    order = ["born_dead", "alive", "silent", "dormant", "dead", "revived"]
    border_total, checked = 0, 0
    text = counts["tokens"].reshape(-1).tolist()
    types = counts["present"].numel()
    common = collections.Counter(text).most_common(types)  # ties: the earlier in the text
    present = [count for _, count in common] + [0] * (types - len(common))
    assert present == counts["present"].tolist(), (present, counts["present"])
    for layer, z in enumerate(pre_activations(state, counts["tokens"], ours["model"])):
        mask = z > 0
        border = (z.abs() <= BORDER).sum().item()
        border_total += border
        checked += z.numel()
        C, K = mask.sum(1), mask.sum(2)
        off_c = (C - counts["C/%d" % layer]).abs().sum().item()
        off_k = (K - counts["K/%d" % layer]).abs().sum().item()
        assert off_c <= border and off_k <= border, (layer, off_c, off_k, border)
        use = {
            "use_token": mask.double().mean().item(),
            "use_seq": mask.any(1).double().mean().item(),
            "use_batch": mask.any(1).any(0).double().mean().item(),
        }
        units, batch = mask.shape[2], mask.shape[0]
        room = {"use_token": border / z.numel(), "use_seq": border / (units * batch), "use_batch": border / units}
        for name, value in use.items():
            assert abs(value - ours["layers"][str(layer)][name]) <= room[name] + 1e-12, (layer, name, value)
        by_type = torch.stack([mask.reshape(-1, units)[torch.tensor(text) == token].sum(0) for token, _ in common])
        off_t = (by_type - counts["T/%d" % layer][: len(common)]).abs().sum().item()
        assert off_t <= border, (layer, off_t, border)
        mine = ours["layers"][str(layer)]
        specificity = specificity_of(counts["T/%d" % layer].tolist(), present)
        assert abs(specificity - mine["specificity"]) < 1e-9, (layer, specificity, mine["specificity"])
        k50 = k50_of(counts["C/%d" % layer].sum(0).tolist())
        assert abs(k50 - mine["k50"]) < 1e-12, (layer, k50, mine["k50"])
        life = ours["life"]
        found = states_of(counts["stream/%d" % layer], life["window"], counts["lengths/%d" % layer].tolist())
        expected = [order[i] for i in counts["states/%d" % layer].tolist()]
        assert found == expected, (layer, [pair for pair in zip(found, expected) if pair[0] != pair[1]])
        tally = {name: expected.count(name) for name in order}
        print("layer %d: counts off by %d, %d and %d, %s, specificity %.4f, states %s" % (layer, off_c, off_k, off_t, use, specificity, tally))
    print("%d pre-activations, %d within %g of zero: all else equal" % (checked, border_total, BORDER))


main(sys.argv[1])
