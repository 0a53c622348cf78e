//! Random input for everything that reads text: nothing panics and nothing hangs. Each input is a valid one with random
//! edits. `LIMBECK_TEST_CASES=10000` tries that many new inputs for each reader; `LIMBECK_TEST_SEED` repeats
//! a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use limbeck::core::alembic;
use limbeck::core::diff::rename;
use limbeck::core::escape::{escape_json, escape_line, escape_text};
use limbeck::core::graph::{Direction, Graph, Revision, RevisionId};
use limbeck::core::hazard::examine_script;
use limbeck::core::python::{Date, NoModules};
use limbeck::core::schema::Schema;
use limbeck::core::script::{Language, Script};
use limbeck::engine::connection::{ConnInfo, Variables};
use limbeck::engine::project::{Config, Project, TemplateValues};
use limbeck::tui::app::preferences::Preferences;
use limbeck::tui::app::{Start, parse_keys};
use limbeck::tui::editor::{examine, highlight};

use super::EVIL;

/// How long one input may take. Far more than any input takes, also in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// Texts that are inserted into every input.
const TOKENS: &[&str] = &[
    EVIL,
    "\0",
    "\n",
    "\r\n",
    "\t",
    "'",
    "\"",
    "\\",
    "$",
    "$$",
    "${",
    "}",
    "{{",
    "{%",
    "(",
    ")",
    "[",
    "]",
    ":",
    "::",
    "@",
    "+",
    "-",
    "--",
    "/*",
    "*/",
    ",",
    ";",
    "=",
    "%",
    "%zz",
    "#",
    "\u{feff}",
    "가",
    "é",
    "👨‍👩‍👧",
    "0",
    "-1",
    "99999999999999999999",
    " ",
    "",
];

/// One reader of text.
struct Reader {
    name: &'static str,
    /// The number of inputs without `LIMBECK_TEST_CASES`.
    cases: u64,
    /// Valid inputs.
    seeds: &'static [&'static str],
    /// Words of its language.
    words: &'static [&'static str],
}

/// A sequence of random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn choose<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// A valid input of a reader with random edits.
    fn input(&mut self, reader: &Reader) -> String {
        let mut text: Vec<char> = self.choose(reader.seeds).chars().collect();
        for _ in 0..self.below(8) {
            let from = self.below(text.len() + 1);
            let to = (from + self.below(12)).min(text.len());
            let word = match self.below(3) {
                0 => self.choose(reader.words).to_owned(),
                1 => self.choose(TOKENS).to_owned(),
                _ => self.choose(reader.seeds).chars().skip(self.below(40)).take(self.below(40)).collect(),
            };
            match self.below(10) {
                0..3 => drop(text.drain(from..to)),
                3..6 => drop(text.splice(from..from, word.chars())),
                6..8 => drop(text.splice(from..to, word.chars())),
                8 => text.extend_from_within(from..to),
                // Deep nesting and long runs.
                _ => drop(
                    text.splice(from..from, word.repeat(self.below(3000)).chars().take(60_000).collect::<Vec<_>>()),
                ),
            }
        }
        text.into_iter().collect()
    }
}

/// Gives a reader random inputs and prints how many. Fails with the input if one panics or takes too long.
#[allow(clippy::print_stdout, reason = "the number of inputs is a result of the test")]
fn fuzz(reader: &'static Reader, read: impl Fn(&str) + Send + 'static) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let fixed = reader.name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let new_seed = || if number("LIMBECK_TEST_CASES").is_some() { getrandom::u64().unwrap() } else { fixed };
    let seed = number("LIMBECK_TEST_SEED").unwrap_or_else(new_seed);
    let cases = number("LIMBECK_TEST_CASES").unwrap_or(reader.cases);
    let current = Arc::new(Mutex::new(String::new()));
    let shown = Arc::clone(&current);
    let (done, finished) = channel();
    let worker = std::thread::spawn(move || {
        let mut random = Random(seed);
        for _ in 0..cases {
            let input = random.input(reader);
            current.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&input);
            read(&input);
            done.send(()).unwrap();
        }
    });
    let mut count = 0;
    let timed_out = loop {
        match finished.recv_timeout(LIMIT) {
            Ok(()) => count += 1,
            Err(RecvTimeoutError::Timeout) => break true,
            Err(RecvTimeoutError::Disconnected) => break false,
        }
    };
    let input = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(!timed_out, "{}: an input took longer than {LIMIT:?} (seed {seed}): {input:?}", reader.name);
    assert!(worker.join().is_ok(), "{}: an input caused a panic (seed {seed}): {input:?}", reader.name);
    assert_eq!(count, cases);
    println!("{}: {cases} inputs, 0 faults", reader.name);
}

