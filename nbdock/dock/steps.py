"""Which instruction made which layer (OCI image spec, config.md: each entry of the history that is not `empty_layer`
made the next of the diff ids)."""

from __future__ import annotations

from dataclasses import dataclass

from nbdock.errors import InvalidContent
from nbdock.oci.config import Instruction
from nbdock.places import Image, Layer, Unpacked

_UNKNOWN = Instruction(None, "", "", "", False)


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction with what it made: no layer, or a layer, whose `unpacked` sizes are known where it is here."""

    instruction: Instruction
    layer: Layer | None
    unpacked: Unpacked | None


def history(image: Image) -> tuple[Step, ...]:
    """Newest first, as docker prints it. Layers that no entry speaks of come as entries that say nothing.

    Raises InvalidContent where the history claims more layers than there are.
    """
    layers = list(image.layers)
    steps: list[Step] = []
    for instruction in image.config.history:
        if instruction.empty_layer:
            steps.append(Step(instruction, None, None))
        elif layers:
            steps.append(_step(image, instruction, layers.pop(0)))
        else:
            raise InvalidContent("too many non-empty layers in History section", hint="the image's config is malformed")
    steps += [_step(image, _UNKNOWN, layer) for layer in layers]
    return tuple(reversed(steps))


def _step(image: Image, instruction: Instruction, layer: Layer) -> Step:
    return Step(instruction, layer, image.library.unpacked(layer.descriptor))
