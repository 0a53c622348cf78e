//! The table of hints, by SQLSTATE and by class.

/// Hints for one cause of a code that has several. The message contains the text.
const MESSAGES: [(&str, &str, &str); 13] = [
    ("0A000", "used by a view or rule", "drop the view before the statement, and create it again after it"),
    ("0A000", "used in a policy", "drop the policy before the statement, and create it again after it"),
    (
        "0A000",
        "used by a generated column",
        "drop the generated column before the statement, and add it again after it",
    ),
    ("22023", "role \"", "create the role with CREATE ROLE, or correct its name; see role under [apply]"),
    ("23503", "still referenced", "delete or change the rows that refer to these rows first"),
    ("42704", "role \"", "create the role with CREATE ROLE, or correct its name"),
    ("42704", "type \"", "create the type or its extension in an earlier statement, or correct its name"),
    ("55000", "wal_level", "set wal_level in postgresql.conf, and restart the server"),
    ("55000", "identity", "give the table a primary key, or set ALTER TABLE … REPLICA IDENTITY"),
    ("55006", "pending trigger events", "run SET CONSTRAINTS ALL IMMEDIATE before the statement"),
    (
        "57014",
        "statement timeout",
        "set statement_timeout = \"0\" under [apply], or SET LOCAL statement_timeout in the script",
    ),
    ("57014", "user request", "another session or an administrator cancelled the statement; run the command again"),
    ("P0001", "event trigger", TRIGGER),
];

const TRIGGER: &str = "a trigger or function of the database rejected the statement, see the context; if it is an event \
                       trigger (SELECT evtname, evtfoid::regproc FROM pg_event_trigger), a superuser can turn it off with \
                       ALTER EVENT TRIGGER … DISABLE";

const EXISTS: &str = "if the database already contains what the revision creates, run `limbeck stamp REV`; `limbeck drift` \
                      shows the differences";

/// Hints for one code.
const CODES: [(&str, &str); 74] = [
    ("08P01", "connect to PostgreSQL directly instead of through a connection pooler"),
    ("22001", "shorten the values first, or use a wider type"),
    ("22003", "correct the values first, or use a wider type"),
    ("22021", "save the text as UTF-8, or use a database with the encoding UTF8"),
    ("22P02", "correct the values first, or convert them with USING"),
    ("22P05", "use a database with the encoding UTF8"),
    ("23502", "fill the column first with UPDATE … WHERE … IS NULL, or give it a default"),
    ("23503", "add the missing rows to the referenced table, or delete the rows that refer to them"),
    ("23505", "remove or change the duplicate rows first"),
    ("23514", "correct the rows that violate the constraint first, or add it with NOT VALID"),
    ("23P01", "correct the rows that conflict first"),
    ("25001", "mark the section with `transaction=off`: PostgreSQL cannot run the statement in a transaction"),
    ("25006", READ_ONLY),
    ("25P03", "raise idle_in_transaction_session_timeout of the role"),
    ("25P04", "raise transaction_timeout of the role"),
    ("26000", "connect to PostgreSQL directly, or let the connection pooler use sessions (pool_mode = session)"),
    ("28000", "check that the role exists and may log in, and the server's pg_hba.conf"),
    ("28P01", "check the password in the URL, PGPASSWORD or ~/.pgpass"),
    ("2BP01", "drop the dependent objects first, or use CASCADE"),
    ("3D000", "create the database, or check its name at the end of the URL"),
    ("3F000", "create the schema first with CREATE SCHEMA, or correct its name"),
    ("40001", "run the command again: another session changed the same rows"),
    ("40P01", "run the command again: another session locked the same objects in another order"),
    ("42601", "correct the SQL at the marked position"),
    ("42602", "correct the name"),
    ("42622", "use a shorter name: PostgreSQL keeps 63 bytes"),
    ("42701", EXISTS),
    ("42702", "write the table's name before the column"),
    ("42703", "correct the name of the column, or add the column in an earlier revision"),
    ("42704", "create the object in an earlier revision, or correct its name"),
    ("42710", EXISTS),
    ("42723", EXISTS),
    ("42725", "write the argument types of the function"),
    ("42804", "cast the value to the type of the column, or add USING to ALTER COLUMN … TYPE"),
    ("42809", "use the statement for this kind of object, e.g. DROP VIEW for a view"),
    ("42830", "add a primary key or a unique constraint to the referenced columns first"),
    ("42846", "add USING with an expression that converts the values"),
    ("42883", "create the function or its extension first, or correct its name and argument types"),
    ("42939", "use another name: names that start with pg_ are reserved"),
    ("42P01", "create the table in an earlier revision, or correct its name and schema; see search_path"),
    ("42P04", "use another name, or drop the existing database"),
    ("42P06", EXISTS),
    ("42P07", EXISTS),
    ("42P16", "correct the definition of the table or view"),
    ("42P17", "correct the definition of the object"),
    ("53100", "free space on the disk of the database server, then run the command again"),
    ("53200", "give the server more memory, or reduce work_mem and maintenance_work_mem"),
    ("53300", "close other connections, or raise max_connections"),
    ("53400", "raise the limit that the message names, e.g. temp_file_limit"),
    ("54001", "raise max_stack_depth, or simplify the statement"),
    ("55006", "end the sessions that use the object, e.g. with SELECT pg_terminate_backend(pid)"),
    ("55P02", "set the parameter in postgresql.conf, and restart the server"),
    (
        "55P03",
        "wait until the blocking session ends, end it with SELECT pg_terminate_backend(pid), or raise lock_timeout \
               under [apply]",
    ),
    ("55P04", "use the new enum value in the next revision, after this one is committed"),
    ("57P01", "run the command again when the server is available"),
    ("57P02", "run the command again when the server has recovered"),
    ("57P03", "the server is starting up or shutting down; try again in a moment"),
    ("57P04", "create the database again, or connect to another one"),
    ("57P05", "raise idle_session_timeout of the role"),
    ("58030", "check the disk of the database server and the server's log"),
    ("58P01", "install the missing file on the database server, e.g. the package of the extension"),
    ("58P02", "remove the file on the database server, or use another name"),
    ("72000", "run the command again, or raise old_snapshot_threshold"),
    ("F0000", "correct the configuration file of the server"),
    ("F0001", "remove the lock file if no server uses it"),
    ("P0001", TRIGGER),
    ("P0002", "correct the query, or handle the case that there is no row"),
    ("P0003", "correct the query, so that it returns one row"),
    ("P0004", "correct the condition of ASSERT"),
    ("XX000", "see the server's log; this is an error inside the server"),
    ("XX001", "restore the database from a backup, and check the disk"),
    ("XX002", "rebuild the index with REINDEX"),
    ("0LP01", "grant a privilege that fits the kind of object"),
    ("0P000", "create the role with CREATE ROLE, or correct its name"),
];

