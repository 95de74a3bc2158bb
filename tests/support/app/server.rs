//! The connections, each on its own thread. The end of the server cuts none of them.

use std::io::{self, BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::http::read_request;
use crate::options::{OnTerm, Options};
use crate::{routes, signal};

/// The interval in which an idle connection and the main thread check whether the server should end.
const LOOK: Duration = Duration::from_millis(50);
/// The time that a new connection has for its first request while the server stops.
const FIRST_REQUEST: Duration = Duration::from_secs(2);

/// The number of connections that wait for an answer of this server: from `accept` to the first answer, and from each
/// later request to its answer.
static BUSY: AtomicUsize = AtomicUsize::new(0);
static STOPPING: AtomicBool = AtomicBool::new(false);

struct Busy;

impl Busy {
    fn new() -> Self {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Serves until TERM. Returns the exit code.
pub fn serve(options: Options) -> u8 {
    // The port stays open while the process lives. A client that connects must wait.
    let _also = options
        .also
        .map(|port| TcpListener::bind((options.bind, port)));
    let listener = match TcpListener::bind(options.address()) {
        Ok(listener) => listener,
        Err(reason) => {
            eprintln!("testapp: cannot listen on {}: {reason}", options.address());
            return 1;
        }
    };
    let bound = Instant::now();
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    println!(
        "testapp: {} is ready on {} at {:.6}",
        options.color,
        options.address(),
        since_1970.as_secs_f64()
    );
    let options = Arc::new(options);
    let accepting = {
        let options = Arc::clone(&options);
        thread::spawn(move || accept(&listener, &options, bound))
    };
    while !signal::terminated() || options.on_term == OnTerm::Ignore {
        thread::sleep(LOOK);
    }
    if options.on_term == OnTerm::AtOnce {
        return 143;
    }
    STOPPING.store(true, Ordering::SeqCst);
    // This wakes the accepting thread. It then accepts the connections in the queue and closes the port.
    drop(TcpStream::connect(options.address()));
    if accepting.join().is_err() {
        return 1;
    }
    while BUSY.load(Ordering::SeqCst) > 0 {
        thread::sleep(LOOK);
    }
    match options.on_term {
        OnTerm::Graceful143 | OnTerm::AtOnce => 143,
        OnTerm::Graceful | OnTerm::Ignore => 0,
    }
}

fn accept(listener: &TcpListener, options: &Arc<Options>, bound: Instant) {
    loop {
        if STOPPING.load(Ordering::SeqCst) && listener.set_nonblocking(true).is_err() {
            return;
        }
        match listener.accept() {
            Ok((stream, _)) => {
                let busy = Busy::new();
                let options = Arc::clone(options);
                thread::spawn(move || {
                    // A server can ignore that a client has gone.
                    let _ = connection(stream, &options, bound, busy);
                });
            }
            Err(_) if STOPPING.load(Ordering::SeqCst) => return,
            Err(_) => {}
        }
    }
}

fn connection(
    mut stream: TcpStream,
    options: &Options,
    bound: Instant,
    first: Busy,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(false)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let accepted = Instant::now();
    let mut owed = Some(first);
    loop {
        stream.set_read_timeout(Some(LOOK))?;
        while reader.buffer().is_empty() {
            match reader.fill_buf() {
                Ok([]) => return Ok(()),
                Ok(_) => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    let patience = owed.is_some() && accepted.elapsed() < FIRST_REQUEST;
                    if STOPPING.load(Ordering::SeqCst) && !patience {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let _busy = owed.take().unwrap_or_else(Busy::new);
        stream.set_read_timeout(None)?;
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut request = read_request(line.trim_end(), &mut reader)?;
        request.keep_alive &= !STOPPING.load(Ordering::SeqCst);
        if !routes::respond(&request, &mut stream, options, bound)? {
            return Ok(());
        }
    }
}
