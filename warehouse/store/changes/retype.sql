-- The type of a column is widened.
ALTER TABLE warehouse.history.{{ collection }} ALTER COLUMN {{ column }} TYPE {{ after }}
