"""Months beside the days that they are made of."""
