"""The model of the benchmarks in PyTorch: sizes as bench/main.ts and bench/gpu/main.ts hand them over."""

import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """`keep` holds on to what the neurons gave, for probes."""

    def __init__(self, sizes, keep):
        super().__init__()
        D, M = sizes["d_model"], sizes["d_mlp"]
        self.heads, self.keep = sizes["n_heads"], keep
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, M), nn.Linear(M, D)

    def forward(self, x):
        B, T, D = x.shape
        H = self.heads
        q, k, v = self.qkv(self.ln1(x)).view(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = torch.full((T, T), -1e9).triu(1)
            mixed = ((q @ k.transpose(-1, -2)) * (D // H) ** -0.5 + mask).softmax(-1) @ v
        x = x + self.out(mixed.transpose(1, 2).reshape(B, T, D))
        post = torch.relu(self.up(self.ln2(x)))
        if self.keep:
            self.post = post.detach()
        return x + self.down(post)


class Model(nn.Module):
    """Gives the loss of a batch. Weights are N(0, 0.02)."""

    def __init__(self, sizes, keep=False):
        super().__init__()
        V, D, T = sizes["d_vocab"], sizes["d_model"], sizes["n_ctx"]
        self.embed, self.pos = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block(sizes, keep) for _ in range(sizes["n_layers"]))
        self.norm = nn.LayerNorm(D)
        for p in self.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, tokens, targets):
        x = self.embed(tokens) + self.pos.weight
        for block in self.blocks:
            x = block(x)
        logits = self.norm(x) @ self.embed.weight.T
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


def adamw(model, **how):
    """AdamW as the trainer's own: matrices decay, vectors do not."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), **how)


def advance(model, optimizer, loss):
    """One update from a loss; gives its value."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def timed(count, step, clock=time.perf_counter):
    """Milliseconds of each of `count` calls."""
    times = []
    for _ in range(count):
        start = clock()
        step()
        times.append((clock() - start) * 1e3)
    return times
