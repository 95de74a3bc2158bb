//! A host to deploy to, thrown away afterwards.
//!
//! A **plain host** is this machine seen from namespaces of its own: own processes (its pid 1 is a bash that reaps),
//! own network with an empty loopback, own empty `/run /tmp /home /opt /srv`, and `/etc /var /root` copied on write.
//! So scripts run as root with the paths and ports that they have in production, side by side, and leave no trace:
//! when the host is dropped, or when the test process dies in whatever way, the pipe to pid 1 closes, pid 1
//! ends, and the kernel ends everything that runs there.
//!
//! A **systemd host** is a container whose pid 1 is systemd, see [`crate::support::docker`].

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::docker::Container;
use super::process::{Outcome, Running, run};
use super::skip::{Skip, need_programs, need_root};
use super::wait;

/// The path that commands get on a host.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// For commands that should take milliseconds; generous, because tests run side by side.
pub const SHORT: Duration = Duration::from_secs(30);

/// Pid 1 of a plain host: sets it up, says `ready`, and lives until its standard input is closed.
const PID_ONE: &str = r#"
set -eu
mount --make-rprivate /
mount -t proc proc /proc
ip link set lo up
mount -t tmpfs tmpfs /mnt
for folder in etc var root; do
  mkdir -p "/mnt/$folder/changes" "/mnt/$folder/work"
  mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/mnt/$folder/changes,workdir=/mnt/$folder/work" "/$folder"
done
for folder in run home opt srv; do
  mount -t tmpfs -o mode=755 tmpfs "/$folder"
done
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /run/lock
rm -rf /var/lib/deployc
echo ready
read -r _ || true
"#;

/// Ends all processes of a plain host but pid 1, empties what a boot empties, and gives it another boot id: the kernel's stays.
const REBOOT: &str = r#"
set -eu
# Only a host of these tests has that folder.
test -d /mnt/etc/changes
others() {
  local folder state
  for folder in /proc/[0-9]*; do
    [[ $folder == /proc/1 || $folder == "/proc/$$" || $folder == "/proc/$BASHPID" ]] && continue
    state=$(sed -n 's/^State:[[:space:]]*//p' "$folder/status" 2>/dev/null) || continue
    [[ -z $state || $state == [ZX]* ]] || printf '%s\n' "${folder#/proc/}"
  done
}
while pids=$(others) && [[ -n $pids ]]; do
  # Some have ended since they were listed.
  kill -KILL $pids 2>/dev/null || true
done
find /run /tmp -mindepth 1 -delete
mkdir -p /run/lock
cat /proc/sys/kernel/random/uuid >/mnt/boot-id
cmp -s /mnt/boot-id /proc/sys/kernel/random/boot_id || mount --bind /mnt/boot-id /proc/sys/kernel/random/boot_id
"#;

/// A host, and what is needed to end it.
pub struct Host {
    /// Pid 1 of the host as this process sees it.
    init: u32,
    kind: Kind,
}

enum Kind {
    Plain {
        unshare: Child,
        lifeline: Option<ChildStdin>,
    },
    Systemd(Container),
}

/// The network of a host, for clients on this side that ask its loopback addresses.
#[derive(Clone, Debug)]
pub struct Network(PathBuf);

