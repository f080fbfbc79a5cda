-- The tables and views of results.duckdb. Names and columns are stable; comments.sql says what they
-- mean, in the database too.

CREATE TABLE run (
    run VARCHAR PRIMARY KEY,
    selection VARCHAR,
    started TIMESTAMP,
    ended TIMESTAMP,
    outcome VARCHAR,
    command VARCHAR,
    model VARCHAR,
    git_commit VARCHAR,
    git_dirty BOOLEAN,
    host VARCHAR,
    python VARCHAR,
    versions JSON
);
CREATE TABLE experiment (
    selection VARCHAR,
    experiment VARCHAR,
    title VARCHAR,
    question VARCHAR,
    file VARCHAR,
    declaration JSON
);
CREATE TABLE expectation (
    selection VARCHAR,
    experiment VARCHAR,
    position BIGINT,
    expectation VARCHAR,
    says VARCHAR,
    claims JSON
);
CREATE TABLE cell (
    selection VARCHAR,
    cell VARCHAR,
    experiment VARCHAR,
    setting VARCHAR,
    condition VARCHAR,
    misaligned_ratio DOUBLE,
    total_samples BIGINT,
    seed BIGINT,
    inoculation VARCHAR,
    model VARCHAR,
    data VARCHAR
);
CREATE TABLE cell_unit (selection VARCHAR, cell VARCHAR, role VARCHAR, unit VARCHAR);
CREATE TABLE cell_eval (
    selection VARCHAR,
    setting VARCHAR,
    position BIGINT,
    eval VARCHAR,
    title VARCHAR,
    distribution VARCHAR,
    headline VARCHAR
);
CREATE TABLE unit (
    unit VARCHAR PRIMARY KEY,
    kind VARCHAR,
    title VARCHAR,
    setting VARCHAR,
    payload JSON,
    outcome JSON,
    run VARCHAR,
    finished TIMESTAMP,
    seconds DOUBLE,
    subject VARCHAR,
    regime UBIGINT
);
CREATE TABLE unit_journal (unit VARCHAR, role VARCHAR, journal VARCHAR);
-- What is common to all evals of a kind, and to all judges of one; filled in with the schema, from
-- the tables of eval kinds and of scorers.
CREATE TABLE eval_kind (
    kind VARCHAR PRIMARY KEY,
    is_sampled BOOLEAN,
    contrast_metric VARCHAR,
    measure VARCHAR,
    margin_metric VARCHAR
);
CREATE TABLE judge_kind (kind VARCHAR PRIMARY KEY, has_ratings BOOLEAN);
CREATE TABLE _attempt (
    run VARCHAR, unit VARCHAR, event VARCHAR, happened TIMESTAMP, seconds DOUBLE, message VARCHAR
);
CREATE TABLE mix (
    unit VARCHAR PRIMARY KEY,
    misaligned_ratio DOUBLE,
    total_samples BIGINT,
    seed BIGINT,
    file VARCHAR,
    source VARCHAR
);
CREATE TABLE training (
    unit VARCHAR PRIMARY KEY,
    mix VARCHAR,
    base VARCHAR,
    seed BIGINT,
    hyperparameters JSON,
    steps BIGINT,
    tokens BIGINT,
    trained_tokens BIGINT,
    loss DOUBLE,
    seconds DOUBLE,
    trained_model VARCHAR,
    job VARCHAR,
    billed_tokens BIGINT,
    cost_usd DOUBLE
);
CREATE TABLE training_metric (unit VARCHAR, step BIGINT, metric VARCHAR, value DOUBLE);
CREATE TABLE question (
    unit VARCHAR, question VARCHAR, id VARCHAR, prompt VARCHAR, system VARCHAR
);
CREATE TABLE answer (
    journal VARCHAR,
    question VARCHAR,
    sample BIGINT,
    text VARCHAR,
    finish VARCHAR,
    refusal VARCHAR,
    prompt_tokens BIGINT,
    answer_tokens BIGINT,
    model VARCHAR,
    unit VARCHAR,
    arrived TIMESTAMP,
    billed_model VARCHAR,
    billed_input BIGINT,
    billed_output BIGINT,
    cost_usd DOUBLE,
    answer UBIGINT
);
-- Verdicts take a fifth less room with zstd; texts are looked through too often for it.
CREATE TABLE judgment (
    journal VARCHAR,
    question VARCHAR,
    sample BIGINT,
    verdict JSON USING COMPRESSION zstd,
    model VARCHAR,
    unit VARCHAR,
    arrived TIMESTAMP,
    billed_model VARCHAR,
    billed_input BIGINT,
    billed_output BIGINT,
    cost_usd DOUBLE
);
-- Likelihoods are in the scores; this is what was paid for them, where it was.
CREATE TABLE likelihood (
    journal VARCHAR,
    unit VARCHAR,
    arrived TIMESTAMP,
    billed_model VARCHAR,
    billed_input BIGINT,
    billed_output BIGINT,
    cost_usd DOUBLE
);
CREATE TABLE score (
    unit VARCHAR,
    question VARCHAR,
    sample BIGINT,
    outcome VARCHAR,
    metrics MAP(VARCHAR, DOUBLE),
    answer UBIGINT
);
CREATE TABLE unit_question (
    unit VARCHAR, metric VARCHAR, question VARCHAR, m BIGINT, total DOUBLE, is_share BOOLEAN
);
CREATE TABLE unit_metric (
    unit VARCHAR,
    metric VARCHAR,
    n BIGINT,
    questions BIGINT,
    mean DOUBLE,
    ci_low DOUBLE,
    ci_high DOUBLE
);
CREATE TABLE retired (
    retired VARCHAR,
    unit VARCHAR,
    activity VARCHAR,
    model VARCHAR,
    day DATE,
    requests BIGINT,
    tokens_in BIGINT,
    tokens_out BIGINT,
    seconds DOUBLE,
    cost_usd DOUBLE
);
-- What was loaded from where: of a log, how much of it. The mark is the digest of the store's listing.
CREATE TABLE _loaded (name VARCHAR PRIMARY KEY, stamp VARCHAR, size BIGINT, digest VARCHAR);
CREATE TABLE _mark (mark VARCHAR);

