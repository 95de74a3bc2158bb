//! A release contains everything that it needs. The staged files are copied into it completely, and it can be started
//! again by any caller.

use std::time::Duration;

use crate::support::site::{SCRIPT, SOURCE, Site, compile};
use crate::support::skip::Skip;
use crate::support::wait;

crate::tests![
    an_artifact_that_is_a_link,
    links_in_an_artifact,
    what_was_staged_is_not_what_runs,
    a_slot_of_its_user,
    files_of_the_app_are_named_when_they_are_removed,
    a_program_in_the_caller_s_path_only,
    a_link_to_what_another_user_owns,
    a_release_keeps_its_runtime,
    the_runtime_is_on_disk_before_a_script_that_needs_it,
    a_script_asks_only_its_own_release,
    a_broken_release_names_a_way_out,
    a_script_that_is_replaced_while_it_waits,
];

const STATE: &str = "/var/lib/deployc/hello";

/// Returns the slot of the last good release of a color.
fn slot(site: &Site, color: &str) -> String {
    let link = format!("/var/lib/deployc/hello/colors/{color}/slot");
    site.host
        .run(&["readlink", "-f", &link])
        .ok()
        .stdout
        .trim()
        .to_owned()
}

fn an_artifact_that_is_a_link() -> Result<(), Skip> {
    let site = Site::new()?;
    for (version, link) in [
        ("one", "versions/one"),
        ("two", "/srv/hello/staging/versions/two"),
    ] {
        let program = format!("#!/bin/bash\nexec /opt/testapp \"$@\" --sha {version}\n");
        let staged = format!("/srv/hello/staging/versions/{version}");
        site.host.write_program(&staged, program);
        site.host
            .run(&["ln", "-sfn", link, "/srv/hello/staging/hello"])
            .ok();
        site.deploy().ok();
        site.host.run(&["rm", &staged]).ok();
    }
    // Both targets are gone, and the running programs do not need them.
    let file = format!("{}/hello", slot(&site, "green"));
    assert!(
        site.host
            .run(&["test", "-f", &file, "-a", "!", "-L", &file])
            .code
            == 0,
        "{file}"
    );
    site.run("rollback").ok();
    site.assert_serves_only("green");

    site.deploy()
        .exits(3)
        .says("is a link to /srv/hello/staging/versions/two, and nothing is there");
    site.assert_serves_only("green");
    Ok(())
}

fn links_in_an_artifact() -> Result<(), Skip> {
    let site = Site::with("release/links_in_an_artifact")?;
    let lay = "
        mkdir -p /srv/hello/staging/app/bin /srv/hello/staging/common /srv/kept && cd /srv/hello/staging/app &&
        mv ../hello hello && echo inside >inside && echo common >../common/file && echo kept >/srv/kept/file &&
        ln -s ../inside bin/inside && ln -s ../common out && ln -s /srv/hello/staging/common/file back && ln -s /srv/kept/file kept";
    site.host.bash(lay).ok();
    site.deploy().ok();
    let slot = slot(&site, "green");
    site.host
        .run(&["rm", "-r", "/srv/hello/staging/common"])
        .ok();
    let kinds = format!(
        "cd {slot} && stat -c '%N' bin/inside out back kept && cat bin/inside out/file back kept"
    );
    let seen = site.host.bash(&kinds).ok().stdout;
    let expected = "'bin/inside' -> '../inside'\n'out'\n'back'\n'kept' -> '/srv/kept/file'\ninside\ncommon\ncommon\nkept\n";
    assert_eq!(seen, expected);
    Ok(())
}

/// The staged files may have another owner and other modes, which a release does not keep.
fn what_was_staged_is_not_what_runs() -> Result<(), Skip> {
    let site = Site::new()?;
    let staged = "chown -R nobody /srv/hello/staging && chmod 777 /srv/hello/staging/hello";
    site.host.bash(staged).ok();
    site.deploy().ok();
    let seen = site.host.bash(&format!(
        "cd {} && stat -c '%U %a' . hello",
        slot(&site, "green")
    ));
    assert_eq!(seen.ok().stdout, "root 755\nroot 755\n");
    Ok(())
}

