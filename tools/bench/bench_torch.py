"""The step of `deno task bench` in PyTorch, for comparison: the same network, channels_last, forward, backward and SGD.

Prints rows of images a second, of training and of evaluation, as JSON: one thread, and two.
"""

import json
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_norm(inputs, outputs, kernel, stride):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = conv_norm(inputs, outputs, 3, stride)
        self.second = conv_norm(outputs, outputs, 3, 1)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else conv_norm(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class ResNet(nn.Module):
    """ResNet-20."""

    def __init__(self, classes):
        super().__init__()
        layers, channels = [conv_norm(3, 16, 3, 1), nn.ReLU()], 16
        for outputs in (16, 32, 64):
            for block in range(3):
                layers.append(Block(channels, outputs, 2 if outputs > 16 and block == 0 else 1))
                channels = outputs
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


def seconds_of(run):
    """Seconds of one run, the median of as many as fit into three seconds, at least three."""

    def timed():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    spent = timed()
    while spent < 1:
        spent += timed()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < 3:
        times.append(timed())
    return statistics.median(times)


def measure(batch=32, size=32):
    model = ResNet(20).to(memory_format=torch.channels_last)
    x = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    y = torch.arange(batch) % 20
    sgd = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)

    def step():
        sgd.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        sgd.step()
        loss.item()

    def forward():
        with torch.inference_mode():
            model(x)

    training = batch / seconds_of(step)
    model.eval()
    return {"training": training, "evaluation": batch / seconds_of(forward)}


if __name__ == "__main__":
    torch.manual_seed(0)
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        name = "PyTorch " + torch.__version__.split("+")[0] + (", two threads" if threads > 1 else "")
        rows.append({"engine": name, **measure()})
    print(json.dumps(rows))
