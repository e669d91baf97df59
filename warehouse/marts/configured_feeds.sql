-- The feeds as they are configured.
SELECT * FROM (VALUES
{% for one in feeds %}
    ({{ one.feed_id | text }}, {{ one.collection | text }}, {{ one.title | text }},
     {{ one.provider.code | text }}, {{ one.provider.name | text }}, {{ one.stage | text }}),
{% endfor %}
    ('', '', '', '', '', '')
) AS feeds(feed_id, collection, title, provider_code, provider_name, stage)
WHERE feed_id != ''
