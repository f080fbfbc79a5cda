-- The tables and views of results.duckdb. Their names and columns are stable. comments.sql describes
-- them, also inside the database.
--
-- To add a column to a view, add it here and describe it in comments.sql; tests/test_docs_cookbook.py
-- fails without. Existing databases are filled again on the next write.

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
-- The conditions that the claims of an expectation are about, in each setting; NULL: any eval,
-- distribution or measure. `design` is a digest of all conditions of the expectation.
CREATE TABLE expectation_term (
    selection VARCHAR,
    experiment VARCHAR,
    expectation VARCHAR,
    design VARCHAR,
    setting VARCHAR,
    eval VARCHAR,
    distribution VARCHAR,
    measure VARCHAR,
    condition VARCHAR,
    misaligned_ratio DOUBLE,
    total_samples BIGINT,
    inoculation VARCHAR,
    axes VARCHAR
);
CREATE TABLE registration (
    registration VARCHAR PRIMARY KEY,
    experiment VARCHAR,
    expectation VARCHAR,
    design VARCHAR,
    says VARCHAR,
    claims JSON,
    declared TIMESTAMP,
    run VARCHAR,
    git_commit VARCHAR,
    git_dirty BOOLEAN,
    host VARCHAR
);
CREATE TABLE registration_term (
    registration VARCHAR,
    setting VARCHAR,
    eval VARCHAR,
    distribution VARCHAR,
    measure VARCHAR,
    condition VARCHAR,
    misaligned_ratio DOUBLE,
    total_samples BIGINT,
    inoculation VARCHAR,
    axes VARCHAR
);
-- Keys of eval units, and JOURNAL:QUESTIONS, that had results at a registration.
CREATE TABLE registration_existing (registration VARCHAR, name VARCHAR);
-- The registrations that the store held when a run began, and a row with NULL; runs of earlier
-- versions have no row.
CREATE TABLE run_registration (run VARCHAR, registration VARCHAR);
CREATE TABLE calibration (
    calibration VARCHAR PRIMARY KEY,
    judge_name VARCHAR,
    judge JSON,
    metric VARCHAR,
    labels BIGINT,
    positives BIGINT,
    design JSON,
    source VARCHAR,
    stored TIMESTAMP
);
CREATE TABLE calibration_label (calibration VARCHAR, answer VARCHAR, label BOOLEAN);
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
    axes VARCHAR,
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
    unit VARCHAR,
    question VARCHAR,
    id VARCHAR,
    prompt VARCHAR,
    system VARCHAR,
    history JSON,
    scenario VARCHAR,
    "group" VARCHAR
);
-- The groups of question sets that were stored before units kept them, by the digest of the set;
-- filled in with the schema.
CREATE TABLE _stored_group (questions VARCHAR, id VARCHAR, "group" VARCHAR);
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
-- zstd saves a fifth of the space of verdicts; answer texts are read too often to compress.
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
-- The likelihoods themselves are in `score`; this table holds only what was paid for them.
CREATE TABLE likelihood (
    journal VARCHAR,
    unit VARCHAR,
    arrived TIMESTAMP,
    billed_model VARCHAR,
    billed_input BIGINT,
    billed_output BIGINT,
    cost_usd DOUBLE
);
-- What was paid for probes; what they found is in `unit.outcome`.
CREATE TABLE probe (
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
CREATE TABLE unit_group (
    unit VARCHAR,
    metric VARCHAR,
    "group" VARCHAR,
    questions BIGINT,
    m BIGINT,
    total DOUBLE,
    is_share BOOLEAN
);
CREATE TABLE unit_metric (
    unit VARCHAR,
    metric VARCHAR,
    n BIGINT,
    questions BIGINT,
    groups BIGINT,
    mean DOUBLE,
    ci_low DOUBLE,
    ci_high DOUBLE
);
-- Means and intervals of conditions, by the units that they consist of. `family` stands for the
-- units of all conditions of the experiment, because seeds are judged by what all of them show.
CREATE TABLE _condition_metric (
    family UBIGINT,
    unit_list UBIGINT,
    metric VARCHAR,
    runs BIGINT,
    n BIGINT,
    questions BIGINT,
    groups BIGINT,
    mean DOUBLE,
    ci_low DOUBLE,
    ci_high DOUBLE
);
-- Corrected rates of conditions, by calibration; computed in mi/analysis/calibrations.
CREATE TABLE _correction (
    calibration VARCHAR,
    family UBIGINT,
    unit_list UBIGINT,
    metric VARCHAR,
    method VARCHAR,
    labels BIGINT,
    mean DOUBLE,
    ci_low DOUBLE,
    ci_high DOUBLE,
    note VARCHAR
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
-- The files that were loaded, with the loaded length of each log, and the digest of the store's
-- listing (`_mark`).
CREATE TABLE _loaded (name VARCHAR PRIMARY KEY, stamp VARCHAR, size BIGINT, digest VARCHAR);
CREATE TABLE _mark (mark VARCHAR);

-- The id of an answer, which is also in each of its scores, of whichever judge. A join over one
-- number is four times as fast as a join over its three parts. Among a million answers, two have the
-- same id with a probability of 3e-8.
CREATE MACRO answer_key(journal, question, sample) AS
    md5_number_lower(journal || '/' || question || '/' || sample);

-- A digest of everything that decides a unit's outcome, except the seed and the units that it is
-- made from. Runs with the same regime differ in nothing but the seed.
CREATE MACRO regime(kind, payload) AS md5_number_lower(json_merge_patch(CASE
    WHEN kind = 'mix' THEN regexp_replace(payload::VARCHAR,  -- rows that a seed's model generated
        '"(eval|training)": *"(eval|train)-[0-9a-f]+"', '"\1":null', 'g')::JSON
    ELSE payload END, CASE
    WHEN kind = 'mix' THEN '{"seed": null}'
    WHEN kind = 'train' THEN '{"seed": null, "mix": null, "continues": null}'
    WHEN json_type(payload, '$.subject') = 'VARCHAR' THEN '{"subject": null}'
    ELSE '{}' END)::VARCHAR);

-- Named axes in the order of tables: numbers by value, then texts.
CREATE MACRO axis_order(axes) AS list_transform(
    map_entries(try_cast(coalesce(axes, '{}')::JSON AS MAP(VARCHAR, VARCHAR))),
    lambda entry: {'number': coalesce(try_cast(entry.value AS DOUBLE), 'inf'::DOUBLE),
                   'label': entry.value});

-- The role of an eval's unit in a cell, as mi/units/roles.py has it.
CREATE MACRO eval_role(eval) AS 'eval:' || eval;
CREATE MACRO is_eval_role(role) AS starts_with(role, eval_role(''));
-- Of an eval at a checkpoint: the role of the same eval of the trained model, and the step. Of an
-- eval in a context: the role of the same eval in the plain one, and the context.
CREATE MACRO final_role(role) AS split_part(role, '#', 1);
CREATE MACRO plain_role(role) AS split_part(final_role(role), '@', 1);
CREATE MACRO role_context(role) AS
    coalesce(nullif(split_part(final_role(role), '@', 2), ''), 'plain');
CREATE MACRO role_step(role) AS try_cast(nullif(split_part(role, '#', 2), '') AS BIGINT);

-- For each cell, model and data source the units of its newest selection, one row per role (mix,
-- train, eval:ID; mix:N and train:N for the stages of a recipe before the last). An eval is left out if it was run on another model than the one that the cell
-- trains now, or if its regime differs from that of the condition's newest run: seeds that are
-- averaged differ in nothing but the seed. A condition has the name that its newest run gave it.
CREATE VIEW current_cell AS
WITH last_runs AS (
    SELECT selection, max(started) AS last_run FROM run GROUP BY selection
), newest_units AS (
    SELECT cell.*, cell_unit.role, cell_unit.unit, last_runs.last_run
    FROM cell JOIN cell_unit USING (selection, cell) JOIN last_runs USING (selection)
    QUALIFY row_number() OVER (
        PARTITION BY cell.cell, cell.model, cell.data, cell_unit.role
        ORDER BY last_runs.last_run DESC
    ) = 1
), trained_cells AS (  -- the training of a cell, and the regime of all its stages together
    SELECT n.cell, n.model, n.data, any_value(n.unit) FILTER (n.role = 'train') AS training,
           CASE WHEN count(u.regime) = count(*) THEN bit_xor(CASE
               WHEN n.role IN ('mix', 'train') THEN u.regime
               ELSE md5_number_lower(n.role || u.regime) END) END AS regime
    FROM newest_units n LEFT JOIN unit u USING (unit)
    WHERE NOT is_eval_role(n.role) GROUP BY ALL
), with_regime AS (  -- every unit with the regime of all that decides it; evals of this model only
    SELECT n.*, is_eval_role(n.role) AS is_eval,
           CASE WHEN t.cell IS NULL THEN u.regime ELSE xor(u.regime, t.regime) END AS regime
    FROM newest_units n LEFT JOIN trained_cells t USING (cell, model, data)
    LEFT JOIN unit u USING (unit)
    WHERE NOT is_eval OR t.training IS NULL OR coalesce(u.subject = t.training, true)
)
SELECT * EXCLUDE (last_run, is_eval) REPLACE (arg_max(condition, last_run) OVER (
    PARTITION BY experiment, setting, misaligned_ratio, total_samples, inoculation, axes, model, data
) AS condition)
FROM with_regime
QUALIFY NOT is_eval OR coalesce(regime = arg_max(regime, last_run) OVER (
    PARTITION BY experiment, setting, misaligned_ratio, total_samples, inoculation, axes, model,
                 data, role
), true);

-- Current cells by eval: the unit, and the eval's labels in the selection.
CREATE VIEW current_eval AS
SELECT c.*, e.eval, e.title, e.distribution, e.position, e.headline
FROM current_cell c
JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                AND c.role = eval_role(e.eval);

-- Sums of each metric of a unit by group, for the table `unit_group`, which is filled when a unit is
-- loaded: a million scores take half a second. Every sum in this file has a fixed order, so the same
-- rows give the same number to the last bit.
CREATE MACRO group_sums(units) AS TABLE
WITH long AS (
    SELECT s.unit, q."group", s.question, s.sample, unnest(map_entries(s.metrics), recursive := true)
    FROM score s LEFT JOIN question q USING (unit, question)
    WHERE s.unit IN (SELECT unnest(units))
)
SELECT unit, key AS metric, "group", count(DISTINCT question) AS questions, count(*) AS m,
       sum(value ORDER BY question, sample) AS total, bool_and(value IN (0, 1)) AS is_share
FROM long GROUP BY ALL;

-- The events of units in runs. If a run is killed after it published a unit and before it logged
-- `done`, the event is taken from the unit's record, which holds the run and the time.
CREATE VIEW attempt AS
FROM _attempt UNION ALL
SELECT run, unit, 'done', finished, seconds, NULL FROM unit u
WHERE NOT EXISTS (FROM _attempt a WHERE a.run = u.run AND a.unit = u.unit AND a.event = 'done');

CREATE VIEW results AS
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.seed,
       c.inoculation, c.model, c.data, c.eval, c.distribution, m.metric, m.metric = c.headline AS headline,
       m.n, m.mean, m.ci_low, m.ci_high, m.questions, m.groups, u.payload->>'$.eval.judge.model' AS judge,
       u.outcome->>'$.judge_probe' AS judge_probe, c.title, c.position, c.cell, c.unit, c.axes
FROM current_eval c
JOIN unit_metric m ON m.unit = c.unit
JOIN unit u ON u.unit = c.unit
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, axis_order(c.axes), c.seed, c.position, m.metric;

-- Every eval of a cell, in every context and at every step of its training that it was run at;
-- `results` has the plain context and the last step.
CREATE VIEW measurements AS
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.seed,
       c.inoculation, c.model, c.data, e.eval, e.distribution, role_context(c.role) AS context,
       CASE WHEN u.subject IS NULL OR t.unit IS NULL THEN 0
            ELSE coalesce(role_step(c.role), t.steps) END AS step,
       t.steps, m.metric, m.metric = e.headline AS headline, m.n, m.mean, m.ci_low, m.ci_high,
       m.questions, m.groups, u.payload->>'$.eval.judge.model' AS judge, e.title, e.position,
       c.cell, c.unit, c.axes
FROM current_cell c
JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                AND plain_role(c.role) = eval_role(e.eval)
JOIN unit_metric m ON m.unit = c.unit
JOIN unit u ON u.unit = c.unit
LEFT JOIN training t ON t.unit = u.subject
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, axis_order(c.axes), c.seed, e.position, context, step,
         m.metric;

-- The conditions of each eval with their units, by seed. A list of units is also a number, because
-- grouping by a long list would be slow.
CREATE VIEW _condition_units AS
WITH eval_cells AS (
    SELECT c.*, unit.payload->>'$.eval.judge.model' AS judge
    FROM current_eval c JOIN unit USING (unit)
), named AS (
    SELECT experiment, setting, condition, misaligned_ratio, total_samples, inoculation, axes,
           model, data, eval, any_value(title) AS title, any_value(distribution) AS distribution,
           any_value(position) AS position, any_value(headline) AS headline,
           list(unit ORDER BY seed, unit) AS units, list(seed ORDER BY seed, unit) AS seeds,
           any_value(judge) AS judge, count(seed) > 0 AS trained
    FROM eval_cells GROUP BY ALL
), numbered AS (
    SELECT *, md5_number_lower(array_to_string(units, ' ')) AS unit_list FROM named
)
SELECT *, md5_number_lower(string_agg(unit_list::VARCHAR, ' ' ORDER BY unit_list) OVER (
    PARTITION BY experiment, setting, model, data, eval
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)) AS family
FROM numbered;

-- Each condition over its seeds; with one run its interval is the within-run one of `results`. The
-- intervals are computed in mi/analysis/stats.
CREATE VIEW conditions AS
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation,
       c.model, c.data, c.eval, c.distribution, i.metric, i.metric = c.headline AS headline,
       c.judge, CASE WHEN c.trained THEN i.runs ELSE 0 END AS seeds, i.n,
       i.questions, i.groups, i.mean, i.ci_low, i.ci_high,
       CASE WHEN i.runs > 1 THEN 'over seeds' ELSE 'within-run' END AS basis, c.title, c.position,
       c.units, c.axes
FROM _condition_units c
JOIN _condition_metric i ON i.family = c.family AND i.unit_list = c.unit_list
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.inoculation NULLS FIRST, axis_order(c.axes), c.position,
         i.metric;

-- Each condition whose judge is calibrated: the judge's rate, and the rate that is corrected for its
-- errors. `latest`: whether no later calibration of the judge has the metric.
CREATE VIEW corrected AS
WITH newest AS (
    SELECT *, row_number() OVER (PARTITION BY judge, metric ORDER BY stored DESC, calibration) = 1
           AS latest
    FROM calibration
)
SELECT c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.inoculation,
       c.model, c.data, c.eval, c.distribution, k.metric, n.judge_name AS judge, c.seeds, c.n,
       c.groups, c.mean AS naive_mean, c.ci_low AS naive_low, c.ci_high AS naive_high, k.mean,
       k.ci_low, k.ci_high, k.method, k.note, k.labels, n.latest, n.stored, k.calibration,
       c.title, c.position
FROM _condition_units x
JOIN _correction k ON k.family = x.family AND k.unit_list = x.unit_list
JOIN newest n ON n.calibration = k.calibration
JOIN conditions c ON c.experiment = x.experiment AND c.setting = x.setting
                 AND c.units = x.units AND c.eval = x.eval AND c.condition = x.condition
                 AND c.model = x.model AND c.data = x.data AND c.metric = k.metric
ORDER BY c.experiment, c.setting, c.model, c.data, c.misaligned_ratio NULLS FIRST,
         c.total_samples NULLS FIRST, c.inoculation NULLS FIRST, c.position, n.stored, k.calibration;

CREATE VIEW answers AS
SELECT c.unit, c.experiment, c.setting, c.condition, c.misaligned_ratio, c.total_samples, c.seed,
       c.inoculation, c.model, c.data, c.eval, c.distribution, q.id AS question, q.scenario,
       q."group", q.prompt, q.system, q.history, s.sample, a.text,
       a.finish, a.refusal, s.outcome, s.metrics AS scores, a.prompt_tokens, a.answer_tokens,
       a.model AS answered_by, a.cost_usd, c.cell, s.answer, c.axes
FROM current_eval c
JOIN score s ON s.unit = c.unit
JOIN question q ON q.unit = s.unit AND q.question = s.question
JOIN answer a ON a.answer = s.answer;

CREATE VIEW trainings AS
WITH cells AS (
    SELECT unit, list(DISTINCT cell ORDER BY cell) AS cells,
           list(DISTINCT experiment ORDER BY experiment) AS experiments,
           any_value(model) AS model, any_value(data) AS data
    FROM current_cell WHERE role = 'train' OR starts_with(role, 'train:') GROUP BY unit
)
SELECT t.unit, u.setting, m.misaligned_ratio, m.total_samples, t.seed, c.model, c.data,
       t.steps, t.tokens, t.trained_tokens, t.loss, t.seconds, u.finished, t.hyperparameters,
       t.base, t.mix, t.trained_model, t.job, t.billed_tokens, t.cost_usd, c.experiments, c.cells
FROM training t JOIN unit u USING (unit) LEFT JOIN mix m ON m.unit = t.mix
LEFT JOIN cells c ON c.unit = t.unit
ORDER BY u.finished;

-- The hosted evals, with what a probe had found out about the server before they were sampled.
CREATE VIEW probes AS
SELECT u.unit, u.title, u.outcome->>'$.probe.model' AS model,
       u.outcome->>'$.probe.address' AS server, u.outcome->>'$.probe.name' AS probe,
       coalesce(u.outcome->>'$.probe.facts.tail', 'unprobed') AS tail,
       coalesce(u.outcome->>'$.probe.summary', 'unprobed') AS summary,
       try_cast(u.outcome->>'$.probe.probed_at' AS TIMESTAMP) AS probed_at
FROM unit u JOIN unit_journal j ON j.unit = u.unit AND j.role = 'answers'
WHERE j.journal IN (SELECT journal FROM answer WHERE billed_model IS NOT NULL)
ORDER BY u.title, u.unit;

-- Work and cost by unit: trainings, and the answers, judgments and likelihoods that units requested.
-- Work on this machine has seconds and no cost.
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
    SELECT unit, 'probe', billed_model, arrived::DATE, count(*), sum(billed_input),
           sum(billed_output), NULL, fsum(cost_usd)
    FROM probe GROUP BY ALL
    UNION ALL
    SELECT unit, kind, NULL, finished::DATE, NULL, NULL, NULL, seconds, 0.0
    FROM unit WHERE kind IN ('eval', 'replay')
    UNION ALL
    SELECT unit, activity, model, day, requests, tokens_in, tokens_out, seconds, cost_usd
    FROM retired
)
SELECT x.experiments, coalesce(x.setting, u.setting) AS setting, x.subject, p.unit,
       coalesce(u.kind, split_part(p.unit, '-', 1)) AS kind, p.activity, p.model, p.day, p.requests,
       p.tokens_in, p.tokens_out, p.seconds, p.cost_usd
FROM parts p LEFT JOIN unit u USING (unit) LEFT JOIN uses x USING (unit)
ORDER BY p.day, p.unit, p.activity;

-- The first registration of each expectation and design. In the stores of earlier versions, which
-- have no registrations, an expectation counts as registered when the first run with it started;
-- `hash` is NULL then.
CREATE VIEW registered AS
WITH counted AS (
    SELECT registration, experiment, expectation, design, says, claims, declared, run, git_commit,
           git_dirty, host, registration AS hash
    FROM registration UNION ALL
    SELECT DISTINCT r.run || '/' || x.experiment || '/' || x.expectation, x.experiment,
           x.expectation, t.design, x.says, x.claims, r.started, r.run, r.git_commit, r.git_dirty,
           r.host, NULL
    FROM expectation x JOIN expectation_term t USING (selection, experiment, expectation)
    JOIN run r USING (selection)
    WHERE r.run NOT IN (SELECT run FROM run_registration)
)
FROM counted
QUALIFY row_number() OVER (
    PARTITION BY experiment, expectation, design ORDER BY declared, hash
) = 1;

CREATE VIEW registered_term AS
SELECT g.registration, t.* EXCLUDE (registration)
FROM registered g JOIN registration_term t USING (registration)
UNION ALL
SELECT DISTINCT g.registration, t.setting, t.eval, t.distribution, t.measure, t.condition,
       t.misaligned_ratio, t.total_samples, t.inoculation, t.axes
FROM registered g JOIN run r USING (run)
JOIN expectation_term t ON t.selection = r.selection AND t.experiment = g.experiment
                       AND t.expectation = g.expectation
WHERE g.hash IS NULL;

-- The finished evals that the claims of a registration read: those of the experiment or, as long as
-- it has none, those of any experiment in the same conditions. `early`: whether there were results
-- before the registration. They were there if the store held the eval or its answers then, or if it
-- was done, or its first answer arrived, at an earlier time, wherever that was. Clocks of machines
-- differ, so a run that began with the registration came after it whatever its times say.
CREATE VIEW registered_unit AS
WITH matched AS (
    SELECT g.registration, g.experiment, g.declared, t.setting, t.condition, e.eval, e.title,
           e.distribution, e.unit, e.experiment = g.experiment AS is_own
    FROM registered g JOIN registered_term t USING (registration)
    JOIN current_eval e ON e.setting = t.setting
     AND e.misaligned_ratio IS NOT DISTINCT FROM t.misaligned_ratio
     AND e.total_samples IS NOT DISTINCT FROM t.total_samples
     AND e.inoculation IS NOT DISTINCT FROM t.inoculation
     AND e.axes IS NOT DISTINCT FROM t.axes
     AND e.eval = coalesce(t.eval, e.eval)
     AND e.distribution = coalesce(t.distribution, e.distribution)
    JOIN unit u ON u.unit = e.unit
    LEFT JOIN eval_kind k ON k.kind = u.payload->>'$.eval."!"'
    WHERE coalesce(k.measure = t.measure, t.measure IS NULL)
), read_units AS (
    SELECT DISTINCT * EXCLUDE (is_own)
    FROM (FROM matched QUALIFY is_own OR NOT bool_or(is_own) OVER (PARTITION BY registration))
), sources AS (  -- the journals of answers or likelihoods
    SELECT j.unit, j.journal, u.payload->>'questions' AS questions
    FROM unit_journal j JOIN unit u USING (unit)
    WHERE split_part(j.role, ':', 1) <> 'judgments'
), held AS (
    SELECT registration, name AS unit FROM registration_existing UNION
    SELECT x.registration, s.unit
    FROM registration_existing x JOIN sources s ON x.name = s.journal || ':' || s.questions
), later_run AS (  -- runs that began after a registration, with the units that they worked on
    SELECT s.registration, a.run, a.unit, any_value(r.started) AS started
    FROM run_registration s JOIN attempt a USING (run) JOIN run r USING (run)
    WHERE s.registration IS NOT NULL GROUP BY ALL
), done AS (
    SELECT m.registration, m.unit, min(a.happened) AS first_done,
           bool_or(a.happened < m.declared AND l.run IS NULL) AS early
    FROM read_units m JOIN attempt a ON a.unit = m.unit AND a.event = 'done'
    LEFT JOIN later_run l ON l.registration = m.registration AND l.run = a.run
                         AND l.unit = m.unit
    GROUP BY ALL
), arrival AS (
    SELECT s.unit, min(a.arrived) AS first_answer
    FROM sources s JOIN question q USING (unit)
    JOIN answer a ON a.journal = s.journal AND a.question = q.question
    WHERE s.unit IN (SELECT unit FROM read_units) GROUP BY ALL
), answered AS (
    SELECT m.registration, m.unit, any_value(a.first_answer) < any_value(m.declared)
           AND NOT coalesce(bool_or(l.started <= a.first_answer), false) AS early
    FROM read_units m JOIN arrival a USING (unit)
    LEFT JOIN later_run l ON l.registration = m.registration AND l.unit = m.unit
    GROUP BY ALL
)
SELECT m.*, d.first_done,
       h.unit IS NOT NULL OR coalesce(d.early, false) OR coalesce(a.early, false) AS early
FROM read_units m
LEFT JOIN held h ON h.registration = m.registration AND h.unit = m.unit
LEFT JOIN done d ON d.registration = m.registration AND d.unit = m.unit
LEFT JOIN answered a ON a.registration = m.registration AND a.unit = m.unit;

-- The newest wording of each expectation, registered or only run.
CREATE VIEW wording AS
SELECT experiment, expectation, arg_max(says, declared) AS says
FROM (SELECT experiment, expectation, says, declared FROM registration UNION ALL
      SELECT x.experiment, x.expectation, x.says, r.started
      FROM expectation x JOIN run r USING (selection))
GROUP BY ALL;

-- Every registered expectation: when it was registered, and whether there were results of its
-- conditions then.
CREATE VIEW expectations AS
WITH evals AS (
    SELECT registration, min(first_done) AS first_result, bool_or(early) AS some,
           bool_and(early) AS every
    FROM registered_unit GROUP BY ALL
), missing AS (  -- with conditions that have no results yet
    SELECT DISTINCT t.registration FROM registered_term t
    ANTI JOIN registered_unit u ON u.registration = t.registration AND u.setting = t.setting
                               AND u.condition = t.condition
)
SELECT g.experiment, g.expectation, coalesce(w.says, g.says) AS says, g.claims, g.declared, g.run,
       e.first_result, NOT coalesce(e.some, false) AS before_data,
       CASE WHEN NOT coalesce(e.some, false) THEN 'before'
            WHEN e.every AND m.registration IS NULL THEN 'post hoc' ELSE 'partly' END AS standing,
       g.git_commit AS "commit", g.git_dirty AS dirty, g.hash
FROM registered g LEFT JOIN evals e USING (registration) LEFT JOIN missing m USING (registration)
LEFT JOIN wording w ON w.experiment = g.experiment AND w.expectation = g.expectation
ORDER BY g.experiment, g.declared, g.expectation;
