//! The HTTP that a proxy or a probe uses: requests with `Content-Length` or chunked bodies, 1.0 and 1.1.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;

/// A request. Its body has been read.
pub struct Request {
    /// The target with the query, for example `/slow?ms=3000`.
    pub target: String,
    /// The length of the body in bytes.
    pub body_length: u64,
    /// Whether a chunked answer is allowed: the request is HTTP/1.1.
    pub chunks_allowed: bool,
    /// Whether the connection stays open after the answer.
    pub keep_alive: bool,
}

impl Request {
    /// Returns the path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns a parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

/// Reads one request. The caller has read `first_line`.
pub fn read_request(first_line: &str, reader: &mut impl BufRead) -> io::Result<Request> {
    let mut words = first_line.split_whitespace();
    let target = words.nth(1).unwrap_or("/").to_owned();
    let http11 = words.next() == Some("HTTP/1.1");
    let (mut keep_alive, mut length, mut chunked) = (http11, 0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim().to_ascii_lowercase();
        match name.to_ascii_lowercase().as_str() {
            "connection" => keep_alive = value != "close" && (http11 || value == "keep-alive"),
            "content-length" => length = value.parse().unwrap_or(0),
            "transfer-encoding" => chunked = value == "chunked",
            _ => {}
        }
    }
    let body_length = if chunked {
        read_chunks(reader)?
    } else {
        skip(reader, length)?
    };
    Ok(Request {
        target,
        body_length,
        chunks_allowed: http11,
        keep_alive,
    })
}

fn skip(reader: &mut impl BufRead, length: u64) -> io::Result<u64> {
    let read = io::copy(&mut reader.take(length), &mut io::sink())?;
    if read == length {
        Ok(read)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_chunks(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut total = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length =
            u64::from_str_radix(line.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        total += skip(reader, length)?;
        reader.read_line(&mut line)?;
        if length == 0 {
            return Ok(total);
        }
    }
}

/// Sends a whole answer at once.
pub fn answer(
    stream: &mut TcpStream,
    color: &str,
    status: &str,
    extra: &str,
    body: &str,
    keep_alive: bool,
) -> io::Result<()> {
    let connection = if keep_alive { "keep-alive" } else { "close" };
    let answer = format!(
        "HTTP/1.1 {status}\r\nX-Color: {color}\r\nConnection: {connection}\r\n{extra}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes())
}

/// An answer in pieces: chunked in HTTP/1.1, until the connection closes in HTTP/1.0.
pub struct Pieces<'a> {
    stream: &'a mut TcpStream,
    chunked: bool,
}

impl<'a> Pieces<'a> {
    /// Sends the head.
    pub fn start(stream: &'a mut TcpStream, color: &str, chunked: bool) -> io::Result<Self> {
        let framing = if chunked {
            "Transfer-Encoding: chunked"
        } else {
            "Connection: close"
        };
        let version = if chunked { "1.1" } else { "1.0" };
        let head = format!(
            "HTTP/{version} 200 OK\r\nX-Color: {color}\r\nX-Accel-Buffering: no\r\n{framing}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        Ok(Self { stream, chunked })
    }

    /// Sends one piece.
    pub fn piece(&mut self, text: &str) -> io::Result<()> {
        if self.chunked {
            write!(self.stream, "{:x}\r\n{text}\r\n", text.len())
        } else {
            self.stream.write_all(text.as_bytes())
        }
    }

    /// Ends the answer.
    pub fn end(self) -> io::Result<()> {
        if self.chunked {
            self.stream.write_all(b"0\r\n\r\n")
        } else {
            Ok(())
        }
    }
}
