-- The figure of several rows `v` of the values, as their measure `m` says.
CASE any_value(m.kind)
    WHEN 'ratio' THEN any_value(m.factor) * sum(v.numerator ORDER BY v.numerator)
                      / nullif(sum(v.denominator ORDER BY v.denominator), 0)
    WHEN 'max' THEN max(v.numerator)
    WHEN 'count_reporting' THEN {{ "count_if(v.numerator > 0)::DOUBLE" if counts else "any_value(v.numerator)" }}
    WHEN 'sum' THEN sum(v.numerator ORDER BY v.numerator)
    ELSE any_value(v.numerator)
END AS value,
CASE WHEN any_value(m.kind) = 'ratio' THEN sum(v.numerator ORDER BY v.numerator) END AS numerator,
sum(v.denominator ORDER BY v.denominator) AS denominator
