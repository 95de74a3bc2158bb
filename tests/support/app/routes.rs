//! The answers of the endpoints.

use std::env;
use std::fmt::Write as _;
use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::health;
use crate::http::{Pieces, Request, answer};
use crate::options::Options;

/// The time between two pieces of `/stream`.
const TICK: Duration = Duration::from_millis(100);

/// Answers one request. Returns whether the connection may carry another request.
pub fn respond(
    request: &Request,
    stream: &mut TcpStream,
    options: &Options,
    bound: Instant,
) -> io::Result<bool> {
    let color = options.color.as_str();
    if options.broken.as_deref() == Some(request.path()) {
        answer(
            stream,
            color,
            "500 Internal Server Error",
            "",
            "broken",
            request.keep_alive,
        )?;
        return Ok(request.keep_alive);
    }
    let (mut status, mut extra) = ("200 OK", "");
    let body = match request.path() {
        "/" | "/profile" => color.to_owned(),
        "/health" => {
            let (health_status, body) = health::answer(options.health, bound);
            status = health_status;
            if status.starts_with("302") {
                extra = "Location: /login\r\n";
            }
            body.to_owned()
        }
        "/json" => format!(
            r#"{{"app":{{"color":{},"ports":[{}]}},"build":{{"sha":{},"ok":true}}}}"#,
            quoted(color),
            options.port,
            quoted(&options.sha)
        ),
        "/slow" => {
            let milliseconds = request
                .parameter("ms")
                .and_then(|text| text.parse().ok())
                .unwrap_or(3000);
            thread::sleep(Duration::from_millis(milliseconds));
            color.to_owned()
        }
        "/stream" => {
            let seconds = request
                .parameter("seconds")
                .and_then(|text| text.parse().ok())
                .unwrap_or(20.0);
            ticks(request, stream, color, Duration::from_secs_f64(seconds))?;
            return Ok(request.keep_alive && request.chunks_allowed);
        }
        "/upload" => request.body_length.to_string(),
        "/env" => object(env::vars_os().map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        })),
        "/args" => list(env::args_os().map(|argument| argument.to_string_lossy().into_owned())),
        _ => {
            status = "404 Not Found";
            "no such page".to_owned()
        }
    };
    answer(stream, color, status, extra, &body, request.keep_alive)?;
    Ok(request.keep_alive)
}

fn ticks(
    request: &Request,
    stream: &mut TcpStream,
    color: &str,
    length: Duration,
) -> io::Result<()> {
    let end = Instant::now() + length;
    let mut pieces = Pieces::start(stream, color, request.chunks_allowed)?;
    let mut number = 0;
    while Instant::now() < end {
        pieces.piece(&format!("{color} {number}\n"))?;
        number += 1;
        thread::sleep(TICK);
    }
    pieces.piece("END\n")?;
    pieces.end()
}

fn object(pairs: impl Iterator<Item = (String, String)>) -> String {
    let members: Vec<_> = pairs
        .map(|(name, value)| format!("{}:{}", quoted(&name), quoted(&value)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn list(values: impl Iterator<Item = String>) -> String {
    let members: Vec<_> = values.map(|value| quoted(&value)).collect();
    format!("[{}]", members.join(","))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => {
                // A write to a String does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