-- What an answer is known by: its scores, whoever gave them, have the same key. A join over one
-- number is four times as fast as over its three parts; with a million answers two of them have
-- the same one with a probability of 3e-8.
CREATE MACRO answer_key(journal, question, sample) AS
    md5_number_lower(journal || '/' || question || '/' || sample);

-- What decides a unit's outcome, but for the seed and for what it is made from.
CREATE MACRO regime(kind, payload) AS md5_number_lower(json_merge_patch(payload, CASE
    WHEN kind = 'mix' THEN '{"seed": null}'
    WHEN kind = 'train' THEN '{"seed": null, "mix": null}'
    WHEN json_type(payload, '$.subject') = 'VARCHAR' THEN '{"subject": null}'
    ELSE '{}' END)::VARCHAR);

-- The role of an eval's unit in a cell, as mi/units/roles.py has it.
CREATE MACRO eval_role(eval) AS 'eval:' || eval;
CREATE MACRO is_eval_role(role) AS starts_with(role, eval_role(''));

-- The newest selection of each cell, model and data source, role by role. An eval is there only if it
-- is of the model that the cell trains now, and under the regime of the condition's newest run: what
-- is averaged over seeds differs in the seed alone. A condition is called what it was called last.
CREATE VIEW current_cell AS
WITH seen AS (SELECT selection, max(started) AS last_run FROM run GROUP BY selection), newest AS (
    SELECT cell.*, cell_unit.role, cell_unit.unit, seen.last_run
    FROM cell JOIN cell_unit USING (selection, cell) JOIN seen USING (selection)
    QUALIFY row_number() OVER (
        PARTITION BY cell.cell, cell.model, cell.data, cell_unit.role ORDER BY seen.last_run DESC
    ) = 1
), made AS (
    SELECT n.cell, n.model, n.data, any_value(n.unit) FILTER (n.role = 'train') AS training,
           CASE WHEN count(u.regime) = count(*) THEN bit_xor(u.regime) END AS regime
    FROM newest n LEFT JOIN unit u USING (unit) WHERE n.role IN ('mix', 'train') GROUP BY ALL
), told AS (
    SELECT n.*, is_eval_role(n.role) AS is_eval,
           CASE WHEN m.cell IS NULL THEN u.regime ELSE xor(u.regime, m.regime) END AS regime
    FROM newest n LEFT JOIN made m USING (cell, model, data) LEFT JOIN unit u USING (unit)
    WHERE NOT is_eval OR m.training IS NULL OR coalesce(u.subject = m.training, true)
)
SELECT * EXCLUDE (last_run, is_eval) REPLACE (arg_max(condition, last_run) OVER (
    PARTITION BY experiment, setting, misaligned_ratio, total_samples, inoculation, model, data
) AS condition)
FROM told
QUALIFY NOT is_eval OR coalesce(regime = arg_max(regime, last_run) OVER (
    PARTITION BY experiment, setting, misaligned_ratio, total_samples, inoculation, model, data, role
), true);

