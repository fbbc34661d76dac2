"""Runs StableHLO on jaxlib's CPU client for plugin.c. Words are 64 bits; see answers in plugin.c."""
import os, re, struct, sys

count = int(os.environ.get("PJRT_CPU_DEVICES", "1"))
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={count}"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxlib import _jax as xc

source, sink = os.fdopen(0, "rb"), os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
types = {1: np.bool_, 4: np.int32, 11: np.float32}
devices = jax.devices()
client = devices[0].client
programs = []


def word():
    data = source.read(8)
    if len(data) < 8:
        sys.exit(0)
    return struct.unpack("<q", data)[0]


def reply(*parts):
    for part in parts:
        sink.write(struct.pack("<q", part) if isinstance(part, int) else part)
    sink.flush()


def compiled():
    text = source.read(word()).decode()
    options = xc.CompileOptions.ParseFromString(source.read(word()))
    partitions = options.executable_build_options.num_partitions
    used = devices[:partitions]
    program = client.compile_and_load(text, xc.DeviceList(tuple(used)), options)
    head = text[text.index("@main(") : text.index(") -> (")]
    split = ['{"batch"}' in line for line in head.split("\n")[1:] if "%arg" in line]
    programs.append((program, used, split))
    return len(programs) - 1


def executed():
    program, used, split = programs[word()]
    on, args = word(), word()
    parts = [[None] * on for _ in range(args)]
    for d in range(on):
        for i in range(args):
            kind, rank = word(), word()
            dims = [word() for _ in range(rank)]
            dtype = np.dtype(types[kind])
            data = source.read(int(np.prod(dims)) * dtype.itemsize)
            parts[i][d] = np.frombuffer(data, dtype).reshape(dims)
    mesh = Mesh(np.array(used), ("batch",))
    arrays = []
    for i, per_device in enumerate(parts):
        spec = PartitionSpec("batch") if split[i] else PartitionSpec()
        shape = list(per_device[0].shape)
        if split[i]:
            shape[0] *= on
        singles = [jax.device_put(part, device) for part, device in zip(per_device, used)]
        arrays.append(jax.make_array_from_single_device_arrays(tuple(shape), NamedSharding(mesh, spec), singles))
    results = program.execute_sharded(arrays).disassemble_into_single_device_arrays()
    return [np.asarray(result[d]).tobytes() for d in range(on) for result in results]


while True:
    kind = word()
    try:
        parts = [compiled()] if kind == ord("C") else executed()
    except Exception as error:  # goes back as the plugin's own error
        text = f"{error}".encode()
        reply(1, len(text), text)
    else:
        reply(0, *parts)
