"""Pictures of the demo's products, drawn from simple shapes: no files to ship, no licences needed."""

from config.demo.drawing.canvas import draw_picture

__all__ = ["draw_picture"]
