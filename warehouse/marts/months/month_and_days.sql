-- For each comparison of a month's figure with the days that it is made of: a line for each organisation
-- and month of which there are both, and one for England (no `org_code`). The days' figure is their sum,
-- or their mean weighted by another measure. `days_there` counts days that are whole: of quarter-hours
-- all slots of the day, 92 or 100 of them when the clocks change.
{% macro time_of(one) -%}
{{ one.days_time if one.slot_minutes is none else "timezone('Europe/London', timezone('UTC', " ~ one.days_time ~ "))::DATE" }}
{%- endmacro %}
{% macro slots_of(one) -%}
{% if one.slot_minutes is none %}1{% else -%}
date_diff('minute', timezone('Europe/London', day::TIMESTAMP), timezone('Europe/London', (day + 1)::TIMESTAMP)) // {{ one.slot_minutes }}
{%- endif %}
{%- endmacro %}
{% macro figure(one) -%}
{{ "sum(total) / nullif(sum(weight), 0)" if one.weight else "sum(total)" }}
{%- endmacro %}
SELECT month, collection, measure, unit, org_code, org_name, month_value, days_collection, days_measure,
       days_value, days_there,
       date_diff('day', month, (month + INTERVAL 1 MONTH)::DATE) AS days_in_month,
       days_there = date_diff('day', month, (month + INTERVAL 1 MONTH)::DATE) AS is_whole,
       month_value - days_value AS difference,
       100 * (month_value - days_value) / nullif(month_value, 0) AS difference_pct,
       organisations_of_month, organisations_of_days, note
FROM (
{% for one in comparisons %}
    SELECT m.month, {{ one.months | text }} AS collection, {{ one.name | text }} AS measure,
           {{ one.unit | text }} AS unit, m.org_code, m.org_name, m.value AS month_value,
           {{ one.days | text }} AS days_collection, {{ one.days_measure | text }} AS days_measure,
           d.value AS days_value, d.days_there,
           m.organisations AS organisations_of_month, d.organisations AS organisations_of_days,
           {{ one.note | text if one.note else "NULL::VARCHAR" }} AS note
    FROM (
        SELECT month, {{ one.months_by }} AS org_code, any_value(org_name) AS org_name,
               sum({% for part in one.parts %}coalesce({{ part }}, 0){{ "" if loop.last else " + " }}{% endfor %})::DOUBLE AS value,
               1::BIGINT AS organisations
        FROM {{ one.months }}
        WHERE {% for part in one.parts %}{{ part }} IS NOT NULL{{ "" if loop.last else " OR " }}{% endfor %}

        GROUP BY month, {{ one.months_by }}
        UNION ALL
        SELECT month, NULL, NULL,
               {{ "any_value(published_value)" if one.weight else "sum(value)" }}, max(organisations)
        FROM national_monthly
        WHERE collection = {{ one.months | text }} AND measure IN {{ one.parts | texts }}
        GROUP BY month
    ) AS m
    JOIN (
        SELECT date_trunc('month', day)::DATE AS month, org_code, {{ figure(one) }} AS value,
               count(DISTINCT day) FILTER (slots >= {{ slots_of(one) }}) AS days_there,
               count(DISTINCT who)::BIGINT AS organisations
        FROM (
            SELECT day, unnest([who, NULL]) AS org_code, who, total, weight, slots
            FROM (
                SELECT {{ time_of(one) }} AS day, {{ one.days_by }} AS who,
                       count(DISTINCT {{ one.days_time }}) AS slots,
{% if one.weight %}
                       sum({{ one.days_measure }} * {{ one.weight }})::DOUBLE AS total,
                       sum({{ one.weight }})::DOUBLE AS weight
{% else %}
                       sum({{ one.days_measure }})::DOUBLE AS total, NULL::DOUBLE AS weight
{% endif %}
                FROM {{ one.days }}
                WHERE {{ one.days_measure }} IS NOT NULL{{ " AND " ~ one.weight ~ " IS NOT NULL" if one.weight else "" }}

                GROUP BY ALL
            )
        )
{% if one.slot_minutes is not none %}
        WHERE org_code IS NOT NULL
{% endif %}
        GROUP BY ALL
{% if one.slot_minutes is not none %}
        -- The quarter-hours of a publication reach back some weeks only; England's days stay.
        UNION ALL
        SELECT date_trunc('month', report_date)::DATE, NULL, sum(value), count(*), max(organisations)
        FROM national_daily
        WHERE collection = {{ one.days | text }} AND measure = {{ one.days_measure | text }}
        GROUP BY ALL
{% endif %}
    ) AS d ON d.month = m.month AND d.org_code IS NOT DISTINCT FROM m.org_code
{% if not loop.last %}
    UNION ALL BY NAME
{% endif %}
{% endfor %}
)
