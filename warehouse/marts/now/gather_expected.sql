-- Who is expected to give values in each slot of one collection: the organisations of its live feeds
-- that have `slots_from`, with their sites where a row is a site. A feed that lists no sites is
-- expected to report for those that gave a value since `since`.
INSERT INTO temp.now_expected
WITH organisation AS (
    SELECT feed_id, org_code, slots_from FROM (VALUES
{% for feed in feeds %}
{% for code in feed.codes %}
        ({{ feed.feed_id | text }}, {{ code | text }}, DATE '{{ feed.slots_from }}'),
{% endfor %}
{% endfor %}
        (NULL, NULL, NULL)
    ) AS v(feed_id, org_code, slots_from)
    WHERE feed_id IS NOT NULL
{% for feed in feeds if feed.has_all_areas %}
    UNION ALL
    SELECT {{ feed.feed_id | text }}, contract_code, DATE '{{ feed.slots_from }}'
    FROM warehouse.ref.contract_area
{% endfor %}
),
site AS (
    SELECT feed_id, org_code, site_code, 'configured' AS basis FROM (VALUES
{% for feed in feeds %}
{% for site in feed.sites %}
        ({{ feed.feed_id | text }}, {{ feed.provider_code | text }}, {{ site | text }}),
{% endfor %}
{% endfor %}
        (NULL, NULL, NULL)
    ) AS v(feed_id, org_code, site_code)
    WHERE feed_id IS NOT NULL
{% if site %}
    UNION ALL
    SELECT DISTINCT feed_id, {{ organisation }}, {{ site }}, 'seen'
    FROM {{ source }}
    WHERE {{ time }} >= {{ since | instant }}
      AND feed_id NOT IN {{ feeds | selectattr("sites") | map(attribute="feed_id") | texts }}
{% endif %}
)
SELECT {{ collection | text }} AS collection,
       o.feed_id,
       o.org_code,
       p.name AS org_name,
       s.site_code,
       p.region_code,
       p.region_name,
       o.slots_from AS expected_from,
       coalesce(s.basis, 'configured') AS basis
FROM organisation AS o
LEFT JOIN site AS s USING (feed_id, org_code)
LEFT JOIN temp.now_place AS p ON p.code = o.org_code