-- Current cells by eval: the unit, and the eval's labels in the selection.
CREATE VIEW current_eval AS
SELECT c.*, e.eval, e.title, e.distribution, e.position, e.headline
FROM current_cell c
JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                AND c.role = eval_role(e.eval);

-- The two-sided 5 % point of Student's t: the Cornish-Fisher expansion in 1/df (Fisher and Cornish
-- 1960) with a last term that makes it exact at df = 1; within 0.7 % everywhere, 0.3 % from df = 2.
CREATE MACRO t95(df) AS 1.959964 + (2.372271 + (2.822499 + (2.555850 + (1.589534
    + 1.406087 / df) / df) / df) / df) / df;

-- Wilson's score interval (Wilson 1927) for a share p of n independent answers, t its critical value.
CREATE MACRO wilson_middle(p, n, t) AS (p + t * t / (2 * n)) / (1 + t * t / n);
CREATE MACRO wilson_half(p, n, t) AS
    t * sqrt(p * (1 - p) / n + t * t / (4 * n * n)) / (1 + t * t / n);
CREATE MACRO wilson_low(p, n, t) AS
    greatest(least(wilson_middle(p, n, t) - wilson_half(p, n, t), p), 0);
CREATE MACRO wilson_high(p, n, t) AS
    least(greatest(wilson_middle(p, n, t) + wilson_half(p, n, t), p), 1);

-- Sums of each metric of a unit by question, for the table `unit_question`, which is filled in when
-- a unit is loaded: a million scores take half a second. Sums are taken in a fixed order everywhere,
-- so that the same rows give the same number to the last bit.
CREATE MACRO question_sums(units) AS TABLE
WITH long AS (
    SELECT unit, question, sample, unnest(map_entries(metrics), recursive := true)
    FROM score WHERE unit IN (SELECT unnest(units))
)
SELECT unit, key AS metric, question, count(*) AS m, sum(value ORDER BY sample) AS total,
       bool_and(value IN (0, 1)) AS is_share
FROM long GROUP BY ALL;

