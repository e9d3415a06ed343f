"""CIFAR-10, one class against the others: the folder of the binary version, with the good class after a `#`.

`cifar-10-batches-bin#cat` or `…#3`: the training pictures of that class are good ones to learn from; of the 10,000 test
pictures those of the class are good and all others are defects, their kind being their class. Krizhevsky 2009. The
Python version is pickled, which can run any program when it is read, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts.files import folders_in, good_in, images_in
from inspector.data.layouts.unpacked import unpacked
from inspector.errors import DatasetError
from inspector.imaging.frame import Image

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_SIDE = 32
_RECORD = 1 + 3 * _SIDE * _SIDE
_FIRST = "data_batch_1"


def recognises(folder: Path) -> bool:
    """True for a folder of CIFAR-10, with or without a class after it."""
    place, _ = _parted(folder)
    return (place / f"{_FIRST}.bin").is_file() or (place / _FIRST).is_file()


def samples(folder: Path) -> Iterator[Sample]:
    """Unpacks what is needed on the first call.

    Raises `DatasetError` `dataset_pickled`, `dataset_class`, `dataset_file_damaged`; OSError.
    """
    place, choice = _parted(folder)
    if not (place / f"{_FIRST}.bin").is_file():
        raise DatasetError("dataset_pickled", path=str(place))
    good = _class_of(choice, place)
    training = [place / f"data_batch_{number}.bin" for number in range(1, 6)]
    learned = unpacked(f"cifar10-{CLASSES[good]}", training, _pictures(training, good))
    test = [place / "test_batch.bin"]
    judged = unpacked("cifar10-test", test, _pictures(test))
    yield from good_in(learned / CLASSES[good], Split.TRAIN)
    for kind in folders_in(judged):
        if kind.name == CLASSES[good]:
            yield from good_in(kind, Split.TEST)
        else:
            yield from (Sample(path, Label.DEFECT, Split.TEST, kind.name) for path in images_in(kind))


def _parted(folder: Path) -> tuple[Path, str]:
    """The folder itself and the class asked for; a folder that really has such a name is taken as it is."""
    name, mark, choice = folder.name.rpartition("#")
    return (folder.with_name(name), choice) if mark and name and not folder.exists() else (folder, "")


def _class_of(choice: str, folder: Path) -> int:
    if choice in CLASSES:
        return CLASSES.index(choice)
    if choice.isdecimal() and int(choice) < len(CLASSES):
        return int(choice)
    raise DatasetError("dataset_class", path=str(folder), known=", ".join(CLASSES))


def _pictures(files: list[Path], only: int | None = None) -> Iterator[tuple[str, Image]]:
    """(class/number.png, picture) of records: a label byte, then the red, the green and the blue plane."""
    number = 0
    for file in files:
        for record in _records(file):
            if only is None or record[0] == only:
                planes = record[1:].reshape(3, _SIDE, _SIDE)
                yield f"{CLASSES[record[0]]}/{number:05d}.png", np.ascontiguousarray(planes[::-1].transpose(1, 2, 0))
            number += 1


def _records(file: Path) -> NDArray[np.uint8]:
    data = np.fromfile(file, np.uint8)
    if not len(data) or len(data) % _RECORD or data[::_RECORD].max() >= len(CLASSES):
        raise DatasetError("dataset_file_damaged", path=str(file))
    return data.reshape(-1, _RECORD)
