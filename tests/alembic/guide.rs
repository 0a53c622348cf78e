//! Every command of the guide does the same with limbeck and with Alembic: the schema, the rows and the version table.

use super::pair::Pair;
use crate::support::{Driver, SCRIPTS, SEEDED, Shop};

/// The id of a script of the sample, by its number.
fn id(number: usize) -> &'static str {
    SCRIPTS[number - 1]
}

#[test]
fn upgrades_and_downgrades_of_an_empty_database_equal_alembics() {
    let pair = Pair::new(Driver::Psycopg2);
    for line in [
        "upgrade +1",
        "upgrade 20260102_email",
        "upgrade +2",
        "downgrade -1",
        "upgrade 8b1c6f40e7d3",
        "downgrade -1",
        "upgrade c1975b3e8fa0",
        "upgrade e18a7c40d9b2",
        "downgrade c1975b3e8fa0",
        "downgrade 4e2b90cd5f18",
        "downgrade base",
        "upgrade head",
        "stamp e18a7c40d9b2",
        "stamp head",
        "stamp --purge base",
    ] {
        pair.run(line);
        pair.print("current");
    }
}

#[test]
fn listings_equal_alembics_at_each_position() {
    let pair = Pair::new(Driver::Psycopg2);
    for target in ["3d94e1f06b7a", "d3f8610b9e57", "e18a7c40d9b2", "head"] {
        pair.run(&format!("upgrade {target}"));
        for line in ["current", "history --verbose", "history", "heads", "branches", "show head"] {
            pair.print(line);
        }
    }
}

/// Upgrades both databases to script 16, with new rows at each of [`SEEDED`].
fn upgrade_with_rows(pair: &Pair) {
    for number in SEEDED {
        pair.run(&format!("upgrade {}", id(number)));
        pair.each(|shop| shop.seed(number));
    }
}

/// Up and down with rows. Script 17 fails until the rows of `audit_entries` are gone.
fn check_with_rows(driver: Driver) {
    let pair = Pair::new(driver);
    upgrade_with_rows(&pair);
    pair.run_failing("upgrade head");
    assert_eq!(pair.ours.heads(), [id(16)]);
    pair.run(&format!("downgrade {}", id(7)));
    pair.run("upgrade e18a7c40d9b2");
    pair.run("downgrade base");
    pair.run("upgrade head");
}

#[test]
fn with_rows_the_results_equal_alembics_on_psycopg2() {
    check_with_rows(Driver::Psycopg2);
}

#[test]
fn with_rows_the_results_equal_alembics_on_psycopg() {
    check_with_rows(Driver::Psycopg);
}

#[test]
fn with_rows_the_results_equal_alembics_on_asyncpg() {
    check_with_rows(Driver::Asyncpg);
}

#[test]
fn with_rows_the_results_equal_alembics_on_pg8000() {
    check_with_rows(Driver::Pg8000);
}

#[test]
fn a_script_that_drops_a_column_with_values_gives_the_same_result_when_it_is_approved() {
    let pair = Pair::new(Driver::Psycopg2);
    upgrade_with_rows(&pair);
    pair.each(|shop| shop.remove_audit_entries());
    pair.run("upgrade f2647d0be3a8");
    pair.run("upgrade head");
    pair.run_failing("downgrade -1");
}

#[test]
fn branches_are_upgraded_and_merged_as_alembic_does() {
    let pair = Pair::new(Driver::Psycopg2);
    pair.each(|shop| {
        for name in ["20260205_0900_merge", "20260209_1300_actors", "20260211_1700_no_nicknames"] {
            std::fs::remove_file(shop.project.path(&format!("migrations/versions/{name}.py"))).unwrap();
        }
    });
    pair.run("upgrade audit@d3f8610b9e57");
    pair.run("upgrade audit@head");
    assert_eq!(pair.ours.heads(), [id(14)]);
    pair.run("upgrade heads");
    assert_eq!(pair.ours.heads(), [id(14), id(15)]);
    pair.print("current");
    pair.run("downgrade audit@-1");
    assert_eq!(pair.ours.heads(), [id(13), id(15)]);
    pair.run("upgrade heads");
    pair.run("merge -m Merge_migrations --rev-id aa00bb11cc22 d92c4e7a05b1 e05b9f2c741d");
    pair.run("upgrade head");
    assert_eq!(pair.ours.heads(), ["aa00bb11cc22"]);
    pair.run("revision -m 마이그레이션_설명 --rev-id dd33ee44ff55");
    pair.run("upgrade head");
    pair.print("history");
    pair.run("downgrade c1975b3e8fa0");
}

#[test]
fn a_second_section_of_the_ini_has_a_history_of_its_own() {
    let pair = Pair::new(Driver::Psycopg2);
    pair.run("-n audit upgrade +1");
    pair.run("upgrade 3d94e1f06b7a");
    pair.run("-n audit upgrade head");
    pair.print("-n audit current");
    pair.print("current");
    pair.run("-n audit downgrade base");
    pair.run("-n audit stamp head");
}

#[test]
fn limbeck_finds_the_database_by_running_env_py() {
    let pair = Pair::new(Driver::Psycopg);
    pair.ours.hide_url();
    for line in ["upgrade 4e2b90cd5f18", "downgrade -1", "stamp 4e2b90cd5f18"] {
        pair.run(line);
        pair.print("current");
    }
    pair.print("history");
}

#[test]
fn the_url_of_the_command_line_replaces_the_url_of_env_py() {
    let pair = Pair::new(Driver::Psycopg2);
    let other = pair.theirs.url();
    pair.ours.limbeck(&format!("upgrade 4e2b90cd5f18 --yes --database-url {other}")).expect_status(0);
    assert_eq!(pair.theirs.heads(), [id(4)]);
    assert_eq!(pair.ours.database.psql("SELECT to_regclass('alembic_version') IS NULL"), "t");
    pair.theirs.alembic("upgrade head").expect_status(0);
}

#[test]
fn the_guides_own_layout_and_commands_work() {
    // The URL names no driver, so SQLAlchemy uses psycopg2.
    let shop = Shop::new(Driver::Psycopg2);
    shop.project.write(".env", &format!("DATABASE_URL={}\n", shop.url().replacen("+psycopg2", "", 1)));
    for line in [
        "upgrade 3d94e1f06b7a --yes",
        "downgrade -1",
        "downgrade 10b5d7c2a9e4",
        "downgrade base --allow all",
        "current",
        "history --verbose",
        "upgrade head",
        "stamp e18a7c40d9b2",
        "stamp head",
        "current",
    ] {
        shop.limbeck(line).expect_status(0);
    }
    assert_eq!(shop.heads(), [id(18)]);
}
