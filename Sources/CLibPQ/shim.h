// libpq of PostgreSQL 15, and its field codes as typed constants: macros of character literals do not survive the import.
#pragma once
#include <libpq-fe.h>
#include <postgres_ext.h>

static const int prikke_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int prikke_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int prikke_diag_message = PG_DIAG_MESSAGE_PRIMARY;
static const int prikke_diag_position = PG_DIAG_STATEMENT_POSITION;
static const int prikke_diag_schema = PG_DIAG_SCHEMA_NAME;
static const int prikke_diag_table = PG_DIAG_TABLE_NAME;
static const int prikke_diag_column = PG_DIAG_COLUMN_NAME;
static const int prikke_diag_datatype = PG_DIAG_DATATYPE_NAME;
static const int prikke_diag_constraint = PG_DIAG_CONSTRAINT_NAME;

static void prikke_swallow_notice(void *nothing, const PGresult *notice) {
    (void)nothing;
    (void)notice;
}

/// Server notices would go to stderr, and with them whatever values they quote.
static inline void prikke_silence_notices(PGconn *connection) { PQsetNoticeReceiver(connection, prikke_swallow_notice, 0); }