impl Host {
    /// A host without systemd.
    pub fn plain() -> Result<Self, Skip> {
        need_root()?;
        need_programs(&["unshare", "nsenter", "ip"])?;
        let mut unshare = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "bash", "-c", PID_ONE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare is installed");
        let lifeline = unshare.stdin.take();
        let mut greeting = String::new();
        if let Some(stdout) = unshare.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut greeting)
                .expect("pid 1 speaks UTF-8");
        }
        if greeting != "ready\n" {
            let _ = unshare.wait();
            return Err(Skip("namespaces or overlays are not allowed here".into()));
        }
        let children = format!("/proc/{0}/task/{0}/children", unshare.id());
        let init = fs::read_to_string(children)
            .expect("unshare runs")
            .trim()
            .parse()
            .expect("unshare has one child");
        let host = Self {
            init,
            kind: Kind::Plain { unshare, lifeline },
        };
        host.become_a_user_s_machine();
        Ok(host)
    }

    /// A host whose pid 1 is systemd, with nginx as a unit.
    pub fn systemd() -> Result<Self, Skip> {
        need_root()?;
        let container = Container::start_systemd()?;
        let host = Self {
            init: container.init(),
            kind: Kind::Systemd(container),
        };
        host.become_a_user_s_machine();
        Ok(host)
    }

    /// The user that applications run as in the examples.
    fn become_a_user_s_machine(&self) {
        self.bash("id ec2-user >/dev/null 2>&1 || useradd --shell /bin/bash ec2-user")
            .ok();
        self.bash("mkdir -p /home/ec2-user && chown ec2-user: /home/ec2-user")
            .ok();
    }

    /// Boots the host anew: `/run` and all processes are gone, the disk stays, the boot id is another one. On a plain host nothing starts
    /// by itself.
    pub fn reboot(&mut self) {
        match &mut self.kind {
            Kind::Plain { .. } => self.reboot_plain(),
            Kind::Systemd(container) => {
                container.restart();
                self.init = container.init();
            }
        }
    }

    /// The same on a host that is known to be a plain one.
    pub fn reboot_plain(&self) {
        self.bash(REBOOT).ok();
    }

    /// Where a path of the host lies for this process. Absolute symbolic links on the way would lead out of the host.
    pub fn path(&self, inside: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.init.to_string())
            .join("root")
            .join(inside.trim_start_matches('/'))
    }

    /// Writes a file, its folders included.
    pub fn write(&self, inside: &str, text: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the host's folders can be made");
        fs::write(&path, text).unwrap_or_else(|reason| panic!("cannot write {inside}: {reason}"));
    }

    /// Writes a script or program that can be executed.
    pub fn write_program(&self, inside: &str, text: impl AsRef<[u8]>) {
        self.write(inside, text);
        fs::set_permissions(self.path(inside), Permissions::from_mode(0o755))
            .expect("a mode can be set");
    }

    /// Copies a file from this machine, mode included.
    pub fn copy(&self, from: &Path, inside: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the host's folders can be made");
        fs::copy(from, &path).unwrap_or_else(|reason| {
            panic!("cannot copy {} to {inside}: {reason}", from.display())
        });
    }

    /// Copies a folder from this machine.
    pub fn copy_folder(&self, from: &Path, inside: &str) {
        for entry in fs::read_dir(from)
            .unwrap_or_else(|reason| panic!("cannot list {}: {reason}", from.display()))
        {
            let entry = entry.expect("a folder can be listed");
            let target = format!("{inside}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.copy_folder(&entry.path(), &target);
            } else {
                self.copy(&entry.path(), &target);
            }
        }
    }

    /// Reads a file; empty if there is none. What is no UTF-8 is replaced.
    pub fn read(&self, inside: &str) -> String {
        let bytes = fs::read(self.path(inside)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether a file or folder is there.
    pub fn exists(&self, inside: &str) -> bool {
        self.path(inside).symlink_metadata().is_ok()
    }

    /// A command on the host: root, nothing but `PATH` in its environment, `/` as its folder.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--target",
            &self.init.to_string(),
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--ipc",
            "--",
        ]);
        command.args(words).env_clear().env("PATH", PATH);
        command
    }

    /// Runs a command that should take milliseconds.
    pub fn run(&self, words: &[&str]) -> Outcome {
        run(self.command(words), SHORT)
    }

    /// Removes a program of `/usr/bin`, on this plain host only.
    pub fn remove_program(&self, name: &str) {
        let remove = "mountpoint -q /usr/bin || { mkdir -p /mnt/bin/changes /mnt/bin/work && \
            mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=/mnt/bin/changes,workdir=/mnt/bin/work /usr/bin; } && \
            rm -f \"/usr/bin/$1\" && ! command -v \"$1\"";
        self.run(&["bash", "-c", remove, "remove", name]).ok();
    }

    /// Runs a line of bash.
    pub fn bash(&self, line: &str) -> Outcome {
        self.run(&["bash", "-c", line])
    }

    /// Starts a command and leaves it running.
    pub fn start(&self, words: &[&str]) -> Running {
        Running::start(self.command(words))
    }

    /// The host's network.
    pub fn network(&self) -> Network {
        Network(PathBuf::from(format!("/proc/{}/ns/net", self.init)))
    }

    /// Command lines of the processes on the host that contain `text`, zombies left out, as `PID COMMAND`.
    pub fn processes(&self, text: &str) -> Vec<String> {
        self.run(&["ps", "-eo", "pid=,stat=,args=", "-ww"])
            .ok()
            .stdout
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let (pid, state) = (words.next()?, words.next()?);
                let command = words.collect::<Vec<_>>().join(" ");
                (!state.starts_with('Z') && command.contains(text))
                    .then(|| format!("{pid} {command}"))
            })
            .collect()
    }

    /// Waits until something accepts connections on a loopback port of the host.
    ///
    /// # Panics
    /// If that takes more than 30 s.
    pub fn wait_for_port(&self, port: u16) {
        let network = self.network();
        let listens = wait::until(SHORT, || {
            network.within(move || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
        });
        assert!(listens, "nothing listens on port {port}");
    }
}

impl Network {
    /// Makes the calling thread's new sockets belong to the host's network, for good.
    ///
    /// # Panics
    /// If the host is gone.
    pub fn enter(&self) {
        let file = File::open(&self.0).expect("the host is there");
        move_into_link_name_space(file_descriptor(&file), Some(LinkNameSpaceType::Network))
            .expect("root may enter a network");
    }

    /// Runs something in the host's network, on a thread of its own.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                self.enter();
                work()
            });
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

fn file_descriptor(file: &File) -> std::os::fd::BorrowedFd<'_> {
    std::os::fd::AsFd::as_fd(file)
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Kind::Plain { unshare, lifeline } = &mut self.kind {
            if let Some(mut pipe) = lifeline.take() {
                // Pid 1 may have ended already.
                let _ = pipe.write_all(b"\n");
            }
            let _ = unshare.wait();
        }
    }
}
