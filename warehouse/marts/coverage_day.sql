-- How much of the nation each collection held at the end of each London day of the last weeks, from the
-- changes of stage that were recorded. The cohort is that of today's contract.
WITH held AS (
    SELECT feed_id, collection, stage, codes, day AS first,
           coalesce(lead(day) OVER (PARTITION BY feed_id ORDER BY day), DATE '9999-01-01') AS until
    FROM (
        SELECT feed_id,
               collection,
               london_day(changed_at) AS day,
               arg_max(to_stage, number) AS stage,
               string_split(arg_max(codes, number), ' ') AS codes
        FROM warehouse.ops.stage_change
        GROUP BY feed_id, collection, day
    )
),
member AS (
    SELECT * FROM (VALUES
{% for one in collections %}
{% for code in one.coverage.cohort %}
        ({{ one.collection | text }}, {{ code | text }}, {{ one.coverage.members }}, {{ one.coverage.what | text }}),
{% endfor %}
{% endfor %}
        ('', '', 0, '')
    ) AS members(collection, code, providers, what)
    WHERE collection != ''
),
-- What is so at the end of a day stays so until the next day on which a stage changed.
change_day AS (
    SELECT collection, day,
           coalesce(lead(day) OVER (PARTITION BY collection ORDER BY day), DATE '{{ today }}' + 1) AS until
    FROM (SELECT DISTINCT collection, greatest(first, DATE '{{ since }}') AS day FROM held)
),
provider AS (
    SELECT d.collection, d.day, d.until, m.code, m.providers, m.what,
           coalesce(bool_or(h.stage = 'live'), false) AS is_live,
           coalesce(bool_or(h.stage = 'testing'), false) AS is_testing
    FROM change_day AS d
    JOIN member AS m USING (collection)
    LEFT JOIN held AS h
           ON h.collection = d.collection AND h.first <= d.day AND h.until > d.day
          AND list_contains(h.codes, m.code)
    GROUP BY d.collection, d.day, d.until, m.code, m.providers, m.what
),
told AS (
    SELECT p.day,
           p.until,
           p.collection,
           count_if(p.is_live)::BIGINT AS live,
           count_if(p.is_testing AND NOT p.is_live)::BIGINT AS testing,
           p.providers,
           format('{} of {} {} live', count_if(p.is_live), p.providers, p.what) AS coverage,
           string_agg(p.code || coalesce(' ' || o.org_name, ''), '; ' ORDER BY p.code)
               FILTER (NOT p.is_live) AS missing
    FROM provider AS p
    LEFT JOIN warehouse.ref.organisation AS o ON o.org_code = p.code
    GROUP BY p.day, p.until, p.collection, p.providers, p.what
)
SELECT unnest(generate_series(day, until - 1, INTERVAL 1 DAY))::DATE AS day,
       collection, live, testing, providers, coverage, missing
FROM told
ORDER BY day, collection
