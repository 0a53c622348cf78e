//! Models in SQLAlchemy: what they define is what `create_all` creates, and errors name the user's code.

use std::process::Command;

use super::load_with;
use crate::support::{Server, ServerOptions, TestDatabase, TestProject, python_with_alembic, server};
use limbeck::core::schema::{Kind, ObjectId};
use limbeck::engine::ErrorKind;
use tokio_util::sync::CancellationToken;

pub const DATABASE: &str = "from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        'ix': 'ix_%(column_0_label)s', 'uq': 'uq_%(table_name)s_%(column_0_name)s',
        'ck': 'ck_%(table_name)s_%(constraint_name)s', 'pk': 'pk_%(table_name)s',
        'fk': 'fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s'})
";

/// The start of a module with models.
pub const HEAD: &str = "import enum
import sqlalchemy as sa
from sqlalchemy import DDL, event, text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column
from app.database import Base

";

/// A project with `app.database` and `app.models`.
pub fn project(database: &TestDatabase<'_>, models: &str) -> TestProject {
    let project = TestProject::new(&config(database, "metadata = 'app.database:Base', imports = ['app.models']"));
    project.write("app/__init__.py", "");
    project.write("app/database.py", DATABASE);
    project.write("app/models/__init__.py", &format!("{HEAD}{models}"));
    project
}

pub fn config(database: &TestDatabase<'_>, sqlalchemy: &str) -> String {
    let python = python_with_alembic();
    format!(
        "[database]\nurl = '{}'\n[models]\nsqlalchemy = {{ {sqlalchemy}, python = ['{}'] }}\n",
        database.url(),
        python.display()
    )
}

pub fn load_models(project: &TestProject) -> super::Loaded {
    load_with(project, true, &CancellationToken::new(), &|_| {})
}

