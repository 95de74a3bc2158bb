//! Commands with a deadline. Their whole output is kept.

use std::fmt;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// A running command in its own process group. It is killed when dropped.
pub struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    started: Instant,
    line: String,
    ended: Option<ExitStatus>,
}

/// How a command ended.
#[derive(Clone)]
pub struct Outcome {
    /// The command line, for messages.
    pub line: String,
    /// The exit code. After signal N it is 128 + N.
    pub code: i32,
    /// The whole standard output.
    pub stdout: String,
    /// The whole standard error.
    pub stderr: String,
    /// The time until the output was closed.
    pub took: Duration,
}

impl Running {
    /// Starts `command` with standard input closed. Its output is collected.
    pub fn start(mut command: Command) -> Self {
        let line = format!("{command:?}");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command
            .spawn()
            .unwrap_or_else(|reason| panic!("cannot start {line}: {reason}"));
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Self {
            child,
            stdout,
            stderr,
            started: Instant::now(),
            line,
            ended: None,
        }
    }

    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns whether the command itself has ended. A child process may still hold the output open.
    pub fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("a child can be waited for");
        }
        self.ended.is_some()
    }

    /// Returns whether all processes have closed the output.
    pub fn output_closed(&self) -> bool {
        [&self.stdout, &self.stderr]
            .into_iter()
            .flatten()
            .all(JoinHandle::is_finished)
    }

    /// Sends a signal to the whole process group.
    pub fn signal(&self, signal: Signal) {
        // The group may have ended already.
        let _ = kill_process_group(self.group(), signal);
    }

    fn group(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until the command has ended and the output is closed.
    ///
    /// # Panics
    /// If that takes longer than `deadline`.
    pub fn wait(mut self, deadline: Duration) -> Outcome {
        let end = self.started + deadline;
        while !(self.has_ended() && self.output_closed()) {
            if Instant::now() >= end {
                let said = self.so_far();
                panic!("still running after {deadline:?}: {}\n{said}", self.line);
            }
            thread::sleep(Duration::from_millis(2));
        }
        self.into_outcome()
    }

    /// Returns the outcome of a command that has ended. An output that a process still holds open is empty.
    pub fn into_outcome(mut self) -> Outcome {
        let status = self.child.wait().expect("a child can be waited for");
        self.ended = Some(status);
        Outcome {
            line: self.line.clone(),
            code: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: take(&mut self.stdout),
            stderr: take(&mut self.stderr),
            took: self.started.elapsed(),
        }
    }

    fn so_far(&mut self) -> String {
        self.signal(Signal::KILL);
        self.ended = self.child.wait().ok();
        thread::sleep(Duration::from_millis(50));
        format!("{}{}", take(&mut self.stdout), take(&mut self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Outcome {
    /// Returns standard output, then standard error.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test unless the command exited with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Fails the test unless the command exited with `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert!(self.code == code, "expected exit {code}: {self}");
        self
    }

    /// Fails the test unless the output contains `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.output().contains(text),
            "expected to read `{text}`: {self}"
        );
        self
    }

    /// Fails the test if the output contains `text`.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(
            !self.output().contains(text),
            "expected not to read `{text}`: {self}"
        );
        self
    }

    /// Fails the test if the command took longer than `limit`.
    #[track_caller]
    pub fn within(self, limit: Duration) -> Self {
        assert!(
            self.took <= limit,
            "expected to end within {limit:?}: {self}"
        );
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(
            formatter,
            "{} exited {} after {:.2?}\n--- stdout\n{}--- stderr\n{}",
            self.line, self.code, self.took, self.stdout, self.stderr
        )
    }
}

/// Runs `command` to its end.
///
/// # Panics
/// If that takes longer than `deadline`.
pub fn run(command: Command, deadline: Duration) -> Outcome {
    Running::start(command).wait(deadline)
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // An incomplete stream counts as far as it was read.
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn take(stream: &mut Option<JoinHandle<String>>) -> String {
    stream
        .take()
        .filter(JoinHandle::is_finished)
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default()
}