fn a_slot_of_its_user() -> Result<(), Skip> {
    let site = Site::with("release/a_slot_of_its_user")?;
    let staged = "chown -R nobody /srv/hello/staging && chmod 700 /srv/hello/staging /srv/hello/staging/hello";
    site.host.bash(staged).ok();
    site.deploy().ok();
    let seen = site.host.bash(&format!(
        "cd {} && stat -c '%U %a' . hello",
        slot(&site, "green")
    ));
    assert_eq!(seen.ok().stdout, "www-data 755\nwww-data 700\n");
    site.assert_serves_only("green");
    Ok(())
}

/// Some deployments later a release is removed. If the app has written files into its slot, the script names them.
fn files_of_the_app_are_named_when_they_are_removed() -> Result<(), Skip> {
    let site = Site::new()?;
    site.stage_program("echo row >>data.db\nexec /opt/testapp \"$@\"");
    let mut told = Vec::new();
    for _ in 0..8 {
        let said = site.deploy().ok();
        if said
            .output()
            .contains("files that its app wrote into its slot: data.db;")
        {
            told.push(said);
        }
    }
    assert!(
        !told.is_empty(),
        "no deploy has said that it removes data.db"
    );
    Ok(())
}

/// The next boot has another `PATH` than the caller, so a program that is only in the caller's `PATH` is refused.
fn a_program_in_the_caller_s_path_only() -> Result<(), Skip> {
    let site = Site::with("release/a_program_in_the_caller_s_path_only")?;
    site.host
        .write_program("/opt/mine/hello", "#!/bin/bash\nexec /opt/testapp \"$@\"\n");
    let with_path = format!("PATH=/opt/mine:$PATH exec {SCRIPT} deploy");
    site.host
        .bash(&with_path)
        .exits(3)
        .says("hello is not in the PATH that programs get")
        .says("(here /opt/mine/hello)");
    // A `PATH` in deploy.bg is the same for every caller.
    site.install("release/its_own_path");
    site.host
        .bash(&format!("PATH=/usr/bin:/bin exec {SCRIPT} deploy"))
        .ok();
    site.assert_serves_only("green");
    Ok(())
}

/// A user who can put a link into the artifact must not get a copy of a file that only root may read.
fn a_link_to_what_another_user_owns() -> Result<(), Skip> {
    let site = Site::with("release/a_link_to_what_another_user_owns")?;
    let lay = "
        mkdir -p /srv/hello/staging/app /srv/hello/staging/secret && cd /srv/hello/staging/app && mv ../hello hello &&
        echo secret >../secret/file && chmod -R go= ../secret && ln -s ../secret/file mine && chown -h nobody mine";
    site.host.bash(lay).ok();
    site.deploy()
        .exits(1)
        .says("which belongs to another user than the link");
    site.host
        .bash("cd /srv/hello/staging/app && rm mine && ln -s ../nowhere mine && ln -s .. self")
        .ok();
    site.deploy().ok();
    let slot = slot(&site, "green");
    let seen = site.host.bash(&format!("cd {slot} && readlink mine self"));
    assert_eq!(seen.ok().stdout, "../nowhere\n..\n");
    Ok(())
}

