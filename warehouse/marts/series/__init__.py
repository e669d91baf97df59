"""Figures over time: England, its regions and its organisations by slot, hour and London day."""
