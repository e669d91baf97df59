"""`sitrep watch`: what goes wrong over time and no single file shows, and one alert that says so."""
