-- The first and the last part of each row group of a Parquet file, of those that tell them.
SELECT row_group_id,
       any_value(stats_min_value)::{{ kind }} AS first,
       any_value(stats_max_value)::{{ kind }} AS last
FROM parquet_metadata({{ file | text }})
WHERE path_in_schema = {{ part | text }} AND stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL
GROUP BY row_group_id
