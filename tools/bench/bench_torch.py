"""The step of `deno task bench` in PyTorch, for comparison: the same network, channels_last, forward, backward and SGD.

Reads workloads ({depth, width, imageSize, batch}) as a list in JSON from its argument and prints a line of JSON for each:
images a second of training and of evaluation. One thread.
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
    def __init__(self, depth, width, classes):
        super().__init__()
        photographs = depth == 18
        stages = 4 if photographs else 3
        blocks = (depth - 2) // (2 * stages)
        stem = [conv_norm(3, width, 7, 2) if photographs else conv_norm(3, width, 3, 1), nn.ReLU()]
        if photographs:
            stem.append(nn.MaxPool2d(3, 2, 1))
        layers, channels = stem, width
        for stage in range(stages):
            for block in range(blocks):
                outputs = width * 2**stage
                layers.append(Block(channels, outputs, 2 if stage > 0 and block == 0 else 1))
                channels = outputs
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


def seconds_of(run, seconds):
    """Seconds of one run, the median of as many as fit into the time, at least three."""

    def timed():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    spent = timed()
    while spent < seconds / 3:
        spent += timed()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        times.append(timed())
    return statistics.median(times)


def measure(workload):
    batch, size = workload["batch"], workload["imageSize"]
    model = ResNet(workload["depth"], workload["width"], 20).to(memory_format=torch.channels_last)
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
            model(x).numpy()

    train = seconds_of(step, 1)
    model.eval()
    return {
        "trainImagesPerSecond": batch / train,
        "evaluationImagesPerSecond": batch / seconds_of(forward, 1 / 3),
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    for workload in json.loads(sys.argv[1]):
        print(json.dumps(measure(workload)), flush=True)
