"""Which instruction made which layer: each entry of the history that is not `empty_layer` made the next one (OCI image
spec, config.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbdock.oci.config import Instruction

if TYPE_CHECKING:
    from nbdock.places import Image, Layer, LayerFacts

_UNKNOWN = Instruction(None, "", "", "", False)


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, and the layer that it made; None if it made none, or if the image lacks the layer."""

    instruction: Instruction
    layer: Layer | None

    @property
    def facts(self) -> LayerFacts | None:
        """The layer's facts; None if the step made no layer, or the layer has not been read."""
        return self.layer.facts if self.layer else None


def history(image: Image) -> tuple[Step, ...]:
    """Newest first, as docker prints it. Layers that the history does not mention get an empty instruction.

    Instructions that claim more layers than the image has get none.
    """
    layers = iter(image.layers)
    steps = [Step(each, None if each.empty_layer else next(layers, None)) for each in image.config.history]
    steps += [Step(_UNKNOWN, layer) for layer in layers]
    return tuple(reversed(steps))


def made(image: Image) -> tuple[Step, ...]:
    """The step that made each layer, the lowest first."""
    return tuple(step for step in reversed(history(image)) if step.layer)
