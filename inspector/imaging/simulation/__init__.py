"""A simulated product line: parts rendered as a camera would see them, with defects and their pixel truth.

`render` makes one part, `SimulatedLine` the endless stream of one simulated camera, `truth_of` tells what a frame of
that camera really showed.
"""

from inspector.imaging.simulation.line import (
    Product,
    SimulatedLine,
    SimulatedPart,
    Truth,
    products,
    render,
    truth_of,
)

__all__ = ["Product", "SimulatedLine", "SimulatedPart", "Truth", "products", "render", "truth_of"]
