"""Loads an exported model into PyTorch, and runs it. The package safetensors can read the tensors, too: load_file("model.safetensors")."""

import json

import torch
import torch.nn.functional as F


def load(path="model.safetensors"):
    """The tensors by name, and the notes of the file: network, classNames, imageSize, mean, std, output."""
    data = bytearray(open(path, "rb").read())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    notes = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[start + first : start + end], dtype=torch.float32).view(entry["shape"])
    return tensors, {name: json.loads(note) for name, note in notes.items() if name != "format"}


def forward(tensors, network, x):
    """The scores (B, C), and the last stage's feature maps (B, K, h, w), of normalized images x (B, 3, H, W)."""

    def conv_norm(name, x, stride):
        kernel, gamma, beta, mean, variance = (
            tensors[f"{name}.{part}"] for part in ("filter", "gamma", "beta", "mean", "variance")
        )
        x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        return F.batch_norm(x, mean, variance, gamma, beta, eps=1e-5)

    x = F.relu(conv_norm("stem", x, 1 if network["stem"] == "3x3" else 2))
    if network["stem"] == "7x7/4":
        x = F.max_pool2d(x, 3, 2, 1)
    stages = len(network["widths"])
    for stage in range(1, stages + 1):
        for block in range(1, (network["depth"] - 2) // (2 * stages) + 1):
            name, stride = f"stage{stage}.block{block}", 2 if stage > 1 and block == 1 else 1
            y = conv_norm(f"{name}.conv2", F.relu(conv_norm(f"{name}.conv1", x, stride)), 1)
            x = F.relu(y + (conv_norm(f"{name}.shortcut", x, stride) if f"{name}.shortcut.filter" in tensors else x))
    return F.linear(x.mean((2, 3)), tensors["head.weights"], tensors["head.bias"]), x
