-- Reviews of the month's lines. The rating follows the product's quality, the words follow the rating, the
-- language the country.
WITH reviewed AS (
    SELECT
        lines.*,
        line_key(lines.order_index, lines.line_number) AS key,
        products.name,
        0.45 * products.quality + 0.55 * draw('rating', line_key(lines.order_index, lines.line_number)) AS liking
    FROM month.lines
    INNER JOIN world.products USING (product_index)
    WHERE NOT lines.is_guest AND draw('reviewed', line_key(lines.order_index, lines.line_number)) < 0.015
),

rated AS (
    SELECT
        *,
        CASE
            WHEN liking < 0.15 THEN 1
            WHEN liking < 0.25 THEN 2
            WHEN liking < 0.36 THEN 3
            WHEN liking < 0.58 THEN 4
            ELSE 5
        END AS rating,
        CASE
            WHEN draw('language', key) < 0.04 THEN 'zh'
            WHEN country IN ('Germany', 'Austria') AND draw('language', key) < 0.6 THEN 'de'
            WHEN country = 'Spain' AND draw('language', key) < 0.7 THEN 'es'
            ELSE 'en'
        END AS language,
        ordered_at
            + to_days((4 + pick('review delay', key, 26))::INTEGER)
            + to_seconds(pick('review clock', key, 3000)) AS reviewed_at
    FROM reviewed
),

worded AS (
    SELECT
        rated.*,
        CASE
            WHEN rated.language = 'zh' THEN ''
            WHEN draw('paragraphs', key) < 0.15 THEN chr(10)
            ELSE ' '
        END AS space,
        phrases.title[1 + pick('title', key, len(phrases.title))] AS title,
        phrases.opening[1 + pick('opening', key, len(phrases.opening))] AS opening,
        phrases.detail[1 + pick('detail', key, len(phrases.detail))] AS detail,
        phrases.closing[1 + pick('closing', key, len(phrases.closing))] AS closing
    FROM rated
    INNER JOIN planted.review_phrases AS phrases
        ON phrases.language = rated.language
        AND phrases.sentiment = ['poor', 'poor', 'fair', 'good', 'good'][rated.rating]
    WHERE rated.reviewed_at < $last_day::DATE + 1
)

SELECT
    key,
    sku,
    customer_number,
    rating,
    language,
    title,
    replace(concat(opening, space, detail, space, closing), '{product}', name) AS text,
    reviewed_at
FROM worded
ORDER BY key
