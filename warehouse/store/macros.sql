-- Macros that all SQL of the project may use, made anew for each connection.

-- The calendar day in London of a stored instant (UTC without a zone).
CREATE OR REPLACE TEMP MACRO london_day(instant) AS
    timezone('Europe/London', timezone('UTC', instant))::DATE;

-- The first moment of a day in London, as a stored instant.
CREATE OR REPLACE TEMP MACRO london_day_start(day) AS
    timezone('UTC', timezone('Europe/London', day::TIMESTAMP));

-- What clocks in London show at a stored instant.
CREATE OR REPLACE TEMP MACRO london_time(instant) AS
    timezone('Europe/London', timezone('UTC', instant));
