#!/usr/bin/env python3
"""Writes the TorchScript files that tests import: torchvision's networks, traced
or scripted, with random weights, and small modules for one difficulty each.

    make_torchscript.py networks DIR [NAME...]    make_torchscript.py cases DIR
"""
import sys
import zipfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import torch
import torchvision.models as zoo
from torch import Tensor, nn


class Encoder(nn.Module):
    """Two transformer blocks over 4x4 patches, and the mean token to 10 classes."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 4, stride=4)
        self.position = nn.Parameter(torch.randn(1, 65, 32) * 0.02)
        self.token = nn.Parameter(torch.randn(1, 1, 32) * 0.02)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.position
        return self.head(self.encoder(x)[:, 0])


# Name: how to make it, input size, whether scripted.
NETWORKS = {
    "resnet18": (lambda: zoo.resnet18(weights=None), 64, True),
    "densenet121": (lambda: zoo.densenet121(weights=None), 64, False),
    "shufflenet_v2_x1_0": (lambda: zoo.shufflenet_v2_x1_0(weights=None), 64, True),
    "efficientnet_b0": (lambda: zoo.efficientnet_b0(weights=None), 64, False),
    "mobilenet_v3_small": (lambda: zoo.mobilenet_v3_small(weights=None), 64, True),
    "regnet_y_400mf": (lambda: zoo.regnet_y_400mf(weights=None), 64, False),
    "inception_v3": (lambda: zoo.inception_v3(weights=None, init_weights=False), 96, True),
    "encoder": (Encoder, 32, False),
}




def write_network(name, folder):
    make, size, scripted = NETWORKS[name]
    torch.manual_seed(1)
    module = make().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.1, 0.1)
            part.running_var.uniform_(0.8, 1.2)
    made = torch.jit.script(module) if scripted else torch.jit.trace(
        module, torch.randn(1, 3, size, size), check_trace=False)
    made.save(str(folder / f"{name}.pt"))


class Block(nn.Module):
    """What every case can use: 4 channels to 4 channels."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)


class Skip(Block):
    def forward(self, x):
        y = self.conv(x)
        return self.conv(torch.relu(y)) + y + x


class Concat(Block):
    def forward(self, x):
        y = self.conv(x)
        parts = [x, y]
        for _ in range(2):
            parts.append(torch.sigmoid(parts[-1]))
        return torch.cat(parts, 1)


class SharedTensor(Block):
    """One tensor with four readers, one weight with two."""

    def forward(self, x):
        y = self.conv(x)
        return torch.tanh(y) * torch.sigmoid(y) + self.conv(y) - y


class InPlace(Block):
    """x is changed after y has read it and while z looks at a part of it."""

    def forward(self, x):
        x = self.conv(x)
        y = x * 2
        z = x[:, 1:3]
        x.add_(1).relu_()
        z.mul_(3)
        w = x + y.repeat(1, 1, 1, 1)
        x[:, 0] = w[:, 3]
        x += 1
        return torch.cat([x, y, z, w], 1)


class InPlaceSelf(Block):
    """Source and target of the change are the same memory."""

    def forward(self, x):
        y = self.conv(x)
        y[:, :2].mul_(y[:, 2:])
        return y.add_(y).t_() if y.dim() == 2 else y.add_(y)


class InPlaceInput(nn.Module):
    def forward(self, x):
        y = torch.relu(x)
        x[:, 1:].mul_(3)
        x.mul_(2)
        return x + y


class MaskThenChange(Block):
    """The mask is of what was there before the change."""

    def forward(self, x):
        y = self.conv(x)
        mask = y > 0
        y[:, :2].mul_(-2)
        return torch.where(mask, y, x)


class ChangedConstant(nn.Module):
    """A constant that was read changes, by a constant and by the input."""

    def forward(self, x):
        scale = torch.ones(4, 8, 8)
        y = x * scale
        scale.mul_(3)
        z = y * scale
        scale[0] = x[0, 1]
        return z * scale + y


class Filled(nn.Module):
    """A tensor of zeros becomes one that depends on the input, part by part."""

    def forward(self, x):
        out = torch.zeros(1, 4, 8, 8)
        base = out + 1
        out[:, :2] = torch.relu(x[:, 2:])
        out[:, 2:] = torch.tanh(x[:, :2])
        out.add_(base)
        return out * base


class ManyOutputs(Block):
    def forward(self, x) -> Tuple[Tensor, Dict[str, Tensor], Optional[Tensor]]:
        y = torch.relu(self.conv(x))
        return y, {"more": self.conv(y)}, None


class Views(Block):
    def forward(self, x):
        y = self.conv(x).permute(0, 2, 3, 1)
        y = (y + 1).permute(0, 3, 1, 2).view(1, 2, 2, 64)
        a, b = y.transpose(1, 2).contiguous().view(1, 4, 8, 8).chunk(2, 1)
        c = torch.stack([a, b], 1).flatten(1, 2).expand(2, 4, 8, 8)[1:]
        return torch.relu(c).mean([2, 3]).unsqueeze(0).squeeze(0)


