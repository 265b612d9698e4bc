"""What leaves the house: charts, reports, tables."""
