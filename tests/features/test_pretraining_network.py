"""The embedded network: where its cells lie beside the teacher's, folding, sizes, export."""

from __future__ import annotations

import onnx
import pytest
import torch
from torch import nn

from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.loading import architecture_only
from inspector.features.pretraining.teacher import TEACHER, TEACHER_LAYERS, Teacher

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTH, HEIGHT = 480, 32
STRIDES = EmbeddedNetwork.strides


def made_positive(module: nn.Module) -> nn.Module:
    """Every weight the same positive number, no biases: a cell answers exactly where its receptive field is hit."""
    tensors = {}
    for name, value in module.state_dict().items():
        if name.endswith(("running_mean", "bias", "num_batches_tracked")):
            tensors[name] = torch.zeros(value.shape, dtype=value.dtype)
        elif value.dim() == 4:
            tensors[name] = torch.full(value.shape, 1 / value.shape[1])
        else:
            tensors[name] = torch.ones(value.shape)
    module.load_state_dict(tensors, assign=True)
    return module.eval()


def centres(module: nn.Module) -> list[list[float]]:
    """For each map, the middle (in pixels) of what three cells near the image's middle look at: where changing a
    pixel changes the cell."""
    image = torch.ones(1, 3, HEIGHT, WIDTH, requires_grad=True)
    result = []
    for item in module(image):
        row, column = item.shape[2] // 2, item.shape[3] // 2
        found = []
        for cell in range(column - 1, column + 2):
            (slope,) = torch.autograd.grad(item[0, 0, row, cell], image, retain_graph=True)
            hit = slope[0, 0].sum(0).nonzero().flatten()
            assert hit[0] > 0
            assert hit[-1] < WIDTH - 1
            found.append((int(hit[0]) + int(hit[-1])) / 2)
        result.append(found)
    return result


def teacher() -> Teacher:
    backbone = architecture_only(TEACHER, TEACHER_LAYERS)
    made_positive(backbone.body)
    return Teacher(backbone)


def averaging(network: nn.Module) -> nn.Module:
    """The same network with means instead of maxima, which look at the same pixels but hide none of them."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d):
                setattr(parent, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
    return network


def test_cells_of_teacher_and_student_look_at_the_same_places() -> None:
    own, taught = centres(made_positive(EmbeddedNetwork())), centres(averaging(teacher()))
    for stride, offset, ours, theirs in zip(STRIDES, (2, 2, 10), own, taught, strict=True):
        middle = WIDTH // stride // 2
        expected = [cell * stride + offset for cell in range(middle - 1, middle + 2)]
        assert ours == expected
        assert theirs == expected


def test_the_teacher_alone_would_look_elsewhere() -> None:
    """The measurement above can tell a wrong padding from the right one."""
    bare = centres(averaging(teacher().backbone))
    for stride, offset, found in zip(STRIDES, (3, 7, 15), bare, strict=True):
        assert all((centre - offset) % stride == 0 for centre in found)


@pytest.mark.parametrize("size", [(32, 32), (112, 112), (48, 160)])
def test_teacher_and_student_have_as_many_cells(size: tuple[int, int]) -> None:
    images = torch.zeros(1, 3, *size)
    wanted = [(size[0] // stride, size[1] // stride) for stride in STRIDES]
    assert [tuple(item.shape[2:]) for item in EmbeddedNetwork()(images)] == wanted
    assert [tuple(item.shape[2:]) for item in teacher()(images)] == wanted


def trained() -> EmbeddedNetwork:
    """A network whose batch normalisation has seen something and whose every tensor has a value of its own."""
    torch.manual_seed(3)
    network = EmbeddedNetwork()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    with torch.no_grad():
        for _ in range(4):
            network(torch.randn(4, 3, 64, 64))
    return network


def test_folding_changes_nothing_but_the_operations() -> None:
    network, images = trained(), torch.randn(2, 3, 96, 64)
    fused = network.fused()
    assert network.training
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
    with torch.inference_mode():
        for found, expected in zip(fused(images), network.eval()(images), strict=True):
            assert expected.std() > 0.1
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_it_is_small_enough() -> None:
    assert sum(value.numel() for value in EmbeddedNetwork(fused=True).state_dict().values()) * 2 < 4_000_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_it_can_be_exported_for_every_multiple_of_16(tmp_path) -> None:
    import onnxruntime

    network, file = trained().fused(), tmp_path / "network.onnx"
    height, width = torch.export.Dim("height", min=2), torch.export.Dim("width", min=2)
    shapes = ({0: torch.export.Dim("batch"), 2: 16 * height, 3: 16 * width},)
    example = torch.randn(2, 3, 64, 96)
    torch.onnx.export(
        network, (example,), str(file), opset_version=18, dynamic_shapes=shapes, dynamo=True, external_data=False,
        input_names=["image"], verbose=False,
    )  # fmt: skip
    onnx.checker.check_model(str(file))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    for size in ((1, 3, 128, 144), (3, 3, 32, 256)):
        images = torch.randn(*size)
        found = session.run(None, {"image": images.numpy()})
        for item, expected in zip(found, network(images), strict=True):
            torch.testing.assert_close(torch.from_numpy(item), expected, rtol=1e-3, atol=1e-4)
