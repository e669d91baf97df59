-- England's figures of these slots and days, as they are held now.
SELECT collection, measure, slot_start, value FROM england_slot WHERE slot_start IN {{ slots }}
UNION ALL
SELECT collection, measure, report_date::TIMESTAMP, value FROM england_day
WHERE report_date::VARCHAR IN {{ days | texts }} AND collection IN {{ daily | texts }}