class SeveralResults(Block):
    """Operators with two results; one is an index, which no device is sent."""

    def forward(self, x):
        best, where = self.conv(x).flatten(2).max(2)
        top, order = torch.topk(x.flatten(2), 3, dim=2)
        mean, deviation = torch.std_mean(x, [2, 3])
        return torch.cat([best, top.gather(2, order % 3).flatten(1), mean, deviation, where.float()], 1)


class Mask(Block):
    def forward(self, x):
        y = self.conv(x)
        mask = y > x
        return torch.where(mask, y, x).masked_fill(~mask & (x > 0), 0.5) * mask


class Class(Block):
    """The head reads one token of many."""

    def forward(self, x):
        y = torch.relu(self.conv(x)).flatten(2)
        return torch.sigmoid(y[:, :, 0])


class Scalar(Block):
    def forward(self, x):
        mean = self.conv(x).mean()
        return (x * mean).sum()


class Branch(Block):
    """Branches and loops over sizes are constants."""

    def forward(self, x):
        if x.size(1) == 4 and x.dim() == 4:
            for i in range(x.size(2) // 4):
                x = self.conv(x) * float(i + 1)
        else:
            x = torch.tanh(x)
        return x


class DataBranch(Block):
    def forward(self, x):
        y = self.conv(x)
        if bool(y.sum() > 0):
            y = torch.relu(y)
        return y


class DataShape(Block):
    def forward(self, x):
        return self.conv(x)[x > 0].sigmoid()


class DataLoop(Block):
    def forward(self, x):
        while x.abs().max().item() > 0.5:
            x = self.conv(x)
        return x


@torch.jit.script
class Scale:
    def __init__(self, by: float):
        self.by = by

    def apply(self, x: Tensor) -> Tensor:
        return x * self.by


class CustomClass(nn.Module):
    def forward(self, x):
        return Scale(2.0).apply(x)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def forward(self, x):
        self.seen += 1
        return x * self.seen


class Collector(nn.Module):
    """Its list grows from call to call."""

    def __init__(self):
        super().__init__()
        self.sizes = torch.jit.Attribute([1], List[int])

    def forward(self, x):
        self.sizes.append(x.size(1))
        return x * len(self.sizes)


class ChangesWeight(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(4))

    def forward(self, x):
        self.total.add_(1)
        return x * 2


class Random(nn.Module):
    def forward(self, x):
        return torch.relu(x) + torch.rand_like(x)


class Writes(nn.Module):
    def forward(self, x):
        torch.save(x, "written-by-a-model.pt")
        return torch.relu(x)


class ReadsBeyond(nn.Module):
    """An internal that makes a view without looking at the memory's size."""

    def forward(self, x):
        return torch.ops.aten._reshape_alias(x, [1, 4, 800, 800], [0, 640000, 800, 1]) * 2


class Dropouts(Block):
    """Neither drops anything; some published networks forget `training` where the share is 0."""

    def forward(self, x):
        y = torch.dropout(self.conv(x), 0.5, False)
        return torch.sigmoid(torch.dropout(y, 0.0, True))


class DropsAlways(nn.Module):
    def forward(self, x):
        return torch.dropout(x, 0.5, True)


class Prints(nn.Module):
    def forward(self, x):
        print("hello")
        return torch.relu(x)


class Strict(Block):
    def forward(self, x):
        if x.size(2) != 8:
            raise ValueError("height must be 8")
        return self.conv(x)


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class WholeNumbers(nn.Module):
    def forward(self, x):
        return torch.relu(x).argmax(1)


class Embedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 4)

    def forward(self, x):
        return self.table(x)


class NoInput(nn.Module):
    def forward(self, x):
        return torch.ones(3) * 2


class Echo(nn.Module):
    def forward(self, x):
        return x.view(-1)


class SetState(nn.Module):
    @torch.jit.export
    def __getstate__(self) -> Tuple[int, bool]:
        return 1, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[int, bool]):
        self.training = state[1]

    def forward(self, x):
        return x + 1


class GradientKernel(nn.Module):
    """Its indices would be followed out of the tensor."""

    def forward(self, x):
        indices = torch.full((1, 4, 4, 4), 1 << 40, dtype=torch.long)
        return torch.ops.aten.max_pool2d_with_indices_backward(
            x[:, :, ::2, ::2], x, [2, 2], [2, 2], [0, 0], [1, 1], False, indices)


def above_half(x: Tensor) -> Tensor:
    return (x.mean() > 0.5).long()


class NarrowByData(nn.Module):
    def forward(self, x):
        return torch.relu(torch.narrow(x * 2, 1, above_half(x), 2))


