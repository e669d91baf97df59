"""The feed pipeline: collect, land, parse, conform, validate, load, answer, publish."""