const SCRIPT: Reader = Reader {
    name: "script",
    cases: 40,
    seeds: &[
        "-- Add user table\n--\n-- Revision ID: 1975ea83b712\n-- Revises: 27c6a30d7c24, a1\n-- Branch Labels: billing\n-- Depends On: ae1027a6acf0\n-- Create Date: 2026-11-22 10:00:00+00:00\n\n-- @upgrade transaction=off\nCREATE TABLE users (id bigint PRIMARY KEY, n numeric(3,2) DEFAULT 1.5 CHECK (n > 0));\nCREATE INDEX CONCURRENTLY i ON users (lower(n::text)) WHERE n IS NOT NULL;\n\n-- @downgrade\nDROP TABLE users;\n",
        "-- m\n-- Revision ID: a1\n\n-- @upgrade\nCOPY t (a, b) FROM stdin;\n1\tx\n\\.\nDO $x$ BEGIN EXECUTE 'DROP TABLE t'; END $x$;\nUPDATE t SET a = 1 WHERE b IN (SELECT 1);\n-- limbeck: allow DL101 because x\nALTER TABLE t ALTER COLUMN a TYPE int USING a::int, DROP COLUMN b CASCADE;\n-- @downgrade\n/* /* */ */ SELECT E'\\'', U&'\\0041', B'1', X'F', $1;\n",
        "-- m\n-- Revision ID: a1\n\n-- @upgrade\nCREATE FUNCTION f(a int, VARIADIC b text[]) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;\nCREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nWITH RECURSIVE r AS (SELECT 1) DELETE FROM t USING r WHERE CASE WHEN a THEN b ELSE c END;\nMERGE INTO t USING s ON true WHEN MATCHED THEN DELETE;\n-- @downgrade\nTRUNCATE t, u CASCADE; DROP SCHEMA s CASCADE; ALTER TYPE e ADD VALUE 'x';\n",
    ],
    words: &[
        "-- @upgrade\n",
        "-- @downgrade\n",
        "-- Revision ID: x\n",
        "BEGIN",
        "END",
        "CASE",
        "SELECT ",
        "ALTER TABLE ",
        "(SELECT ",
        "NOT ",
        " AND ",
        "ARRAY[",
        "COPY t FROM stdin;\n",
        "\\.\n",
        "\\d\n",
        "BEGIN ATOMIC ",
        "E'",
        "U&\"",
        "$a$",
        "CREATE TRIGGER ",
        "a.b.c",
        "::int",
        "COLLATE ",
    ],
};

#[test]
fn scripts() {
    fuzz(&SCRIPT, |text| {
        if let Ok(script) = Script::parse(text) {
            let again = Script::parse(&script.render().unwrap()).expect("a rendered script is a script");
            assert_eq!(again.render(), script.render(), "{text:?}");
            for direction in [Direction::Upgrade, Direction::Downgrade] {
                let _ = examine_script(&script.revision, script.sql().unwrap(), direction);
            }
        }
        let _ = examine(Language::Sql, text);
        let _ = highlight(Language::Sql, text);
    });
}

const PYTHON: Reader = Reader {
    name: "Python scripts, env.py, alembic.ini and script.py.mako",
    cases: 300,
    seeds: &[
        "'''m\n\nRevision ID: a1\nRevises: b2\n'''\nfrom app.ids import *\nrevision: str = 'a1'\ndown_revision = ('b2', f'{X}')\nbranch_labels = None\nif X:\n    depends_on = ['c' + 'd' % {'e': 1}]\ndef upgrade() -> None:\n    pass\n",
        "import os\nurl = os.environ['A'].replace('%', '%%')\nconfig.set_main_option('sqlalchemy.url', url)\ncontext.configure(connection=c, version_table='v', version_table_schema=S)\n",
        "[alembic]\nscript_location = %(here)s/m\nfile_template = %%(rev)s_%%(slug).2s\nversion_locations =\n    a\n    b\npath_separator = newline\n[DEFAULT]\nx = %(y)s\n",
        "<%!\nimport re\n%>'''${message}\nRevises: ${down_revision | comma,n}\n% for x in re.split(r',\\s*', 'a, b'):\n${x if x else repr(up_revision)}\n% endfor\n## c\n<% y = 'z' %>${y}\n",
    ],
    words: &[
        "(((((",
        "]]]",
        "x += x\n",
        "'''",
        "f'{",
        "lambda: ",
        "${",
        "<%",
        "% if x:\n",
        "% endif\n",
        "%(x)s",
        "%%",
        "- - -",
        "not ",
    ],
};