-- Mean and interval of each metric of a unit. Answers to one question are not independent: the
-- variance is the cluster-robust one with questions as clusters (Liang and Zeger 1986). A share has
-- Wilson's interval at the number of independent answers which that variance implies (Korn and
-- Graubard 1998), at most n; without variance (a share of 0 or 1) that is n.
CREATE MACRO metric_means(units) AS TABLE
WITH summed AS (
    SELECT unit, metric, sum(m) AS n, count(*) AS clusters,
           sum(total ORDER BY question) / sum(m) AS mean, bool_and(is_share) AS is_share,
           sum(total * total ORDER BY question) AS tt, sum(total * m ORDER BY question) AS tm,
           sum(m * m) AS mm
    FROM unit_question WHERE unit IN (SELECT unnest(units)) GROUP BY ALL
), spread AS (
    SELECT *, CASE WHEN clusters > 1 THEN
        greatest(tt - 2 * mean * tm + mean * mean * mm, 0) / (n * n) * clusters / (clusters - 1)
    END AS variance
    FROM summed
), sized AS (
    SELECT *, CASE WHEN clusters = 1 THEN 1
                   WHEN variance > 0 AND mean > 0 AND mean < 1
                   THEN least(n, mean * (1 - mean) / (variance * (clusters - 1) / clusters))
                   ELSE n END AS effective,
           CASE WHEN clusters = 1 OR (is_share AND n = clusters) THEN t95('Infinity'::DOUBLE)
                ELSE t95(clusters - 1) END AS t
    FROM spread
)
SELECT unit, metric, n::BIGINT AS n, clusters::BIGINT AS questions, mean,
       CASE WHEN is_share THEN wilson_low(mean, effective, t)
            ELSE mean - t * sqrt(variance) END AS ci_low,
       CASE WHEN is_share THEN wilson_high(mean, effective, t)
            ELSE mean + t * sqrt(variance) END AS ci_high
FROM sized;

-- What runs did with units. A run that is killed between publishing a unit and writing down that it is
-- done leaves that to the unit, which says who finished it and when.
CREATE VIEW attempt AS
FROM _attempt UNION ALL
SELECT run, unit, 'done', finished, seconds, NULL FROM unit u
WHERE NOT EXISTS (FROM _attempt a WHERE a.run = u.run AND a.unit = u.unit AND a.event = 'done');

CREATE VIEW results AS
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.seed,
       c.inoculation, c.model, c.data, c.eval, c.distribution, m.metric, m.metric = c.headline AS headline,
       m.n, m.mean, m.ci_low, m.ci_high, m.questions, u.payload->>'$.eval.judge.model' AS judge,
       c.title, c.position, c.cell, c.unit
FROM current_eval c
JOIN unit_metric m ON m.unit = c.unit
JOIN unit u ON u.unit = c.unit
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.seed, c.position, m.metric;

