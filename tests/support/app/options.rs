//! The options of the test application.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The behavior of `/health`. Times count from the moment when the port is bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Health {
    /// `ok`: always 200.
    Good,
    /// `starting:SECONDS`: 503 with `{"status":"STARTING"}` for that time, then 200.
    Starting(Duration),
    /// `never`: 503 with `{"status":"STARTING"}` forever.
    Never,
    /// `401`: always "unauthorized", like a service behind a login.
    Unauthorized,
    /// `redirect`: always 302 to `/login`.
    Redirect,
    /// `flapping`: 200 and 503 alternate.
    Flapping,
    /// `dies:SECONDS`: the process exits with 1, that time after its first healthy answer.
    Dies(Duration),
    /// `hang`: accepts the request and never answers.
    Hang,
}

/// What the process does after TERM.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnTerm {
    /// `graceful`: accepts no new connections, finishes the requests in progress, exits with 0.
    Graceful,
    /// `143`: the same, but exits with 143 as a JVM does.
    Graceful143,
    /// `ignore`: keeps running. Only KILL ends it.
    Ignore,
    /// `at-once`: ends immediately and cuts the requests in progress, like a program without a handler.
    AtOnce,
}

/// All options. Each is a flag `--NAME VALUE` or a variable `TESTAPP_NAME`.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--port`: required.
    pub port: u16,
    /// `--bind`: an address, `127.0.0.1` by default. `::1` is IPv6 only.
    pub bind: IpAddr,
    /// `--also PORT`: also listens on that port, like a process manager with several apps.
    pub also: Option<u16>,
    /// `--color`: the value in `/profile` and `X-Color`, `none` by default.
    pub color: String,
    /// `--sha`, or `GIT_SHA`: the value of `build.sha` in `/json`.
    pub sha: String,
    /// `--boot SECONDS`: the time before the port is bound.
    pub boot: Duration,
    /// `--health`: see [`Health`].
    pub health: Health,
    /// `--broken PATH`: a path that answers 500. Only `verify` finds this defect.
    pub broken: Option<String>,
    /// `--on-term`: see [`OnTerm`].
    pub on_term: OnTerm,
    /// `--children N`: the number of child processes. They live as long as this process.
    pub children: u32,
    /// `--daemonise`: starts a copy in the background and ends.
    pub daemonise: bool,
}

impl Options {
    /// Reads the command line and the environment.
    pub fn from_process() -> Result<Self, String> {
        let port = value("port").ok_or("--port is required")?;
        let bind = value("bind").unwrap_or_else(|| "127.0.0.1".into());
        Ok(Self {
            port: port
                .parse()
                .map_err(|_| format!("`{port}` is not a port"))?,
            bind: bind
                .parse()
                .map_err(|_| format!("`{bind}` is not an address"))?,
            also: value("also").and_then(|port| port.parse().ok()),
            color: value("color").unwrap_or_else(|| "none".into()),
            sha: value("sha")
                .or_else(|| env::var("GIT_SHA").ok())
                .unwrap_or_default(),
            boot: value("boot").map_or(Ok(Duration::ZERO), |text| seconds(&text))?,
            health: value("health").map_or(Ok(Health::Good), |text| health(&text))?,
            broken: value("broken"),
            on_term: value("on-term").map_or(Ok(OnTerm::Graceful), |text| on_term(&text))?,
            children: value("children")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            daemonise: env::args().any(|argument| argument == "--daemonise")
                || env::var_os("TESTAPP_DAEMONISE").is_some(),
        })
    }

    /// Returns the address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }
}

/// Returns the value of `--name VALUE` or `--name=VALUE`, otherwise of the variable `TESTAPP_NAME`.
fn value(name: &str) -> Option<String> {
    let flag = format!("--{name}");
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == flag {
            return arguments.next();
        }
        if let Some(value) = argument
            .strip_prefix(&flag)
            .and_then(|rest| rest.strip_prefix('='))
        {
            return Some(value.to_owned());
        }
    }
    env::var(format!("TESTAPP_{}", name.to_uppercase().replace('-', "_"))).ok()
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("`{text}` is not a number of seconds"))
}

fn health(text: &str) -> Result<Health, String> {
    let (kind, time) = text.split_once(':').unwrap_or((text, "0"));
    Ok(match kind {
        "ok" => Health::Good,
        "starting" => Health::Starting(seconds(time)?),
        "never" => Health::Never,
        "401" => Health::Unauthorized,
        "redirect" => Health::Redirect,
        "flapping" => Health::Flapping,
        "dies" => Health::Dies(seconds(time)?),
        "hang" => Health::Hang,
        _ => return Err(format!("`{text}` is not a kind of health")),
    })
}

fn on_term(text: &str) -> Result<OnTerm, String> {
    match text {
        "graceful" => Ok(OnTerm::Graceful),
        "143" => Ok(OnTerm::Graceful143),
        "ignore" => Ok(OnTerm::Ignore),
        "at-once" => Ok(OnTerm::AtOnce),
        _ => Err(format!("`{text}` is not a way to take TERM")),
    }
}
