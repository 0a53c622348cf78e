//! Data that a Python script destroys: refused without approval, kept with it, and restored by the downgrade.

use super::plans::json;
use crate::support::{Driver, FIRST_LINE, SCRIPTS, SEEDED, Shop, eventually, script_id};

/// A table of three items, in script 1.
const ITEMS: &str = "op.create_table('items', sa.Column('id', sa.Integer, primary_key=True), \
    sa.Column('name', sa.Text), sa.Column('code', sa.Text))";

/// A shop at script 1 with three items, which have names and no codes.
fn with_items(driver: Driver) -> Shop {
    let shop = Shop::without_scripts(driver);
    shop.script(1, ITEMS, "op.drop_table('items')");
    shop.limbeck("upgrade head --yes").expect_status(0);
    shop.database.psql("INSERT INTO items SELECT n, 'name ' || n FROM generate_series(1, 3) n");
    shop
}

/// Whether limbeck has a copy that contains a text.
fn copies_contain(shop: &Shop, text: &str) -> bool {
    let copies = "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relname ~ '^kept_'";
    shop.database
        .query(copies)
        .concat()
        .iter()
        .any(|copy| shop.database.psql(&format!("SELECT count(*) FROM {copy} c WHERE c::text LIKE '%{text}%'")) != "0")
}

fn has_copies(shop: &Shop) -> bool {
    shop.database.psql("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '^kept_'") != "0"
}

fn items(shop: &Shop) -> String {
    shop.database.psql("SELECT to_jsonb(i) FROM items i ORDER BY id")
}

#[track_caller]
fn expect_refused(shop: &Shop, line: &str, before: &str) {
    let output = shop.limbeck(line).expect_status(3);
    let driver = shop.driver.name();
    assert_eq!(shop.heads(), [script_id(1)], "{driver}: {}", output.stderr);
    assert_eq!(items(shop), before, "{driver}: {}", output.stderr);
    assert!(!has_copies(shop), "{driver}: {}", output.stderr);
    assert!(output.stderr.contains("--allow data-loss"), "{driver}: {}", output.stderr);
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
        AND pid <> pg_backend_pid()";
    eventually("no session of the run is left", 10, || shop.database.psql(busy) == "0");
}

/// A loop that fills a column without values, and then drops it: only the script itself wrote what is lost.
fn check_loop_that_fills(driver: Driver) {
    let shop = with_items(driver);
    shop.script(
        2,
        "bind = op.get_bind()\n\
         for row in bind.execute(text('SELECT id, name FROM items ORDER BY id')).fetchall():\n    \
             bind.execute(text('UPDATE items SET code = :code WHERE id = :id'), {'code': f'{row.name}: 100 %', 'id': row.id})\n\
         op.drop_column('items', 'code')",
        "op.add_column('items', sa.Column('code', sa.Text))",
    );
    let before = items(&shop);
    expect_refused(&shop, "upgrade head", &before);
    shop.limbeck("upgrade head --allow data-loss").expect_status(0);
    assert_eq!(shop.heads(), [script_id(2)]);
    assert!(copies_contain(&shop, "name 2: 100 %"), "{}", driver.name());
    shop.limbeck("downgrade -1 --allow data-loss").expect_status(0);
    assert_eq!(shop.heads(), [script_id(1)]);
    let codes = shop.database.psql("SELECT code FROM items ORDER BY id");
    assert_eq!(codes, "name 1: 100 %\nname 2: 100 %\nname 3: 100 %", "{}", driver.name());
}

/// A loop that overwrites the values of a column, and then drops it.
fn check_loop_that_overwrites(driver: Driver) {
    let shop = with_items(driver);
    shop.script(
        2,
        "bind = op.get_bind()\n\
         for row in bind.execute(text('SELECT id, name FROM items ORDER BY id')).fetchall():\n    \
             bind.execute(text('UPDATE items SET name = :name WHERE id = :id'), {'name': row.name.upper(), 'id': row.id})\n\
         op.drop_column('items', 'name')",
        "op.add_column('items', sa.Column('name', sa.Text))",
    );
    let before = items(&shop);
    expect_refused(&shop, "upgrade head", &before);
    shop.limbeck("upgrade head --allow data-loss").expect_status(0);
    assert!(copies_contain(&shop, "NAME 2"), "{}", driver.name());
    shop.limbeck("downgrade -1 --allow data-loss").expect_status(0);
    // The copies are restored in reverse order, as those of a SQL script: the last one has what the loop overwrote.
    let restored = shop.database.psql("SELECT id, name FROM items ORDER BY id");
    assert_eq!(restored, "1|name 1\n2|name 2\n3|name 3", "{}", driver.name());
}

