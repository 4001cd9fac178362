-- Every occurrence that a schedule expects has its answer: what a pause holds back, stretches that did not run, and what is
-- to be checked.

-- While a job is paused it has no next run; the occurrences that it passes over are recorded from here on. Null: none held back.
ALTER TABLE job_states ADD COLUMN passing_from timestamptz;
-- When to look at them; 'infinity': not before the job is resumed. Set together with `passing_from`, and alone where a pause ends
-- that holds nothing back any more.
ALTER TABLE job_states ADD COLUMN pass_at timestamptz;
CREATE INDEX job_states_passing ON job_states (pass_at) WHERE pass_at IS NOT NULL;

-- The stretch of occurrences that did not run and that is still growing: its first, and why. Null once one was queued.
-- It is kept as single rows or, when they become too many, as one; a stretch of days as several. `row_from` is the first occurrence
-- of the latest of these, which has `row_count`.
ALTER TABLE job_states ADD COLUMN stretch_from timestamptz;
ALTER TABLE job_states ADD COLUMN stretch_reason text;
ALTER TABLE job_states ADD COLUMN row_from timestamptz;
ALTER TABLE job_states ADD COLUMN row_count integer;
CREATE INDEX executions_stretches ON executions (organization_id, job_id, last_scheduled_for) WHERE count > 1;

-- Made up, because it could not start in time: overlap lets these run one after the other, and skips none of them.
ALTER TABLE queue ADD COLUMN made_up boolean NOT NULL DEFAULT false;
CREATE INDEX queue_made_up ON queue (organization_id, job_id) WHERE made_up;

-- Which schedule a job had when: its occurrences later than `starts_at`, up to `ends_at` (included; null: it goes on), are expected.
-- The reconciler looks for the answer to each, and takes periods that are over and checked away.
CREATE TABLE schedule_periods (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    schedule jsonb NOT NULL,
    schedule_set_at timestamptz NOT NULL,
    -- Everything up to here has been looked for; so many of it were not found.
    checked_until timestamptz NOT NULL,
    unexplained bigint NOT NULL DEFAULT 0,
    unexplained_at timestamptz,
    PRIMARY KEY (organization_id, job_id, starts_at),
    FOREIGN KEY (organization_id, job_id) REFERENCES jobs ON DELETE CASCADE
);
CREATE INDEX schedule_periods_unchecked ON schedule_periods (checked_until);
CREATE INDEX schedule_periods_over ON schedule_periods (ends_at) WHERE ends_at IS NOT NULL;
CREATE INDEX schedule_periods_unexplained ON schedule_periods (unexplained) WHERE unexplained > 0;

-- Jobs that are there already are checked from a moment on at which the old program has stopped.
INSERT INTO schedule_periods (organization_id, job_id, starts_at, schedule, schedule_set_at, checked_until)
SELECT organization_id, id, now() + interval '5 min', schedule, schedule_set_at, now() + interval '5 min'
FROM jobs WHERE deleted_at IS NULL AND schedule IS NOT NULL;
-- What a pause passes over is recorded from now on; a one-time job that is still to come keeps its time.
UPDATE job_states s SET passing_from = CASE WHEN j.schedule ? 'at' THEN (j.schedule ->> 'at')::timestamptz ELSE now() END, pass_at = now()
FROM jobs j
WHERE j.organization_id = s.organization_id AND j.id = s.job_id AND j.deleted_at IS NULL AND j.schedule IS NOT NULL
    AND (NOT j.enabled OR j.paused_until > now()) AND coalesce((j.schedule ->> 'at')::timestamptz > now(), true);
