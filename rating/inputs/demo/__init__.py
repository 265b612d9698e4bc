"""Invented registers of the full section, of any size, on the margins of published figures."""