#[test]
fn a_loop_that_fills_a_dropped_column_is_refused_or_kept_on_psycopg2() {
    check_loop_that_fills(Driver::Psycopg2);
}

#[test]
fn a_loop_that_fills_a_dropped_column_is_refused_or_kept_on_psycopg() {
    check_loop_that_fills(Driver::Psycopg);
}

#[test]
fn a_loop_that_fills_a_dropped_column_is_refused_or_kept_on_asyncpg() {
    check_loop_that_fills(Driver::Asyncpg);
}

#[test]
fn a_loop_that_fills_a_dropped_column_is_refused_or_kept_on_pg8000() {
    check_loop_that_fills(Driver::Pg8000);
}

#[test]
fn a_loop_that_overwrites_a_dropped_column_is_refused_or_kept_on_every_driver() {
    for driver in Driver::ALL {
        check_loop_that_overwrites(driver);
    }
}

#[test]
fn a_statement_that_the_plan_did_not_contain_is_judged_when_it_arrives() {
    for driver in Driver::ALL {
        let shop = with_items(driver);
        shop.script(
            2,
            "bind = op.get_bind()\n\
             op.add_column('items', sa.Column('extra', sa.Text))\n\
             rows = bind.execute(text('SELECT id FROM items WHERE id > 1')).fetchall()\n\
             if rows:\n    \
                 bind.execute(text('DELETE FROM items WHERE id = ANY(:ids)'), {'ids': [row.id for row in rows]})",
            "op.drop_column('items', 'extra')",
        );
        let plan = shop.limbeck("upgrade head --dry-run --json").expect_status(0);
        let step = &json(&plan)["steps"][0];
        assert_eq!(step["depends_on_data"], true, "{step}");
        assert!(!plan.stdout.contains("DELETE"), "{step}");
        let before = items(&shop);
        expect_refused(&shop, "upgrade head", &before);
        let error = json(&shop.limbeck("upgrade head --json").expect_status(3));
        assert_eq!(error["error"]["revision"], script_id(2), "{error}");
        assert_eq!(error["error"]["line"], FIRST_LINE + 4, "{error}");
        shop.limbeck("upgrade head --allow data-loss").expect_status(0);
        assert_eq!(shop.database.psql("SELECT count(*) FROM items"), "1");
        assert!(copies_contain(&shop, "name 3"), "{}", driver.name());
        shop.limbeck("downgrade -1 --allow data-loss").expect_status(0);
        assert_eq!(items(&shop), before, "{}", driver.name());
    }
}

#[test]
fn values_of_rows_that_the_script_has_touched_existed_before_it() {
    for driver in [Driver::Psycopg2, Driver::Psycopg] {
        let shop = with_items(driver);
        // The loop writes no name, but it writes the rows. The plan on an empty table does not contain the DROP.
        shop.script(
            2,
            "bind = op.get_bind()\n\
             rows = bind.execute(text('SELECT id FROM items')).fetchall()\n\
             for row in rows:\n    \
                 bind.execute(text('UPDATE items SET code = :code WHERE id = :id'), {'code': 'new', 'id': row.id})\n\
             if rows:\n    op.drop_column('items', 'name')",
            "op.add_column('items', sa.Column('name', sa.Text))\nop.execute('UPDATE items SET code = NULL')",
        );
        let before = items(&shop);
        expect_refused(&shop, "upgrade head", &before);
        shop.limbeck("upgrade head --allow data-loss").expect_status(0);
        assert!(copies_contain(&shop, "name 3"), "{}", driver.name());
        shop.limbeck("downgrade -1 --allow data-loss").expect_status(0);
        assert_eq!(items(&shop), before, "{}", driver.name());
    }
}

