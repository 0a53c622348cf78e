//! `revision --autogenerate` in an Alembic project: Alembic writes the script, and limbeck proves it.

use std::fs;

use crate::support::{Driver, Output, Shop};

const MODELS: &str = "import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from app.database import Base

class Order(Base):
    __tablename__ = 'orders'
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(sa.Enum('new', 'paid', name='order_status'), server_default='new')
";

/// A new column.
const NOTE: &str = "    note: Mapped[str | None] = mapped_column(sa.String(40))\n";

/// The sample with one table, which the database has, and a row in it.
fn shop(driver: Driver) -> Shop {
    let shop = Shop::without_scripts(driver);
    let ini = shop.project.read("alembic.ini");
    let template = ini.lines().find(|line| line.starts_with("file_template")).unwrap();
    shop.project.write("alembic.ini", &ini.replacen(template, "file_template = %%(slug)s", 1));
    shop.project.write("app/models/__init__.py", MODELS);
    for line in ["revision --autogenerate -m base", "upgrade head"] {
        shop.alembic(line).expect_status(0);
    }
    shop.database.psql("INSERT INTO orders (status) VALUES ('paid')");
    shop
}

/// The files of a folder, sorted.
fn files(shop: &Shop, folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(shop.project.path(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "__pycache__");
    names.sort();
    names
}

/// The compiled scripts that stay in the folder of versions.
fn compiled(shop: &Shop) -> Vec<String> {
    let names = files(shop, "migrations/versions/__pycache__");
    names.into_iter().filter(|name| !name.starts_with("base.")).collect()
}

/// Generates a script. The database is not changed.
#[track_caller]
fn generate(shop: &Shop, options: &str, status: i32) -> Output {
    let before = shop.contents();
    let output = shop.limbeck(format!("revision --autogenerate --yes -m change {options}").trim_end());
    assert_eq!(shop.contents(), before, "the target is only read");
    assert_eq!(compiled(shop), [] as [&str; 0]);
    output.expect_status(status)
}

fn check_new_column(driver: Driver) {
    let shop = shop(driver);
    shop.project.write("app/models/__init__.py", &format!("{MODELS}{NOTE}"));
    let output = generate(&shop, "", 0);
    assert!(output.stdout.contains("migrations/versions/change.py ...  done"), "{}", output.stdout);
    assert!(output.stderr.contains("Detected added column public.orders.note"), "{}", output.stderr);
    assert!(!output.stderr.contains("did not write"), "{}", output.stderr);
    assert_eq!(files(&shop, "migrations/versions"), ["base.py", "change.py"]);
    let text = shop.project.read("migrations/versions/change.py");
    assert!(text.contains("op.add_column('orders', sa.Column('note', sa.String(length=40)"), "{text}");
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.limbeck("check --yes").expect_status(0);
    assert!(shop.alembic("check").expect_status(0).stdout.contains("No new upgrade operations"));
}

#[test]
fn alembic_writes_a_new_column_on_psycopg2() {
    check_new_column(Driver::Psycopg2);
}

#[test]
fn alembic_writes_a_new_column_on_asyncpg() {
    check_new_column(Driver::Asyncpg);
}

/// Alembic compares no values of enum types.
fn check_enum_value(driver: Driver) {
    let shop = shop(driver);
    let models = MODELS.replace("'paid',", "'paid', 'back:sent',");
    shop.project.write("app/models/__init__.py", &format!("{models}{NOTE}"));
    let output = generate(&shop, "--sql", 0);
    assert!(output.stdout.contains("ALTER TABLE orders ADD COLUMN note VARCHAR(40);"), "{}", output.stdout);
    for part in ["Alembic did not write: enum public.order_status", "back:sent", "add --complete to write"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
    let output = generate(&shop, "--complete", 0);
    let added = "Alembic did not write: enum public.order_status: labels is new, paid, but new, paid, back:sent in the models; \
                 limbeck added it";
    assert!(output.stderr.contains(added) && !output.stderr.contains("add --complete to write"), "{}", output.stderr);
    let text = shop.project.read("migrations/versions/change.py");
    for part in
        ["op.add_column('orders'", "    # Added by limbeck", "op.execute(\"ALTER TYPE public.order_status ADD VALUE"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.limbeck("check --yes").expect_status(0);
    shop.limbeck("downgrade -1 --yes --allow all").expect_status(0);
    let values = shop.database.query("SELECT unnest(enum_range(NULL::order_status))::text").concat();
    assert_eq!(values, ["new", "paid"]);
}

#[test]
fn what_alembic_does_not_write_is_listed_and_added_on_psycopg2() {
    check_enum_value(Driver::Psycopg2);
}

#[test]
fn what_alembic_does_not_write_is_listed_and_added_on_asyncpg() {
    check_enum_value(Driver::Asyncpg);
}

#[test]
fn only_what_alembic_does_not_write_is_added() {
    let shop = shop(Driver::Psycopg2);
    shop.project.write("app/models/__init__.py", &MODELS.replace("'paid',", "'paid', 'sent',"));
    let output = generate(&shop, "--complete --skip-empty", 0);
    assert!(output.stdout.contains("change.py ...  done"), "{}", output.stdout);
    let text = shop.project.read("migrations/versions/change.py");
    assert!(!text.contains("pass\n") && text.contains("op.execute("), "{text}");
}

/// Alembic drops a table, but not the enum type that it created for it.
#[test]
fn a_script_whose_downgrade_does_not_restore_the_schema_is_a_draft() {
    let shop = shop(Driver::Psycopg2);
    let table = "class Parcel(Base):\n    __tablename__ = 'parcels'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
                 size: Mapped[str] = mapped_column(sa.Enum('s', 'm', name='parcel_size'))\n";
    shop.project.write("app/models/__init__.py", &format!("{MODELS}\n\n{table}"));
    let output = generate(&shop, "", 1);
    for part in ["the proof of the script failed", "after the downgrade, enum public.parcel_size is left over"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
    let draft = shop.project.read("migrations/drafts/change.py");
    assert!(
        draft.starts_with("# UNPROVED: the downgrade does not restore the original schema\n#   after the"),
        "{draft}"
    );
    assert_eq!(shop.limbeck("heads").expect_status(0).stdout, shop.alembic("heads").stdout);
    assert!(output.stderr.contains("add --complete to write"), "{}", output.stderr);
    fs::remove_file(shop.project.path("migrations/drafts/change.py")).unwrap();
    generate(&shop, "--complete", 0);
    let text = shop.project.read("migrations/versions/change.py");
    assert!(text.contains("op.execute(\"DROP TYPE public.parcel_size\")"), "{text}");
}

#[test]
fn a_script_that_fails_is_a_draft_with_the_failing_line() {
    let shop = shop(Driver::Psycopg2);
    let template = shop.project.read("migrations/script.py.mako");
    let failing =
        template.replace("def upgrade() -> None:\n", "def upgrade() -> None:\n    op.execute('SELECT 1 / 0')\n");
    shop.project.write("migrations/script.py.mako", &failing);
    shop.project.write("app/models/__init__.py", &format!("{MODELS}{NOTE}"));
    let output = generate(&shop, "", 1);
    let draft = shop.project.read("migrations/drafts/change.py");
    let line = draft.lines().position(|line| line.contains("1 / 0")).unwrap() + 1;
    assert!(draft.starts_with("# UNPROVED: the upgrade fails\n"), "{draft}");
    for part in [&format!("drafts/change.py:{line}: "), "division by zero"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
}

#[test]
fn without_a_difference_nothing_is_written() {
    let shop = shop(Driver::Psycopg2);
    let output = generate(&shop, "--skip-empty", 0);
    assert_eq!(output.stdout, "No new upgrade operations detected.\n");
    // env.py withholds empty scripts.
    let env = shop.project.read("migrations/env.py").replace(
        "compare_type=True,",
        "compare_type=True,\n        process_revision_directives=lambda c, r, d: d.clear() if d[0].upgrade_ops.is_empty() else None,",
    );
    shop.project.write("migrations/env.py", &env);
    let output = generate(&shop, "", 0);
    assert_eq!(output.stdout, "No new upgrade operations detected.\n");
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
}

#[test]
fn a_database_that_is_not_at_the_heads_is_refused() {
    let shop = shop(Driver::Psycopg2);
    shop.alembic("downgrade base").expect_status(0);
    let output = shop.limbeck("revision --autogenerate --yes -m change").expect_status(1);
    let head = shop.alembic("heads").stdout.split(' ').next().unwrap().to_owned();
    for part in ["Target database is not up to date.", &head, "limbeck upgrade heads"] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
}

#[test]
fn errors_leave_the_folder_of_versions_as_it_was() {
    let shop = shop(Driver::Psycopg2);
    shop.project.write("app/models/__init__.py", &format!("{MODELS}{NOTE}"));
    let base = shop.project.read("migrations/versions/base.py");
    let output = shop.limbeck("revision --autogenerate --yes -m base").expect_status(1);
    assert!(output.stderr.contains("the file of the new script exists"), "{}", output.stderr);
    assert_eq!(shop.project.read("migrations/versions/base.py"), base);
    let output = shop.limbeck("revision --autogenerate --yes -m change --rename orders.id=key").expect_status(2);
    assert!(output.stderr.contains("--rename does not apply"), "{}", output.stderr);
    let output = shop.limbeck("revision --autogenerate -m change");
    assert!(output.status == Some(0), "the consent is stored: {}", output.stderr);
    let ini = shop.project.read("alembic.ini");
    let hook = "[post_write_hooks]\nhooks = fails\nfails.type = missing";
    shop.project.write("alembic.ini", &ini.replace("[post_write_hooks]", hook));
    fs::remove_file(shop.project.path("migrations/versions/change.py")).unwrap();
    let output = shop.limbeck("revision --autogenerate -m change").expect_status(1);
    assert!(output.stderr.contains("missing"), "{}", output.stderr);
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
}

#[test]
fn the_script_is_shown_in_the_editor_with_its_proof() {
    let shop = shop(Driver::Psycopg2);
    let models = MODELS.replace("'paid',", "'paid', 'back',");
    shop.project.write("app/models/__init__.py", &format!("{models}{NOTE}"));
    generate(&shop, "--sql", 0);
    let screen = shop.project.run(&["--keys", "achange<enter>", "--size", "140x45", "--print"]).expect_status(0).stdout;
    for part in
        ["op.add_column('orders'", "up ok", "down ok", "again ok", "add column note", "back", "limbeck added it"]
    {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    assert_eq!(files(&shop, "migrations/versions"), ["base.py"]);
}
