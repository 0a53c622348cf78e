//! Constraints, indexes and sequences.

use super::*;

#[test]
fn constraints_change_in_place_if_postgresql_can() {
    let fk = |definition: &str| constraint("k", ForeignKey, definition, &["c"]);
    let with = |one: Constraint| table_with(&[column("c", "integer")], |table| table.constraints = vec![one]);
    let refers = "FOREIGN KEY (c) REFERENCES public.o(id)";
    let fk_with = |end: &str| fk(&format!("{refers}{end}"));
    let key = |set: fn(&mut Constraint)| {
        let mut key = constraint("k", PrimaryKey, "PRIMARY KEY (c)", &["c"]);
        set(&mut key);
        key
    };
    let check = |text: &str| constraint("k", Check, text, &["c"]);
    for (old, new, version, wanted) in [
        (fk_with(""), fk_with(""), 18, Some(&[][..])),
        (
            fk_with(""),
            fk_with(" DEFERRABLE INITIALLY DEFERRED"),
            15,
            Some(&["ALTER TABLE public.t ALTER CONSTRAINT k DEFERRABLE INITIALLY DEFERRED"][..]),
        ),
        (fk_with(" NOT VALID"), fk_with(""), 15, Some(&["ALTER TABLE public.t VALIDATE CONSTRAINT k"])),
        (fk_with(""), fk_with(" NOT VALID"), 15, None),
        (fk_with(""), fk_with(" NOT ENFORCED"), 18, Some(&["ALTER TABLE public.t ALTER CONSTRAINT k NOT ENFORCED"])),
        (fk_with(" NOT ENFORCED"), fk_with(""), 18, Some(&["ALTER TABLE public.t ALTER CONSTRAINT k ENFORCED"])),
        (fk_with(""), fk_with(" ON DELETE CASCADE"), 18, None),
        (check("CHECK (c > 0)"), check("CHECK (c > 0) NOT ENFORCED"), 18, None),
        (check("CHECK (c > 0)"), check("CHECK (c > 1)"), 18, None),
        (
            key(|_| {}),
            key(|key| key.index_options = vec!["fillfactor=70".into()]),
            15,
            Some(&["ALTER INDEX public.k SET (fillfactor=70)"]),
        ),
        (
            key(|_| {}),
            key(|key| (key.clustered, key.replica_identity) = (true, true)),
            15,
            Some(&["ALTER TABLE public.t CLUSTER ON k", "ALTER TABLE public.t REPLICA IDENTITY USING INDEX k"]),
        ),
        (key(|key| key.clustered = true), key(|_| {}), 15, Some(&["ALTER TABLE public.t SET WITHOUT CLUSTER"])),
    ] {
        let mut pair = Pair::new(id(), with(old.clone()), with(new.clone()));
        pair.options.version = version;
        let own = on(Kind::Constraint, "t", "k");
        let expected = match wanted {
            None => Alteration::Recreate,
            Some([]) => Alteration::None,
            Some(_) => ALTER,
        };
        assert_eq!(alteration(&pair.context(), &own), expected, "{old:?} {new:?}");
        if let Some(wanted) = wanted {
            assert_eq!(altered(&pair, &own), wanted);
        }
    }
}

#[test]
fn constraints_are_created_with_their_index_attributes() {
    let created = |mut one: Constraint, set: fn(&mut Constraint)| {
        set(&mut one);
        let own = on(Kind::Constraint, "t", &one.name);
        let pair = Pair::new(id(), table(&[]), table_with(&[], |table| table.constraints = vec![one]));
        sql(create(&pair.context(), &own))
    };
    let unique = constraint("u", Unique, "UNIQUE (c) DEFERRABLE", &["c"]);
    assert_eq!(
        created(unique, |one| one.index_options = vec!["fillfactor=70".into()]),
        ["ALTER TABLE public.t ADD CONSTRAINT u UNIQUE (c) WITH (fillfactor=70) DEFERRABLE",]
    );
    let exclusion = || constraint("e", Exclusion, "EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))", &["c"]);
    assert_eq!(
        created(exclusion(), |one| one.index_options = vec!["fillfactor=70".into()]),
        [
            "ALTER TABLE public.t ADD CONSTRAINT e EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))",
            "ALTER INDEX public.e SET (fillfactor=70)",
        ]
    );
    assert_eq!(
        created(exclusion(), |one| one.index_tablespace = Some("fast".into())),
        [
            "ALTER TABLE public.t ADD CONSTRAINT e EXCLUDE USING gist (c WITH &&) WHERE ((a > 0))",
            "ALTER INDEX public.e SET TABLESPACE fast",
        ]
    );
}

