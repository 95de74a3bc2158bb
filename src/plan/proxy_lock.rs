//! The actions of a swap that hold the lock which all apps on one proxy share.

use super::program_builder::Builder;
use super::{Action, Line};
use crate::model::App;

/// Returns the actions of a swap from `lock_proxy`, which is the first, to the last before `unlock_proxy`. No other
/// program locks the proxy.
pub(super) fn actions(app: &App) -> Vec<Action> {
    let program = Builder { app }.point_proxy_at();
    let steps = program.lines.into_iter().filter_map(|line| match line {
        Line::Step(step) => Some(step.action),
        Line::Otherwise(_) | Line::Run(_) | Line::PointProxyAt(..) => None,
    });
    steps
        .skip_while(|action| *action != Action::LockProxy)
        .take_while(|action| *action != Action::UnlockProxy)
        .collect()
}
