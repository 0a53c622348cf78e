//! What drivers can send: scripts that Alembic runs directly give the same result when limbeck is between.

use super::pair::Pair;
use crate::support::{Driver, Output, Shop};

/// A script: its name, the drivers that can run it, the upgrade and the downgrade.
struct Case {
    name: &'static str,
    drivers: &'static [Driver],
    upgrade: &'static str,
    downgrade: &'static str,
}

const ALL: &[Driver] = &Driver::ALL;
const PSYCOPG2: &[Driver] = &[Driver::Psycopg2];
const PSYCOPG: &[Driver] = &[Driver::Psycopg];
const ASYNCPG: &[Driver] = &[Driver::Asyncpg];
const PG8000: &[Driver] = &[Driver::Pg8000];

const fn case(name: &'static str, drivers: &'static [Driver], upgrade: &'static str, downgrade: &'static str) -> Case {
    Case { name, drivers, upgrade, downgrade }
}

const CASES: [Case; 24] = [
    case(
        "a table for the others",
        ALL,
        "op.create_table('notes', sa.Column('id', sa.Integer, sa.Identity(), primary_key=True), \
         sa.Column('word', sa.Text, unique=True))",
        "op.drop_table('notes')",
    ),
    case("notices", ALL, "op.execute(\"DO $$ BEGIN RAISE NOTICE 'noted %', 1 + 1; END $$\")", "pass"),
    case("output", ALL, "print('printed by the script')", "pass"),
    case(
        "percent signs, colons and quotes in literals",
        ALL,
        r#"op.execute("INSERT INTO notes (word) VALUES ('100 % \\:colon a\\:\\:b %s %(x)s it''s $1 ; -- no')")
op.execute("COMMENT ON TABLE notes IS '100 %% \\:x'")
op.execute("INSERT INTO notes (word) VALUES ('한국어 ü 🦀')")"#,
        "op.execute(\"DELETE FROM notes WHERE word LIKE '%100 %' OR word LIKE '한%'\")",
    ),
    case(
        "executemany",
        ALL,
        "bind = op.get_bind()\n\
         bind.execute(text('INSERT INTO notes (word) VALUES (:word)'), [{'word': f'many {n}'} for n in range(50)])\n\
         notes = sa.table('notes', sa.column('word'))\n\
         op.bulk_insert(notes, [{'word': f'bulk {n}: %'} for n in range(1200)])",
        "op.get_bind().execute(text('DELETE FROM notes WHERE word = :word'), [{'word': f'many {n}'} for n in range(50)])\n\
         op.execute(\"DELETE FROM notes WHERE word LIKE 'bulk%'\")",
    ),
    case(
        "one statement often, so that the driver prepares it",
        ALL,
        "bind = op.get_bind()\n\
         for n in range(30):\n    \
             bind.execute(text('INSERT INTO notes (word) VALUES (:word)'), {'word': f'often {n}'})\n    \
             if n == 20:\n        op.add_column('notes', sa.Column('more', sa.Text))\n    \
             found = bind.execute(text('SELECT * FROM notes WHERE word = :word'), {'word': f'often {n}'}).one()\n    \
             assert len(found) == (3 if n >= 20 else 2)",
        "op.drop_column('notes', 'more')\nop.execute(\"DELETE FROM notes WHERE word LIKE 'often%'\")",
    ),
    case("types of parameters", ALL, TYPES, "op.drop_table('kinds')\nsa.Enum(name='mood').drop(op.get_bind())"),
    case(
        "savepoints",
        ALL,
        "bind = op.get_bind()\n\
         with bind.begin_nested():\n    bind.execute(text(\"INSERT INTO notes (word) VALUES ('nested')\"))\n\
         try:\n    \
             with bind.begin_nested():\n        bind.execute(text(\"INSERT INTO notes (word) VALUES ('nested')\"))\n\
         except sa.exc.IntegrityError:\n    op.execute(\"INSERT INTO notes (word) VALUES ('caught')\")\n\
         with bind.begin_nested() as inner:\n    op.execute('CREATE TABLE undone (id int)')\n    inner.rollback()",
        "op.execute(\"DELETE FROM notes WHERE word IN ('nested', 'caught')\")",
    ),
    case(
        "a large result through a server-side cursor",
        ALL,
        "result = op.get_bind().execute(text('SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 20000) n'), \
         execution_options={'stream_results': True, 'max_row_buffer': 500})\n\
         total = sum(row.n for row in result)\n\
         assert total == 200010000, total",
        "pass",
    ),
    case(
        "large objects by functions",
        ALL,
        "op.execute(\"SELECT lo_from_bytea(4711, 'abc')\")\n\
         assert bytes(op.get_bind().execute(text('SELECT lo_get(4711)')).scalar_one()) == b'abc'",
        "op.execute('SELECT lo_unlink(4711)')",
    ),
    case(
        "LISTEN, NOTIFY, SET and temporary tables",
        ALL,
        "op.execute('LISTEN shop')\nop.execute(\"NOTIFY shop, 'from the script'\")\nop.execute('UNLISTEN shop')\n\
         op.execute('CREATE TEMPORARY TABLE passing ON COMMIT DROP AS SELECT 1 AS a')\n\
         op.execute('SET LOCAL search_path = pg_temp, public')\nop.execute('SET LOCAL search_path = public')",
        "pass",
    ),
    case(
        "a second engine",
        &[Driver::Psycopg2, Driver::Psycopg, Driver::Pg8000],
        "from app.settings import settings\n\
         with sa.create_engine(settings.database_url, poolclass=sa.pool.NullPool).begin() as other:\n    \
             other.execute(text('CREATE TABLE second (a int)'))\n    \
             other.execute(text('INSERT INTO second VALUES (:a)'), {'a': 5})",
        "op.drop_table('second')",
    ),
    case("a query without rows and an empty statement", ALL, "op.execute('SELECT 1 WHERE false')", "pass"),
    case(
        "several statements in one string",
        &[Driver::Psycopg2, Driver::Psycopg],
        "op.execute(\"CREATE TABLE several (a int); INSERT INTO several VALUES (1), (2); \
         UPDATE several SET a = 7 WHERE a = 2; SELECT 'x;y'\")",
        "op.drop_table('several')",
    ),
    case(
        "COPY with psycopg2",
        PSYCOPG2,
        "import io\nraw = op.get_bind().connection.driver_connection\n\
         with raw.cursor() as cursor:\n    \
             lines = ''.join(f'copied {n}\\n' for n in range(3000))\n    \
             cursor.copy_expert('COPY notes (word) FROM STDIN', io.StringIO(lines))\n    \
             out = io.StringIO()\n    \
             cursor.copy_expert(\"COPY (SELECT word FROM notes WHERE word LIKE 'copied%') TO STDOUT\", out)\n    \
             assert len(out.getvalue().splitlines()) == 3000",
        "op.execute(\"DELETE FROM notes WHERE word LIKE 'copied%'\")",
    ),
    case(
        "COPY with psycopg",
        PSYCOPG,
        "raw = op.get_bind().connection.driver_connection\n\
         with raw.cursor() as cursor:\n    \
             with cursor.copy('COPY notes (word) FROM STDIN (FORMAT BINARY)') as copy:\n        \
                 copy.set_types(['text'])\n        \
                 for n in range(3000):\n            copy.write_row((f'copied {n}',))\n    \
             with cursor.copy(\"COPY (SELECT word FROM notes WHERE word LIKE 'copied%') TO STDOUT\") as copy:\n        \
                 assert sum(1 for _ in copy.rows()) == 3000",
        "op.execute(\"DELETE FROM notes WHERE word LIKE 'copied%'\")",
    ),
    case(
        "COPY with asyncpg",
        ASYNCPG,
        "raw = op.get_bind().connection.dbapi_connection\n\
         op.execute('SELECT 1')\n\
         raw.run_async(lambda it: it.copy_records_to_table('notes', columns=['word'], \
         records=[(f'copied {n}',) for n in range(3000)]))",
        "op.execute(\"DELETE FROM notes WHERE word LIKE 'copied%'\")",
    ),
    case(
        "COPY with pg8000",
        PG8000,
        "import io\ncursor = op.get_bind().connection.cursor()\n\
         lines = io.BytesIO(b''.join(b'copied %d\\n' % n for n in range(3000)))\n\
         cursor.execute('COPY notes (word) FROM STDIN', stream=lines)",
        "op.execute(\"DELETE FROM notes WHERE word LIKE 'copied%'\")",
    ),
    case(
        "a large object and notifications of psycopg2",
        PSYCOPG2,
        "raw = op.get_bind().connection.driver_connection\n\
         item = raw.lobject(0, 'w', 4712)\nitem.write(b'a large object')\nitem.close()\n\
         with op.get_context().autocommit_block():\n    \
             op.execute('LISTEN shop')\n    op.execute(\"NOTIFY shop, 'hello'\")\n    \
             op.get_bind().connection.driver_connection.poll()\n    \
             words = [note.payload for note in op.get_bind().connection.driver_connection.notifies]\n    \
             assert words == ['hello'], words",
        "op.execute('SELECT lo_unlink(4712)')",
    ),
    case(
        "the pipeline mode of psycopg",
        PSYCOPG,
        "raw = op.get_bind().connection.driver_connection\n\
         with raw.pipeline():\n    \
             for n in range(20):\n        raw.execute('INSERT INTO notes (word) VALUES (%s)', (f'piped {n}',))",
        "op.execute(\"DELETE FROM notes WHERE word LIKE 'piped%'\")",
    ),
    case(
        "a cursor that the script declares",
        ALL,
        "bind = op.get_bind()\n\
         op.execute('DECLARE all_notes CURSOR FOR SELECT n FROM generate_series(1, 9) n')\n\
         first = bind.execute(text('FETCH 4 FROM all_notes')).fetchall()\n\
         rest = bind.execute(text('FETCH ALL FROM all_notes')).fetchall()\n\
         assert (len(first), len(rest)) == (4, 5)\nop.execute('CLOSE all_notes')",
        "pass",
    ),
    case(
        "a value of an enum in an autocommit block, used after it",
        &[Driver::Psycopg2, Driver::Psycopg, Driver::Asyncpg],
        "op.execute(\"CREATE TYPE size AS ENUM ('small')\")\n\
         with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE size ADD VALUE 'large'\")\n\
         op.execute('CREATE TABLE shirts (size size)')\nop.execute(\"INSERT INTO shirts VALUES ('large')\")",
        "op.drop_table('shirts')\nop.execute('DROP TYPE size')",
    ),
    // After this one, Alembic cannot begin an autocommit block in the same run.
    case(
        "a transaction that the script ends",
        ALL,
        "bind = op.get_bind()\nop.execute(\"INSERT INTO notes (word) VALUES ('committed')\")\nbind.commit()\n\
         op.execute(\"INSERT INTO notes (word) VALUES ('rolled back')\")\nbind.rollback()\n\
         op.execute(\"INSERT INTO notes (word) VALUES ('after it')\")",
        "op.execute(\"DELETE FROM notes WHERE word IN ('committed', 'after it')\")",
    ),
    case("nothing", ALL, "pass", "pass"),
];

