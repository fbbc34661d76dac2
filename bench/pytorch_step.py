"""One AdamW step of the same model in PyTorch, eager, on CPU. Reads sizes as JSON from argv, then one line per command on
stdin ("run N" times N steps, "memory" gives the peak), and answers each with one JSON line. Called by bench/main.ts."""

import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

sizes = json.loads(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(sizes["threads"])
torch.set_flush_denormal(True)
B, T, D, H, M, V = (sizes[k] for k in ("batch_size", "n_ctx", "d_model", "n_heads", "d_mlp", "d_vocab"))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, M), nn.Linear(M, D)

    def forward(self, x):
        q, k, v = self.qkv(self.ln1(x)).view(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-1, -2)) * (D // H) ** -0.5 + mask
            mixed = scores.softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(B, T, D))
        self.post = torch.relu(self.up(self.ln2(x)))
        return x + self.down(self.post)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.pos = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block() for _ in range(sizes["n_layers"]))
        self.norm = nn.LayerNorm(D)

    def forward(self, tokens):
        x = self.embed(tokens) + self.pos.weight
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.embed.weight.T


mask = torch.full((T, T), -1e9).triu(1)
model = Model()
for p in model.parameters():
    if p.ndim > 1:
        nn.init.normal_(p, std=0.02)
matrices = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim <= 1]
groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), foreach=True)


def step(probes):
    tokens, targets = torch.randint(0, V, (2, B, T))
    loss = F.cross_entropy(model(tokens).view(-1, V), targets.view(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if probes:  # uses of each neuron in each sequence, and neurons used by each token
        for block in model.blocks:
            active = block.post.detach() > 0
            active.sum(1), active.sum(2)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()




def blas():
    """Which library multiplies matrices: the one that is loaded, not the one that was there when torch was built."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    try:
        loaded = open("/proc/self/maps").read()
    except OSError:
        loaded = torch.__config__.show()
    return next((name for name in ("mkl", "openblas", "blis", "Accelerate") if name in loaded), "reference BLAS: no match for anything")


print(json.dumps({"version": f"PyTorch {torch.__version__}, {blas()}"}), flush=True)
for line in sys.stdin:
    command, *words = line.split()
    if command == "run":
        times = []
        for _ in range(int(words[0])):
            start = time.perf_counter()
            step(words[1:] == ["probes"])
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)
    elif command == "memory":
        print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024), flush=True)
