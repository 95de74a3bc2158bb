//! Tests of the functions that read listeners and connections from `/proc`.

use std::net::{TcpListener, TcpStream};

use crate::script::Script;
use crate::server::free_port;
use crate::tools::Tools;

#[test]
fn listeners_of_both_families_with_their_owner() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let four = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = four.local_addr().expect("a listener has an address").port();
        let six = TcpListener::bind(("::1", port)).expect("IPv6 on this machine");
        let script = Script::new(tools, port);
        let ran = script.run(
            "listeners \"$PORT\"\nwhile read -r _ inode; do socket_owners \"$inode\"; socket_owners \"$inode\" $$; done < <(listeners \"$PORT\")\nowners_of_port \"$PORT\"",
        );
        let lines: Vec<_> = ran.stdout.lines().collect();
        let me = std::process::id().to_string();
        assert!(
            lines[0].starts_with("127.0.0.1 ") && lines[1].starts_with("::1 "),
            "{ran:#?}"
        );
        assert_eq!(&lines[2..4], [me.as_str(), me.as_str()], "{ran:#?}");
        assert!(
            lines[4].starts_with(&format!("process {me} (")) && lines.len() == 5,
            "{ran:#?}"
        );
        assert_eq!(ran.stderr, "");
        drop((four, six));
        assert_eq!(script.run("listeners \"$PORT\"").stdout, "");
    }
}

#[test]
fn a_port_is_found_among_many() {
    let taken: Vec<_> = (0..100)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port is free"))
        .collect();
    for listener in &taken {
        let port = listener
            .local_addr()
            .expect("a listener has an address")
            .port();
        let script = Script::new(Tools::Machine, port);
        let ran = script.run("port_listens \"$PORT\"; echo \"$? ${#listening[@]}\"");
        assert_eq!(ran.stdout, "0 1\n", "{ran:#?}");
    }
    let script = Script::new(Tools::Machine, free_port());
    let ran = script.run("port_listens \"$PORT\"; echo \"$?\"");
    assert_eq!(ran.stdout, "1\n", "{ran:#?}");
}

#[test]
fn every_address_is_written_as_people_do() {
    let script = Script::new(Tools::Machine, 1);
    for (raw, text) in [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        (
            "000080FE00000000FF005450D4ED2EFE",
            "fe80::5054:ff:fe2e:edd4",
        ),
        ("B80D0120000000000000000001000000", "2001:db8::1"),
    ] {
        let ran = script.run(&format!("awk \"$net_awk\"'BEGIN {{ print shown(canonical(\"{raw}\")), canonical(\"{raw}\") == written(\"{text}\") }}'"));
        assert_eq!(ran.stdout, format!("{text} 1\n"), "{ran:#?}");
    }
}

#[test]
fn connections_to_an_address_are_counted() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener
            .local_addr()
            .expect("a listener has an address")
            .port();
        let script = Script::new(tools, port);
        let count = "for host in 127.0.0.1 localhost 127.0.0.2 '[::1]'; do established_to \"$host:$PORT\"; done";
        assert_eq!(script.run(count).stdout, "0\n0\n0\n0\n");
        let clients: Vec<_> = (0..3)
            .map(|_| TcpStream::connect(("127.0.0.1", port)).expect("a connection can be made"))
            .collect();
        assert_eq!(script.run(count).stdout, "3\n3\n0\n0\n");
        drop(clients);
        let unknown = script.run("established_to \"no-such-host.invalid:$PORT\"; echo \"$?\"");
        assert_eq!(unknown.stdout, "1\n", "{unknown:#?}");
    }
}

#[test]
fn a_refused_connection_is_known() {
    for tools in [Tools::Machine, Tools::BusyBoxWithoutCurl] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener
            .local_addr()
            .expect("a listener has an address")
            .port();
        let free = free_port();
        let script = Script::new(tools, port);
        let ran = script.run(&format!("for port in {port} {free}; do connect_refused 127.0.0.1 \"$port\"; echo \"$?\"; done; connect_refused 'a b' 1; echo \"$?\""));
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            ("1\n0\n2\n", "")
        );
    }
}