#[test]
fn indexes_change_in_place_if_postgresql_can() {
    let at = on(Kind::Index, "t", "i");
    let plain = || index("public.t USING btree (c)");
    let of = |definition: &str| index(definition);
    let with = |set: fn(&mut Index)| {
        let mut built = plain();
        set(&mut built);
        built
    };
    for (old, new, wanted) in [
        (plain(), plain(), Some(&[][..])),
        (
            plain(),
            of("public.t USING btree (c) WITH (fillfactor='70')"),
            Some(&["ALTER INDEX public.i SET (fillfactor=70)"][..]),
        ),
        (
            of("public.t USING btree (c) WITH (fillfactor='70') WHERE (c > 0)"),
            of("public.t USING btree (c) WHERE (c > 0)"),
            Some(&["ALTER INDEX public.i RESET (fillfactor)"]),
        ),
        (plain(), of("public.t USING btree (c DESC)"), None),
        (plain(), with(|index| index.unique = true), None),
        (with(|index| index.valid = false), plain(), None),
        (
            plain(),
            with(|index| index.tablespace = Some("fast".into())),
            Some(&["ALTER INDEX public.i SET TABLESPACE fast"]),
        ),
        (
            with(|index| index.statistics = vec![(1, 5)]),
            with(|index| index.statistics = vec![(2, 6)]),
            Some(&[
                "ALTER INDEX public.i ALTER COLUMN 1 SET STATISTICS -1",
                "ALTER INDEX public.i ALTER COLUMN 2 SET STATISTICS 6",
            ]),
        ),
        (plain(), with(|index| index.clustered = true), Some(&["ALTER TABLE public.t CLUSTER ON i"])),
        (with(|index| index.clustered = true), plain(), Some(&["ALTER TABLE public.t SET WITHOUT CLUSTER"])),
    ] {
        let pair = Pair::new(at.clone(), Object::Index(old.clone()), Object::Index(new.clone()));
        let expected = match wanted {
            None => Alteration::Recreate,
            Some([]) => Alteration::None,
            Some(_) => ALTER,
        };
        assert_eq!(alteration(&pair.context(), &at), expected, "{old:?} {new:?}");
        if let Some(wanted) = wanted {
            assert_eq!(altered(&pair, &at), wanted);
        }
    }
    // Another index becomes the clustered one with its own statement.
    let clustered = with(|index| index.clustered = true);
    let mut pair = Pair::new(at.clone(), Object::Index(clustered.clone()), Object::Index(plain()));
    pair.new.objects.insert(on(Kind::Index, "t", "j"), Object::Index(clustered));
    assert!(altered(&pair, &at).is_empty());
    let pair = Pair::new(at.clone(), None, Object::Index(of("ONLY public.t USING btree (c)")));
    assert_eq!(sql(create(&pair.context(), &at)), ["CREATE INDEX i ON public.t USING btree (c)"]);
}

#[test]
fn sequences_change_their_bounds_with_their_type() {
    let at = own(Kind::Sequence, "s");
    let sequence = |options: SequenceOptions, persistence: Persistence| {
        Object::Sequence(Sequence { options, owned_by: None, persistence })
    };
    let with = |type_name: &str, set: fn(&mut SequenceOptions)| {
        let mut options = numbers(type_name);
        set(&mut options);
        sequence(options, Persistence::Permanent)
    };
    for (old, new, wanted) in [
        (with("integer", |_| {}), with("bigint", |_| {}), &["ALTER SEQUENCE public.s AS bigint"][..]),
        (
            with("bigint", |_| {}),
            with("integer", |options| options.maximum = 99),
            &["ALTER SEQUENCE public.s AS integer MAXVALUE 99"],
        ),
        (
            with("bigint", |_| {}),
            with("bigint", |options| (options.cycle, options.cache) = (true, 5)),
            &["ALTER SEQUENCE public.s CACHE 5 CYCLE"],
        ),
        (
            with("bigint", |_| {}),
            with("bigint", |options| (options.minimum, options.start) = (10, 10)),
            &[
                "SELECT setval('public.s', GREATEST(last_value, 10), is_called AND last_value >= 10) FROM public.s",
                "ALTER SEQUENCE public.s MINVALUE 10 START WITH 10",
            ],
        ),
        (
            with("bigint", |_| {}),
            sequence(numbers("bigint"), Persistence::Unlogged),
            &["ALTER SEQUENCE public.s SET UNLOGGED"],
        ),
        (with("bigint", |_| {}), with("bigint", |_| {}), &[]),
    ] {
        let pair = Pair::new(at.clone(), old, new);
        assert_eq!(altered(&pair, &at), wanted);
        assert_eq!(alteration(&pair.context(), &at) == Alteration::None, wanted.is_empty());
    }
    let mut pair = Pair::new(at.clone(), with("bigint", |_| {}), sequence(numbers("bigint"), Persistence::Unlogged));
    pair.options.version = 14;
    assert_eq!(alteration(&pair.context(), &at), Alteration::None);
    let pair = Pair::new(at.clone(), None, sequence(numbers("bigint"), Persistence::Unlogged));
    assert_eq!(sql(create(&pair.context(), &at)), ["CREATE UNLOGGED SEQUENCE public.s"]);
    let pair = Pair::new(at.clone(), None, with("smallint", |options| options.increment = 2));
    let built = "CREATE SEQUENCE public.s\n    AS smallint\n    INCREMENT BY 2";
    assert_eq!(sql(create(&pair.context(), &at)), [built]);
    assert_eq!(sql(own_sequence(&pair.context(), &at)), ["ALTER SEQUENCE public.s OWNED BY NONE"]);
}
