-- What revisions changed.
FROM temp.now_change ORDER BY ALL
