"""One AdamW step of the same model in PyTorch, eager, on CPU. Reads sizes as JSON from argv, then one line per command on
stdin ("run N" times N steps, "memory" gives the peak), and answers each with one JSON line. Called by bench/main.ts."""

import json
import re
import resource
import sys
import time

import torch
from torch_model import Model, adamw, advance, timed

sizes = json.loads(sys.argv[1])
torch.manual_seed(1)
torch.set_num_threads(sizes["threads"])
torch.set_flush_denormal(True)
B, T, V = (sizes[k] for k in ("batch_size", "n_ctx", "d_vocab"))
clock = time.process_time if sizes.get("clock") == "cpu" else time.perf_counter
model = Model(sizes, keep=True)
optimizer = adamw(model, foreach=True)


def step(probes):
    tokens, targets = torch.randint(0, V, (2, B, T))
    loss = model(tokens, targets)
    if probes:  # uses of each neuron in each sequence, and neurons used by each token
        for block in model.blocks:
            active = block.post > 0
            active.sum(1), active.sum(2)
    return advance(model, optimizer, loss)


def blas():
    """Which library multiplies matrices, as this build says of itself."""
    config = torch.__config__.show()
    name = re.search(r"BLAS_INFO=(\w+)", config)
    version = re.search(r"Math Kernel Library Version (\S+?)(-Product)? ", config)
    return (name[1] if name else "unknown BLAS") + (f" {version[1]}" if version and torch.backends.mkl.is_available() else "")


print(json.dumps({"version": f"PyTorch {torch.__version__} with {blas()}"}), flush=True)
for line in sys.stdin:
    command, *words = line.split()
    if command == "run":
        print(json.dumps(timed(int(words[0]), lambda: step(words[1:] == ["probes"]), clock)), flush=True)
    elif command == "memory":
        print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024), flush=True)
