"""What the translators and critics of adversarial methods are made of."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inspector.detectors.components.cyclegan_training import Side, translators_loss
from inspector.detectors.components.generators import PatchCritic, Translator, believed
from inspector.detectors.translator_plan import TranslatorPlan

PLAN = TranslatorPlan(4, 2)


class Same(nn.Module):
    """A perfect translator between two sorts that are alike."""

    def forward(self, images: Tensor) -> Tensor:
        return images


class Brighter(nn.Module):
    """Spoils a picture by making it brighter."""

    def forward(self, images: Tensor) -> Tensor:
        return images + 0.25


def critic(answer: float) -> nn.Module:
    found = PatchCritic(4)
    last = found[-1]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, answer)
    return found


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (50, 29)])
def test_a_translator_keeps_any_size_and_changes_little_at_first(size: tuple[int, int]) -> None:
    images = torch.rand(2, 3, *size)
    drawn = Translator(PLAN)(images)
    assert drawn.shape == images.shape
    assert (drawn - images).abs().mean() < 0.1


def test_pictures_of_a_batch_do_not_influence_each_other() -> None:
    network = Translator(PLAN)
    images = torch.rand(3, 3, 32, 32)
    torch.testing.assert_close(network(images)[1:2], network(images[1:2]))


def test_a_plan_counts_all_weights() -> None:
    assert PLAN.cost(1000).weights == sum(weight.numel() for weight in Translator(PLAN).parameters())


def test_believed_is_the_squared_distance_from_what_is_so() -> None:
    answers = torch.tensor([1.0, 0.5])
    assert believed(answers, True).item() == pytest.approx(0.125)
    assert believed(answers, False).item() == pytest.approx(0.625)


def test_perfect_translators_that_deceive_lose_nothing() -> None:
    sides = [Side(Same(), critic(1.0)) for _ in range(2)]
    loss, repaired, spoiled = translators_loss(*sides, torch.rand(1, 3, 32, 32), torch.zeros(1, 3, 32, 32))
    assert loss.item() == 0
    assert repaired.sum() == 0
    assert spoiled.sum() > 0


def test_cycles_and_what_should_stay_are_weighed() -> None:
    sides = Side(Same(), critic(0.0)), Side(Brighter(), critic(1.0))
    loss, _, _ = translators_loss(*sides, torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
    deceit, cycles, identity = 1.0, 20 * (0.25 + 0.25), 10 * 0.25
    assert loss.item() == pytest.approx(deceit + cycles + identity, rel=1e-5)


def test_a_critic_is_shown_earlier_pictures_too() -> None:
    side = Side(Same(), critic(0.0))
    shown = [float(side._remembered(torch.full((1, 1), float(number)))[0, 0]) for number in range(200)]
    assert shown[:50] == list(range(50))
    later = [now != number for number, now in enumerate(shown[50:], 50)]
    assert 40 < sum(later) < 110
    assert all(now <= number for number, now in enumerate(shown))