/// Another compiler brings another runtime. Releases of the earlier one need theirs for as long as they are kept.
fn a_release_keeps_its_runtime() -> Result<(), Skip> {
    let site = Site::new()?;
    site.stage("--sha one").deploy().ok();
    let first = site.serves();
    let one = runtimes(&site).pop().expect("it is kept with the release");
    let of_one = site
        .host
        .bash(&format!("basename $(readlink -f {STATE}/live)"));
    let of_one = of_one.ok().stdout.trim().to_owned();

    change_runtime(&site);
    site.stage("--sha two").deploy().ok();
    let second = site.serves();
    let kept = runtimes(&site);
    assert!(kept.len() == 2 && kept.contains(&one), "{kept:?}");
    // The release of the other color was stopped, and its own script starts it.
    site.run("rollback").ok();
    site.assert_serves_only(&first);
    site.run("rollback").ok();
    site.assert_serves_only(&second);
    // A copy of it has its script, and so its runtime.
    site.run(&format!("rollback {of_one}")).ok();
    site.assert_serves_only(&first);

    // `resume` after a boot has a script of its own.
    let resume = format!("cp {STATE}/releases/{of_one}/script {STATE}/resume");
    site.host.bash(&resume).ok();
    let is_pinned = || {
        let pinned = format!("grep -qF {one} {STATE}/releases/*/script");
        site.host.bash(&pinned).code == 0
    };
    let mut deploys = 0;
    while is_pinned() {
        assert!(runtimes(&site).contains(&one), "a release needs it");
        assert!(deploys < 8, "the releases of the first script do not go");
        deploys += 1;
        site.stage("--sha three").deploy().ok();
    }
    assert!(deploys > 0, "the copy was live, so one is needed");
    assert!(runtimes(&site).contains(&one), "`resume` needs it");
    site.host.run(&["rm", &format!("{STATE}/resume")]).ok();
    site.deploy().ok();
    let left = runtimes(&site);
    assert!(left.len() == 1 && !left.contains(&one), "{left:?}");
    Ok(())
}

/// After a power cut no script may be there without its runtime. So the runtime is on the disk before a release or
/// `resume` gets a script that names it.
fn the_runtime_is_on_disk_before_a_script_that_needs_it() -> Result<(), Skip> {
    let site = Site::new()?;
    // Each call is noted with the number of scripts that the state contains at that time.
    for tool in ["cp", "mv", "sync"] {
        let note = format!(
            "#!/bin/bash\nshopt -s nullglob\nscripts=({STATE}/releases/*/script {STATE}/resume*)\n\
             echo \"${{#scripts[@]}} {tool} $*\" >>/run/noted\nexec /usr/bin/{tool} \"$@\"\n"
        );
        site.host.write_program(&format!("/opt/first/{tool}"), note);
    }
    // This systemd can only enable the unit that calls `resume`.
    site.host.write_program(
        "/opt/first/systemctl",
        "#!/bin/bash\n[[ $1 == enable || $1 == daemon-reload ]]\n",
    );
    let deploy = format!(
        "mkdir -p /run/systemd/system /etc/systemd/system && PATH=/opt/first:$PATH exec {SCRIPT} deploy"
    );
    site.host.bash(&deploy).ok();
    let noted = site.host.read("/run/noted");
    let noted: Vec<_> = noted.lines().collect();
    let kept = format!("{STATE}/runtimes/{}", deployc::emit::runtime_id());
    let release = slot(&site, &site.serves());
    let release = release.trim_end_matches("/slot");
    let order = [
        format!("0 sync {kept}.new"),
        format!("0 mv -f {kept}.new {kept}"),
        format!("0 sync {STATE}/runtimes"),
        format!("1 cp -- {release}/script {STATE}/resume.new"),
    ];
    let places: Vec<_> = order
        .iter()
        .map(|call| noted.iter().position(|line| line == call))
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{order:?} are at {places:?} in {noted:#?}"
    );
    Ok(())
}

/// The runtimes that the state keeps.
fn runtimes(site: &Site) -> Vec<String> {
    let listed = site.host.bash(&format!("ls {STATE}/runtimes")).ok();
    listed.stdout.lines().map(str::to_owned).collect()
}

