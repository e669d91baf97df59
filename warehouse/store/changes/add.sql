-- The history has another column, which is empty.
ALTER TABLE warehouse.history.{{ collection }} ADD COLUMN {{ column }} {{ after }}
