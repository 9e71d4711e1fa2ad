"""Pictures of the demo's products, drawn from simple shapes: no file to ship, no licence to ask for."""

from config.demo.drawing.canvas import draw_picture

__all__ = ["draw_picture"]
