//! The effects of steps that find the live color. The proxy's file decides which color is old and which is new.

use super::super::super::{Action, Phase, ProgramName};
use super::super::color::Color;
use super::super::file::File;
use super::{Effects, End};

impl Effects<'_> {
    /// Chooses old and new, depending on the proxy's file.
    pub(super) fn choose(&mut self) {
        let disk = self.world.disk;
        let adopts = self.node.program == ProgramName::Adopt;
        let sides = match self.node.action {
            Action::ChooseIdle | Action::ChooseKept => match disk {
                File::Ours(live) => Some((Some(live), live.other())),
                File::Absent | File::Text => Some((None, Color::A)),
                File::Edited(_) => None,
            },
            Action::ChooseLive => match disk {
                File::Ours(live) if !self.world.life(live).by_hand() => {
                    Some((Some(live), live.other()))
                }
                _ => None,
            },
            Action::FindRemovable => match disk {
                File::Ours(live) if !self.world.life(live).by_hand() => {
                    Some((Some(live), live.other()))
                }
                File::Absent | File::Text => Some((None, Color::A)),
                _ => None,
            },
            Action::FindLive => match disk {
                File::Ours(live) => Some((Some(live), live.other())),
                File::Absent | File::Text => return self.push(End::Nothing, |_, _| ()),
                File::Edited(_) => None,
            },
            // It does not matter whether the earlier release exists, because its start may fail anyway. After the first
            // switch there is no earlier release.
            Action::ChooseEarlier => match disk {
                File::Ours(live) if self.has_earlier(live.other()) => {
                    Some((Some(live), live.other()))
                }
                _ => None,
            },
            Action::FindAdoptable => {
                // Only a journal in one of these phases can be saved for later. After an interrupted run, a recovery
                // comes first.
                let rests = matches!(
                    self.world.journal.phase,
                    Phase::Idle | Phase::Prepared | Phase::Switched
                );
                match disk {
                    File::Edited(live) if rests => Some((Some(live), live)),
                    File::Ours(live) if self.world.life(live).by_hand() && rests => {
                        Some((Some(live), live))
                    }
                    File::Ours(_) => return self.push(End::Nothing, |_, _| ()),
                    _ => None,
                }
            }
            // The file must route to the same color as when the colors were chosen.
            _ => {
                let (from, to) = (self.run.from, self.run.to);
                let own = adopts || !matches!(disk, File::Edited(_));
                (disk.color() == from && own).then_some((from, to))
            }
        };
        if let Some((from, to)) = sides {
            self.done(|_, run| {
                run.chosen = true;
                run.from = from;
                run.to = to;
            });
        }
        self.failed(|_, _| ());
    }

    pub(super) fn has_earlier(&self, color: Color) -> bool {
        let journal = &self.world.journal;
        let first = journal.phase == Phase::Switched && journal.from.is_none();
        !first && !self.world.life(color).by_hand()
    }
}
