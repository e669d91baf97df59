-- Who gave the measure, or all that the ratio needs, for the slot.
SELECT DISTINCT {{ who }}
FROM {{ collection }}
WHERE {{ time }} = {{ slot }} AND {{ measures | join(" IS NOT NULL AND ") }} IS NOT NULL
