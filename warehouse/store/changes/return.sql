-- A measure is in the contract again.
UPDATE warehouse.ops.measure SET dropped_at = NULL
WHERE collection = {{ collection | text }} AND measure = {{ column | text }}
