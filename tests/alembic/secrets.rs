//! The password is nowhere but where the project has it.

use std::path::{Path, PathBuf};

use crate::support::{Driver, Output, PASSWORD, Shop, TestProject};

/// The password, with and without percent encoding, without the characters that differ.
const FORMS: [&str; 3] = [PASSWORD, "p%25ss%40word", "ss@word"];

/// Files below a folder that contain the password. The project itself has it in `.env`.
fn files_with_password(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(files_with_password(&path));
        } else if kind.is_file() && entry.file_name() != ".env" {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            if FORMS.iter().any(|form| text.contains(form)) {
                found.push(path);
            }
        }
    }
    found
}

fn expect_no_password(project: &TestProject, output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        assert!(!FORMS.iter().any(|form| text.contains(form)), "{text}");
    }
    let files = files_with_password(project.folder());
    assert!(files.is_empty(), "{files:?}");
}

/// A script that writes down what a process list shows of its own process and of its parents.
const SPY: &str = "import os\n\
    process, seen = os.getpid(), b''\n\
    while process > 1:\n    \
        stat = open(f'/proc/{process}/stat').read().rsplit(')', 1)[1].split()\n    \
        name = open(f'/proc/{process}/comm').read()\n    \
        if 'python' in name or 'limbeck' in name or 'uv' in name:\n        \
            for file in ('cmdline', 'environ'):\n            seen += open(f'/proc/{process}/{file}', 'rb').read()\n    \
        process = int(stat[1])\n\
    open('seen', 'ab').write(seen)\n\
    print(op.get_bind().engine.url)";

#[test]
fn the_password_is_in_no_output_no_file_and_no_process_list() {
    for driver in Driver::ALL {
        let mut shop = Shop::without_scripts(driver);
        shop.script(1, SPY, "pass");
        shop.script(2, "op.execute('SELECT 1')\nraise ValueError('stop')", "pass");
        for line in [
            "upgrade +1 --yes --dry-run --json",
            "upgrade +1 -v",
            "current -v",
            "downgrade base --json",
            "upgrade head -v",
            "upgrade head --json",
            "log --json",
            "doctor",
        ] {
            let output = shop.limbeck(line);
            expect_no_password(&shop.project, &output);
        }
        let seen = String::from_utf8_lossy(&std::fs::read(shop.project.path("seen")).unwrap()).into_owned();
        assert!(seen.contains("limbeck") && seen.contains("upgrade"), "the script saw its parent: {seen}");
        assert!(!FORMS.iter().any(|form| seen.contains(form)), "{}: {seen}", driver.name());
        // What the user has in the environment stays there, and goes nowhere else.
        shop.hide_url();
        shop.project.set("SHOP_DATABASE_URL", &shop.url());
        let output = shop.limbeck("upgrade head --yes");
        for text in [&output.stdout, &output.stderr] {
            assert!(!FORMS.iter().any(|form| text.contains(form)), "{text}");
        }
    }
}

#[test]
fn the_folder_of_the_socket_is_private_and_removed() {
    let shop = Shop::without_scripts(Driver::Psycopg2);
    shop.script(
        1,
        "import os, stat\n\
         host = op.get_bind().connection.driver_connection.info.host\n\
         mode = stat.S_IMODE(os.stat(host).st_mode)\n\
         open('host', 'w').write(f'{host} {mode:o}')",
        "pass",
    );
    shop.limbeck("upgrade head --yes").expect_status(0);
    let text = shop.project.read("host");
    let (folder, mode) = text.split_once(' ').unwrap();
    assert_eq!(mode, "700", "{text}");
    assert!(folder.starts_with('/') && !Path::new(folder).exists(), "{text}");
}