/// Runs `create_all` of SQLAlchemy itself on the database.
fn create_all(project: &TestProject, database: &TestDatabase<'_>, schemas: &[&str]) {
    for schema in schemas {
        database.psql(&format!("CREATE SCHEMA {schema}"));
    }
    let url = database.url().replacen("postgresql://", "postgresql+psycopg://", 1);
    let code = format!(
        "import sqlalchemy, app.models\nfrom app.database import Base\n\
         Base.metadata.create_all(sqlalchemy.create_engine('{url}'))"
    );
    let output = Command::new(python_with_alembic()).args(["-c", &code]).current_dir(project.root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Models, the schemas and extensions that they use.
const MODELS: [(&str, &str, &[&str], &str); 14] = [
    (
        "enum and mixin",
        "class Mood(enum.Enum):\n    happy = 1\n    sad = 2\n\n\
         class Mixin:\n    mood: Mapped[Mood] = mapped_column(server_default='sad')\n\n\
         class A(Mixin, Base):\n    __tablename__ = 'a'\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\
         class B(Mixin, Base):\n    __tablename__ = 'b'\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
        &[],
        "",
    ),
    (
        "naming convention",
        "class P(Base):\n    __tablename__ = 'p'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
         n: Mapped[int] = mapped_column(unique=True, index=True)\n    p_id = mapped_column(sa.ForeignKey('p.id'))\n    \
         __table_args__ = (sa.CheckConstraint('n > 0', name='positive'),)\n",
        &[],
        "",
    ),
    (
        "schemas",
        "class S(Base):\n    __tablename__ = 's'\n    __table_args__ = {'schema': 'shop'}\n    \
         id: Mapped[int] = mapped_column(primary_key=True)\n    \
         kind = mapped_column(sa.Enum('x', 'y', name='kind', schema='Types'))\n\n\
         numbers = sa.Sequence('numbers', schema='seqs', start=7, metadata=Base.metadata)\n",
        &["shop", "\"Types\"", "seqs"],
        "",
    ),
    (
        "generated columns",
        "class G(Base):\n    __tablename__ = 'g'\n    id = mapped_column(sa.BigInteger, sa.Identity(always=True, start=5), primary_key=True)\n    \
         name: Mapped[str]\n    upper = mapped_column(sa.Text, sa.Computed('upper(name)', persisted=True))\n",
        &[],
        "",
    ),
    (
        "indexes",
        "class I(Base):\n    __tablename__ = 'i'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n    \
         doc = mapped_column(pg.JSONB)\n    __table_args__ = (sa.Index('ix_part', 'name', unique=True, postgresql_where=text(\"name <> '%'\")), \
         sa.Index('ix_gin', 'doc', postgresql_using='gin', postgresql_ops={'doc': 'jsonb_path_ops'}), \
         sa.Index('ix_lower', text('lower(name)'), postgresql_include=['id']))\n",
        &[],
        "",
    ),
    (
        "exclusion constraint",
        "class E(Base):\n    __tablename__ = 'e'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    room: Mapped[int]\n    \
         during = mapped_column(pg.TSTZRANGE)\n    \
         __table_args__ = (pg.ExcludeConstraint(('room', '='), ('during', '&&'), name='no_overlap'),)\n",
        &[],
        "CREATE EXTENSION btree_gist",
    ),
    (
        "type of an extension in a schema",
        "class E(Base):\n    __tablename__ = 'e'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    name = mapped_column(pg.CITEXT)\n",
        &[],
        "CREATE SCHEMA ext; CREATE EXTENSION citext; CREATE EXTENSION hstore SCHEMA ext",
    ),
    (
        "comments",
        "class C(Base):\n    __tablename__ = 'c'\n    __table_args__ = {'comment': \"100% of o'clock: yes\"}\n    \
         id: Mapped[int] = mapped_column(primary_key=True, comment='%(x)s')\n",
        &[],
        "",
    ),
    (
        "server defaults",
        "class D(Base):\n    __tablename__ = 'd'\n    id = mapped_column(pg.UUID, server_default=sa.func.gen_random_uuid(), primary_key=True)\n    \
         doc = mapped_column(pg.JSONB, server_default=text(\"'{\\\"a\\\": \\\"5% off\\\"}'::jsonb\"))\n    \
         note: Mapped[str] = mapped_column(server_default=\"it's\")\n    tags = mapped_column(pg.ARRAY(sa.Text), server_default='{}')\n    \
         at = mapped_column(sa.DateTime(timezone=True), server_default=sa.func.now())\n",
        &[],
        "",
    ),
    (
        "circular foreign keys",
        "class L(Base):\n    __tablename__ = 'l'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
         r_id = mapped_column(sa.ForeignKey('r.id', use_alter=True, deferrable=True, initially='DEFERRED'))\n\n\
         class R(Base):\n    __tablename__ = 'r'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    \
         l_id = mapped_column(sa.ForeignKey('l.id', ondelete='CASCADE'))\n",
        &[],
        "",
    ),
    (
        "circular foreign keys without use_alter",
        "class L(Base):\n    __tablename__ = 'l'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    r_id = mapped_column(sa.ForeignKey('r.id'))\n\n\
         class R(Base):\n    __tablename__ = 'r'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    l_id = mapped_column(sa.ForeignKey('l.id'))\n",
        &[],
        "",
    ),
    (
        "DDL events",
        "class V(Base):\n    __tablename__ = 'v'\n    id: Mapped[int] = mapped_column(primary_key=True)\n\n\
         event.listen(V.__table__, 'after_create', DDL(\"CREATE INDEX by_hand ON %(fullname)s (id) WHERE id %% 2 = 0\"))\n\
         event.listen(Base.metadata, 'after_create', DDL('CREATE FUNCTION sqlite()').execute_if(dialect='sqlite'))\n\n\
         @event.listens_for(Base.metadata, 'after_create')\ndef views(target, connection, **options):\n    \
         connection.execute(text('CREATE VIEW some_ids AS SELECT id FROM v'))\n    connection.exec_driver_sql(\"COMMENT ON VIEW some_ids IS 'x'\")\n",
        &[],
        "",
    ),
    (
        "partitioned table",
        "class M(Base):\n    __tablename__ = 'm'\n    __table_args__ = {'postgresql_partition_by': 'RANGE (at)'}\n    \
         at = mapped_column(sa.Date, primary_key=True)\n",
        &[],
        "",
    ),
    (
        "several tables and types",
        "sa.Table('t', Base.metadata, sa.Column('a', pg.ARRAY(sa.Enum('p', 'q', name='letters'))), sa.Column('n', sa.Numeric(10, 2)), \
         sa.Column('i', pg.INET), sa.Column('b', sa.LargeBinary), sa.Column('s', sa.SmallInteger, primary_key=True), sa.Column('d', sa.Interval))\n",
        &[],
        "",
    ),
];

#[test]
fn the_models_equal_what_create_all_creates() {
    for (name, models, schemas, setup) in MODELS {
        let database = server().database();
        database.psql(if setup.is_empty() { "SELECT 1" } else { setup });
        let project = project(&database, models);
        create_all(&project, &database, schemas);
        let output = project.run(&["check", "--yes"]);
        assert_eq!(output.status, Some(0), "{name}:\n{}\n{}", output.stdout, output.stderr);
        assert!(output.stdout.contains("No new upgrade operations detected."), "{name}: {}", output.stdout);
    }
}

#[test]
fn a_difference_is_reported_and_objects_of_other_kinds_are_left_alone() {
    let database = server().database();
    let table = "class A(Base):\n    __tablename__ = 'a'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n";
    let project = project(&database, table);
    create_all(&project, &database, &[]);
    database.psql(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); CREATE VIEW v AS SELECT * FROM a; \
         CREATE MATERIALIZED VIEW mv AS SELECT * FROM a; CREATE INDEX ON mv (id); CREATE EXTENSION pg_trgm; \
         ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON a USING (true); GRANT SELECT ON a TO PUBLIC; \
         GRANT UPDATE (name) ON a TO PUBLIC; CREATE STATISTICS s ON id, name FROM a; COMMENT ON INDEX pk_a IS 'x'; \
         ALTER TABLE a SET (fillfactor = 70); ALTER TABLE a ALTER name SET STATISTICS 200",
    );
    let same = project.run(&["check", "--yes"]);
    assert_eq!(same.status, Some(0), "{}\n{}", same.stdout, same.stderr);
    database.psql("ALTER TABLE a ADD extra int; CREATE TYPE left_over AS ENUM ('x')");
    let output = project.run(&["check"]).expect_status(4);
    assert!(output.stdout.contains("DROP COLUMN extra") && output.stdout.contains("DROP TYPE"), "{}", output.stdout);
    for other in ["FUNCTION", "TRIGGER", "EXTENSION", "POLICY", "REVOKE", "SECURITY", "STATISTICS", "fillfactor"] {
        assert!(!output.stdout.contains(other), "{other}: {}", output.stdout);
    }
}

#[test]
fn several_metadata_are_loaded_together() {
    let database = server().database();
    let base = project(&database, "");
    for metadata in ["['app.many:first', 'app.many:Second']", "'app.many:both'", "'app.many:named'", "'app:many.both'"]
    {
        base.write("limbeck.toml", &config(&database, &format!("metadata = {metadata}")));
        base.write(
            "app/many.py",
            &format!(
                "{HEAD}first = sa.MetaData()\n\nclass Second(sa.orm.DeclarativeBase):\n    pass\n\n\
                 kind = lambda: sa.Enum('x', name='kind')\n\
                 sa.Table('a', first, sa.Column('id', sa.Integer, primary_key=True), sa.Column('k', kind()))\n\
                 sa.Table('b', Second.metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('k', kind()))\n\
                 both = [first, Second, first]\nnamed = {{'x': first, 'y': Second.metadata}}\n"
            ),
        );
        let models = load_models(&base).models();
        assert!(super::has_table(&models, "a") && super::has_table(&models, "b"), "{metadata}");
    }
}

#[test]
fn python_runs_only_with_consent() {
    let database = server().database();
    let project = project(&database, "open('ran', 'w')\nsa.Table('t', Base.metadata, sa.Column('a', sa.Integer))\n");
    let error = super::load(&project).error();
    assert_eq!(error.kind, ErrorKind::Approval);
    assert!(error.message.contains("bin/python ([models] sqlalchemy python in "), "{error:?}");
    assert!(!project.path("ran").exists());
    load_models(&project).models();
    assert!(super::load(&project).is_from_cache(), "the consent is stored, and the DDL is the key of the cache");
}

const TABLE: &str = "sa.Table('t', Base.metadata, sa.Column('a', sa.Integer))\n";

#[test]
fn a_concurrent_index_is_loaded() {
    let database = server().database();
    let index =
        "sa.Table('t', Base.metadata, sa.Column('a', sa.Integer), sa.Index('i', 'a', postgresql_concurrently=True))\n";
    let models = load_models(&project(&database, index)).models();
    assert!(models.schema.objects.contains_key(&ObjectId::on(Kind::Index, "public", "t", "i")));
}

#[test]
fn the_models_may_be_in_a_folder_above_the_configuration() {
    let database = server().database();
    let project = project(&database, TABLE);
    let config = project.read("limbeck.toml");
    project.write(".git/HEAD", "");
    std::fs::remove_file(project.path("limbeck.toml")).unwrap();
    project.write("db/limbeck/limbeck.toml", &config);
    let output = project.run(&["-c", "db/limbeck", "check", "--yes"]).expect_status(4);
    assert!(output.stdout.contains("CREATE TABLE"), "{}", output.stdout);
}

#[test]
fn a_database_may_have_many_tables() {
    let database = server().database();
    database.psql(
        "DO $$BEGIN FOR n IN 1..3000 LOOP EXECUTE format('CREATE TABLE %I ()', repeat('é\"\\', 10) || n); END LOOP; END$$",
    );
    assert!(super::has_table(&load_models(&project(&database, TABLE)).models(), "t"));
}

#[test]
fn an_extension_that_cannot_be_created_is_skipped() {
    let server = Server::start(&ServerOptions::default());
    let database = server.database();
    // Only a superuser may create the first one.
    database.psql(
        "CREATE ROLE owner; CREATE SCHEMA tools; CREATE EXTENSION pg_buffercache SCHEMA tools; CREATE EXTENSION citext",
    );
    let project = project(&database, "sa.Table('t', Base.metadata, sa.Column('a', pg.CITEXT))\n");
    project.write("limbeck.toml", &format!("{}[apply]\nrole = 'owner'\n", project.read("limbeck.toml")));
    let models = load_models(&project).models();
    assert!(super::has_table(&models, "t"));
    assert!(!models.schema.objects.contains_key(&ObjectId::new(Kind::Schema, "", "tools")));
}

#[test]
fn doctor_checks_the_interpreter_of_the_models() {
    let database = server().database();
    let mut project = project(&database, TABLE);
    project.write(".venv/bin/python", "");
    project.unset("VIRTUAL_ENV");
    let doctor = project.run(&["doctor", "--yes"]).stdout;
    let place = format!("ok      python      {} ([models] sqlalchemy python in ", python_with_alembic().display());
    assert!(doctor.contains(&place) && doctor.contains("1 table in SQLAlchemy"), "{doctor}");
}
