-- How much of the nation each collection holds: the members of its cohort that have a live feed.
-- A member with several feeds counts once; providers outside of the cohort are counted apart.
WITH feed AS (
    SELECT * FROM (VALUES
{% for one in feeds %}
{% for code in one.covers %}
        ({{ one.collection | text }}, {{ code | text }}, {{ one.stage | text }}),
{% endfor %}
{% endfor %}
        ('', '', '')
    ) AS feeds(collection, code, stage)
),
member AS (
    SELECT * FROM (VALUES
{% for one in collections %}
{% for code in one.coverage.cohort %}
        ({{ one.collection | text }}, {{ code | text }}),
{% endfor %}
{% endfor %}
        ('', '')
    ) AS members(collection, code)
),
provider AS (
    SELECT f.collection,
           f.code,
           bool_or(f.stage = 'live') AS is_live,
           bool_or(f.stage IN ('onboarding', 'testing')) AS is_coming,
           any_value(m.code) IS NOT NULL AS is_member
    FROM feed AS f
    LEFT JOIN member AS m ON m.collection = f.collection AND m.code = f.code
    GROUP BY f.collection, f.code
)
SELECT c.collection,
       count(p.code) FILTER (p.is_member AND p.is_live) AS live,
       count(p.code) FILTER (p.is_member AND p.is_coming AND NOT p.is_live) AS not_yet_live,
       c.providers,
       format('{} of {} {} live', live, c.providers, c.what) AS coverage,
       count(p.code) FILTER (p.is_live AND NOT p.is_member) AS others_live
FROM (VALUES
{% for one in collections %}
    ({{ one.collection | text }}, {{ one.coverage.members }}, {{ one.coverage.what | text }}),
{% endfor %}
    ('', 0, '')
) AS c(collection, providers, what)
LEFT JOIN provider AS p ON p.collection = c.collection
WHERE c.collection != ''
GROUP BY c.collection, c.providers, c.what
ORDER BY c.collection
