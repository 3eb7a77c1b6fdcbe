"""The main job for a first look: simulated sensors and the monitor program on them."""