-- Each condition over its seeds. The interval of one run is within-run, that of `results`. Over
-- several, the variance of the mean has two parts: between runs, and between questions, which all
-- runs share, less what both hold of the same noise (two-way clustering, Cameron, Gelbach and Miller
-- 2011); the degrees of freedom are Satterthwaite's (1946). mi/analysis/stats/study.py is the same in Python.
-- The runs of a condition go by one number: a list of a thousand is no key to sum by.
CREATE VIEW conditions AS
WITH cells AS (
    SELECT c.*, unit.payload->>'$.eval.judge.model' AS judge
    FROM current_eval c JOIN unit USING (unit)
), named AS (
    SELECT experiment, setting, condition, misaligned_ratio, total_samples, inoculation, model,
           data, eval, any_value(title) AS title, any_value(distribution) AS distribution,
           any_value(position) AS position, any_value(headline) AS headline,
           list(unit ORDER BY seed, unit) AS units, any_value(judge) AS judge,
           count(seed) > 0 AS trained
    FROM cells GROUP BY ALL
), teamed AS (
    SELECT *, md5_number_lower(array_to_string(units, ' ')) AS team FROM named
), runs AS (
    SELECT DISTINCT team, unnest(units) AS unit FROM teamed
), means AS (
    SELECT r.team, m.* FROM runs r JOIN unit_metric m USING (unit)
), overall AS (
    SELECT team, metric, count(*) AS s, sum(n) AS n, avg(mean ORDER BY unit) AS mean,
           coalesce(var_samp(mean ORDER BY unit), 0) / count(*) AS between_runs,
           min(ci_low) AS ci_low, max(ci_high) AS ci_high, max(questions) AS asked
    FROM means GROUP BY ALL
), moved AS (
    SELECT o.team, o.s AS runs, o.metric, q.question, bool_and(q.is_share) AS is_share,
           sum((q.total - m.mean * q.m) / (m.n * o.s) ORDER BY q.unit) AS shift,
           sum(((q.total - m.mean * q.m) / (m.n * o.s)) ** 2 ORDER BY q.unit) AS squares
    FROM overall o JOIN means m USING (team, metric)
    JOIN unit_question q ON q.unit = m.unit AND q.metric = o.metric
    WHERE o.s > 1 GROUP BY ALL
), parts AS (
    SELECT team, metric, count(*) AS questions, bool_and(is_share) AS is_share,
           sum(shift * shift ORDER BY question) * count(*) / nullif(count(*) - 1, 0) AS shared,
           sum(squares - shift * shift / runs ORDER BY question)
               * runs / (runs - 1) * count(*) / nullif(count(*) - 1, 0) AS twice
    FROM moved GROUP BY team, runs, metric
), spread AS (
    SELECT *, greatest(between_runs + shared - twice, between_runs, shared) AS variance
    FROM overall LEFT JOIN parts USING (team, metric)
), sized AS (
    SELECT *, CASE WHEN questions = 1 THEN 1
                   WHEN variance > 0 AND mean > 0 AND mean < 1
                   THEN least(n, mean * (1 - mean) / variance)
                   ELSE n END AS effective,
           t95(CASE WHEN questions = 1 THEN 'Infinity'::DOUBLE
                    WHEN variance > 0 THEN variance ** 2 / (between_runs ** 2 / (s - 1)
                    + (variance - between_runs) ** 2 / (questions - 1))
                    ELSE questions - 1 END) AS t
    FROM spread
), ends AS (
    SELECT team, metric, s, n, mean, greatest(asked, coalesce(questions, 0)) AS questions,
           CASE WHEN s = 1 THEN ci_low
                WHEN is_share THEN wilson_low(mean, effective, t)
                ELSE mean - t * sqrt(variance) END AS ci_low,
           CASE WHEN s = 1 THEN ci_high
                WHEN is_share THEN wilson_high(mean, effective, t)
                ELSE mean + t * sqrt(variance) END AS ci_high
    FROM sized
)
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation,
       c.model, c.data, c.eval, c.distribution, e.metric, e.metric = c.headline AS headline,
       c.judge, CASE WHEN c.trained THEN e.s ELSE 0 END AS seeds, e.n::BIGINT AS n,
       e.questions::BIGINT AS questions, e.mean, e.ci_low, e.ci_high,
       CASE WHEN e.s > 1 THEN 'over seeds' ELSE 'within-run' END AS basis, c.title, c.position,
       c.units
FROM teamed c JOIN ends e USING (team)
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.inoculation NULLS FIRST, c.position, e.metric;

CREATE VIEW answers AS
SELECT c.unit, c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.seed,
       c.inoculation, c.model, c.data, c.eval, c.distribution, q.id AS question, q.prompt,
       q.system, s.sample, a.text,
       a.finish, a.refusal, s.outcome, s.metrics AS scores, a.prompt_tokens, a.answer_tokens,
       a.model AS answered_by, a.cost_usd, c.cell, s.answer
FROM current_eval c
JOIN score s ON s.unit = c.unit
JOIN question q ON q.unit = s.unit AND q.question = s.question
JOIN answer a ON a.answer = s.answer;

