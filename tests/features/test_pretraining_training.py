"""Making the embedded backbone: learning, interruptions, the time budget, the file that ships."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from inspector.errors import TrainingError
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.pretraining import export as export_module
from inspector.features.pretraining.__main__ import chosen_device, default_workers, main
from inspector.features.pretraining.checkpoint import CHECKPOINT_FILE, LOG_FILE, append_line, load_checkpoint
from inspector.features.pretraining.crops import TRAINING_SCENES, Crops, scene_crops, training_batches
from inspector.features.pretraining.export import export
from inspector.features.pretraining.recipe import RECIPE_FILE, RECIPE_VERSION, Recipe, read_recipe
from inspector.features.pretraining.teacher import load_teacher
from inspector.features.pretraining.training import Training, schedule
from inspector.features.torchvision_shim import torchvision_models
from inspector.features.weights import file_sha256

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
SMALL = {"seed": 1, "side": 32, "scenes": 2, "crops": 2, "calibration_scenes": 3}


class Clock:
    """Moves on by `seconds` each time it is asked, and breaks the run off when asked for the `last` time."""

    def __init__(self, seconds: float = 1.0, last: int | None = None) -> None:
        self.seconds, self.last, self.asked = seconds, last, 0

    def __call__(self) -> float:
        self.asked += 1
        if self.asked == self.last:
            raise KeyboardInterrupt
        return self.asked * self.seconds


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("teacher") / "teacher.pth"
    model = torchvision_models().get_model("squeezenet1_1", weights=None)
    torch.save({name: value.half() for name, value in model.state_dict().items()}, file)
    return file


def begun(folder: Path, teacher_file: Path, **changes: object) -> Training:
    teacher = load_teacher(teacher_file)
    sha256 = teacher.backbone.weights_sha256
    recipe = Recipe(**{**SMALL, "teacher_sha256": sha256, **changes})
    return Training(recipe, teacher, folder, CPU)


def minutes(steps: int) -> float:
    """The budget in which a clock of one second a step allows so many."""
    return (steps + 1) / 60


def logged(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / LOG_FILE).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, teacher_file: Path) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    begun(folder, teacher_file).run(minutes(6), clock=Clock(), log_steps=2)
    return folder


def test_a_run_takes_its_steps_and_logs_each_layer(finished: Path) -> None:
    rows = logged(finished)
    assert [row["step"] for row in rows] == [2, 4, 6]
    assert all(len(row["loss"]) == 3 and min(row["loss"]) > 0 for row in rows)
    assert load_checkpoint(finished / CHECKPOINT_FILE, CPU)["step"] == 6
    assert read_recipe(finished).seed == 1


def test_the_losses_fall(tmp_path: Path, teacher_file: Path) -> None:
    training = begun(tmp_path, teacher_file, crops=4, learning_rate=0.05)
    unseen = one_scene(training, TRAINING_SCENES + 99)
    before, nothing = (item.detach() for item in training.losses(unseen))
    training.run(minutes(12), clock=Clock())
    after = training.losses(unseen)[0].detach()
    assert not nothing.any()
    assert torch.isfinite(after).all()
    assert (after < before).all()


def one_scene(training: Training, index: int) -> Crops:
    crops = scene_crops(training.recipe)[index]
    return Crops(crops.images[None], crops.damage[None])


def test_damage_can_be_made_to_stand_out(tmp_path: Path, teacher_file: Path) -> None:
    training = begun(tmp_path, teacher_file, lesson="discriminate", crops=4, side=64)
    crops = next(iter(training_batches(scene_crops(training.recipe), 3, 0, 0, pinned=False)))
    optimiser = torch.optim.Adam(training.student.parameters(), lr=3e-3)
    first = training.losses(crops)[1].detach()
    for _ in range(12):
        optimiser.zero_grad()
        training.losses(crops)[1].sum().backward()
        optimiser.step()
    # Crops this small have no cell of stride 16 that is clear of damage.
    assert (training.losses(crops)[1] < 0.5 * first)[:2].all()


def test_a_run_of_the_second_lesson_logs_both_losses(tmp_path: Path, teacher_file: Path) -> None:
    begun(tmp_path, teacher_file, lesson="discriminate").run(minutes(2), clock=Clock(), log_steps=1)
    assert [len(row["discrimination"]) for row in logged(tmp_path)] == [3, 3]


def test_a_run_can_begin_with_what_another_learned(tmp_path: Path, teacher_file: Path, finished: Path) -> None:
    checkpoint = finished / CHECKPOINT_FILE
    teacher = load_teacher(teacher_file)
    recipe = Recipe(**SMALL, lesson="discriminate", teacher_sha256="", start_sha256=file_sha256(checkpoint))
    training = Training(recipe, teacher, tmp_path, CPU, start=checkpoint)
    kept = load_checkpoint(checkpoint, CPU)
    assert training.step == 0
    assert all(torch.equal(value, kept["student"][name]) for name, value in training.student.state_dict().items())
    (tmp_path / "other.pt").write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(TrainingError) as error:
        Training(recipe, teacher, tmp_path, CPU, start=tmp_path / "other.pt")
    assert error.value.code == "pretraining_checkpoint_damaged"


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, teacher_file: Path, finished: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        begun(tmp_path, teacher_file).run(minutes(6), clock=Clock(last=6), log_steps=2, save_seconds=3)
    assert load_checkpoint(tmp_path / CHECKPOINT_FILE, CPU)["step"] == 3
    again = begun(tmp_path, teacher_file)
    assert again.step == 3
    again.run(minutes(6), clock=Clock(), log_steps=2)
    one, other = (load_checkpoint(folder / CHECKPOINT_FILE, CPU) for folder in (finished, tmp_path))
    assert (one["step"], one["spent"]) == (other["step"], other["spent"])
    for name, value in one["student"].items():
        torch.testing.assert_close(other["student"][name], value, rtol=1e-5, atol=1e-6)
    assert {"resumed": 3, "s": 3} in logged(tmp_path)


KILLED = """
import json, sys, logging, torch
from pathlib import Path
from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.teacher import load_teacher
from inspector.features.pretraining.training import Training
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
torch.set_num_threads(1)
teacher = load_teacher(Path(sys.argv[1]))
recipe = Recipe(**json.loads(sys.argv[3]), teacher_sha256=teacher.backbone.weights_sha256)
Training(recipe, teacher, Path(sys.argv[2]), torch.device("cpu")).run(600, log_steps=1, save_seconds=0)
"""


def test_a_killed_run_goes_on(tmp_path: Path, teacher_file: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(teacher_file), str(tmp_path), json.dumps(SMALL)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["step"] == 5:
                break
        process.kill()
    kept = load_checkpoint(tmp_path / CHECKPOINT_FILE, CPU)
    assert kept["step"] >= 4
    training = begun(tmp_path, teacher_file)
    assert training.step == kept["step"]
    training.run((kept["spent"] + 2.5) / 60, clock=Clock())
    assert load_checkpoint(tmp_path / CHECKPOINT_FILE, CPU)["step"] == kept["step"] + 2
    assert not list(tmp_path.glob("*.partial"))


def test_a_long_pause_is_not_taken_off_the_budget(tmp_path: Path, teacher_file: Path) -> None:
    training = begun(tmp_path, teacher_file)
    training.run(10 / 60, clock=Clock(seconds=1000))
    assert training.step == 3


def test_a_run_is_not_continued_with_other_settings(finished: Path, teacher_file: Path) -> None:
    with pytest.raises(TrainingError) as error:
        begun(finished, teacher_file, seed=2, side=48)
    assert error.value.code == "pretraining_recipe_differs"
    assert error.value.parameters["names"] == "seed, side"


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, teacher_file: Path, finished: Path) -> None:
    whole = (finished / CHECKPOINT_FILE).read_bytes()
    for content in (b"", whole[: len(whole) // 2]):
        (tmp_path / CHECKPOINT_FILE).write_bytes(content)
        with pytest.raises(TrainingError) as error:
            begun(tmp_path, teacher_file)
        assert error.value.code == "pretraining_checkpoint_damaged"


def test_nonsense_is_never_saved(tmp_path: Path, teacher_file: Path, finished: Path) -> None:
    kept = load_checkpoint(finished / CHECKPOINT_FILE, CPU)
    kept["stats"] = [(mean * float("nan"), deviation) for mean, deviation in kept["stats"]]
    torch.save(dict(kept), tmp_path / CHECKPOINT_FILE)
    before = file_sha256(tmp_path / CHECKPOINT_FILE)
    with pytest.raises(TrainingError) as error:
        begun(tmp_path, teacher_file).run(minutes(9), clock=Clock())
    assert error.value.code == "pretraining_diverged"
    assert file_sha256(tmp_path / CHECKPOINT_FILE) == before


def test_the_learning_rate_starts_gently_and_ends_at_zero() -> None:
    assert schedule(0, 0.0) == pytest.approx(1 / 200)
    assert schedule(199, 0.0) == pytest.approx(1)
    assert schedule(1000, 0.5) == pytest.approx(0.5)
    assert schedule(1000, 1.0) == schedule(1000, 1.7) == pytest.approx(0)


def test_a_line_that_a_kill_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / LOG_FILE
    append_line(file, "first")
    with file.open("ab") as stream:
        stream.write(b"cut o")
    append_line(file, "second")
    assert file.read_bytes() == b"first\ncut o\nsecond\n"


def test_the_exported_file_holds_the_network(tmp_path: Path, finished: Path, teacher_file: Path, capsys) -> None:
    out = tmp_path / "network.safetensors"
    assert export_module.main([str(finished / CHECKPOINT_FILE), str(out)]) == 0
    assert file_sha256(out) in capsys.readouterr().out
    tensors = load_file(out)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    with safe_open(out, "pt") as opened:
        origin = json.loads(opened.metadata()["origin"])
    assert origin["teacher_sha256"] == file_sha256(teacher_file)
    assert origin["log_sha256"] == file_sha256(finished / LOG_FILE)
    assert (origin["seed"], origin["steps"], origin["recipe_version"]) == (1, 6, RECIPE_VERSION)
    assert Recipe.model_validate(origin["recipe"]) == read_recipe(finished)
    again = tmp_path / "again.safetensors"
    assert export(finished / CHECKPOINT_FILE, again) == origin
    assert again.read_bytes() == out.read_bytes()

    network = EmbeddedNetwork(fused=True)
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    trained = begun(finished, teacher_file).student.eval()
    images = torch.randn(1, 3, 64, 64)
    for found, expected in zip(network(images), trained(images), strict=True):
        assert expected.std() > 0
        assert (found - expected).abs().max() < 0.01 * expected.abs().max()


def test_an_export_needs_the_recipe(tmp_path: Path, finished: Path) -> None:
    (tmp_path / CHECKPOINT_FILE).write_bytes((finished / CHECKPOINT_FILE).read_bytes())
    with pytest.raises(TrainingError) as error:
        export(tmp_path / CHECKPOINT_FILE, tmp_path / "out.safetensors")
    assert error.value.code == "pretraining_recipe_damaged"
    (tmp_path / RECIPE_FILE).write_text("{}", encoding="utf-8")
    assert export_module.main([str(tmp_path / CHECKPOINT_FILE), str(tmp_path / "out.safetensors")]) == 1
    assert not (tmp_path / "out.safetensors").exists()


def test_the_command_says_what_is_missing(tmp_path: Path, capsys) -> None:
    arguments = ["--teacher", str(tmp_path / "none.pth"), "--out", str(tmp_path / "run"), "--minutes", "1"]
    assert main(arguments) == 1
    assert "none.pth" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--side", "50"])
    assert end.value.code == 2


def test_the_command_needs_photographs_where_it_is_told_so(tmp_path: Path, teacher_file: Path, capsys) -> None:
    arguments = ["--teacher", str(teacher_file), "--out", str(tmp_path / "run"), "--minutes", "1"]
    assert main([*arguments, "--photographs", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_devices_and_workers() -> None:
    assert chosen_device("cpu") == CPU
    assert default_workers(CPU) == 1
    assert default_workers(torch.device("cuda")) >= 1
    if not torch.cuda.is_available():
        assert chosen_device("auto") == CPU
        with pytest.raises(TrainingError):
            chosen_device("cuda")
