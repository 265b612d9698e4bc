"""Questions asked of a rating."""
