"""One AdamW step of the same model in PyTorch on a GPU. Reads sizes as JSON from argv; then, one line of JSON for each line on
stdin: "run N eager|compiled float32|tf32|bfloat16" times N steps in ms, "memory" gives the peak in bytes and forgets it."""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

sizes = json.loads(sys.argv[1])
B, T, D, H, M, V = (sizes[k] for k in ("batch_size", "n_ctx", "d_model", "n_heads", "d_mlp", "d_vocab"))
torch.manual_seed(1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, M), nn.Linear(M, D)

    def forward(self, x):
        q, k, v = self.qkv(self.ln1(x)).view(B, T, 3, H, D // H).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(B, T, D))
        return x + self.down(torch.relu(self.up(self.ln2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.pos = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block() for _ in range(sizes["n_layers"]))
        self.norm = nn.LayerNorm(D)

    def forward(self, tokens, targets):
        x = self.embed(tokens) + self.pos.weight
        for block in self.blocks:
            x = block(x)
        logits = self.norm(x) @ self.embed.weight.T
        return F.cross_entropy(logits.view(-1, V).float(), targets.view(-1))


with torch.device("cuda"):
    model = Model()
for p in model.parameters():
    if p.ndim > 1:
        nn.init.normal_(p, std=0.02)
matrices = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim <= 1]
groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), fused=True)
compiled = torch.compile(model)


def step(how, precision):
    tokens = torch.randint(0, V, (B, T)).pin_memory().to("cuda", non_blocking=True)
    targets = torch.randint(0, V, (B, T)).pin_memory().to("cuda", non_blocking=True)
    with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bfloat16"):
        loss = (compiled if how == "compiled" else model)(tokens, targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


print(json.dumps({"version": f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}"}), flush=True)
for line in sys.stdin:
    command, *words = line.split()
    if command == "run":
        count, how, precision = int(words[0]), words[1], words[2]
        torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")
        times = []
        for _ in range(count):
            start = time.perf_counter()
            step(how, precision)
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)
    elif command == "memory":
        print(json.dumps(torch.cuda.max_memory_allocated()), flush=True)
        torch.cuda.reset_peak_memory_stats()
