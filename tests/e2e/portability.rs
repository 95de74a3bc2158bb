//! Calls a script in unusual ways: with other tools, in other environments, from other folders, by other users.
//!
//! Each test makes two deployments, a rollback, and a `prepare` that is aborted. Users get one color after the other,
//! each old program ends, and the script prints nothing on standard error and leaves nothing behind.

use std::collections::BTreeSet;
use std::time::Duration;

use deployc::stdlib;

use crate::examples;
use crate::support::host::Host;
use crate::support::http;
use crate::support::nginx::{Nginx, site_with_upstream};
use crate::support::process::Outcome;
use crate::support::site::{FRAGMENT, SCRIPT, Site};
use crate::support::skip::{Skip, need_programs};
use crate::support::under_load::Colors;

crate::tests![
    with_busybox_first_in_the_path,
    without_curl,
    with_busybox_and_without_curl,
    in_korean,
    in_the_c_locale,
    with_a_umask_that_keeps_others_out,
    with_such_a_umask_and_no_fragment_yet,
    with_an_empty_environment,
    with_every_option_of_the_caller,
    with_every_name_of_the_caller,
    from_a_folder_that_is_gone,
    through_a_symlink,
    from_a_path_with_spaces_and_korean,
    by_a_user_without_root,
    by_a_user_with_sudo,
    through_standard_input,
    through_ssh,
    quickstart_where_little_is_left,
    haproxy_driver_where_little_is_left,
    spring_jar_codedeploy_where_little_is_left,
];

/// The time limit of one command of the script.
const COMMAND: Duration = Duration::from_secs(60);

const BUSYBOX_FIRST: &str = "PATH=/opt/busybox:$PATH exec \"$@\"";
/// Several restrictions at once.
const WHERE_LITTLE_IS_LEFT: &str =
    "umask 077; cd /run && exec env -i PATH=/opt/busybox:/usr/bin \"$@\"";

/// An application, and how its script is called.
struct Life<'a> {
    host: &'a Host,
    /// The port that users ask.
    port: u16,
    script: &'a str,
    /// A line of bash that calls the script: `"$@"` is its path and a command.
    caller: &'a str,
    colors: &'a Colors,
}

const BLUE_GREEN: Colors = Colors {
    names: ["blue", "green"],
    processes: ["--color blue", "--color green"],
};

impl Life<'_> {
    /// Runs a command. It must succeed and print nothing on standard error.
    #[track_caller]
    fn call(&self, command: &str) -> Outcome {
        let words = ["bash", "-c", self.caller, "caller", self.script, command];
        let outcome = self.host.start(&words).wait(COMMAND).ok();
        assert_eq!(outcome.stderr, "", "{outcome}");
        outcome
    }

    /// Returns the color that users get. After an error it returns the answer or the failure.
    fn serves(&self) -> String {
        match http::get(self.host, self.port, "/profile") {
            Ok(answer) if answer.status == 200 => answer.body,
            other => format!("{other:?}"),
        }
    }

    /// Returns the colors whose program runs.
    fn running(&self) -> Vec<&str> {
        let runs = |process: &str| {
            let programs = self.host.processes(process);
            programs.iter().any(|line| !line.contains("/keeper "))
        };
        let colors = self.colors.names.into_iter().zip(self.colors.processes);
        colors
            .filter_map(|(name, process)| runs(process).then_some(name))
            .collect()
    }

    /// Returns the temporary files, without those of Java, and the processes of the script.
    fn remains(&self) -> String {
        let files = self.host.bash(
            "ls -A --ignore=hsperfdata_* /tmp; ls -d /var/lib/deployc/*/scratch.* /srv/*/.deployc/scratch.* 2>/dev/null",
        );
        let mut processes = self.host.processes(self.script);
        processes.retain(|line| !line.contains("/keeper "));
        format!("{}{processes:?}", files.stdout)
    }

    #[track_caller]
    fn assert_serves_only(&self, color: &str) {
        assert_eq!(self.serves(), color, "users get another color");
        assert_eq!(self.running(), [color], "other colors run");
    }

    #[track_caller]
    fn goes_well(&self) {
        let before = self.remains();
        self.call("doctor");
        self.call("deploy");
        let first = self.serves();
        self.assert_serves_only(&first);
        self.call("deploy");
        let second = self.serves();
        assert_ne!(first, second, "the second deploy went to the same color");
        self.assert_serves_only(&second);
        self.call("rollback");
        self.assert_serves_only(&first);
        self.call("prepare");
        assert_eq!(self.serves(), first);
        assert_eq!(self.running(), self.colors.names);
        self.call("status").says("prepared");
        self.call("abort");
        self.assert_serves_only(&first);
        self.call("status").says(&first);
        self.call("history");
        assert_eq!(self.remains(), before, "something is left behind");
    }
}

