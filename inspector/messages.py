"""The sentences people read: one for each error code, one word for each stage of long work.

Each error sentence says what happened, why, and what to do. `ui/` passes the template through Qt's translation before
filling it in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.errors import InspectorError

ERRORS: dict[str, str] = {
    # images
    "image_missing": "The picture “{path}” is not there. It was moved or deleted, or its drive is not connected: "
    "bring it back, or remove it from the list.",
    "image_permission": "The picture “{path}” may not be read or written by your user account. "
    "Ask whoever manages the folder for access, or copy the picture elsewhere.",
    "image_unreadable": "The picture “{path}” cannot be read: {reason}. "
    "Check the drive or the network, then try again.",
    "image_empty": "The file “{path}” is empty. It was probably still being copied, or the copy failed: copy it again.",
    "image_unknown_format": "The file “{path}” is not a picture that can be read here. "
    "Save it as PNG, JPEG, TIFF, BMP or WebP.",
    "image_truncated": "The picture “{path}” is cut off: the end of the file is missing. "
    "It was probably still being copied, or the copy failed: copy it again.",
    "image_damaged": "The picture “{path}” is damaged and cannot be decoded. Copy it again from where it came from.",
    "image_too_large": "The picture “{path}” is too large to be read into memory. "
    "Crop it or save it at a smaller size.",
    "image_depth": "The picture “{path}” holds {depth} values, and only 8 and 16 bits without sign can be read. "
    "Convert it to one of these.",
    "image_copy": "The picture “{path}” is a copy of “{original}”, so it was learned from only once. "
    "Collect pictures of other parts.",
    "image_write_format": "A picture cannot be written as “{path}”. End the name with one of: {suffixes}.",
    "image_write_failed": "The picture “{path}” could not be written: {reason}. Check the folder, then try again.",
    "image_disk_full": "The picture “{path}” could not be written because the disk is full. "
    "Make room or choose another disk, then try again.",
    "region_outside": "The region of interest (x {x}, y {y}, {width}×{height}) leaves the picture, which has "
    "{frame_width}×{frame_height} pixels. Draw the region again, or set the camera to the size it was drawn for.",
    "region_too_small": "The region of interest is {width}×{height} pixels; at least {minimum}×{minimum} are needed. "
    "Draw a larger one.",
    "region_polygon": "An ignored zone needs at least three corners and has {corners}. Draw it again or remove it.",
    "tiling_invalid": "Tiles of {size} pixels that overlap by {overlap} cannot be used: a tile has from {smallest} to "
    "{largest} pixels, and at most half of it may overlap. Choose other tiles.",
    # projects
    "project_gone": "The project folder “{folder}” cannot be found: it was moved or deleted, or its drive is not "
    "connected. Connect the drive or choose the folder again.",
    "project_not_found": "The folder “{folder}” holds no project: there is no file project.sqlite in it. "
    "Choose a project's folder, or create a new project.",
    "project_damaged": "The database of the project in “{folder}” is damaged and was left as it is. "
    "Put back project.sqlite from your backup of this folder.",
    "project_newer": "The project in “{folder}” was made by a newer version of Inspector ({version}). "
    "Update Inspector on this computer to open it.",
    "project_in_use": "The project in “{folder}” is already open (on computer {host}, process {pid}). "
    "Close it there first.",
    "project_read_only": "Nothing can be written to the project folder “{folder}”: you have no permission, or the "
    "drive is write-protected. Ask for the permission, or copy the folder to another place.",
    "project_unreadable": "The project folder “{folder}” cannot be used just now: {reason}. "
    "Check that its drive is connected, then try again.",
    "project_busy": "The database of the project in “{folder}” is being used by another program. "
    "Close that program, then try again.",
    "project_disk_full": "The disk with the folder “{folder}” is full. What was saved before is safe. "
    "Free some space, then try again.",
    "project_closed": "The project in “{folder}” was closed meanwhile. Open it again.",
    "project_folder_not_empty": "A new project cannot go into “{folder}” because there are files in it already. "
    "Choose a new or an empty folder.",
    "project_folder_is_file": "A new project cannot go to “{folder}” because that is a file. Choose a folder.",
    "project_inside_itself": "A project cannot be copied into its own folder (“{folder}”). Choose another folder.",
    "project_name_empty": "The project has no name. Type one.",
    "sample_unknown": "The sample {id} is not in the project any more: it was removed meanwhile. Choose another one.",
    "mask_size": "The mask for {name} is {got} pixels, the image is {width}x{height}. Draw it on the image itself.",
    "mask_mismatch": "The mask “{path}” was left out because it is not {width}x{height} pixels as its image is. "
    "Correct the mask, then set it for the sample.",
    "video_unreadable": "The video “{path}” cannot be read: it is damaged, or of a kind that is not supported. "
    "Convert it to MP4 (H.264), then import it again.",
    "folder_unreadable": "The folder “{path}” cannot be listed: {reason}. Check that you may open it.",
    "model_unknown": "The model {id} is not in the project any more: it was removed meanwhile. Choose another one.",
    "model_not_bundle": "The folder “{path}” holds no usable model: its manifest.json is missing or damaged. "
    "Choose another model.",
    "model_not_copied": "The model “{path}” could not be copied into the project: {reason}. "
    "Check that the model and the project's folder can be reached, then try again.",
    # data sets
    "dataset_missing": "There is nothing at “{path}”. Check the path and that its drive is connected.",
    "dataset_not_folder": "The data set “{path}” is a file. "
    "Give a folder of images, a data set in a known layout, or a project.",
    "dataset_unreadable": "The folder “{path}” cannot be listed: {reason}. Check that you may open it.",
    "dataset_empty": "The project {name} has no samples. Import or capture some first.",
    "dataset_pickled": "The folder “{path}” holds the Python version of CIFAR-10, whose files could run any program "
    "when they are read. Get the binary version instead, whose files end in .bin.",
    "dataset_class": "CIFAR-10 needs the class that counts as good, written behind the folder “{path}” and a #. "
    "Choose among: {known}.",
    "dataset_file_damaged": "The file “{path}” of the data set is damaged, or does not fit its pictures. "
    "Copy it again from where it came from.",
    "dataset_no_images": "There are no images in “{path}”, nor is it in a known layout (as train/good, test/...) or a "
    "project. Give the folder that holds the images themselves.",
    # weights
    "backbone_unknown": "There are no features called {name}. Choose among: {known}.",
    "layer_unknown": "The features {name} have no layer called {layer}. Choose among: {known}.",
    "weights_offline": "The weights of {name} are not on this computer and could not be downloaded ({reason}). "
    "Use the built-in features, or fetch {url} on another computer, copy the file here and import it "
    "(inspector weights import {name} FILE).",
    "weights_checksum": "The download of {name} from {url} is not the file that was published, so it was thrown away. "
    "Try again; if it happens again, a proxy on the way changes it: copy the file from another computer and import it.",
    "weights_not_needed": "The features {name} come with the program and need no weights. "
    "Leave the weights file out, or name the backbone that it belongs to.",
    "weights_not_written": "The weights could not be stored as “{path}”: {reason}. Make room or check the folder, "
    "then try again.",
    "weights_file_missing": "There is no weights file at “{path}”. Check the path and that its drive is connected.",
    "weights_damaged": "The weights file “{path}” cannot be used: {reason}. "
    "Copy it again from where it came from, or choose another one (a state dict as .pth, or .safetensors).",
    "weights_wrong_network": "The weights file “{path}” does not belong to {name}: {count} tensors differ "
    "({differences}). Choose the file that belongs to it, or choose the network that belongs to the file.",
    "weights_embedded_damaged": "The features {name}, which come with Inspector, cannot be used: {reason}. "
    "Install Inspector again; until then, choose other features.",
    "weights_fit_nothing": "The weights file “{path}” belongs to none of the networks known here: {nearest} comes "
    "nearest, and {count} tensors differ ({differences}). Choose another file.",
    "weights_others_here": "The weights file “{path}” was not imported, because other weights of {name} are on this "
    "computer. To replace them, remove them first, or import this file by itself.",
    "weights_folder_empty": "There are no weights files (.pth, .pt, .safetensors) in “{path}”. "
    "Choose the folder that holds the files themselves.",
    "weights_list_damaged": "The list of checksums “{path}” cannot be read. Export the weights again into an empty "
    "folder, or delete the list to import without checking.",
    "weights_none_here": "There are no imported or downloaded weights on this computer, so there is nothing to export. "
    "Download or import some first.",
    "weights_export_occupied": "The weights were not copied to “{path}”, because another file of that name is there. "
    "Remove it, or choose another folder.",
    "weights_not_here": "There are no imported or downloaded weights of {name} on this computer, so there is nothing "
    "to remove. See with 'inspector weights list' which there are.",
    "weights_not_removed": "The weights “{path}” could not be removed: {reason}. "
    "Close programs that use them, then try again.",
    # making of the embedded features
    "pretraining_recipe_differs": "The training in “{folder}” was begun with other settings ({names}). "
    "Go on with the same settings, or choose a new folder.",
    "pretraining_recipe_damaged": "The recipe “{path}” of this training cannot be used: {reason}. "
    "Choose the folder that training wrote, or begin in a new one.",
    "pretraining_checkpoint_damaged": "The checkpoint “{path}” is missing or damaged, or belongs to another network. "
    "Put it back from a copy, or begin in a new folder.",
    "pretraining_no_photographs": "There are no JPEG or PNG pictures in “{folder}”. "
    "Name a folder of photographs, or leave the option away to learn from drawn scenes alone.",
    "pretraining_diverged": "At step {step} the losses are not finite numbers any more; the last checkpoint is still "
    "good. Check the teacher's weights, then run the same command again.",
    "pretraining_not_half": "The tensor {name} of “{path}” is too large for half precision. "
    "Train longer or with another seed.",
    # training
    "training_no_images": "There is nothing to learn from: no good pictures were given. "
    "Collect some good parts, label them as good, then train.",
    "training_not_finite": "The features of a picture are not finite numbers, so nothing can be learned from them. "
    "The weights file is probably damaged: import it again, or choose other features.",
    "training_diverged": "Training went astray: its loss is not a finite number any more. "
    "Train with another seed, fewer steps or a smaller learning rate.",
    "training_needs_defects": "{method} learns from defects, too, and none is marked for training. "
    "Label some pictures as defect and mark them for training, or choose another method.",
    "training_needs_others": "{method} learns from other products, and none was given. "
    "Name other projects or data sets with good pictures, or choose another method.",
    "training_defects_in_tiles": "{method} learns from defects and cannot do so in tiles, most of which show none. "
    "Switch tiles off, or choose another method.",
    "device_missing": "There is no graphics card that can be used ({device}). Choose the processor (cpu), or auto.",
    "gaussians_too_large": "The model would take {gigabytes} GB of memory, and {limit} GB are allowed. "
    "Choose a smaller image size, fewer dimensions or coarser layers.",
    "parameter_unknown": "There is no parameter called {name}. Choose among: {known}.",
    "parameter_type": "The parameter {name} cannot be {value!r}: it must be of type {type}. Correct the value.",
    "parameter_range": "The parameter {name} cannot be {value}. Choose a value from {minimum} to {maximum}.",
    "parameter_choice": "The parameter {name} cannot be {value!r}. Choose among: {choices}.",
    "detector_unknown": "There is no method called {id}. Choose among: {known}.",
    "calibration_no_scores": "A threshold cannot be set because no {kind} part has been scored. "
    "Label at least one {kind} sample and train or evaluate again.",
    "export_parity": "The trained network gives other results in ONNX Runtime than in training (difference "
    "{difference} of the spread, {tolerance} allowed), so it was not saved. "
    "Train with another method or backbone, and report this.",
    "export_too_large": "The trained network would take {gigabytes} GB, and a network file can hold 2 GB. "
    "Choose a smaller image size, fewer layers or a smaller backbone.",
    # command line
    "no_display": "There is no display to open the window on. Run a command instead (inspector --help lists them), "
    "for instance: inspector demo --headless.",
    # jobs
    "output_failed": "The results could not be written to “{path}”: {reason}. Choose another place, then try again.",
    "benchmark_bug": "An error in Inspector itself ended this pairing ({reason}). Please report it with the log.",
    "benchmark_no_map": "{method} judges whole pictures and draws no map, so there are no figures of pixels. "
    "Choose another method where outlines matter.",
    "benchmark_no_masks": "No defect of {dataset} that was held out has a mask, so there are no figures of pixels. "
    "Draw masks on some to have them.",
    "benchmark_left_out": "Left out, because they learn from defects marked for training or from other products, and "
    "there are none: {methods}. Mark some, or name several data sets, to compare them as well.",
    "benchmark_without_dask": "Dask is not installed, so the pairings ran one after another on this computer. "
    'To run several at a time, or on several computers, install it: pip install "inspector[compare]".',
    "benchmark_other_request": "{count} finished pairings in “{folder}” belong to other pictures, settings or another "
    "version and were left out. Delete the folder's “rows” and “bundles” when they are not needed any more.",
    "dask_missing": "Dask is not installed, and without it nothing can be sent to a scheduler. "
    'Install it (pip install "inspector[compare]"), or leave the scheduler out.',
    "dask_unreachable": "The Dask scheduler at {address} cannot be reached: {reason}. "
    "Start it (dask scheduler), check the address, then try again.",
    "dask_worker_failed": "A Dask worker failed or was lost ({reason}). Look into its log, then start again: "
    "what is finished is kept.",
    "dask_worker_nanny": "The Dask worker may not start processes of its own. "
    "Start workers with: dask worker ADDRESS --no-nanny --nthreads 1.",
    "training_memory_short": "Training would take about {needed} GB of memory, and {free} GB are free. Close other "
    "programs, or choose a smaller picture size, smaller features or the quick preset.",
    "training_one_picture": "There is only one good picture to learn from, so how much good parts differ had to be "
    "guessed from altered copies of it. Collect about 20 good parts, then train again.",
    "training_all_alike": "All {count} good pictures look the same to the model, so it will probably reject every "
    "other part. Collect pictures of different parts, in the positions and the light that occur, then train again.",
    "training_tiles_alike": "{method} learns what is usual at each place, but every tile shows another part of the "
    "picture, so it finds less in tiles. Choose PatchCore for tiles.",
    "training_no_good": "There is nothing to learn from in {dataset}: no good sample is free for training. "
    "Label samples as good, or put good ones from the test split into the training split.",
    "training_none_readable": "None of the {count} good samples of {dataset} can be read. The first one: {reason} "
    "Then train again.",
    "evaluation_no_images": "There is nothing to evaluate in {dataset}: no image is labelled good or defect that the "
    "model has not learned from ({excluded} were left out for that reason). Add labelled images that it has not seen.",
    "prediction_no_images": "There is no picture to judge in “{path}”. Name image files or folders that hold some.",
    "disk_full": "A disk is full, so the work could not be finished: the one it was to be written to, or the one for "
    "temporary files (“{temporary}”). Make room, then try again.",
    "out_of_memory": "There was not enough memory to go on. Close other programs, or choose a smaller image size, "
    "a smaller backbone or the quick preset, then try again.",
    "child_killed": "The work was ended from outside (exit code {exit_code}), most likely because memory ran out. "
    "Close other programs, or choose a smaller image size, a smaller backbone or the quick preset, then try again.",
    # bundles
    "bundle_missing": "There is no model at “{path}”. It was moved or deleted, or its drive is not connected: "
    "connect the drive, or choose another model.",
    "bundle_permission": "The model “{path}” may not be read by your user account. "
    "Ask whoever manages the folder for access, or copy the model elsewhere.",
    "bundle_not_one": "There is no model in “{path}”: it holds no manifest.json. "
    "Choose the folder that training wrote, or a file ending in .inspector.",
    "bundle_damaged_file": "The model file “{path}” is damaged and cannot be opened. "
    "Copy it again from where it came from.",
    "bundle_damaged": "The model “{path}” is damaged: {file} is not what training wrote. "
    "Copy the model again from where it came from, or train it again.",
    "bundle_weights_mismatch": "The weights in the model do not fit its description: {reason}. "
    "Copy the model again from where it came from, or train it again.",
    "bundle_incomplete": "The model “{path}” is incomplete: {file} is missing. "
    "Copy the whole model again from where it came from, or train it again.",
    "bundle_newer": "The model “{path}” was made by a newer Inspector ({maker}) and cannot be read by this one. "
    "Update Inspector, or train the model again here.",
    "bundle_unknown_detector": "The model “{path}” uses the method {detector}, which this Inspector does not have "
    "(it has {known}). Update Inspector, or train the model again here.",
    "bundle_unknown_backbone": "The model “{path}” uses the features {backbone}, which this Inspector does not have. "
    "Update Inspector, or train the model again here.",
    "bundle_without_onnx": "The model “{path}” holds no network for ONNX Runtime. Use the torch engine for it.",
    "bundle_without_map": "The model “{name}” judges pictures as a whole and makes no map, so no heatmaps were "
    "written. To see where defects are, train a model with another method.",
    "bundle_engine_missing": "{engine} is not installed here, and the model cannot be run in the way asked for without "
    "it. Install it or choose the other engine.",
    "bundle_target_occupied": "Nothing was written to “{path}” because other files are there. "
    "Choose a new folder, or one that holds an older model, which is then replaced.",
    "bundle_disk_full": "The model could not be written to “{path}” because the disk is full. "
    "Make room or choose another disk, then try again.",
    "bundle_write_failed": "The model could not be written to “{path}”: {reason}. Check the folder, then try again.",
    # cameras
    "camera_not_found": "There is no source at {source}. "
    "Check the address, the cable and that the device is switched on.",
    "camera_open_failed": "The source {source} could not be opened: {reason}. "
    "Close other programs that use it, check its address, then try again.",
    "camera_open_timeout": "The source {source} did not answer within {seconds} s. "
    "Check the network and the address, or unplug the device and plug it in again.",
    "camera_timeout": "The source {source} delivered no picture within {seconds} s. "
    "Check that it is running and, with a hardware trigger, that parts are passing.",
    "camera_lost": "The connection to {source} was lost. Check cable and power; it can then be opened again.",
    "camera_bad_frame": "The source {source} delivered a picture that cannot be used: {reason}. "
    "If it happens again, check cable and camera settings.",
    "camera_closed": "The source {source} is not open. Start it first.",
    "camera_address": "The address of {source} cannot be understood: {reason}. Correct it.",
    # station
    "camera_frozen": "The source {source} delivered the very same picture {frames} times: it is frozen. "
    "Check camera and lens cap; the source is opened again by itself.",
    "camera_stalled": "The source has delivered nothing for {seconds} s. Check cable, power and network.",
    "frame_stale": "The picture from {source} was already {age} s old, too old to stand for the part in front of the "
    "camera. Close other programs, or choose a faster model.",
    "engine_failed": "The model could not judge a picture: {reason}. If it happens again, choose another model.",
    "loop_crashed": "Inspection ended because of an error in the program: {reason}. Start it again and report this.",
    "trigger_not_ready": "A trigger came while inspection was not running. Wait until it runs, then trigger again.",
    "trigger_overrun": "A trigger came before the part before it was done. Leave more time between triggers.",
    "trigger_timeout": "No picture came within {seconds} s after a trigger. Check that the camera is running.",
    "records_missing": "There are no inspection records “{path}”. Name the folder of a project with which parts were "
    "inspected, or a file with records.",
    "records_newer": "The inspection records “{path}” were made by a newer Inspector. Update Inspector, or move the "
    "file elsewhere to begin new records.",
    "records_gone": "The inspection records “{path}” are gone: they were moved or deleted, or their drive is not "
    "connected, so no verdict is given. Connect the drive or put them back; inspection then goes on by itself.",
    "records_damaged": "The inspection records “{path}” are damaged. Move the file elsewhere and keep it; "
    "new records are begun at the next start.",
    "records_disk_full": "Inspections cannot be recorded in “{path}” because the disk is full, so no verdict is given. "
    "Make room; inspection then goes on by itself.",
    "records_unwritable": "Inspections cannot be recorded in “{path}”: {reason}. No verdict is given meanwhile. "
    "Check the disk or the network drive.",
    "records_behind": "Inspections come faster than “{path}” can record them ({waiting} are waiting), so no verdict is "
    "given. Use a faster disk or fewer pictures per second.",
}

STAGES: dict[str, str] = {
    "downloading": "Downloading",
    "features": "Computing features",
    "coreset": "Choosing the memory bank",
    "distilling": "Teaching the teacher",
    "drawing": "Learning to draw good parts",
    "learning": "Training the network",
    "gaussians": "Fitting a model to each position",
    "cross_validation": "Scoring each part by the others",
    "loading": "Loading",
    "scoring": "Scoring pictures",
    "timing": "Timing single pictures",
    "comparing": "Comparing methods",
    "exporting": "Exporting for inspection",
    "saving": "Saving the model",
    "searching": "Looking for pictures",
    "importing": "Importing",
    "copying": "Copying",
    "rendering": "Rendering simulated parts",
    "inspecting": "Inspecting simulated parts",
    "opening": "Opening",
    "writing": "Writing",
}


def template(error: InspectorError) -> str:
    """The sentence of an error before its parameters are filled in."""
    return ERRORS[error.code]


def fill(text: str, parameters: Mapping[str, Any]) -> str:
    """Put parameters into a template."""
    return text.format(**parameters)


def sentence(error: InspectorError) -> str:
    """What a person reads about an error, in English."""
    return fill(template(error), error.parameters)
