//! A disk that becomes full during a run: no file can become larger than a random size, or a small file system is full.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::subject::Subject;
use super::trial::run_with_fault;
use super::{Random, Tally};
use crate::support::{Server, ServerOptions, server_user};

const MEGABYTE: u64 = 1 << 20;

#[test]
fn a_file_that_cannot_grow_loses_nothing() {
    let mut tally = Tally::new("full disk (file size)", 3, 2);
    let mut random = tally.random();
    // If a segment of the write-ahead log cannot be written, the server crashes. Those tests are in `restarts`.
    let initdb = vec!["--wal-segsize=1".to_owned()];
    let server = Server::start(&ServerOptions { initdb, ..ServerOptions::default() });
    let mut subject = Subject::new_large(server.database());
    while tally.continues() {
        let goal = subject.far_goal();
        let limit = 1100 + random.below(5000);
        server.restart_with_file_limit(limit);
        let stopped = run_with_fault(&subject, goal, None, |_| {});
        server.restart();
        tally.count_stopped(stopped.is_early());
        let result = stopped.recover(&mut subject, true);
        if result.is_err() {
            subject = Subject::new_large(server.database());
        }
        tally.count(result.map_err(|fault| format!("with a limit of {limit} kB: {fault}")));
    }
    tally.finish();
}

/// A small file system. It is unmounted when the value is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts a file system in memory.
    fn mount(path: &Path, megabytes: u64) -> Self {
        std::fs::create_dir(path).unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(path).status().unwrap();
        assert!(mounted.success(), "a file system cannot be mounted");
        if let Some((uid, gid)) = server_user() {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
        }
        Self(path.to_owned())
    }

    /// Fills the disk so that a random number of megabytes remains.
    fn fill(&self, random: &mut Random, most: u64) {
        let space = rustix::fs::statvfs(&self.0).unwrap();
        let free = space.f_bavail * space.f_frsize;
        let rest = random.next() % (most * MEGABYTE);
        let filler = std::fs::File::create(self.0.join("filler")).unwrap();
        let length = free.saturating_sub(rest);
        rustix::fs::fallocate(&filler, rustix::fs::FallocateFlags::empty(), 0, length.max(1)).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
#[ignore = "mounts a file system: run it as root with --ignored"]
fn a_full_disk_loses_nothing() {
    let mut tally = Tally::new("full disk (tablespace)", 4, 2);
    let mut random = tally.random();
    let server = Server::start(&ServerOptions::default());
    let folder = server.socket_folder().join("small");
    let disk = SmallDisk::mount(&folder, 96);
    server.database().psql(&format!("CREATE TABLESPACE small LOCATION '{}'", folder.display()));
    let new = || {
        let database = server.database();
        let alter = format!("ALTER DATABASE {} SET TABLESPACE small", database.name());
        server.database().psql(&alter);
        Subject::new_large(database)
    };
    let mut subject = new();
    while tally.continues() {
        let goal = subject.far_goal();
        disk.fill(&mut random, 8);
        let stopped = run_with_fault(&subject, goal, None, |_| {});
        disk.free();
        tally.count_stopped(stopped.is_early());
        let result = stopped.recover(&mut subject, true);
        if result.is_err() {
            subject = new();
        }
        tally.count(result);
        subject.database.psql("VACUUM FULL");
    }
    tally.finish();
}
