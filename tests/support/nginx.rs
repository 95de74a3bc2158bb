//! nginx on a host: Debian's package with a minimal production configuration.

use std::time::Duration;

use super::host::Host;
use super::wait;

const ERROR_LOG: &str = "/var/log/nginx/error.log";

/// The main configuration, with Debian's include.
const MAIN: &str = r"user www-data;
worker_processes 2;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log notice;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 50m;
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
}
";

/// nginx on a host without systemd. It ends with the host.
pub struct Nginx<'a> {
    host: &'a Host,
}

impl<'a> Nginx<'a> {
    /// Returns an nginx that is already running.
    pub fn running(host: &'a Host) -> Self {
        Self { host }
    }

    /// Writes the main configuration, and the given server blocks as `sites-enabled/default`. Empties `conf.d`.
    pub fn configure(host: &Host, site: &str) {
        let wipe = "mkdir -p /etc/nginx/{sites-enabled,conf.d} /var/log/nginx && rm -rf /etc/nginx/{sites-enabled,conf.d}/*";
        host.bash(wipe).ok();
        host.write(ERROR_LOG, "");
        host.write("/etc/nginx/nginx.conf", MAIN);
        host.write("/etc/nginx/sites-enabled/default", site);
    }

    /// Starts nginx and waits for its workers.
    pub fn start(host: &'a Host) -> Self {
        host.run(&["nginx"]).ok();
        let nginx = Self { host };
        assert!(
            wait::until(Duration::from_secs(5), || nginx.workers().len() == 2),
            "nginx does not have two workers"
        );
        nginx
    }

    /// Returns the workers that accept connections, without those that are shutting down.
    pub fn workers(&self) -> Vec<u32> {
        self.titled("nginx: worker process")
            .into_iter()
            .filter(|(_, title)| !title.contains("shutting down"))
            .map(|(pid, _)| pid)
            .collect()
    }

    /// Returns the workers that only finish their requests.
    pub fn draining(&self) -> Vec<u32> {
        self.titled("nginx: worker process is shutting down")
            .into_iter()
            .map(|(pid, _)| pid)
            .collect()
    }

    fn titled(&self, title: &str) -> Vec<(u32, String)> {
        let processes = self.host.processes(title);
        processes
            .iter()
            .filter_map(|line| line.split_once(' '))
            .filter(|(_, command)| command.starts_with("nginx: "))
            .filter_map(|(pid, command)| Some((pid.parse().ok()?, command.to_owned())))
            .collect()
    }

    /// Reloads and waits until no old worker accepts connections.
    pub fn reload(&self) {
        let before = self.workers();
        self.host.run(&["nginx", "-s", "reload"]).ok();
        let effective = wait::until(Duration::from_secs(5), || {
            let now = self.workers();
            !now.is_empty() && before.iter().all(|pid| !now.contains(pid))
        });
        assert!(
            effective,
            "the reload is not in force: {}",
            self.error_log()
        );
    }

    /// Returns the master's log since its start.
    pub fn error_log(&self) -> String {
        self.host.read(ERROR_LOG)
    }

    /// Fails the test unless the configuration on the disk is valid.
    #[track_caller]
    pub fn assert_valid(&self) {
        self.host.run(&["nginx", "-t"]).ok();
    }

    /// Fails the test if the master ever failed to bind. In that case the old configuration stays in force.
    #[track_caller]
    pub fn assert_no_failed_bind(&self) {
        let log = self.error_log();
        assert!(!log.contains("bind() to"), "nginx failed to bind:\n{log}");
    }
}

/// Returns a site that proxies all requests to the upstream `NAME`, which a fragment in `conf.d` defines.
pub fn site_with_upstream(listen: &str, upstream: &str) -> String {
    format!(
        "server {{
  listen {listen};
  location / {{
    proxy_pass http://{upstream};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  }}
}}
"
    )
}
