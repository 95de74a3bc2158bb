//! A small TCP server that can answer badly in every way that a probe may meet. The path of a request selects the
//! answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// A request, with the times at which its connection was accepted and at which the client closed it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub head: String,
    pub body: String,
    pub begun: Instant,
    pub ended: Option<Instant>,
}

/// A server that lives as long as the test binary.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub fn start() -> Self {
        Self::on("127.0.0.1:0").expect("a port is free")
    }

    pub fn on(address: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let port = listener.local_addr()?.port();
        let seen = Arc::default();
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&kept);
                // The server ignores a client that goes away.
                thread::spawn(move || serve(&stream, &seen));
            }
        });
        Ok(Self { port, seen })
    }

    /// Returns the requests until now.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }
}

/// Returns a port on which nobody listens. It was free a moment ago.
pub fn free_port() -> u16 {
    let listener =
        TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port is free");
    listener
        .local_addr()
        .expect("a listener has an address")
        .port()
}

fn lock(seen: &Mutex<Vec<Seen>>) -> MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Seen>>) -> std::io::Result<()> {
    let begun = Instant::now();
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = header(&head, "content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let at = {
        let mut seen = lock(seen);
        seen.push(Seen {
            head: head.clone(),
            body: body.clone(),
            begun,
            ended: None,
        });
        seen.len()
    };
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let close = answer(stream, &path, &head, &body, at).unwrap_or(false);
    if close {
        let _ = stream.shutdown(Shutdown::Write);
    }
    // The server keeps reading until the client closes the connection, like a server with keep-alive.
    let _ = std::io::copy(&mut reader, &mut std::io::sink());
    lock(seen)[at - 1].ended = Some(Instant::now());
    Ok(())
}

/// Returns the value of a request's header. Upper and lower case in the name are equal.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Sends the answer. Returns whether the server closes the connection after it.
fn answer(
    mut out: &TcpStream,
    path: &str,
    head: &str,
    body: &str,
    number: usize,
) -> std::io::Result<bool> {
    let whole = |status: &str, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let text = match path {
        "/ok" => whole("200 OK", "", "blue\n"),
        "/green" => whole("200 OK", "", "green\n"),
        "/both" => whole("200 OK", "", "blue or green\n"),
        "/bluegreen" => whole("200 OK", "", "lightblue\n"),
        "/color" => whole("200 OK", "x-deploy-color: blue\r\n", "hello"),
        "/upstream" => {
            let lines = query.replace('+', " ");
            let lines = lines.split('|').map(|line| format!("X-Upstream: {line}\r\n"));
            whole("200 OK", &lines.collect::<String>(), "hello")
        }
        "/other-color" => whole("200 OK", "X-Deploy-Color: green\r\n", "blue"),
        "/starting" => whole("503 Unavailable", "", "{\"status\":\"STARTING\"}"),
        "/unauthorized" => whole("401 Unauthorized", "", ""),
        "/no-content" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "/redirect" => whole("301 Moved", "Location: https://shop.example/login\r\n", ""),
        "/json" => whole("200 OK", "", r#"{"sha":"ab12","deep":[{"n":1},{"n":"é☃"}],"list":[]}"#),
        "/header" => whole("200 OK", "X-One:   a b  \r\nX-Many: 1\r\nx-many: 2\r\nX-Empty:\r\n", "x"),
        "/lines" => whole("200 OK", "", "one\r\ntwo*[x]\r\n\r\n\n"),
        "/escape" => whole("200 OK", "", "\x1b[31mred\x07"),
        "/secret" => whole("500 Oops", "", &format!("{}hunter2-swordfish", "x".repeat(192))),
        "/korean" => whole("500 Oops", "", &"한".repeat(100)),
        "/newlines" => whole("200 OK", "", &"\n".repeat(1 << 19)),
        "/nul" => whole("200 OK", "", "blue\0\0green"),
        "/big" => whole("200 OK", "", &format!("first{}", "z".repeat(3 << 20))),
        "/big-until-close" => format!("HTTP/1.0 200 OK\r\n\r\nfirst{}", "z".repeat(3 << 20)),
        "/until-close" => "HTTP/1.0 200 OK\r\n\r\nblue\n".to_owned(),
        "/chunked" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nbl\r\n3\r\nue\n\r\n0\r\n\r\n".to_owned(),
        "/big-chunked" => format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n{}\r\n0\r\n\r\n",
            "z".repeat(1 << 21)
        ),
        "/chunked-cut" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nbl".to_owned(),
        "/cut" | "/slow-body" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nblue".to_owned(),
        "/interim" => format!("HTTP/1.1 103 Early Hints\r\nX-One: no\r\n\r\n{}", whole("200 OK", "X-One: yes\r\n", "blue")),
        "/hang" | "/closed" => String::new(),
        "/ssh" => "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        "/second" if number.is_multiple_of(2) => whole("200 OK", "", "even"),
        "/second" => whole("500 Oops", "", "odd"),
        "/third" if number < 3 => whole("503 Unavailable", "", "not yet"),
        "/third" => whole("200 OK", "", "blue"),
        "/echo" => whole("200 OK", "", &format!("{head}{body}")),
        _ => whole("404 Not Found", "", "no such path"),
    };
    out.write_all(text.as_bytes())?;
    // After a complete answer in HTTP/1.1 the connection stays open, even if the client has asked to close it.
    Ok(matches!(
        path,
        "/until-close" | "/big-until-close" | "/chunked-cut" | "/cut" | "/closed" | "/ssh"
    ))
}
