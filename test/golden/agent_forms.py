"""Command lines as W&B's agent makes them, by its own function: python agent_forms.py > agent-forms.json (needs `wandb`).

The module is run by itself: importing all of wandb needs packages that the function does not."""

import importlib.metadata
import importlib.util
import json
import sys
import types
from pathlib import Path

sweep = {
    "train.lr": 0.0123,
    "train.weight_decay": 1e-05,
    "train.hold": ["embed.", "blocks.0."],
    "seed": 7,
    "model.tie_embeddings": False,
    "data.pack": True,
    "data.corpus": "sotu",
    "analyzers.token-sparsity.every": 2,
    "model": {"d_mlp": 32},
}

for name in ["wandb", "wandb.util", "wandb.sdk.launch.errors"]:
    sys.modules[name] = types.ModuleType(name)
sys.modules["wandb"].util = sys.modules["wandb.util"]
sys.modules["wandb.sdk.launch.errors"].LaunchError = Exception
package = importlib.metadata.distribution("wandb").locate_file("wandb")
source = Path(package) / "sdk" / "launch" / "sweeps" / "utils.py"
spec = importlib.util.spec_from_file_location("utils", source)
utils = importlib.util.module_from_spec(spec)
spec.loader.exec_module(utils)
forms = utils.create_sweep_command_args({"args": {key: {"value": value} for key, value in sweep.items()}})
print(json.dumps({"wandb": importlib.metadata.version("wandb"), "sweep": sweep, "forms": forms}, indent=2))
