-- How much of the nation each collection holds: live feeds of all providers.
SELECT c.collection,
       count(f.feed_id) FILTER (f.stage = 'live') AS live,
       count(f.feed_id) FILTER (f.stage IN ('onboarding', 'testing')) AS not_yet_live,
       c.providers,
       format('{} of {} {} live', live, c.providers, c.what) AS coverage
FROM (VALUES
{% for one in collections %}
    ({{ one.collection | text }}, {{ one.coverage.of }}, {{ one.coverage.what | text }}),
{% endfor %}
    ('', 0, '')
) AS c(collection, providers, what)
LEFT JOIN ({{ configured }}) AS f ON f.collection = c.collection
WHERE c.collection != ''
GROUP BY c.collection, c.providers, c.what
ORDER BY c.collection