/// Runs all commands of the usual application. A line of bash calls its script.
fn live(site: &Site, caller: &str) {
    let life = Life {
        host: &site.host,
        port: 80,
        script: SCRIPT,
        caller,
        colors: &BLUE_GREEN,
    };
    life.goes_well();
    site.nginx().assert_valid();
    site.nginx().assert_no_failed_bind();
}

/// Makes a folder with links to `BusyBox`, which comes first in `PATH`.
fn lay_out_busybox(host: &Host) -> Result<(), Skip> {
    need_programs(&["busybox"])?;
    host.bash("mkdir -p /opt/busybox && busybox --install -s /opt/busybox")
        .ok();
    Ok(())
}

fn with_busybox_first_in_the_path() -> Result<(), Skip> {
    let site = Site::new()?;
    lay_out_busybox(&site.host)?;
    live(&site, BUSYBOX_FIRST);
    Ok(())
}

fn without_curl() -> Result<(), Skip> {
    let site = Site::new()?;
    site.host.remove_program("curl");
    live(&site, "exec \"$@\"");
    Ok(())
}

fn with_busybox_and_without_curl() -> Result<(), Skip> {
    let site = Site::new()?;
    lay_out_busybox(&site.host)?;
    site.host.remove_program("curl");
    live(&site, BUSYBOX_FIRST);
    Ok(())
}

/// The test makes the locale itself, because the machine may not have it. `LOCPATH` names the locale's folder.
fn in_korean() -> Result<(), Skip> {
    need_programs(&["localedef"])?;
    let site = Site::new()?;
    let made = site.host.bash("mkdir -p /opt/locale && localedef -i ko_KR -f UTF-8 /opt/locale/ko_KR.UTF-8 2>&1 && LOCPATH=/opt/locale LC_ALL=ko_KR.UTF-8 locale -k LC_TIME | grep 일요일");
    if made.code != 0 {
        return Err(Skip(format!(
            "the locale ko_KR.UTF-8 cannot be made here (package `locales`): {}",
            made.output()
        )));
    }
    live(
        &site,
        "exec env LOCPATH=/opt/locale LC_ALL=ko_KR.UTF-8 LANG=ko_KR.UTF-8 LANGUAGE=ko \"$@\"",
    );
    Ok(())
}

/// bash sources this file before the script. It sets each option that is off, and unsets each that is on. With `noexec`
/// and `onecmd` bash runs no script. A trace is printed on standard error, and so is a message of bash about its
/// debugger, which `extdebug` starts.
const EVERY_OPTION: &str = r#"
listed=$(shopt)
while read -r name now; do
  case $name-$now in
    extdebug-*) ;;
    *-on) changes+=(-u "$name") ;;
    *-off) changes+=(-s "$name") ;;
  esac
done <<<"$listed"
listed=$(set -o)
while read -r name now; do
  case $name-$now in
    noexec-* | onecmd-* | verbose-* | xtrace-*) ;;
    *-on) set +o "$name" ;;
    *-off) more+=(-o "$name") ;;
  esac