#[test]
fn the_whole_run_is_refused_before_anything_runs_if_the_plan_contains_the_loss() {
    let shop = with_items(Driver::Psycopg2);
    shop.script(2, "op.create_table('more', sa.Column('id', sa.Integer))", "op.drop_table('more')");
    shop.script(3, "op.drop_column('items', 'name')", "op.add_column('items', sa.Column('name', sa.Text))");
    let output = shop.limbeck("upgrade head").expect_status(3);
    assert!(output.stderr.contains("items.name"), "{}", output.stderr);
    assert_eq!(shop.heads(), [script_id(1)]);
    shop.limbeck("upgrade +1").expect_status(0);
    shop.limbeck("upgrade head").expect_status(3);
    assert_eq!(shop.heads(), [script_id(2)]);
    let before = items(&shop);
    shop.limbeck("upgrade head --allow data-loss").expect_status(0);
    let kept = json(&shop.limbeck("kept list --json").expect_status(0));
    assert_eq!((&kept[0]["revision"], &kept[0]["rows"]), (&script_id(3).into(), &3.into()), "{kept}");
    shop.limbeck("downgrade -1").expect_status(0);
    assert_eq!(items(&shop), before);
}

#[test]
fn no_approval_means_that_the_last_script_of_the_sample_does_not_run() {
    let shop = Shop::new(Driver::Psycopg2);
    for number in SEEDED {
        shop.limbeck(&format!("upgrade {} --yes --allow all", SCRIPTS[number - 1])).expect_status(0);
        shop.seed(number);
    }
    shop.remove_audit_entries();
    shop.limbeck("upgrade f2647d0be3a8").expect_status(0);
    let before = shop.contents();
    let output = shop.limbeck("upgrade head").expect_status(3);
    assert!(output.stderr.contains("users.nickname"), "{}", output.stderr);
    assert_eq!((shop.heads(), shop.contents()), (vec![SCRIPTS[16].to_owned()], before));
    let nicknames = "SELECT id, nickname FROM users ORDER BY id";
    let was = shop.database.psql(nicknames);
    shop.limbeck("upgrade head --allow data-loss").expect_status(0);
    assert_eq!(shop.heads(), [SCRIPTS[17]]);
    assert!(copies_contain(&shop, "ad:a %s"));
    // The script has no downgrade. The user adds one.
    let output = shop.limbeck("downgrade -1 --allow all").expect_status(1);
    assert!(output.stderr.contains("20260211_1700_no_nicknames.py"), "{}", output.stderr);
    assert_eq!(shop.heads(), [SCRIPTS[17]]);
    shop.edit_script(18, |text| {
        let text = text.replacen("from alembic", "import sqlalchemy as sa\nfrom alembic", 1);
        format!("{text}\n\ndef downgrade():\n    op.add_column('users', sa.Column('nickname', sa.String(40)))\n")
    });
    shop.limbeck("downgrade -1").expect_status(0);
    assert_eq!(shop.database.psql(nicknames), was);
    assert_eq!(shop.heads(), [SCRIPTS[16]]);
}

#[test]
fn what_an_autocommit_block_destroys_is_copied_first() {
    for driver in [Driver::Psycopg2, Driver::Psycopg, Driver::Asyncpg] {
        let shop = with_items(driver);
        shop.script(
            2,
            "with op.get_context().autocommit_block():\n    op.execute('DELETE FROM items WHERE id = 2')\n\
             op.drop_column('items', 'code')",
            "op.add_column('items', sa.Column('code', sa.Text))",
        );
        let before = items(&shop);
        expect_refused(&shop, "upgrade head", &before);
        shop.limbeck("upgrade head --allow data-loss").expect_status(0);
        assert!(copies_contain(&shop, "name 2"), "{}", driver.name());
        shop.limbeck("downgrade -1").expect_status(0);
        assert_eq!(items(&shop), before, "{}", driver.name());
    }
}

#[test]
fn no_keep_makes_no_copy() {
    let shop = with_items(Driver::Psycopg);
    shop.script(2, "op.drop_column('items', 'name')", "op.add_column('items', sa.Column('name', sa.Text))");
    shop.limbeck("upgrade head --allow data-loss --no-keep").expect_status(0);
    assert!(!has_copies(&shop));
}
