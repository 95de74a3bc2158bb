//! HAProxy on a host: Debian's package in master-worker mode.
//!
//! A reload is USR2 to the master. With `expose-fd listeners` the new worker takes the listening sockets over from the
//! old one, so that no connection is refused. With `option idle-close-on-response` the old worker answers one more
//! request on each idle keep-alive connection, so that no client gets a closed connection.
//!
//! The reload is in force when the master has a new worker, and each old worker has ended or closed its listening
//! sockets. An old worker that drains still has connections, but none in state LISTEN.
//!
//! A master that is still starting or reloading can lose the signal. So it is sent again every second until there is a
//! new worker. An additional reload does no harm. During a reload the pid file is empty for a moment.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::host::Host;
use super::wait;

/// The master's pid file.
pub const PID_FILE: &str = "/run/haproxy.pid";
/// The folder for fragments. The master reads every `*.cfg` in it, but no dotfiles.
pub const FRAGMENTS: &str = "/etc/haproxy/conf.d";

const MAIN: &str = r"global
  stats socket /run/haproxy-admin.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  option idle-close-on-response
  timeout connect 5s
  timeout client 60s
  timeout server 60s
";

/// HAProxy on a host without systemd. It ends with the host.
pub struct Haproxy<'a> {
    host: &'a Host,
    master: u32,
}

impl<'a> Haproxy<'a> {
    /// Starts HAProxy with a frontend on `listen` (`127.0.0.1:80`) for `backend`, which a fragment defines.
    pub fn start(host: &'a Host, listen: &str, backend: &str) -> Self {
        host.run(&["mkdir", "-p", FRAGMENTS]).ok();
        host.write(
            "/etc/haproxy/haproxy.cfg",
            format!(
                "{MAIN}frontend {backend}_front\n  bind {listen}\n  default_backend {backend}\n"
            ),
        );
        let words = [
            "haproxy",
            "-W",
            "-D",
            "-p",
            PID_FILE,
            "-f",
            "/etc/haproxy/haproxy.cfg",
            "-f",
            FRAGMENTS,
        ];
        host.run(&words).ok();
        let mut master = None;
        wait::until(Duration::from_secs(5), || {
            master = host.read(PID_FILE).trim().parse().ok();
            master.is_some()
        });
        let haproxy = Self {
            host,
            master: master.expect("haproxy writes its pid file"),
        };
        assert!(
            wait::until(Duration::from_secs(5), || !haproxy.workers().is_empty()),
            "haproxy has no worker"
        );
        haproxy
    }

    /// Returns the master's process id on the host.
    pub fn master(&self) -> u32 {
        self.master
    }

    /// Returns all workers: the live one and those that drain.
    pub fn workers(&self) -> Vec<u32> {
        let children = self
            .host
            .run(&["pgrep", "-P", &self.master().to_string()])
            .stdout;
        children
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect()
    }

    /// Returns whether a worker still listens.
    pub fn listens(&self, worker: u32) -> bool {
        let sockets = self.listening_sockets();
        let folder = self.host.path(&format!("/proc/{worker}/fd"));
        let Ok(entries) = fs::read_dir(folder) else {
            return false;
        };
        entries
            .flatten()
            .filter_map(|entry| fs::read_link(entry.path()).ok())
            .any(|target| {
                sockets
                    .iter()
                    .any(|inode| target == Path::new(&format!("socket:[{inode}]")))
            })
    }

    /// Returns the inodes of all listening TCP sockets of the host.
    fn listening_sockets(&self) -> Vec<String> {
        let tables = [
            self.host.read("/proc/1/net/tcp"),
            self.host.read("/proc/1/net/tcp6"),
        ];
        let rows = tables.iter().flat_map(|table| table.lines().skip(1));
        rows.filter_map(|row| {
            let columns: Vec<_> = row.split_whitespace().collect();
            (columns.get(3) == Some(&"0A"))
                .then(|| columns.get(9).map(|&inode| inode.to_owned()))
                .flatten()
        })
        .collect()
    }

    /// Reloads and waits until the new configuration is in force.
    pub fn reload(&self) {
        let before = self.workers();
        let is_new = |worker: &u32| !before.contains(worker);
        let forked = (0..10).any(|_| {
            self.host
                .run(&["kill", "-USR2", &self.master().to_string()])
                .ok();
            wait::until(Duration::from_secs(1), || self.workers().iter().any(is_new))
        });
        let in_force = forked
            && wait::until(Duration::from_secs(10), || {
                self.workers()
                    .iter()
                    .any(|worker| is_new(worker) && self.listens(*worker))
                    && before.iter().all(|worker| !self.listens(*worker))
            });
        let workers: Vec<_> = self
            .workers()
            .iter()
            .map(|&worker| (worker, self.listens(worker)))
            .collect();
        assert!(
            in_force,
            "the reload is not in force: workers before {before:?}, now {workers:?}"
        );
    }
}