#[test]
fn alembic_projects() {
    fuzz(&PYTHON, |text| {
        let _ = alembic::parse_script(text, "a1.py", &NoModules);
        let _ = alembic::parse_text(Language::Python, text);
        let _ = alembic::read_environment(text, &NoModules, &|_| None, &|_| None);
        let _ = alembic::Settings::read(Some((text, "/p")), Some((text, "/p")), "alembic");
        let time = jiff::civil::date(2026, 1, 2).at(3, 4, 5, 0);
        let values = alembic::mako::TemplateValues {
            message: text,
            revision: "a1",
            parents: &[],
            branch_labels: &[],
            depends_on: &[],
            create_date: Date { time, offset: None },
        };
        let _ = alembic::mako::render(text, &values, &|_| None);
        let _ = examine(Language::Python, text);
        let _ = highlight(Language::Python, text);
    });
}

const CONFIG: Reader = Reader {
    name: "limbeck.toml",
    cases: 200,
    seeds: &[
        include_str!("../../migrations/limbeck.toml"),
        "[database]\nurl = \"${DATABASE_URL}\"\nembedded = false\nversion_table = \"ops.versions\"\n[environments.production]\nurl = \"${P}\"\nprotected = true\nafter = [\"staging\"]\n[scripts]\ndirectory = [\"a\", \"b\"]\nfile_limit = \"1MB\"\n[models]\nsql = [\"models/**/*.sql\"]\nexclude = [\"legacy_*\"]\n[apply]\nconfirm = [\"data-loss\"]\nkeep_limit = \"1GB\"\n",
        "[models]\nprogram = ['./a', \"b\"]\nsqlalchemy = { metadata = \"a:B\", imports = [\"x\"], python = [] }\n[apply]\ntransaction = \"all\"\n",
    ],
    words: &[
        "[[a]]\n",
        "a.b.c = 1\n",
        "{a = {",
        "'''",
        "\"\"\"",
        "0x",
        "1e999",
        "2026-11-22T00:00:00Z",
        "\\u0000",
        "\\U0010FFFF",
        "nan",
        "true",
    ],
};

#[test]
fn configurations() {
    fuzz(&CONFIG, |text| drop(Config::parse(text, Path::new("limbeck.toml"))));
}

const TARGET: Reader = Reader {
    name: "target expressions",
    cases: 200,
    seeds: &[
        "head",
        "heads",
        "base",
        "current",
        "+1",
        "-2",
        "a1+3",
        "billing@head",
        "billing@+1",
        "billing@base",
        "a1:head",
        ":",
        "b2@-1",
        "a",
        "a1,b2",
        "current-1:heads+1",
    ],
    words: &["@", "+", "-", ":", "head", "heads", "base", "current", "billing", "a1", "b2", "m", ","],
};

/// Two branches with a merge, a label and a dependency.
fn graph() -> Graph {
    let revision = |id: &str, parents: &[&str], labels: &[&str], depends: &[&str]| Revision {
        id: RevisionId::parse(id).unwrap(),
        down_revisions: parents.iter().map(|parent| RevisionId::parse(parent).unwrap()).collect(),
        depends_on: depends.iter().map(ToString::to_string).collect(),
        branch_labels: labels.iter().map(ToString::to_string).collect(),
    };
    Graph::build(vec![
        revision("a1", &[], &[], &[]),
        revision("a2", &["a1"], &["billing"], &[]),
        revision("b2", &["a1"], &[], &["a2"]),
        revision("m3", &["a2", "b2"], &[], &[]),
        revision("c1", &[], &["other"], &[]),
    ])
    .0
}

