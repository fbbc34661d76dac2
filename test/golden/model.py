"""Writes model.json: what PyTorch, in float64, makes of the tiny models that test/model/golden.test.ts trains.

Logits, loss, every gradient, one AdamW step with clipping and decay, and for the first case every site and
both moments. Weights, moments and tokens follow from `uniform`, which the test repeats. Run: python3 test/golden/model.py  (needs torch >= 1.12)
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

SHAPE = dict(n_layers=2, d_model=6, n_heads=2, d_mlp=10, n_ctx=5)
D_VOCAB, BATCH, STEP = 7, 3, 3
TRAIN = dict(lr=0.1, beta1=0.9, beta2=0.95, eps=1e-8)
CASES = [
    dict(activation="relu", norm="layernorm", bias=True, tie_embeddings=True, grad_clip=0.5, weight_decay=0.1),
    dict(activation="relu", norm="rmsnorm", bias=False, tie_embeddings=False, grad_clip=100, weight_decay=0.1),
    dict(activation="gelu", norm="layernorm", bias=False, tie_embeddings=True, grad_clip=0.5, weight_decay=0),
    dict(activation="relu2", norm="rmsnorm", bias=True, tie_embeddings=True, grad_clip=0, weight_decay=0.1),
    dict(activation="relu", norm="layernorm", bias=True, tie_embeddings=False, grad_clip=0.5, weight_decay=0.1),
]


def uniform(stream, count):
    """`count` float32 numbers in [-1, 1), the same in every language: 32-bit integer hashing only."""
    values = []
    for i in range(count):
        h = (stream * 0x9E3779B1 + i) & 0xFFFFFFFF
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF
        h ^= h >> 16
        values.append(h / 2**31 - 1)
    return torch.tensor(values).float().double()


def shapes(case):
    D, M = SHAPE["d_model"], SHAPE["d_mlp"]
    centred = case["norm"] == "layernorm"
    out = {"embed.W_E": (D_VOCAB, D), "pos_embed.W_pos": (SHAPE["n_ctx"], D)}

    def norm(prefix):
        out[f"{prefix}.w"] = (D,)
        if centred and case["bias"]:
            out[f"{prefix}.b"] = (D,)

    def linear(prefix, name, rows, columns):
        out[f"{prefix}.W_{name}"] = (rows, columns)
        if case["bias"]:
            out[f"{prefix}.b_{name}"] = (columns,)

    for layer in range(SHAPE["n_layers"]):
        norm(f"blocks.{layer}.ln1")
        linear(f"blocks.{layer}.attn", "QKV", D, 3 * D)
        linear(f"blocks.{layer}.attn", "O", D, D)
        norm(f"blocks.{layer}.ln2")
        linear(f"blocks.{layer}.mlp", "in", D, M)
        linear(f"blocks.{layer}.mlp", "out", M, D)
    norm("ln_final")
    if not case["tie_embeddings"]:
        out["unembed.W_U"] = (D, D_VOCAB)
    return out


def forward(p, tokens, case):
    D, H = SHAPE["d_model"], SHAPE["n_heads"]
    sites = {}

    def see(site, x):
        sites.setdefault(site, []).append(x)

    def norm(prefix, x):
        w, b = p[f"{prefix}.w"], p.get(f"{prefix}.b")
        if case["norm"] == "layernorm":
            return F.layer_norm(x, (D,), w, b, 1e-5)
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt() * w

    def linear(prefix, name, x):
        return F.linear(x, p[f"{prefix}.W_{name}"].T, p.get(f"{prefix}.b_{name}"))

    act = dict(relu=F.relu, gelu=lambda x: F.gelu(x, approximate="tanh"), relu2=lambda x: F.relu(x) ** 2)
    batch, pos = tokens.shape
    x = F.embedding(tokens, p["embed.W_E"]) + p["pos_embed.W_pos"]
    sites["embed"] = x
    hidden = torch.triu(torch.ones(pos, pos, dtype=torch.bool), 1)
    for layer in range(SHAPE["n_layers"]):
        see("resid_pre", x)
        qkv = linear(f"blocks.{layer}.attn", "QKV", norm(f"blocks.{layer}.ln1", x))
        q, k, v = (part.view(batch, pos, H, D // H).transpose(1, 2) for part in qkv.split(D, -1))
        scores = (q @ k.transpose(-1, -2) / (D // H) ** 0.5).masked_fill(hidden, float("-inf"))
        pattern = scores.softmax(-1)
        see("attn_pattern", pattern)
        attended = linear(f"blocks.{layer}.attn", "O", (pattern @ v).transpose(1, 2).reshape(batch, pos, D))
        see("attn_out", attended)
        x = x + attended
        see("mlp_in", x)
        pre = linear(f"blocks.{layer}.mlp", "in", norm(f"blocks.{layer}.ln2", x))
        post = act[case["activation"]](pre)
        see("mlp_pre", pre)
        see("mlp_post", post)
        x = x + linear(f"blocks.{layer}.mlp", "out", post)
        see("resid_post", x)
    logits = norm("ln_final", x) @ (p["embed.W_E"].T if case["tie_embeddings"] else p["unembed.W_U"])
    sites["logits"] = logits
    return logits, sites


def initial(stream, name, shape):
    count = torch.Size(shape).numel()
    if name.endswith(".w"):
        return (1 + 0.25 * uniform(stream, count)).view(shape)
    return 0.5 * uniform(stream, count).view(shape)


def numbers(x):
    return [float(f"{value:.7g}") for value in x.detach().flatten().tolist()]


def solve(case, in_full):
    specs = shapes(case)
    params = {n: torch.nn.Parameter(initial(10 + i, n, s)) for i, (n, s) in enumerate(specs.items())}
    ids = ((uniform(1, BATCH * (SHAPE["n_ctx"] + 1)) + 1) / 2 * D_VOCAB).long().view(BATCH, -1)
    logits, sites = forward(params, ids[:, :-1], case)
    loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
    loss.backward()
    grads = {name: numbers(param.grad) for name, param in params.items()}
    norm = torch.nn.utils.clip_grad_norm_(params.values(), case["grad_clip"] or float("inf"))

    decayed = [p for p in params.values() if p.dim() >= 2]
    others = [p for p in params.values() if p.dim() < 2]
    groups = [dict(params=decayed, weight_decay=case["weight_decay"]), dict(params=others, weight_decay=0)]
    optimizer = torch.optim.AdamW(groups, lr=TRAIN["lr"], betas=(TRAIN["beta1"], TRAIN["beta2"]), eps=TRAIN["eps"])
    for i, param in enumerate(params.values()):
        optimizer.state[param] = dict(
            step=torch.tensor(float(STEP - 1)),
            exp_avg=0.01 * uniform(110 + i, param.numel()).view(param.shape),
            exp_avg_sq=1e-4 * (uniform(210 + i, param.numel()) + 1).view(param.shape),
        )
    optimizer.step()
    moments = {name: optimizer.state[param] for name, param in params.items()}
    result = dict(case=case, loss=loss.item(), grad_norm=norm.item(), logits=numbers(logits), grads=grads)
    result["after"] = {name: numbers(param) for name, param in params.items()}
    if in_full:
        result["m"] = {name: numbers(state["exp_avg"]) for name, state in moments.items()}
        result["v"] = {name: numbers(state["exp_avg_sq"]) for name, state in moments.items()}
        result["sites"] = {s: [numbers(y) for y in x] if isinstance(x, list) else numbers(x) for s, x in sites.items()}
    return result


def main():
    cases = [solve(case, i == 0) for i, case in enumerate(CASES)]
    setup = dict(model=SHAPE, d_vocab=D_VOCAB, batch_size=BATCH, step=STEP, train=TRAIN)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(f'{{"torch":{json.dumps(torch.__version__)},"setup":{json.dumps(setup)},"cases":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
