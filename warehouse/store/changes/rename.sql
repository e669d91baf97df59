-- A column has another name, and so has all that names its measure.
ALTER TABLE warehouse.history.{{ collection }} RENAME COLUMN {{ before }} TO {{ after }};
UPDATE warehouse.ops.measure SET measure = {{ after | text }}
WHERE collection = {{ collection | text }} AND measure = {{ before | text }};
UPDATE warehouse.history.published_total SET measure = {{ after | text }}
WHERE collection = {{ collection | text }} AND measure = {{ before | text }};
UPDATE warehouse.mart.national_daily SET measure = {{ after | text }}
WHERE collection = {{ collection | text }} AND measure = {{ before | text }};
UPDATE warehouse.mart.national_monthly SET measure = {{ after | text }}
WHERE collection = {{ collection | text }} AND measure = {{ before | text }};
UPDATE warehouse.mart.national_slot SET measure = {{ after | text }}
WHERE collection = {{ collection | text }} AND measure = {{ before | text }}
