//! A temporary host to deploy to.
//!
//! A **plain host** is this machine in separate namespaces. It has its own processes (pid 1 is a bash that reaps
//! children), its own network with an empty loopback, empty folders `/run /tmp /home /opt /srv`, and copy-on-write
//! `/etc /var /root`. So scripts run as root with the paths and ports of production. Several hosts run side by side and
//! leave no trace. When the host is dropped, or the test process dies in any way, the pipe to pid 1 closes. Then pid 1
//! ends, and the kernel ends all processes of the host.
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

/// The `PATH` of commands on a host.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The deadline for commands that should take milliseconds. It is long because tests run side by side.
pub const SHORT: Duration = Duration::from_secs(30);

/// Pid 1 of a plain host. It sets the host up, prints `ready`, and lives until its standard input is closed.
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

/// Ends all processes of a plain host except pid 1, empties the folders that a boot empties, and sets another boot id,
/// although the kernel keeps its own.
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

/// A host, with the handles that end it.
pub struct Host {
    /// The process id of the host's pid 1 on this machine.
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

/// The network of a host, for clients outside of the host that use its loopback addresses.
#[derive(Clone, Debug)]
pub struct Network(PathBuf);

impl Host {
    /// Starts a host without systemd.
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

    /// Starts a host whose pid 1 is systemd, with nginx as a unit.
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

    /// Adds the user that runs the applications in the examples.
    fn become_a_user_s_machine(&self) {
        self.bash("id ec2-user >/dev/null 2>&1 || useradd --shell /bin/bash ec2-user")
            .ok();
        self.bash("mkdir -p /home/ec2-user && chown ec2-user: /home/ec2-user")
            .ok();
    }

    /// Boots the host again: `/run` and all processes are gone, the disk stays, and the boot id changes. On a plain
    /// host no program starts by itself.
    pub fn reboot(&mut self) {
        match &mut self.kind {
            Kind::Plain { .. } => self.reboot_plain(),
            Kind::Systemd(container) => {
                container.restart();
                self.init = container.init();
            }
        }
    }

    /// Boots a plain host again.
    pub fn reboot_plain(&self) {
        self.bash(REBOOT).ok();
    }

    /// Returns the path of a host's file on this machine. Absolute symbolic links in the path would lead out of the
    /// host.
    pub fn path(&self, inside: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.init.to_string())
            .join("root")
            .join(inside.trim_start_matches('/'))
    }

    /// Writes a file and makes its folders.
    pub fn write(&self, inside: &str, text: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a file has a folder"))
            .expect("the host's folders can be made");
        fs::write(&path, text).unwrap_or_else(|reason| panic!("cannot write {inside}: {reason}"));
    }

    /// Writes an executable script or program.
    pub fn write_program(&self, inside: &str, text: impl AsRef<[u8]>) {
        self.write(inside, text);
        fs::set_permissions(self.path(inside), Permissions::from_mode(0o755))
            .expect("a mode can be set");
    }

    /// Copies a file from this machine, with its mode.
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

    /// Reads a file. A missing file is empty. Bytes that are not UTF-8 are replaced.
    pub fn read(&self, inside: &str) -> String {
        let bytes = fs::read(self.path(inside)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns whether a file or folder exists.
    pub fn exists(&self, inside: &str) -> bool {
        self.path(inside).symlink_metadata().is_ok()
    }

    /// Returns a command on the host. It runs as root in `/`, with only `PATH` in its environment.
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

    /// Removes a program from `/usr/bin`, only on this plain host.
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

    /// Starts a command and does not wait for it.
    pub fn start(&self, words: &[&str]) -> Running {
        Running::start(self.command(words))
    }

    /// Returns the host's network.
    pub fn network(&self) -> Network {
        Network(PathBuf::from(format!("/proc/{}/ns/net", self.init)))
    }

    /// Returns the processes on the host whose command lines contain `text`, as `PID COMMAND`. Zombies are left out.
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

    /// Waits until a program accepts connections on a loopback port of the host.
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
    /// Moves the calling thread permanently into the host's network. Its new sockets belong to the host.
    ///
    /// # Panics
    /// If the host is gone.
    pub fn enter(&self) {
        let file = File::open(&self.0).expect("the host is there");
        move_into_link_name_space(file_descriptor(&file), Some(LinkNameSpaceType::Network))
            .expect("root may enter a network");
    }

    /// Runs `work` in the host's network, on a new thread.
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
