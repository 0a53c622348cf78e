//! Random input for everything that reads text: nothing panics and nothing hangs. Each input is a valid one with random
//! edits. `LIMBECK_TEST_CASES=10000` tries that many new inputs for each reader; `LIMBECK_TEST_SEED` repeats
//! a run.

use std::path::Path;

use limbeck::core::alembic;
use limbeck::core::diff::rename;
use limbeck::core::escape::{escape_json, escape_line, escape_text};
use limbeck::core::graph::{Direction, Graph, Revision, RevisionId};
use limbeck::core::hazard::examine_script;
use limbeck::core::python::{Date, NoModules};
use limbeck::core::schema::Schema;
use limbeck::core::script::{Language, Script};
use limbeck::engine::connection::Variables;
use limbeck::engine::project::{Config, Consents, Project, TemplateValues};
use limbeck::tui::app::preferences::Preferences;
use limbeck::tui::app::{Start, parse_keys};
use limbeck::tui::editor::{examine, highlight};

use super::random_input::{Reader, fuzz};

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
        let project = Project {
            config_path,
            config,
            variables: Variables::default(),
            alembic: None,
            consents: Consents::default(),
        };
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