/// Writes a row with parameters of many types and reads it again.
const TYPES: &str = r#"import datetime, decimal, uuid
from sqlalchemy.dialects import postgresql as pg
kinds = op.create_table(
    'kinds',
    sa.Column('id', sa.Uuid, primary_key=True),
    sa.Column('numbers', pg.ARRAY(sa.Integer)),
    sa.Column('words', pg.ARRAY(sa.Text)),
    sa.Column('plain', sa.JSON),
    sa.Column('body', pg.JSONB),
    sa.Column('at', sa.DateTime(timezone=True)),
    sa.Column('local', sa.DateTime),
    sa.Column('day', sa.Date),
    sa.Column('price', sa.Numeric(20, 6)),
    sa.Column('data', sa.LargeBinary),
    sa.Column('mood', sa.Enum('calm', 'cross', name='mood')),
    sa.Column('ok', sa.Boolean),
    sa.Column('ratio', sa.Float),
    sa.Column('big', sa.BigInteger),
    sa.Column('span', sa.Interval),
    sa.Column('nothing', sa.Text),
)
values = {
    'id': uuid.UUID(int=7),
    'numbers': [1, None, -3],
    'words': ['a,b', 'it\'s', '{"x"}', ''],
    'plain': {'a': [1, 'it\'s 100 %']},
    'body': {'b': None, 'c': ':x'},
    'at': datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc),
    'local': datetime.datetime(2026, 1, 2, 3, 4, 5),
    'day': datetime.date(2026, 2, 28),
    'price': decimal.Decimal('-1234567.000001'),
    'data': bytes(range(256)),
    'mood': 'cross',
    'ok': True,
    'ratio': 0.1,
    'big': 2 ** 62,
    'span': datetime.timedelta(days=3, seconds=7),
    'nothing': None,
}
bind = op.get_bind()
bind.execute(kinds.insert(), values)
row = bind.execute(sa.select(kinds).where(kinds.c.id == values['id'], kinds.c.mood == 'cross')).one()
assert row._asdict() == values, row
bind.execute(kinds.update().where(kinds.c.price < 0).values(words=['changed'], data=b'\x00\\x', mood='calm'))"#;

