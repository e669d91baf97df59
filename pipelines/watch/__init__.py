"""`sitrep watch`: what goes wrong over time and no single file shows, told in one alert."""
