"""A local page on which boxes are drawn and classes picked: pictures in, YOLO labels out.

Nothing leaves the machine, and no picture is changed.
"""
