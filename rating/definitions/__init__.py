"""What a section is: formulas, models, files."""
