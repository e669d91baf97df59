-- A measure is no longer in the contract: its values stay, and are not published.
UPDATE warehouse.ops.measure SET dropped_at = {{ moment | stored }}
WHERE collection = {{ collection | text }} AND measure = {{ column | text }}