/// Writes the cases of a driver as scripts of both projects. Returns the names, in the order of the scripts.
fn write_cases(pair: &Pair) {
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.drivers.contains(&pair.ours.driver)).collect();
    for (index, case) in cases.iter().enumerate() {
        // The name is in the error of a script that fails.
        let upgrade = format!("{}  # {}", case.upgrade, case.name);
        pair.each(|shop| shop.script(index + 1, &upgrade, case.downgrade));
    }
}

fn check(driver: Driver) {
    let pair = Pair { ours: Shop::without_scripts(driver), theirs: Shop::without_scripts(driver) };
    write_cases(&pair);
    pair.run("upgrade head");
    let large_objects = "SELECT loid, pageno, data FROM pg_largeobject ORDER BY loid";
    assert_eq!(pair.ours.database.query(large_objects), pair.theirs.database.query(large_objects));
    pair.run("downgrade base");
    pair.run("upgrade heads");
}

#[test]
fn scripts_of_psycopg2_give_the_same_result() {
    check(Driver::Psycopg2);
}

#[test]
fn scripts_of_psycopg_give_the_same_result() {
    check(Driver::Psycopg);
}

#[test]
fn scripts_of_asyncpg_give_the_same_result() {
    check(Driver::Asyncpg);
}

#[test]
fn scripts_of_pg8000_give_the_same_result() {
    check(Driver::Pg8000);
}

#[test]
fn notices_and_printed_lines_are_shown() {
    for driver in Driver::ALL {
        let shop = Shop::without_scripts(driver);
        shop.script(1, "op.execute(\"DO $$ BEGIN RAISE NOTICE 'noted %', 1 + 1; END $$\")\nprint('printed')", "pass");
        let Output { stdout, stderr, .. } = shop.limbeck("upgrade head --yes").expect_status(0);
        assert!(stderr.contains("noted 2") && stderr.contains("printed"), "{}: {stderr}", driver.name());
        assert!(!stdout.contains("printed"), "{}: {stdout}", driver.name());
        shop.limbeck("downgrade base").expect_status(0);
        let json = shop.limbeck("upgrade head --json").expect_status(0).stdout;
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "one document: {json}");
    }
}
