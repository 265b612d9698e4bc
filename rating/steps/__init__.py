"""One step a module: frame in, frame out."""
