//! One HTTP/1.1 request over a socket, without retries. The whole answer is read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::host::Host;

/// The answer of a server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The whole body. An incomplete body is a [`Failure::Truncated`] instead.
    pub body: String,
    /// Whether the connection may carry another request.
    pub reusable: bool,
}

/// How a request failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// There was no connection.
    Refused(String),
    /// The connection ended before the first byte of the answer.
    NoAnswer(String),
    /// The answer ended too early.
    Truncated(String),
}

/// Connects, with a deadline for the connection and for each read.
pub fn connect(address: SocketAddr, patience: Duration) -> Result<TcpStream, Failure> {
    let refused = |reason: io::Error| Failure::Refused(reason.to_string());
    let stream = TcpStream::connect_timeout(&address, patience).map_err(refused)?;
    stream.set_read_timeout(Some(patience)).map_err(refused)?;
    stream.set_nodelay(true).map_err(refused)?;
    Ok(stream)
}

/// Sends one request and reads the whole answer.
pub fn request(stream: &TcpStream, path: &str, keep_alive: bool) -> Result<Answer, Failure> {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let text =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n");
    let mut writer = stream;
    writer
        .write_all(text.as_bytes())
        .map_err(|reason| Failure::NoAnswer(reason.to_string()))?;
    let mut reader = BufReader::new(stream);
    match reader.fill_buf() {
        Ok([]) => return Err(Failure::NoAnswer("closed before the answer".into())),
        Ok(_) => {}
        Err(reason) => return Err(Failure::NoAnswer(reason.to_string())),
    }
    read_answer(&mut reader).map_err(|reason| Failure::Truncated(reason.to_string()))
}

/// Requests a path from a port of the host, through its loopback.
pub fn get(host: &Host, port: u16, path: &str) -> Result<Answer, Failure> {
    host.network().within(|| {
        let stream = connect(
            SocketAddr::from(([127, 0, 0, 1], port)),
            Duration::from_secs(10),
        )?;
        request(&stream, path, false)
    })
}

fn read_answer(reader: &mut impl BufRead) -> io::Result<Answer> {
    let bad = |what: &str| io::Error::other(what.to_owned());
    let status_line = read_line(reader)?;
    let mut words = status_line.split_whitespace();
    let http11 = words.next() == Some("HTTP/1.1");
    let status = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| bad("no status"))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad("a header without a colon"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let value = |name: &str| {
        headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let open = http11 && value("connection") != Some("close");
    let (body, framed) = if value("transfer-encoding") == Some("chunked") {
        (read_chunks(reader)?, true)
    } else if let Some(length) = value("content-length") {
        (
            read_exactly(
                reader,
                length
                    .parse()
                    .map_err(|_| bad("a length that is no number"))?,
            )?,
            true,
        )
    } else {
        let mut body = Vec::new();
        reader.read_to_end(&mut body)?;
        (body, false)
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer {
        status,
        reusable: open && framed,
        body,
    })
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.ends_with('\n') {
        Ok(line.trim_end().to_owned())
    } else {
        Err(io::Error::other("broken off in the head"))
    }
}

fn read_exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length {
        return Ok(body);
    }
    Err(io::Error::other(format!(
        "{} of {length} bytes",
        body.len()
    )))
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let length = u64::from_str_radix(line.trim(), 16)
            .map_err(|_| io::Error::other("no chunk length"))?;
        body.extend(read_exactly(reader, length)?);
        read_line(reader)?;
        if length == 0 {
            return Ok(body);
        }
    }
}
