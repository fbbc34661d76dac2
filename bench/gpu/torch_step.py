"""One AdamW step of the same model in PyTorch on a GPU. Reads sizes as JSON from argv; then, one line of JSON for each line on
stdin: "run N eager|compiled float32|tf32|bfloat16" times N steps in ms, "memory" gives the peak in bytes and forgets it."""

import json
import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from torch_model import Model, adamw, advance, timed  # noqa: E402

sizes = json.loads(sys.argv[1])
B, T, V = (sizes[k] for k in ("batch_size", "n_ctx", "d_vocab"))
torch.manual_seed(1)
with torch.device("cuda"):
    model = Model(sizes)
optimizer = adamw(model, fused=True)
compiled = torch.compile(model)


def step(how, precision):
    tokens = torch.randint(0, V, (B, T)).pin_memory().to("cuda", non_blocking=True)
    targets = torch.randint(0, V, (B, T)).pin_memory().to("cuda", non_blocking=True)
    with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bfloat16"):
        loss = (compiled if how == "compiled" else model)(tokens, targets)
    return advance(model, optimizer, loss)


print(json.dumps({"version": f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}"}), flush=True)
for line in sys.stdin:
    command, *words = line.split()
    if command == "run":
        count, how, precision = int(words[0]), words[1], words[2]
        torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")
        print(json.dumps(timed(count, lambda: step(how, precision))), flush=True)
    elif command == "memory":
        print(json.dumps(torch.cuda.max_memory_allocated()), flush=True)
        torch.cuda.reset_peak_memory_stats()
