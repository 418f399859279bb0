-- When each day begins in the shop's own time, and when the last one ends.
SELECT day_index, time_from FROM world.days
UNION ALL
SELECT max(day_index) + 1, max(time_to) FROM world.days
