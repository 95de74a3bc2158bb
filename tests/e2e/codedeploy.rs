//! CodeDeploy's agent deploys unusual bundles to unusual hosts: bundles without file modes, and hosts with files that
//! somebody else has put there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use crate::support::codedeploy::Agent;
use crate::support::site::{FRAGMENT, SOURCE, Site, build};
use crate::support::skip::Skip;

crate::tests![
    a_bundle_without_modes,
    what_lies_in_staging_is_no_second_artifact,
    a_host_without_the_root_folder,
];

/// Makes a bundle of `hello` for CodeDeploy. The version is in the artifact's name. bash starts the artifact, so its
/// mode does not matter.
fn bundle(version: &str) -> TempDir {
    let source = SOURCE
        .replace(
            "artifact \"{staging}/hello\"",
            "artifact \"{staging}/hello-*\"",
        )
        .replace(
            "[\"./hello\"",
            "[\"bash\", \"-c\", \"exec bash ./hello-* \\\"$@\\\"\", \"hello\"",
        )
        .replace("\n  cleanup {", "\n  target codedeploy\n\n  cleanup {");
    built(&source, &format!("hello-{version}"), version)
}

/// Makes a bundle: the files that are built from this source, and the artifact beside them.
fn built(source: &str, artifact: &str, version: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("deploy.bg"), source).expect("a file can be written");
    build(folder.path(), Path::new("deploy.bg"));
    let program = format!("exec /opt/testapp \"$@\" --sha {version}\n");
    fs::write(folder.path().join(artifact), program).expect("a file can be written");
    folder
}

/// Sets every file to mode 644, as an artifact upload or a zip from Windows does.
fn forget_modes(folder: &Path) {
    for entry in fs::read_dir(folder)
        .expect("a folder can be listed")
        .flatten()
    {
        if entry.path().is_dir() {
            forget_modes(&entry.path());
        } else {
            let mode = fs::Permissions::from_mode(0o644);
            fs::set_permissions(entry.path(), mode).expect("a mode can be set");
        }
    }
}

/// Returns a host with nginx and a first fragment, but without files of the application.
fn host() -> Result<Site, Skip> {
    let site = Site::new()?;
    site.host.run(&["rm", "-rf", "/srv/hello"]).ok();
    assert!(site.host.exists(FRAGMENT));
    Ok(site)
}

fn a_bundle_without_modes() -> Result<(), Skip> {
    let site = host()?;
    let bundle = bundle("one");
    forget_modes(bundle.path());
    Agent::new(&site.host, "hello").deploy(bundle.path()).ok();
    assert_eq!(site.serves(), "green");
    Ok(())
}

fn what_lies_in_staging_is_no_second_artifact() -> Result<(), Skip> {
    let site = host()?;
    // Somebody has put this file there by hand, before CodeDeploy installed anything.
    site.host
        .write("/srv/hello/staging/hello-by-hand", "exit 1\n");
    let mut agent = Agent::new(&site.host, "hello");
    agent.deploy(bundle("one").path()).ok();
    agent.deploy(bundle("two").path()).ok();
    assert_eq!(site.serves(), "blue");
    // Another deployment group has its own list of what it has installed.
    let mut other = Agent::of_group(&site.host, "hello", "b1b2");
    other.deploy(bundle("three").path()).ok();
    assert_eq!(site.serves(), "green");
    Ok(())
}

/// The user's steps run in the root folder. If the bundle goes to another folder, only the hook makes the root folder.
fn a_host_without_the_root_folder() -> Result<(), Skip> {
    let site = host()?;
    let source = SOURCE
        .replace("command = [\"./hello\"", "command = [\"bash\", \"./hello\"")
        .replace("\n  cleanup {", "\n  before start { shell \"pwd >where\" }\n  target codedeploy { destination = \"/srv/bundle\" }\n\n  cleanup {");
    let folder = built(&source, "hello", "one");
    assert!(!site.host.exists("/srv/hello"));
    Agent::new(&site.host, "hello").deploy(folder.path()).ok();
    assert_eq!(site.host.read("/srv/hello/where"), "/srv/hello\n");
    Ok(())
}