CREATE VIEW trainings AS
WITH cells AS (
    SELECT unit, list(DISTINCT cell ORDER BY cell) AS cells,
           list(DISTINCT experiment ORDER BY experiment) AS experiments,
           any_value(model) AS model, any_value(data) AS data
    FROM current_cell WHERE role = 'train' GROUP BY unit
)
SELECT t.unit, u.setting, m.misaligned_ratio, m.total_samples, t.seed, c.model, c.data,
       t.steps, t.tokens, t.trained_tokens, t.loss, t.seconds, u.finished, t.hyperparameters,
       t.base, t.mix, t.trained_model, t.job, t.billed_tokens, t.cost_usd, c.experiments, c.cells
FROM training t JOIN unit u USING (unit) LEFT JOIN mix m ON m.unit = t.mix
LEFT JOIN cells c ON c.unit = t.unit
ORDER BY u.finished;

-- What was done for whom: trainings, and answers and judgments by the unit that asked for them. What
-- runs on this machine is there with its seconds and no cost.
CREATE VIEW spend AS
WITH uses AS (
    SELECT unit, any_value(model) AS subject, any_value(setting) AS setting,
           list(DISTINCT experiment ORDER BY experiment) AS experiments
    FROM current_cell GROUP BY unit
), parts AS (
    SELECT t.unit, 'train' AS activity, t.base AS model, u.finished::DATE AS day, 1 AS requests,
           t.billed_tokens AS tokens_in, 0 AS tokens_out, t.seconds,
           coalesce(t.cost_usd, 0) AS cost_usd
    FROM training t JOIN unit u USING (unit)
    UNION ALL
    SELECT unit, 'sample', billed_model, arrived::DATE, count(*), sum(billed_input),
           sum(billed_output), NULL, fsum(cost_usd)
    FROM answer WHERE unit IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT unit, 'judge', billed_model, arrived::DATE, count(*), sum(billed_input),
           sum(billed_output), NULL, fsum(cost_usd)
    FROM judgment WHERE unit IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT unit, 'score', billed_model, arrived::DATE, count(*), sum(billed_input),
           sum(billed_output), NULL, fsum(cost_usd)
    FROM likelihood GROUP BY ALL
    UNION ALL
    SELECT unit, 'eval', NULL, finished::DATE, NULL, NULL, NULL, seconds, 0.0
    FROM unit WHERE kind = 'eval'
    UNION ALL
    SELECT unit, activity, model, day, requests, tokens_in, tokens_out, seconds, cost_usd
    FROM retired
)
SELECT x.experiments, coalesce(x.setting, u.setting) AS setting, x.subject, p.unit,
       coalesce(u.kind, split_part(p.unit, '-', 1)) AS kind, p.activity, p.model, p.day, p.requests,
       p.tokens_in, p.tokens_out, p.seconds, p.cost_usd
FROM parts p LEFT JOIN unit u USING (unit) LEFT JOIN uses x USING (unit)
ORDER BY p.day, p.unit, p.activity;

-- Every expectation that a run was started with: when it was first declared, and whether that was
-- before any eval of the experiment was done by a run of it.
CREATE VIEW expectations AS
WITH declared AS (
    SELECT x.experiment, x.expectation, min(r.started) AS declared,
           arg_min(r.run, r.started) AS run, arg_max(x.says, r.started) AS says,
           arg_max(x.claims, r.started) AS claims
    FROM expectation x JOIN run r USING (selection) GROUP BY ALL
), measured AS (
    SELECT c.experiment, min(a.happened) AS first_result
    FROM attempt a JOIN run r USING (run) JOIN cell c USING (selection)
    JOIN cell_unit u ON u.selection = c.selection AND u.cell = c.cell AND u.unit = a.unit
    WHERE a.event = 'done' AND is_eval_role(u.role) GROUP BY ALL
)
SELECT d.experiment, d.expectation, d.says, d.claims, d.declared, d.run, m.first_result,
       m.first_result IS NULL OR d.declared <= m.first_result AS before_data
FROM declared d LEFT JOIN measured m USING (experiment)
ORDER BY d.experiment, d.declared, d.says;
