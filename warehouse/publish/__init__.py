"""Publishes: immutable snapshots of the tables that readers see."""
