-- How much of the nation each collection in $collections holds: live feeds of all providers.
SELECT c.collection,
       count(f.feed_id) FILTER (f.stage = 'live') AS live,
       count(f.feed_id) FILTER (f.stage IN ('onboarding', 'testing')) AS not_yet_live,
       c.providers,
       format('{} of {} {} live', live, c.providers, c.what) AS coverage
FROM ($collections) AS c
LEFT JOIN ($configured) AS f ON f.collection = c.collection
GROUP BY c.collection, c.providers, c.what
ORDER BY c.collection