done <<<"$listed"
for ((at = 0; at < ${#changes[@]}; at += 2)); do
  shopt "${changes[@]:at:2}" 2>/dev/null
done
set "${more[@]}"
unset listed name now at changes more
export SHELLOPTS BASHOPTS
"#;

fn with_every_option_of_the_caller() -> Result<(), Skip> {
    let site = Site::new()?;
    site.host.write("/opt/options.sh", EVERY_OPTION);
    live(&site, "BASH_ENV=/opt/options.sh exec \"$@\"");
    Ok(())
}

/// Variables that the script does not have. They change what bash does or what tools print.
const OTHER_VARIABLES: [&str; 13] = [
    "BASH_COMPAT=3.1",
    "BLOCK_SIZE=1G",
    "CDPATH=/tmp",
    "COLUMNS=1",
    "EXECIGNORE=*",
    "FUNCNEST=1",
    "GLOBIGNORE=*",
    "PROMPT_COMMAND=touch /tmp/evil",
    "PS4=$(touch /tmp/evil)",
    "PS_FORMAT=comm",
    "QUOTING_STYLE=c",
    "TIME_STYLE=+",
    "TMOUT=1",
];

/// The variables that a script takes from its caller, or that bash reads before the script.
const OF_THE_CALLER: [&str; 6] = [
    "BASHOPTS",
    "LANG",
    "LC_ALL",
    "PATH",
    "POSIXLY_CORRECT",
    "SHELLOPTS",
];

/// Each variable of the script contains code, and each function and each command has the name of an exported function.
fn with_every_name_of_the_caller() -> Result<(), Skip> {
    let site = Site::new()?;
    let text = site.host.read(SCRIPT) + deployc::emit::runtime_text();
    let mut variables = stdlib::variables(&text);
    variables.retain(|name| !OF_THE_CALLER.contains(&name.as_str()));
    let commands = "compgen -bc | grep -vxF \"$(compgen -k)\" | sort -u";
    let commands = site.host.bash(commands).ok().stdout;
    let commands = commands.lines().map(str::to_owned);
    let functions = stdlib::functions(&text).into_iter().map(|(name, _)| name);
    let functions: BTreeSet<_> = functions.chain(commands).collect();
    assert!(variables.len() > 300 && functions.len() > 600);
    let variables = variables
        .iter()
        .map(|name| format!("{name}=PATH[$(touch /tmp/evil)]"));
    let functions = functions.iter().map(|name| {
        format!("BASH_FUNC_{name}%%=() {{ /bin/touch /tmp/evil; /bin/echo {name} >&2; return 1; }}")
    });
    let given: Vec<_> = variables
        .chain(functions)
        .chain(OTHER_VARIABLES.map(str::to_owned))
        .collect();
    site.host.write("/opt/given", given.join("\n"));
    live(
        &site,
        "mapfile -t given </opt/given; exec env \"${given[@]}\" \"$@\"",
    );
    Ok(())
}

fn in_the_c_locale() -> Result<(), Skip> {
    let site = Site::new()?;
    live(&site, "LC_ALL=C LANG=C exec \"$@\"");
    Ok(())
}

/// The program's user must be able to read the files that root has made, and nginx must be able to read the fragment.
fn with_a_umask_that_keeps_others_out() -> Result<(), Skip> {
    let site = Site::with("portability/with_a_umask_that_keeps_others_out")?;
    let mode = ["stat", "-c", "%U %a", FRAGMENT];
    let before = site.host.run(&mode).ok().stdout;
    live(&site, "umask 077; exec \"$@\"");
    assert_eq!(site.host.run(&mode).ok().stdout, before);
    let users = site.host.run(&["ps", "-C", "testapp", "-o", "user="]);
    assert_eq!(users.ok().stdout.trim(), "ec2-user");
    // The user of nginx's workers can read the fragment too.
    site.host
        .run(&["runuser", "-u", "www-data", "--", "cat", FRAGMENT])
        .ok();
    Ok(())
}

/// The first deploy makes nginx's file. It must be as readable as other files in that folder.
fn with_such_a_umask_and_no_fragment_yet() -> Result<(), Skip> {
    let site = Site::new()?;
    // nginx looks up a name in a variable only for a request, so this site is valid without the upstream.
    let server = site_with_upstream("127.0.0.1:80", "$target").replace(
        "listen 127.0.0.1:80;",
        "listen 127.0.0.1:80;\n  set $target hello;",
    );
    site.host.write("/etc/nginx/sites-enabled/default", server);
    site.host.run(&["rm", FRAGMENT]).ok();
    site.nginx().reload();
    live(&site, "umask 077; exec \"$@\"");
    let mode = site.host.run(&["stat", "-c", "%U %a", FRAGMENT]).ok();
    assert_eq!(mode.stdout.trim(), "root 644");
    Ok(())
}

/// No `HOME`, no `USER`, no `PATH`.
fn with_an_empty_environment() -> Result<(), Skip> {
    let site = Site::with("portability/with_an_empty_environment")?;
    live(&site, "cd / && exec env -i \"$@\"");
    Ok(())
}

/// bash itself complains about such a folder, when it starts there and when it changes the folder. Nothing else may be
/// printed.
fn from_a_folder_that_is_gone() -> Result<(), Skip> {
    let site = Site::new()?;
    let gone = "mkdir -p /run/gone; cd /run/gone && rmdir /run/gone && \"$@\" 2> >(grep -v 'error retrieving current directory' >&2)";
    live(&site, gone);
    Ok(())
}

fn through_a_symlink() -> Result<(), Skip> {
    let site = Site::new()?;
    site.host
        .bash("mkdir -p /opt/bin && ln -s ../../srv/hello/deploy/hello.sh /opt/bin/again && ln -s again /opt/bin/hello")
        .ok();
    live(&site, "shift; PATH=/opt/bin:$PATH; cd /opt; hello \"$@\"");
    let life = Life {
        host: &site.host,
        port: 80,
        script: "./hello",
        caller: "cd /opt/bin; exec \"$@\"",
        colors: &BLUE_GREEN,
    };
    life.goes_well();
    Ok(())
}

fn from_a_path_with_spaces_and_korean() -> Result<(), Skip> {
    let root = "/srv/우리 회사의 '앱'";
    let site = Site::with([
        ("\"/srv/hello\"", format!("\"{root}\"").as_str()),
        ("{staging}/hello\"", "{staging}/안녕 하세요\""),
        ("\"./hello\"", "\"./안녕 하세요\""),
    ])?;
    site.host
        .run(&["mkdir", "-p", &format!("{root}/staging")])
        .ok();
    let moves = "mv /srv/hello/staging/hello \"$1/staging/안녕 하세요\"; mv /srv/hello/deploy \"$1/배포 도구\"";
    site.host.run(&["bash", "-c", moves, "moves", root]).ok();
    let life = Life {
        host: &site.host,
        port: 80,
        script: &format!("{root}/배포 도구/hello.sh"),
        caller: "exec \"$@\"",
        colors: &BLUE_GREEN,
    };
    life.goes_well();
    site.nginx().assert_valid();
    Ok(())
}

/// The configuration of a user's own nginx, on a port for which the user needs no rights.
const NGINX_OF_A_USER: &str = "
worker_processes 2;
pid /home/ec2-user/nginx/nginx.pid;
error_log /home/ec2-user/nginx/error.log notice;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path /home/ec2-user/nginx/body;
  proxy_temp_path /home/ec2-user/nginx/proxy;
  fastcgi_temp_path /home/ec2-user/nginx/fastcgi;
  uwsgi_temp_path /home/ec2-user/nginx/uwsgi;
  scgi_temp_path /home/ec2-user/nginx/scgi;
  include /home/ec2-user/nginx/conf.d/*.conf;
";

fn by_a_user_without_root() -> Result<(), Skip> {
    let config = "/home/ec2-user/nginx/nginx.conf";
    let site = Site::with("portability/by_a_user_without_root")?;
    let host = &site.host;
    let server = site_with_upstream("127.0.0.1:8000", "hello");
    host.write(config, format!("{NGINX_OF_A_USER}{server}}}\n"));
    host.write(
        "/home/ec2-user/nginx/conf.d/hello.conf",
        host.read("/srv/hello/deploy/nginx/blue.conf"),
    );
    // nginx opens a log before it has read its configuration. The default log belongs to root, so `-e` names another
    // one.
    let begin = format!(
        "nginx -s stop; chown -R ec2-user: /home/ec2-user /srv/hello && exec runuser -u ec2-user -- nginx -e /home/ec2-user/nginx/error.log -c {config}"
    );
    host.bash(&begin).ok();
    host.wait_for_port(8000);
    let life = Life {
        host,
        port: 8000,
        script: SCRIPT,
        caller: "exec runuser -u ec2-user -- \"$@\"",
        colors: &BLUE_GREEN,
    };
    life.goes_well();
    assert!(host.exists("/srv/hello/.deployc"), "the state is elsewhere");
    assert!(!host.exists("/var/lib/deployc"), "root has a state folder");
    let users = host.run(&["ps", "-C", "testapp", "-o", "user="]).ok();
    assert_eq!(users.stdout.trim(), "ec2-user");
    Ok(())
}

/// nginx and its files belong to root. The programs and the state belong to the user.
fn by_a_user_with_sudo() -> Result<(), Skip> {
    need_programs(&["sudo", "runuser"])?;
    let site = Site::with("portability/by_a_user_with_sudo")?;
    let caller = "exec runuser -u ec2-user -- \"$@\"";
    site.host.bash("chown -R ec2-user: /srv/hello").ok();
    let refused = site
        .host
        .start(&["bash", "-c", caller, "caller", SCRIPT, "deploy"]);
    refused
        .wait(COMMAND)
        .exits(3)
        .says("add this line to sudoers");
    let rights = "ec2-user ALL=(root) NOPASSWD: ALL\n";
    site.host.write("/etc/sudoers.d/hello", rights);
    live(&site, caller);
    let state = "/srv/hello/.deployc";
    for (file, owner) in [(FRAGMENT, "root"), (state, "ec2-user")] {
        let found = site.host.run(&["stat", "-c", "%U", file]).ok();
        assert_eq!(found.stdout.trim(), owner, "{file}");
    }
    let foreign = site.host.run(&["find", state, "!", "-user", "ec2-user"]);
    assert_eq!(foreign.stdout, "", "the user does not own all of the state");
    assert!(
        !site.host.exists("/var/lib/deployc"),
        "root has a state folder"
    );
    let users = site.host.run(&["ps", "-C", "testapp", "-o", "user="]).ok();
    assert_eq!(users.stdout.trim(), "ec2-user");
    Ok(())
}

fn through_standard_input() -> Result<(), Skip> {
    let site = Site::new()?;
    site.install_single();
    live(&site, "cd /; exec bash -s -- \"$2\" <\"$1\"");
    Ok(())
}

/// A real sshd. The connection ends with the command, because the started programs do not hold it open. These programs
/// keep running.
fn through_ssh() -> Result<(), Skip> {
    need_programs(&["sshd", "ssh", "ssh-keygen"])?;
    let site = Site::new()?;
    let begin = "mkdir -p -m 700 /run/sshd /root/.ssh /opt/ssh && cd /opt/ssh && \
        ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f client && \
        cp client.pub /root/.ssh/authorized_keys && chmod 600 /root/.ssh/authorized_keys && \
        printf '%s\\n' 'Port 2222' 'ListenAddress 127.0.0.1' 'HostKey /opt/ssh/host' 'PidFile /opt/ssh/pid' \
          'PermitRootLogin yes' 'UsePAM no' 'StrictModes no' 'PrintMotd no' >config && \
        /usr/sbin/sshd -f /opt/ssh/config";
    site.host.bash(begin).ok();
    site.host.wait_for_port(2222);
    site.install_single();
    live(
        &site,
        "exec ssh -F none -q -p 2222 -i /opt/ssh/client -o StrictHostKeyChecking=no -o UserKnownHostsFile=/opt/ssh/known root@127.0.0.1 \"bash -s -- $2\" <\"$1\"",
    );
    Ok(())
}

/// Runs all commands of an installed example with `BusyBox`, without curl, with almost no environment and with a umask
/// of 077.
fn example_goes_well(host: &Host, script: &str, colors: &Colors) -> Result<(), Skip> {
    lay_out_busybox(host)?;
    host.remove_program("curl");
    let life = Life {
        host,
        port: 80,
        script,
        caller: WHERE_LITTLE_IS_LEFT,
        colors,
    };
    life.goes_well();
    Ok(())
}

fn quickstart_where_little_is_left() -> Result<(), Skip> {
    let host = Host::plain()?;
    examples::install_quickstart(&host)?;
    example_goes_well(&host, "/opt/hello/deploy/hello.sh", &BLUE_GREEN)
}

fn haproxy_driver_where_little_is_left() -> Result<(), Skip> {
    let host = Host::plain()?;
    examples::install_haproxy_driver(&host)?;
    example_goes_well(&host, "/opt/shop/deploy/shop.sh", &BLUE_GREEN)
}

fn spring_jar_codedeploy_where_little_is_left() -> Result<(), Skip> {
    need_programs(&["nginx", "curl", "javac", "jar"])?;
    let host = Host::plain()?;
    let example = examples::spring(&host);
    Nginx::start(&host);
    let jar = example.path().join("hello-spring.jar");
    host.copy(&jar, "/home/ec2-user/app/staging/hello-spring.jar");
    let deploy = "/home/ec2-user/app/staging/deploy";
    host.copy_folder(&example.path().join("deploy"), deploy);
    example_goes_well(
        &host,
        &format!("{deploy}/hello-spring.sh"),
        &examples::SPRING,
    )
}
