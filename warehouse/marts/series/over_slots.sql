-- The slots of `time` together: flows are added up, of a ratio both its numbers, a largest stays the
-- largest, and all else is the mean of the slots that have a value.
CASE any_value(kind)
    WHEN 'ratio' THEN any_value(factor) * fsum(numerator) / nullif(fsum(denominator), 0)
    WHEN 'max' THEN max(value)
    WHEN 'count_reporting' THEN max(value)
    ELSE CASE WHEN bool_and(is_flow) THEN fsum(value) ELSE avg(value) END
END AS value,
any_value(unit) AS unit,
fsum(numerator) AS numerator,
fsum(denominator) AS denominator,
min(value) AS lowest,
max(value) AS highest,
count(value) AS slots,
{% if area.has_many %}
min(reporting) AS reporting,
max(expected) AS expected,
{% endif %}
min(sites_reporting) AS sites_reporting
