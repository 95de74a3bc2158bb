//! The user's steps and `notify`: each runs at its time, with its variables. The effect of a failed step depends on its
//! block.

use crate::support::site::Site;
use crate::support::skip::Skip;

crate::tests![
    each_place_comes_at_its_time,
    a_failing_step_goes_back_or_warns_by_its_place,
    a_step_has_its_folder_and_its_variables,
    a_step_that_takes_too_long_is_ended,
    a_step_with_once_does_not_run_again,
    a_step_with_warn_never_goes_back,
    notify_calls_a_driver_of_the_user_s,
    a_notify_that_fails_changes_no_outcome,
];

/// Writes a line with the place, the old and the new color, the color that serves, and the colors that run. Fails at
/// the place that `/srv/fails` names.
const NOTE: &str = r#"#!/bin/bash
running=$(for port in 8081 8082; do curl -s "http://127.0.0.1:$port/profile" && echo; done)
echo "$1: $from to $to, $(curl -s http://127.0.0.1/profile) serves," $running "run" >>/srv/noted
[[ $1 != "$(cat /srv/fails 2>/dev/null)" ]]
"#;

/// Returns a site after one good deploy with these steps, its live color, and the other color.
fn noting() -> Result<(Site, String, &'static str), Skip> {
    let site = Site::with("steps/everywhere")?;
    site.host.write_program("/opt/note", NOTE);
    site.deploy().ok();
    let live = site.serves();
    let other = if live == "blue" { "green" } else { "blue" };
    noted(&site);
    Ok((site, live, other))
}

/// Returns the lines that the steps have written since the last call.
fn noted(site: &Site) -> Vec<String> {
    let lines = site.host.read("/srv/noted");
    site.host.write("/srv/noted", "");
    lines.lines().map(str::to_owned).collect()
}

fn each_place_comes_at_its_time() -> Result<(), Skip> {
    let (site, old, new) = noting()?;
    site.deploy().ok();
    let expected = [
        format!("before start: {old} to {new}, {old} serves, {old} run"),
        format!("before switch: {old} to {new}, {old} serves, blue green run"),
        format!("after switch: {old} to {new}, {new} serves, blue green run"),
        format!("after verify: {old} to {new}, {new} serves, blue green run"),
        format!("on success: {old} to {new}, {new} serves, blue green run"),
        format!("on always: {old} to {new}, {new} serves, blue green run"),
        format!("after stop: {old} to {new}, {new} serves, {new} run"),
    ];
    assert_eq!(noted(&site), expected);
    // The `on` steps run after the way back, so only the old color runs.
    site.stage("--health never").deploy().exits(1);
    let expected = [
        format!("before start: {new} to {old}, {new} serves, {new} run"),
        format!("on failure: {new} to {old}, {new} serves, {new} run"),
        format!("on always: {new} to {old}, {new} serves, {new} run"),
    ];
    assert_eq!(noted(&site), expected);
    Ok(())
}

fn a_failing_step_goes_back_or_warns_by_its_place() -> Result<(), Skip> {
    let (site, mut live, _) = noting()?;
    for place in ["before start", "before switch", "after switch"] {
        site.host.write("/srv/fails", place);
        let step = format!("{}.1 (deploy.bg:", place.replace(' ', "-"));
        site.deploy()
            .exits(1)
            .says(&step)
            .says("ended with exit code 1");
        site.assert_serves_only(&live);
        let noted = noted(&site);
        let told = |outcome: &str| noted.iter().any(|line| line.starts_with(outcome));
        assert!(told("on failure") && !told("on success"), "{noted:?}");
    }
    for place in ["after verify", "after stop", "on success", "on always"] {
        site.host.write("/srv/fails", place);
        let warning = format!("{}.1 (deploy.bg:", place.replace(' ', "-"));
        site.deploy().ok().says(&warning).says("done in");
        assert_ne!(site.serves(), live, "{place}");
        live = site.serves();
        site.assert_serves_only(&live);
    }
    // A failure of an `on` step does not hide the first cause.
    site.stage("--health never");
    for place in ["on failure", "on always"] {
        site.host.write("/srv/fails", place);
        let warning = format!("{}.1 (deploy.bg:", place.replace(' ', "-"));
        site.deploy()
            .exits(1)
            .says(&warning)
            .says("app ready (deploy.bg:");
        site.assert_serves_only(&live);
    }
    Ok(())
}

fn a_step_has_its_folder_and_its_variables() -> Result<(), Skip> {
    let site = Site::with("steps/a_step_has_its_folder_and_its_variables")?;
    // The first lines of the script switch off the shell options that come from the environment. So the children of the
    // steps do not get them.
    let caller = [("NOTE", "a 'b' $c"), ("SHELLOPTS", "nounset:noclobber")];
    site.run_with("deploy", &caller)
        .exits(1)
        .says("    | /srv/hello\n")
        .says("    | hello\n")
        .says("    | green takes the place of blue: a 'b' $c\n")
        .says("    | hello in /srv/hello: green on 127.0.0.1:8082, from  to green: a 'b' $c\n")
        .says("    | deploy on 8082, at 127.0.0.1:8082\n")
        .says("    | as it was staged\n")
        .says("    | a child has its own options\n")
        .says("    | deploy failed\n")
        .says("    | {\"text\": \"it ended with exit code 1\"}\n")
        .never_says("never\n");
    Ok(())
}

