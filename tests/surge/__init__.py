"""A simulated winter day under a whole Airflow, faster than it was: what grows, and what is red."""