#[test]
fn target_expressions() {
    let graph = graph();
    let places: Vec<Vec<RevisionId>> = [&[] as &[&str], &["a1"], &["a2", "b2"], &["m3", "c1"], &["gone"]]
        .iter()
        .map(|ids| ids.iter().map(|id| RevisionId::parse(id).unwrap()).collect())
        .collect();
    fuzz(&TARGET, move |text| {
        for current in &places {
            let _ = graph.resolve(text, current);
            let _ = graph.upgrade(text, current);
            let _ = graph.downgrade(text, current);
            let _ = graph.stamp(&[text.to_owned()], current);
            let (start, end) = text.split_once(':').unwrap_or((text, ""));
            let _ = graph.range(Some(start), Some(end), current);
        }
        let _ = graph.parents_for_new(&[text.to_owned()], true);
        let _ = RevisionId::parse(text);
    });
}

const CONNECTION: Reader = Reader {
    name: "connection strings",
    cases: 200,
    seeds: &[
        "postgresql://me:p%40ss@host1:5432,host2,[::1]:5433/app?sslmode=verify-full&target_session_attrs=any&options=-c%20a%3Db",
        "host=/run/pg,h2 port=5433,5434 dbname='a b' user=me password='it\\'s' connect_timeout=3 application_name=x",
        "postgresql+psycopg2://u@/d?host=/tmp",
        "postgres:///?service=mine&passfile=/dev/null",
        "dbname=x hostaddr=127.0.0.1,::1 sslrootcert=system keepalives_idle=5",
    ],
    words: &[
        "postgresql://",
        "host=",
        "port=",
        "&",
        "?",
        "@",
        "/",
        "password=",
        "sslmode=",
        "%",
        "[",
        "]",
        "service=",
        "passfile=/dev/zero",
        "channel_binding=require",
    ],
};

#[test]
fn connection_strings() {
    fuzz(&CONNECTION, |text| {
        if let Ok(info) = ConnInfo::resolve(Some(text), &Variables::default()) {
            let _ = (info.describe(), format!("{info:?}"), info.with_database("x"), info.warnings().len());
        }
        let environment: BTreeMap<String, String> =
            ["PGHOST", "PGPORT", "PGOPTIONS", "PGSSLMODE"].map(|name| (name.to_owned(), text.to_owned())).into();
        let _ = ConnInfo::resolve(None, &Variables { environment: environment.into_iter().collect(), home: None });
    });
}

const PASSWORDS: Reader = Reader {
    name: ".pgpass",
    cases: 200,
    seeds: &[
        "# c\nlocalhost:5432:app:me:one\n*:*:*:other:th\\:r\\\\ee\r\n2001\\:db8\\:\\:1:*:*:*:six\n/run/pg:5433:app:me:sock\n",
    ],
    words: &["*:", "\\:", "\\", ":", "\n", "localhost:"],
};

const SERVICES: Reader = Reader {
    name: "service files",
    cases: 200,
    seeds: &[
        "# all\n[other]\nhost=elsewhere\n[mine]\nhost=here\n  port=5433 \npassword=a=b c\nsslmode=require\n[last]\nbroken\n",
    ],
    words: &["[mine]", "[", "]", "=", "service=mine", "\n", "host=", "port=", "dbname="],
};

const DOTENV: Reader = Reader {
    name: ".env",
    cases: 200,
    seeds: &["# c\nDATABASE_URL=postgres://h/d\nexport A='b c'\nB=\"x\\n${A}\"\n\nC=\n"],
    words: &["export ", "=", "${", "$A", "'", "\"", "\\", "#"],
};

#[test]
fn password_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    fuzz(&PASSWORDS, move |text| {
        let path = home.path().join(".pgpass");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
        for url in ["postgresql://me@localhost/app", "postgresql://me@[2001:db8::1]/x"] {
            ConnInfo::resolve(Some(url), &variables).unwrap();
        }
    });
}

#[test]
fn service_files() {
    let home = tempfile::tempdir().unwrap();
    fuzz(&SERVICES, move |text| {
        std::fs::write(home.path().join(".pg_service.conf"), text).unwrap();
        let variables = Variables { home: Some(home.path().to_owned()), ..Variables::default() };
        let _ = ConnInfo::resolve(Some("service=mine"), &variables);
    });
}