fn a_step_that_takes_too_long_is_ended() -> Result<(), Skip> {
    let slow = |place: &str| {
        format!(
            "\n  {place} {{\n    exec [\"bash\", \"-c\", \"sleep 1234\"] {{ within 1s }}\n  }}\n  cleanup {{"
        )
    };
    let site = Site::new()?;
    site.deploy().ok();
    let live = site.serves();
    site.install([("\n  cleanup {", slow("before switch").as_str())]);
    site.deploy()
        .exits(1)
        .says("before-switch.1 (deploy.bg:")
        .says("it did not finish within 1s");
    site.assert_serves_only(&live);
    site.install([("\n  cleanup {", slow("after verify").as_str())]);
    site.deploy()
        .ok()
        .says("after-verify.1")
        .says("did not finish within 1s");
    assert_ne!(site.serves(), live);
    let left: Vec<_> = site.host.processes("sleep 1234");
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

/// Returns a site whose steps write their place to a file, and fail as soon as `/srv/fails` is there.
fn once_and_warn() -> Result<Site, Skip> {
    let site = Site::with("steps/once_and_warn")?;
    let step = "#!/bin/bash\necho \"$1\" >>/srv/noted\n[[ ! -e /srv/fails ]]\n";
    site.host.write_program("/opt/step", step);
    site.deploy().ok();
    noted(&site);
    Ok(site)
}

fn a_step_with_once_does_not_run_again() -> Result<(), Skip> {
    let site = once_and_warn()?;
    site.deploy().ok();
    let expected = [
        "before start",
        "before switch",
        "always",
        "after switch",
        "after stop",
    ];
    assert_eq!(noted(&site), expected);
    for command in ["rollback", "restart"] {
        site.run(command).ok();
        assert_eq!(noted(&site), ["always"], "{command}");
    }
    Ok(())
}

fn a_step_with_warn_never_goes_back() -> Result<(), Skip> {
    let site = once_and_warn()?;
    let live = site.serves();
    let new = if live == "blue" { "green" } else { "blue" };
    site.host.write("/srv/fails", "");
    let mut ran = site.deploy().ok();
    for step in [
        "before-start.1",
        "before-switch.1",
        "before-switch.2",
        "after-switch.1",
    ] {
        ran = ran.says(&format!("warning: user {new} {step} (deploy.bg:"));
    }
    site.assert_serves_only(new);
    Ok(())
}

/// Returns a site whose app writes the outcome of each deploy to a file, by the driver `chat`. The driver is a
/// description and two shell files beside `deploy.bg`.
fn with_chat(file: &str) -> Result<Site, Skip> {
    let site = Site::new()?;
    let chat = [
        ("chat.bg", include_str!("../cases/build/notify/chat.bg")),
        ("chat.sh", include_str!("../cases/build/notify/chat.sh")),
        (
            "chat_line.sh",
            include_str!("../cases/build/notify/chat_line.sh"),
        ),
    ];
    let notify = format!("  on always {{ notify chat {{ file = \"{file}\" }} }}\n\n  cleanup {{");
    site.install_beside(
        &chat,
        [
            ("app hello {", "use \"./chat.bg\"\n\napp hello {"),
            ("  cleanup {", &notify),
        ],
    );
    Ok(site)
}

fn notify_calls_a_driver_of_the_user_s() -> Result<(), Skip> {
    let site = with_chat("{root}/said")?;
    site.deploy().ok();
    site.stage("--health never").deploy().exits(1);
    let said = site.host.read("/srv/hello/said");
    let lines: Vec<_> = said.lines().collect();
    let [success, failure] = lines[..] else {
        panic!("expected one line for each deploy: {said}");
    };
    let seconds = |line: &str, outcome: &str| -> f64 {
        let rest = line.strip_prefix(outcome);
        let number = rest.and_then(|rest| rest.split("s: ").next());
        let number = number.unwrap_or_else(|| panic!("`{outcome}` is expected first: {line}"));
        number.parse().expect("the seconds are a number")
    };
    assert!(seconds(success, "hello success after ") > 0.0);
    assert!(success.ends_with("s: fine"), "{success}");
    // The gate fails after five seconds.
    let took = seconds(failure, "hello failure after ");
    assert!((5.0..60.0).contains(&took), "{failure}");
    assert!(failure.contains("status 503"), "{failure}");
    Ok(())
}

fn a_notify_that_fails_changes_no_outcome() -> Result<(), Skip> {
    let site = with_chat("/srv/no-such-folder/said")?;
    site.deploy().ok().says("on-always.1 (deploy.bg:");
    let live = site.serves();
    site.stage("--health never")
        .deploy()
        .exits(1)
        .says("on-always.1 (deploy.bg:")
        .says("status 503");
    site.assert_serves_only(&live);
    Ok(())
}