/// Changes a comment in the installed runtime, and what the script says of its name and its hash.
fn change_runtime(site: &Site) {
    let change = r#"
        cd /srv/hello/deploy && old=$(sed -n 's/^runtime=//p' hello.sh) && version=${old%-*} && hash=${old##*-} &&
        file=deployc-runtime-$version-${hash:0:8}.sh && sed -i '0,/^# ---- /s//# -----/' $file &&
        sum=$(sha256sum <$file) && new=${sum%% *} && [[ $new != "$hash" ]] &&
        mv $file deployc-runtime-$version-${new:0:8}.sh && sed -i "s/$hash/$new/; s/${hash:0:8}/${new:0:8}/" hello.sh"#;
    site.host.bash(change).ok();
}

/// `_release` is how a script asks the script of a release. A folder that somebody else has made is none.
fn a_script_asks_only_its_own_release() -> Result<(), Skip> {
    let site = Site::new()?;
    site.deploy().ok();
    let of_release = format!("{}/.", slot(&site, "green"));
    let made = format!("cp -a {of_release} /tmp/made; cp -a {STATE}/colors/green/. /tmp/made/");
    site.host.bash(&made).ok();
    for folder in ["/tmp/made", "/tmp/nothing", "made", ""] {
        site.host
            .run(&[SCRIPT, "_release", folder, "stop", "app"])
            .exits(2)
            .says("takes the folder of the release that this script is in");
    }
    site.assert_serves_only("green");
    Ok(())
}

/// The script of a release was emptied or cut, or its runtime is gone. The error says what to do, and a person does that.
fn a_broken_release_names_a_way_out() -> Result<(), Skip> {
    let site = Site::with("keep_warm/deployed_twice")?;
    site.stage("--sha one").deploy().ok();
    site.stage("--sha two").deploy().ok();
    for damage in [
        ": >SCRIPT",
        "head -c 900 SCRIPT >x; cat x >SCRIPT",
        "rm SCRIPT",
    ] {
        let live = site.serves();
        let idle = if live == "blue" { "green" } else { "blue" };
        let link = format!("{STATE}/colors/{idle}");
        let release = site.host.run(&["readlink", "-f", &link]).ok().stdout;
        let release = release.trim_end();
        let script = format!("{release}/script");
        site.host.bash(&damage.replace("SCRIPT", &script)).ok();
        let refused = site.stage("--sha next").deploy();
        refused
            .exits(3)
            .says("its script does not answer")
            .says(&format!("remove {release}"))
            .says(&format!("--color {idle}"));
        assert_eq!(site.serves(), live);
        let programs = format!("pkill -KILL -f '^/opt/testapp --port .* --color {idle}'");
        site.host.bash(&programs).ok();
        let keeper = format!("{release}/keeper");
        let ended = wait::until(Duration::from_secs(30), || {
            site.host.processes(&keeper).is_empty()
        });
        assert!(ended, "the keeper of {release} still runs");
        site.host.run(&["rm", "-r", release]).ok();
        site.deploy().ok();
        assert_eq!(site.serves(), idle);
    }
    Ok(())
}

/// A deployment waits for the lock. Meanwhile another build, with other ports, replaces its script and its runtime. The
/// release keeps the text that ran, so it can be started again later.
fn a_script_that_is_replaced_while_it_waits() -> Result<(), Skip> {
    let site = Site::with("release/a_script_that_is_replaced_while_it_waits")?;
    site.deploy().ok();
    site.host.write("/run/hold", "");
    let first = site.start("deploy");
    crate::hazards::wait_for_process(&site, "sleep 0.05");
    let second = site.start("deploy");
    let script = site.host.read(SCRIPT);
    let waiting = wait::until(Duration::from_secs(30), || {
        site.host.processes("hello.sh deploy").len() >= 2
    });
    assert!(waiting, "the second deploy does not wait");
    let other = SOURCE.replace("8081", "9081").replace("8082", "9082");
    compile(&other, &site.host, "/srv/other");
    site.host
        .bash("mv /srv/other/hello.sh /srv/hello/deploy/hello.sh && cp /srv/other/deployc-runtime-* /srv/hello/deploy/")
        .ok();
    site.host.run(&["rm", "/run/hold"]).ok();
    first.wait(Duration::from_secs(120)).ok();
    second.wait(Duration::from_secs(120)).ok();
    let live = site.serves();
    let kept = site.host.run(&["cat", &format!("{STATE}/live/script")]);
    assert!(kept.ok().stdout == script, "the release keeps another text");
    // The program dies. The release's own script starts it again, at the port that nginx has.
    site.host.bash("pkill -KILL -x testapp").ok();
    site.run("resume").ok();
    site.assert_serves_only(&live);
    Ok(())
}
