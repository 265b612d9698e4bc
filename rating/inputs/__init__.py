"""Files and frames to checked tables."""
