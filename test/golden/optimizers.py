"""What PyTorch's optimizers do to two matrices and a vector in three steps, in float64: python3 test/golden/optimizers.py

Writes optimizers.json. torch.optim.Muon orthogonalises in bfloat16, which is turned off here, so that it computes in float64 like the rest; the
same formula in plain words must agree with it. Weights multiply from the right in reluscope, so matrices are transposed for PyTorch and back.
"""
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
torch.Tensor.bfloat16 = lambda self: self


def numbers(stream, shape):
    count = math.prod(shape)
    values = [math.sin(12.9898 * (stream * 1000 + i)) for i in range(count)]
    return torch.tensor(values).reshape(shape)


shapes = {"blocks.0.mlp.W_in": (3, 5), "blocks.0.mlp.W_out": (5, 3), "blocks.0.mlp.b_in": (5,)}
steps, lr, weight_decay = 3, 0.1, 0.3


def fresh():
    return {name: numbers(i, shape) for i, (name, shape) in enumerate(shapes.items())}


def grads(step):
    return {name: numbers(10 * step + i, shape) for i, (name, shape) in enumerate(shapes.items())}


def sgd(momentum, nesterov):
    params = {name: value.clone().requires_grad_() for name, value in fresh().items()}
    groups = [{"params": [p], "weight_decay": weight_decay if p.ndim > 1 else 0.0} for p in params.values()]
    optimizer = torch.optim.SGD(groups, lr=lr, momentum=momentum, nesterov=nesterov)
    for step in range(1, steps + 1):
        for name, grad in grads(step).items():
            params[name].grad = grad
        optimizer.step()
    return {name: value.detach() for name, value in params.items()}


def orthogonal(x):
    a, b, c = 3.4445, -4.775, 2.0315
    x = x / (x.norm() + 1e-7)
    transposed = x.shape[0] > x.shape[1]
    x = x.T if transposed else x
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if transposed else x


def muon(momentum):
    params = {name: value.T.clone() for name, value in fresh().items() if value.ndim == 2}
    official = {name: value.clone().requires_grad_() for name, value in params.items()}
    theirs = torch.optim.Muon(official.values(), lr=lr, weight_decay=weight_decay, momentum=momentum)
    buffers = {name: torch.zeros_like(value) for name, value in params.items()}
    for step in range(1, steps + 1):
        for name, grad in grads(step).items():
            if grad.ndim != 2:
                continue
            g = grad.T
            official[name].grad = g.clone()
            buffers[name].lerp_(g, 1 - momentum)
            scale = max(1, g.shape[0] / g.shape[1]) ** 0.5
            params[name] = params[name] * (1 - lr * weight_decay) - lr * scale * orthogonal(g.lerp(buffers[name], momentum))
        theirs.step()
    for name, value in params.items():
        assert torch.allclose(value, official[name].detach(), atol=1e-6), name
    return {name: value.T for name, value in params.items()}


def listed(params):
    return {name: value.flatten().tolist() for name, value in params.items()}


cases = {
    "sgd": listed(sgd(0.9, False)),
    "sgd nesterov": listed(sgd(0.9, True)),
    "sgd without momentum": listed(sgd(0.0, False)),
    "muon": listed(muon(0.95)),
}
setup = {"shapes": shapes, "steps": steps, "lr": lr, "weight_decay": weight_decay}
path = pathlib.Path(__file__).with_name("optimizers.json")
path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "setup": setup, "cases": cases}) + "\n")
