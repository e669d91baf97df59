-- What a publication rests on besides its contracts: the reference data, the migrations, the warehouse itself.
SELECT 'reference' AS kind, string_agg(name || ' ' || sha256, ' ' ORDER BY name) AS told
FROM warehouse.ops.reference
UNION ALL
SELECT 'migration', string_agg(name, ' ' ORDER BY name) FROM warehouse.ops.migration
UNION ALL
SELECT 'origin', string_agg(id, ' ') FROM warehouse.ops.origin
ORDER BY kind
