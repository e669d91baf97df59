"""Reader of the publisher's winter workbook: a row per trust, a block of columns per day."""
