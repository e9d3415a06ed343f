"""How the embedded backbone was made: procedural scenes, a teacher, and a training that can be run again.

    python -m inspector.features.pretraining --teacher FILE --out FOLDER --minutes N
    python -m inspector.features.pretraining.export FOLDER/checkpoint.pt OUT.safetensors

`textures` make surfaces, `scenes` lay things with such surfaces on grounds and light them, `crops` look at scenes as a
camera would; the `teacher` says what each place of a crop means, and `training` teaches the network to say the same.
"""