const READ_ONLY: &str = "connect to the primary server with write access: target_session_attrs=read-write finds it; or set \
                         default_transaction_read_only = off for the database and the role";

const CORRECT: &str = "correct the statement in the script";

/// Hints for the other codes of a class: their first two characters.
const CLASSES: [(&str, &str); 39] = [
    ("08", "check the server and the network; `limbeck current` shows where the database is"),
    ("09", "see the trigger that the context names"),
    ("0A", "write the statement in another way: this version of PostgreSQL does not support it"),
    ("0B", CORRECT),
    ("0F", CORRECT),
    ("0L", CORRECT),
    ("0P", "check the names of the roles"),
    ("0Z", CORRECT),
    ("20", CORRECT),
    ("21", "correct the query: it returns more rows than the statement can use"),
    ("22", "correct the values or the expression in the statement"),
    ("23", "correct the rows that violate the constraint first"),
    ("24", CORRECT),
    ("25", "correct the transaction statements in the script"),
    ("26", "connect to PostgreSQL directly instead of through a connection pooler"),
    ("27", "see the trigger that the context names"),
    ("28", "check the role and the password"),
    ("2B", "drop the dependent privileges first"),
    ("2D", "remove COMMIT and ROLLBACK from the function, or mark the section with `transaction=off`"),
    ("2F", "correct the function that the context names"),
    ("34", CORRECT),
    ("38", "correct the function that the context names"),
    ("39", "correct the function that the context names"),
    ("3B", "correct the names of the savepoints"),
    ("3D", "check the name of the database"),
    ("3F", "check the name of the schema"),
    ("40", "run the command again"),
    ("42", CORRECT),
    ("44", "correct the rows so that they fulfil WITH CHECK OPTION of the view"),
    ("53", "give the server more resources, then run the command again"),
    ("54", "use fewer or smaller objects: a limit of PostgreSQL is reached"),
    ("55", "first change the object to the state that the message requires"),
    ("57", "run the command again; if the error occurs again, ask the administrator of the server"),
    ("58", "check the server's log"),
    ("72", "run the command again"),
    ("F0", "correct the configuration file of the server"),
    ("HV", "check the foreign server, its options and the user mapping"),
    ("P0", "correct the function that the context names"),
    ("XX", "see the server's log; this is an error inside the server"),
];

/// The hint for a code or, if it has none of its own, for its class.
pub(super) fn hint(code: &str) -> Option<&'static str> {
    let class = code.get(..2)?;
    let of_code = CODES.iter().find(|(known, _)| *known == code);
    of_code.or_else(|| CLASSES.iter().find(|(known, _)| *known == class)).map(|(_, hint)| *hint)
}

/// The hint for a code with this message. `None` if the message does not matter.
pub(super) fn hint_for_message(code: &str, message: &str) -> Option<&'static str> {
    let fits = |(known, part, _): &&(&str, &str, &str)| *known == code && message.contains(part);
    MESSAGES.iter().find(fits).map(|(_, _, hint)| *hint)
}
