//! Actions in words: for `deployc plan` and for the sums in diagnostics.

use super::{Action, Intent, Side, build};
use crate::model::{App, Verification};

/// What an action does, in a few words, with the user's names.
#[must_use]
pub fn describe(app: &App, action: &Action) -> String {
    let whose = |side: &Side| match side {
        Side::New => "new",
        Side::Previous => "previous",
    };
    let gate = |service, number: &usize| {
        let gates = &build::service(app, service).gates;
        gates[*number].name.clone()
    };
    let plain = |words: &str| words.to_owned();
    match action {
        Action::Lock => plain("take the lock"),
        Action::Recover => plain("undo an interrupted run"),
        Action::Preflight => plain("look at host and proxy"),
        Action::ReadInputs => plain("read the inputs"),
        Action::ReadRouted => plain("ask which color is live"),
        Action::ClearIdle(service) => format!("clear idle `{service}`"),
        Action::MakeRelease => plain("make the release"),
        Action::Stage(service) => format!("stage `{service}`"),
        Action::UserStep(place, number) => format!("your step {} {number}", place.words()),
        Action::Start(service, side) => format!("start {} `{service}`", whose(side)),
        Action::Probe(service, number, side) => {
            format!(
                "probe {} `{service}` `{}`",
                whose(side),
                gate(service, number)
            )
        }
        Action::ProbeAgain(service, number, side) => {
            let gate = gate(service, number);
            format!("probe {} `{service}` `{gate}` again", whose(side))
        }
        Action::Reserve => plain("reserve for the switch"),
        Action::Persist(service, Side::New) => format!("new `{service}` survives a reboot"),
        Action::Persist(service, Side::Previous) => {
            format!("previous `{service}` stays off after a reboot")
        }
        Action::InstallResume => plain("have the live color come up after a boot"),
        Action::LockProxy => plain("take the proxy's lock"),
        Action::TestAsIs => plain("test the proxy as it is"),
        Action::Write(side) => format!("write the {} color's fragment", whose(side)),
        Action::Journal(Intent::Prepare) => plain("journal the new release"),
        Action::Journal(Intent::Swap) => plain("journal the intent"),
        Action::Journal(Intent::Return) => plain("journal the way back"),
        Action::Swap(side) => format!("swap to the {} color", whose(side)),
        Action::Test => plain("test the proxy"),
        Action::Reload => plain("reload the proxy"),
        Action::Confirm => plain("confirm that it is in force"),
        Action::Verify(number) => match &app.verify {
            Verification::Checks(checks) => format!("verify `{}`", checks[*number].name),
            Verification::None { .. } => plain("verify"),
        },
        Action::HandOver(service) => format!("hand over `{service}`"),
        Action::Commit => plain("commit"),
        Action::Drain(side) => format!("drain the {} color", whose(side)),
        Action::Stop(service, side) => format!("stop {} `{service}`", whose(side)),
        Action::Clear(service, side) => format!("clear {} `{service}`", whose(side)),
        Action::Record => plain("record the outcome"),
    }
}
