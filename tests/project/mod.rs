//! New scripts on disk: folders, names, templates, time zones, and errors.

use crate::support::TestProject;

/// The names of the scripts in a folder, sorted.
fn scripts(project: &TestProject, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project.path(folder)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_korean_message_is_used_in_the_file_name_and_in_the_file() {
    let project = TestProject::new("");
    project.run(&["revision", "-m", "마이그레이션 설명", "--rev-id", "aaaa00000001"]).expect_status(0);
    assert_eq!(scripts(&project, "versions"), ["aaaa00000001_마이그레이션_설명.sql"]);
    assert!(project.read("versions/aaaa00000001_마이그레이션_설명.sql").starts_with("-- 마이그레이션 설명\n"));
}

#[test]
fn with_several_folders_a_script_goes_to_its_parents_folder_and_a_base_needs_an_option() {
    let project = TestProject::new("[scripts]\ndirectory = ['core', 'billing']\n");
    let refused = project.run(&["revision", "-m", "a", "--rev-id", "aaaa00000001"]).expect_status(1);
    assert!(refused.stderr.contains("Multiple version locations present, please specify --version-path"));
    let base = ["revision", "-m", "a", "--rev-id", "aaaa00000001", "--version-path", "billing"];
    project.run(&base).expect_status(0);
    project.run(&["revision", "-m", "b", "--rev-id", "aaaa00000002"]).expect_status(0);
    assert_eq!(scripts(&project, "billing"), ["aaaa00000001_a.sql", "aaaa00000002_b.sql"]);
    let elsewhere = project.run(&["revision", "-m", "c", "--version-path", "other"]).expect_status(1);
    assert!(elsewhere.stderr.contains("not a version folder of the project"), "{}", elsewhere.stderr);
    assert_eq!(project.run(&["heads"]).expect_status(0).stdout, "aaaa00000002 (head)\n");
}

#[test]
fn file_name_template_and_time_zone_come_from_the_configuration() {
    let config = "[scripts]\nfile_template = '{{ year }}_{{ slug }}-{{ revision }}'\ntimezone = 'Asia/Seoul'\n";
    let project = TestProject::new(config);
    let template = "-- {{ message }}\n--\n-- Revision ID: {{ revision }}\n-- Revises: {{ down_revisions | join(', ') }}\n\
                    -- Create Date: {{ create_date }}\n-- Ticket: 7\n\n-- @upgrade\nSET LOCAL jit = off;\n\n-- @downgrade\n";
    project.write("script.sql.j2", template);
    project.run(&["revision", "-m", "Add users", "--rev-id", "aaaa00000001"]).expect_status(0);
    let names = scripts(&project, "versions");
    assert!(names[0].starts_with("20") && names[0].ends_with("_add_users-aaaa00000001.sql"), "{names:?}");
    let text = project.read(&format!("versions/{}", names[0]));
    assert!(text.contains("+09:00\n-- Ticket: 7\n") && text.contains("SET LOCAL jit = off;"), "{text}");
}

#[test]
fn a_template_that_gives_no_valid_script_is_an_error_and_nothing_is_written() {
    let project = TestProject::new("");
    project.write("script.sql.j2", "SELECT 1;\n");
    let refused = project.run(&["revision", "-m", "a"]).expect_status(1);
    assert!(refused.stderr.contains("script.sql.j2 is not a valid script"), "{}", refused.stderr);
    project.write("script.sql.j2", "{{ nothing_known }}");
    let refused = project.run(&["revision", "-m", "a"]).expect_status(1);
    assert!(refused.stderr.contains("script.sql.j2, line 1"), "{}", refused.stderr);
    assert!(scripts(&project, "versions").is_empty());
}

#[test]
fn an_unknown_time_zone_and_an_existing_id_are_errors() {
    let project = TestProject::new("[scripts]\ntimezone = 'Nowhere'\n");
    let refused = project.run(&["revision", "-m", "a"]).expect_status(1);
    assert!(refused.stderr.contains("timezone: the time zone 'Nowhere' is unknown"), "{}", refused.stderr);
    project.write("limbeck.toml", "");
    project.run(&["revision", "-m", "a", "--rev-id", "aaaa00000001"]).expect_status(0);
    let refused = project.run(&["revision", "-m", "b", "--rev-id", "aaaa00000001"]).expect_status(1);
    assert!(refused.stderr.contains("revision 'aaaa00000001' already exists"), "{}", refused.stderr);
}

#[test]
fn a_broken_script_is_reported_with_its_line_and_the_others_are_listed() {
    let project = TestProject::new("");
    project.script("aaaa00000001", "", "SELECT 1;", "");
    project.write("versions/broken.sql", "-- no header\nSELECT 1;\n");
    let listed = project.run(&["heads"]).expect_status(1);
    assert_eq!(listed.stdout, "aaaa00000001 (head)\n");
    assert!(listed.stderr.contains("versions/broken.sql:"), "{}", listed.stderr);
    let refused = project.run(&["revision", "-m", "b"]).expect_status(1);
    assert!(refused.stderr.contains("broken.sql"), "{}", refused.stderr);
}
