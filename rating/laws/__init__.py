"""What must be true of an indicator, and its check."""
