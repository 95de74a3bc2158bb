//! What the test application is told to be.

use std::env;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How `/health` behaves. Times count from the moment the port is bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Health {
    /// `ok`: always 200.
    Good,
    /// `starting:SECONDS`: 503 with `{"status":"STARTING"}` for so long, then 200.
    Starting(Duration),
    /// `never`: 503 with `{"status":"STARTING"}` for ever.
    Never,
    /// `401`: always "unauthorized", as a service behind a login answers.
    Unauthorized,
    /// `redirect`: always 302 to `/login`.
    Redirect,
    /// `flapping`: 200 and 503 in turn.
    Flapping,
    /// `dies:SECONDS`: the process exits 1 so long after its first healthy answer.
    Dies(Duration),
    /// `hang`: takes the request and never answers.
    Hang,
}

/// What the process does when it is sent TERM.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OnTerm {
    /// `graceful`: accepts no more, finishes what is in flight, exits 0.
    Graceful,
    /// `143`: the same, but exits 143 as a JVM does.
    Graceful143,
    /// `ignore`: goes on as before; only KILL ends it.
    Ignore,
    /// `at-once`: ends and cuts what is in flight, as a program without a handler does.
    AtOnce,
}

/// Every option; flag `--NAME VALUE` or variable `TESTAPP_NAME`.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--port`: required.
    pub port: u16,
    /// `--bind`: an address, `127.0.0.1` by default; `::1` for IPv6 only.
    pub bind: IpAddr,
    /// `--also PORT`: listens there, too, as a process manager with several apps does.
    pub also: Option<u16>,
    /// `--color`: what `/profile` and `X-Color` say; `none` by default.
    pub color: String,
    /// `--sha`, or `GIT_SHA`: what `/json` says as `build.sha`.
    pub sha: String,
    /// `--boot SECONDS`: the time before the port is bound.
    pub boot: Duration,
    /// `--health`: see [`Health`].
    pub health: Health,
    /// `--broken PATH`: a path that answers 500, a defect that only `verify` asks about.
    pub broken: Option<String>,
    /// `--on-term`: see [`OnTerm`].
    pub on_term: OnTerm,
    /// `--children N`: child processes that live as long as this one.
    pub children: u32,
    /// `--daemonise`: leaves a copy of itself behind in the background and ends.
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

    /// The address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }
}

/// The value of `--name VALUE` or `--name=VALUE`, else of the variable `TESTAPP_NAME`.
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
