"""One AdamW step of the same model in JAX on a GPU. Reads sizes as JSON from argv; then, one line of JSON for each line on stdin:
"run N float32|tf32|bfloat16" times N steps in ms."""

import json
import os
import sys
import time

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
import jax
import jax.numpy as jnp
import numpy as np

sizes = json.loads(sys.argv[1])
B, T, D, H, M, V = (sizes[k] for k in ("batch_size", "n_ctx", "d_model", "n_heads", "d_mlp", "d_vocab"))
rng = np.random.default_rng(1)


def normal(*shape):
    return jnp.asarray(rng.standard_normal(shape, np.float32) * 0.02)


def block():
    ones, zeros = lambda n: jnp.ones(n), lambda n: jnp.zeros(n)
    linear = lambda i, o: {"w": normal(i, o), "b": zeros(o)}
    norm = lambda: {"w": ones(D), "b": zeros(D)}
    return {"ln1": norm(), "qkv": linear(D, 3 * D), "out": linear(D, D), "ln2": norm(), "up": linear(D, M), "down": linear(M, D)}


def model():
    final = {"w": jnp.ones(D), "b": jnp.zeros(D)}
    return {"embed": normal(V, D), "pos": normal(T, D), "blocks": [block() for _ in range(sizes["n_layers"])], "norm": final}


def make(precision):
    how = "highest" if precision == "float32" else "default"
    cast = (lambda x: x.astype(jnp.bfloat16)) if precision == "bfloat16" else (lambda x: x)

    def product(a, b):
        return jnp.matmul(cast(a), cast(b), precision=how)

    def linear(p, x):
        return product(x, p["w"]) + cast(p["b"])

    def norm(p, x):
        x = x.astype(jnp.float32)
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p["w"] + p["b"]

    def attend(p, x):
        q, k, v = (y.transpose(0, 2, 1, 3) for y in jnp.split(linear(p["qkv"], x).reshape(B, T, 3 * H, D // H), 3, 2))
        scores = product(q * (D // H) ** -0.5, k.swapaxes(-1, -2)).astype(jnp.float32)
        pattern = jax.nn.softmax(jnp.where(jnp.tril(jnp.ones((T, T), bool)), scores, -1e9))
        return linear(p["out"], product(pattern, v).transpose(0, 2, 1, 3).reshape(B, T, D))

    def loss_of(p, tokens, targets):
        x = p["embed"][tokens] + p["pos"]
        for b in p["blocks"]:
            x = x + attend(b, norm(b["ln1"], x))
            x = x + linear(b["down"], jax.nn.relu(linear(b["up"], norm(b["ln2"], x))))
        logits = product(norm(p["norm"], x), p["embed"].T).astype(jnp.float32)
        log = logits - jax.nn.logsumexp(logits, -1, keepdims=True)
        return -jnp.take_along_axis(log, targets[..., None], -1).mean()

    def step(p, m, v, tokens, targets, count):
        loss, g = jax.value_and_grad(loss_of)(p, tokens, targets)
        size = jnp.sqrt(sum(jnp.sum(x**2) for x in jax.tree.leaves(g)))
        g = jax.tree.map(lambda x: x * jnp.minimum(1, 1 / (size + 1e-6)), g)
        m = jax.tree.map(lambda a, x: 0.9 * a + 0.1 * x, m, g)
        v = jax.tree.map(lambda a, x: 0.95 * a + 0.05 * x * x, v, g)
        c1, c2 = 1 / (1 - 0.9**count), 1 / (1 - 0.95**count)
        update = lambda w, a, b: w * (1 - (1e-4 if w.ndim > 1 else 0)) - 1e-3 * (a * c1) / (jnp.sqrt(b * c2) + 1e-8)
        return jax.tree.map(update, p, m, v), m, v, loss

    return jax.jit(step, donate_argnums=(0, 1, 2))


state = None
steps = {}
print(json.dumps({"version": f"JAX {jax.__version__}, {jax.devices()[0].device_kind}"}), flush=True)
for line in sys.stdin:
    _, count, precision = line.split()
    if state is None:
        p = model()
        state = (p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p))
    step = steps.setdefault(precision, make(precision))
    times = []
    for i in range(int(count)):
        start = time.perf_counter()
        tokens, targets = rng.integers(0, V, (2, B, T)).astype(np.int32)
        *state, loss = step(*state, tokens, targets, np.float32(i + 1))
        float(loss)
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
