//! The places of values, and which placeholders have a value there.

use crate::model::Variable;

/// The kinds of places for values. They differ in the placeholders that have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuePlace {
    /// `root`: only the app's name is known.
    Root,
    /// Values that are the same for both colors and all deployments: `staging`, files of inputs, `target`.
    Fixed,
    /// A `let`. Its placeholders are checked where it is used.
    Let,
    /// A `let` in a color.
    ColorLet,
    /// `artifact`
    Artifact,
    /// The settings of `run`.
    Run,
    /// The settings of `switch`.
    Switch,
    /// `address`
    Address,
    /// `probe`
    Gate,
    /// `verify`
    Verify,
    /// `before start`: the color does not run yet.
    BeforeStart,
    /// `before switch`
    BeforeSwitch,
    /// `after switch`, `after verify`, `after stop`
    AfterSwitch,
    /// `on success`, `on failure`, `on always`
    Outcome,
    /// `build`, `ship`, `hosts`, `shared`
    Caller,
}

use ValuePlace::{
    Address, AfterSwitch, Artifact, BeforeStart, BeforeSwitch, Caller, ColorLet, Fixed, Gate, Let,
    Outcome, Root, Run, Switch, Verify,
};

impl ValuePlace {
    /// Returns `Err` with the reason if the variable has no value here.
    pub fn admits(self, variable: &Variable) -> Result<(), &'static str> {
        match variable {
            Variable::Input(_) => match self {
                Switch | Address => Err(
                    "the proxy's file is made together with the script, before any deployment gives its inputs",
                ),
                Root | Fixed | ColorLet => {
                    Err("it must be known when the script is made, but an input is given later")
                }
                _ => Ok(()),
            },
            Variable::Color
            | Variable::Port
            | Variable::PortOf(_)
            | Variable::Address
            | Variable::AddressOf(_)
            | Variable::Service
            | Variable::ColorLet(_) => match self {
                Root | Fixed | Caller => Err("this value is the same for both colors"),
                Switch => Err(
                    "the script uses these settings before it knows the color, and they are the same for both",
                ),
                Address if matches!(variable, Variable::Address | Variable::AddressOf(_)) => {
                    Err("an address cannot contain itself")
                }
                ColorLet if matches!(variable, Variable::Address | Variable::AddressOf(_)) => {
                    Err("the address may use this `let`")
                }
                Artifact if !matches!(variable, Variable::Color | Variable::ColorLet(_)) => {
                    Err("one artifact is copied for the whole color")
                }
                _ => Ok(()),
            },
            Variable::Slot => match self {
                Let | Run | Gate | Verify | BeforeStart | BeforeSwitch | AfterSwitch | Outcome => {
                    Ok(())
                }
                Switch | Address => {
                    Err("the proxy's file is the same for every release of a color")
                }
                _ => Err("there is no release yet"),
            },
            Variable::OtherColor | Variable::OtherPort => match self {
                Let | Run | Gate | Verify | BeforeStart | BeforeSwitch | AfterSwitch | Outcome => {
                    Ok(())
                }
                _ => Err("which color was live is known only when the script runs"),
            },
            Variable::Offer(_) => match self {
                Let | Gate | Verify | BeforeSwitch | AfterSwitch => Ok(()),
                Address | Switch => {
                    Err("the proxy's file is made together with the script, before the color runs")
                }
                _ => Err("the color does not run yet"),
            },
            Variable::From | Variable::To => match self {
                Let | BeforeStart | BeforeSwitch | AfterSwitch | Outcome => Ok(()),
                _ => Err("it belongs to one deployment: steps and `on` have it"),
            },
            Variable::Command => match self {
                Let | Gate | Verify | BeforeStart | BeforeSwitch | AfterSwitch | Outcome => Ok(()),
                _ => Err(
                    "it is the command that the script runs, such as `deploy`: probes and steps have it",
                ),
            },
            Variable::Outcome | Variable::Reason | Variable::Seconds => match self {
                Let | Outcome => Ok(()),
                _ => Err("it is known only after the deployment has ended, in `on`"),
            },
        }
    }
}
