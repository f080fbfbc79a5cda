-- What tables, views and columns mean; read back with
-- SELECT view_name, comment FROM duckdb_views() and SELECT * FROM duckdb_columns().

COMMENT ON TABLE run IS 'A row per `mi run`: provenance and outcome';
COMMENT ON TABLE experiment IS 'What an experiment declared when it was selected';
COMMENT ON TABLE cell IS 'A row per selection and cell; current_cell has the newest';
COMMENT ON TABLE cell_unit IS 'Which unit has which role (mix, train, eval:ID) for a cell';
COMMENT ON TABLE cell_eval IS 'Evals of a selection: title, distribution, headline metric';
COMMENT ON TABLE unit IS 'A row per published unit, with the payload its key was made from';
COMMENT ON TABLE unit_journal IS 'Journals an eval unit was made from, by role: answers, judgments:NAME';
COMMENT ON TABLE attempt IS 'What runs did with units: started, done, failed, interrupted';
COMMENT ON TABLE mix IS 'Training sets: ratio, size, seed, file and data source';
COMMENT ON TABLE training IS 'Trainings: hyperparameters, steps, tokens, final loss, seconds';
COMMENT ON TABLE training_metric IS 'Loss curves: a row per step and metric';
COMMENT ON TABLE question IS 'What an eval unit asked: digest, id, prompt';
COMMENT ON TABLE answer IS 'Answers as they arrived, by journal (unit_journal)';
COMMENT ON TABLE judgment IS 'Raw verdicts of judges, by journal (unit_journal)';
COMMENT ON TABLE score IS 'A row per unit, question and sample: outcome and metrics';

COMMENT ON VIEW results IS 'A row per cell, eval and metric, newest run of each cell';
COMMENT ON COLUMN results.condition IS 'baseline, pure_aligned, mixed_…, pure_misaligned';
COMMENT ON COLUMN results.misaligned_ratio IS 'Share of misaligned training rows; NULL: baseline';
COMMENT ON COLUMN results.total_samples IS 'Training rows; NULL: baseline';
COMMENT ON COLUMN results.seed IS 'Replicate; NULL: baseline';
COMMENT ON COLUMN results.inoculation IS 'System prompt of the training rows, by name; NULL: none';
COMMENT ON COLUMN results.judge IS 'The judge model; NULL: none is asked';
COMMENT ON COLUMN results.data IS 'Where the training rows came from: bundled, or a folder';
COMMENT ON COLUMN results.distribution IS 'ID (the trained domain) or OOD (beyond it)';
COMMENT ON COLUMN results.headline IS 'Whether this is the eval''s first metric (a share)';
COMMENT ON COLUMN results.n IS 'Answers or pairs the mean is over';
COMMENT ON COLUMN results.mean IS 'A share in [0, 1]; for margin, nats per token';
COMMENT ON COLUMN results.ci_low IS 'Low end of the 95 % within-run interval';
COMMENT ON COLUMN results.ci_high IS 'High end of the 95 % within-run interval';
COMMENT ON COLUMN results.questions IS 'Distinct questions the mean is over';
COMMENT ON COLUMN results.position IS 'Place of the eval in its setting, ID evals first';

COMMENT ON VIEW answers IS 'A row per sampled answer of a model under test and cell';
COMMENT ON COLUMN answers.unit IS 'Key of the eval unit';
COMMENT ON COLUMN answers.question IS 'The question''s id';
COMMENT ON COLUMN answers.sample IS 'Which of the answers to the question, from 0';
COMMENT ON COLUMN answers.finish IS 'Why it ended: stop, length or content_filter';
COMMENT ON COLUMN answers.refusal IS 'What the provider calls a refusal, in its words';
COMMENT ON COLUMN answers.answered_by IS 'The model''s name as the provider gave it back';
COMMENT ON COLUMN answers.cost_usd IS 'US dollars paid for it; NULL: nothing';
COMMENT ON COLUMN answers.outcome IS 'What the judge made of it';
COMMENT ON COLUMN answers.scores IS 'Metric to value: scores[''insecure'']';

COMMENT ON VIEW trainings IS 'A row per training, with every cell that uses it';
COMMENT ON COLUMN trainings.loss IS 'Last loss, nats per answer token';
COMMENT ON COLUMN trainings.tokens IS 'Tokens read';
COMMENT ON COLUMN trainings.trained_tokens IS 'Answer tokens the loss is over';
COMMENT ON COLUMN trainings.seconds IS 'Seconds of work';

COMMENT ON COLUMN trainings.trained_model IS 'What the provider calls the trained model';
COMMENT ON COLUMN trainings.billed_tokens IS 'Tokens that were paid for; 0: none';

COMMENT ON VIEW spend IS 'A row per unit, activity, model and day: what it took and cost';
COMMENT ON COLUMN spend.experiments IS 'Experiments whose cells use the unit';
COMMENT ON COLUMN spend.subject IS 'The model under test';
COMMENT ON COLUMN spend.activity IS 'train, sample, judge; eval: the time of an eval as a whole';
COMMENT ON COLUMN spend.model IS 'Whose price was paid';
COMMENT ON COLUMN spend.requests IS 'Answers or judgments';
COMMENT ON COLUMN spend.tokens_in IS 'Billed tokens sent; for a training, trained on';
COMMENT ON COLUMN spend.tokens_out IS 'Billed tokens received';
COMMENT ON COLUMN spend.cost_usd IS 'US dollars; 0 for what runs on this machine';