#[test]
fn dotenv_files() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".git")).unwrap();
    std::fs::write(home.path().join("limbeck.toml"), "").unwrap();
    fuzz(&DOTENV, move |text| {
        std::fs::write(home.path().join(".env"), text).unwrap();
        let _ = Project::open(None, home.path(), Variables::default());
    });
}

const KEYS: Reader = Reader {
    name: "key strings",
    cases: 200,
    seeds: &["jj<enter>", "<ctrl-x>^d<alt-x><f5><lt>", "3j/name<enter>n<esc>q", ":up<tab><s-tab>"],
    words: &["<", ">", "<enter>", "^", "ctrl-", "alt-", "shift-", "<f99>", "<lt>", "c-", "İ"],
};

#[test]
fn key_strings() {
    fuzz(&KEYS, |text| {
        let _ = parse_keys(text);
        let quoted = serde_json::to_string(text).unwrap();
        let user_config = Some(format!("[keys]\nupgrade = [{quoted}]\nopen = {quoted}\n"));
        let _ = Preferences::read(&Start { user_config, ..Start::default() });
    });
}

const PREFERENCES: Reader = Reader {
    name: "the UI's config.toml",
    cases: 200,
    seeds: &[
        "theme = \"dark\"\nglyphs = \"ascii\"\n[keys]\nupgrade = [\"u\", \"^x\"]\n[colours]\ncurrent = \"bold green\"\n",
    ],
    words: &["theme", "[keys]", "[colours]", "bold", "#ff0000", "on red", "[", "="],
};

#[test]
fn preferences() {
    fuzz(&PREFERENCES, |text| {
        let _ = Preferences::read(&Start { user_config: Some(text.to_owned()), ..Start::default() });
    });
}

const TEMPLATE: Reader = Reader {
    name: "templates",
    cases: 200,
    seeds: &[
        limbeck::engine::project::DEFAULT_TEMPLATE,
        "{{ revision }}_{{ slug | upper }}_{{ year }}{% if month %}{{ day }}{% endif %}",
        "{% for a in range(3) %}{{ a * 2 ~ 'x' }}{% endfor %}{% set s = [1, {'a': 2}] %}{{ s | tojson }}{{ message[1:] | replace('a', 'b') }}",
    ],
    words: &[
        "{{ ",
        " }}",
        "{% for a in range(99999) %}",
        "{% endfor %}",
        " | indent(99999)",
        " * 99999",
        "{% if ",
        "{% set x = x ~ x %}",
        "((",
        "[[",
        "{#",
        "loop.index",
        "not ",
    ],
};

#[test]
fn templates() {
    let home = tempfile::tempdir().unwrap();
    fuzz(&TEMPLATE, move |text| {
        std::fs::write(home.path().join("script.sql.j2"), text).unwrap();
        let mut config = Config::default();
        text.clone_into(&mut config.scripts.file_template);
        let config_path = home.path().join("limbeck.toml");
        let project = Project { config_path, config, variables: Variables::default(), alembic: None };
        let values = TemplateValues {
            message: "add a table\nand more".to_owned(),
            revision: "a1".to_owned(),
            down_revisions: vec!["b2".to_owned()],
            upgrade_sql: "SELECT 1;".to_owned(),
            ..TemplateValues::default()
        };
        let _ = project.render_script(&values);
        let _ = project.script_file_name(&values, &jiff::Zoned::default());
    });
}

const TEXT: Reader = Reader {
    name: "texts",
    cases: 200,
    seeds: &["plain", "public.users=public.people", "table a.\"b c\".d = e", "1GB", "2026-11-22", "a\x1b[2Jb\u{202e}"],
    words: &["\"", ".", "=", "table ", "column ", "(", ")", "kB"],
};

#[test]
fn texts() {
    fuzz(&TEXT, |text| {
        assert_eq!(escape_text(&escape_text(text)), escape_text(text));
        assert!(!escape_line(text).contains('\n'));
        let document = serde_json::to_string(text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&escape_json(&document)).unwrap(), text);
        let _ = limbeck::core::text::parse_size(text);
        let _ = rename::parse_all(&[text.to_owned()], &Schema::default(), &Schema::default());
    });
}