class SplitByData(nn.Module):
    def forward(self, x):
        return torch.tensor_split(x * 2, above_half(x).view(1), 1)[0]


class SortedTensors(nn.Module):
    def forward(self, x):
        return sorted([x.sum(), x.mean()])[0] + x


class OneHot(nn.Module):
    def forward(self, x):
        return nn.functional.one_hot(x.argmax(1)) * 1.5


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16)

    def forward(self, x):
        return self.lstm(x.view(32, 1, 8))[0]


class ManyMoves(nn.Module):
    def forward(self, x):
        for _ in range(120000):
            x = x.flip([1])
        return torch.relu(x)


class ManyLayers(nn.Module):
    def forward(self, x):
        for _ in range(20000):
            x = torch.relu(x)
        return x


class TooManyLayers(nn.Module):
    def forward(self, x):
        for _ in range(50001):
            x = torch.relu(x)
        return x


class NoGrad(Block):
    def forward(self, x):
        with torch.no_grad():
            x = self.conv(x)
        return torch.relu(x)


class NotFinite(nn.Module):
    def forward(self, x):
        return torch.relu(x) / 0


class Unwritten(nn.Module):
    def forward(self, x):
        return x + torch.empty_like(x)


TRACED = [Skip, Concat, InPlace, InPlaceInput, Views, SeveralResults, Filled]
SCRIPTED = [Skip, Concat, SharedTensor, InPlace, InPlaceSelf, InPlaceInput, MaskThenChange,
            ChangedConstant, Filled, ManyOutputs, Views, SeveralResults, Mask,
            Class, Scalar, Branch, DataBranch, DataLoop, DataShape, CustomClass, Counter, Collector, ChangesWeight, Random, Prints,
            Writes, ReadsBeyond, Dropouts, DropsAlways, Strict, TwoInputs, WholeNumbers, Embedding, NoInput, Echo, SetState,
            GradientKernel, NarrowByData, SplitByData, SortedTensors, OneHot, Recurrent, ManyMoves,
            ManyLayers, TooManyLayers, NoGrad, NotFinite, Unwritten]


def write_forged(folder, name, old, new, spare=b""):
    """Skip with other sizes in its pickle, whose check sums are right, and perhaps one more record."""
    with zipfile.ZipFile(folder / "Skip.pt") as whole, zipfile.ZipFile(folder / f"{name}.pt", "w") as forged:
        for entry in whole.namelist():
            content = whole.read(entry)
            if entry.endswith("/data.pkl"):
                assert content.count(old) == 1, (name, content)
                content = content.replace(old, new)
            forged.writestr(entry, content)
        if spare:
            forged.writestr("Skip/data/99", spare)


def write_nested(folder, name):
    """Skip with more brackets in its code than a parser that calls itself can take."""
    with zipfile.ZipFile(folder / "Skip.pt") as whole, zipfile.ZipFile(folder / f"{name}.pt", "w") as nested:
        for entry in whole.namelist():
            content = whole.read(entry)
            if entry.endswith(".py"):
                content += b"(" * 200000
            nested.writestr(entry, content)


def write_cases(folder):
    for make in SCRIPTED:
        torch.manual_seed(1)
        torch.jit.script(make().eval()).save(str(folder / f"{make.__name__}.pt"))
    for make in TRACED:
        torch.manual_seed(1)
        torch.jit.trace(make().eval(), torch.randn(1, 4, 8, 8)).save(str(folder / f"{make.__name__}Traced.pt"))
    torch.manual_seed(1)
    torch.jit.freeze(torch.jit.script(Skip().eval())).save(str(folder / "SkipFrozen.pt"))
    torch.jit.freeze(torch.jit.script(NoGrad().eval())).save(str(folder / "NoGradFrozen.pt"))
    torch.jit.script(nn.BatchNorm2d(4).train()).save(str(folder / "BatchNorm.pt"))
    # A class of LibTorch's own, in C++, which would run while the file is read.
    torch.backends.quantized.engine = "qnnpack"
    torch.jit.script(torch.ao.nn.quantized.Linear(4, 4)).save(str(folder / "Quantized.pt"))
    write_forged(folder, "ForgedSize", b"(K\x04t(K\x01t", b"(K\x64t(K\x01t")  # the bias has 100 elements
    write_forged(folder, "ForgedStorage", b"K\x90t", b"K\xf0t")  # the weight's 144 are 240
    write_forged(folder, "ForgedSpare", b"K\x90t", b"K\xf0t", bytes(4 * 240))
    write_nested(folder, "Nested")
    torch.save({"weight": torch.zeros(3)}, folder / "Weights.pt")


def main():
    kind, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if kind == "cases":
        write_cases(folder)
    else:
        for name in sys.argv[3:] or NETWORKS:
            write_network(name, folder)


if __name__ == "__main__":
    main()
