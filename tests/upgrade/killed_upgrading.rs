//! Today's script deploys over a release of 0.1.0 for the first time, and is killed. Then a command of today's script
//! continues.
//!
//! 0.1.0 has deployed `one` and `blue two`. Today's script deploys `green three`, or goes back to `green one`, and is
//! killed. Then `deploy` deploys `four`.

use libtest_mimic::Trial;

use crate::hold::Hold;
use crate::landed::{By, Upgrade};
use crate::matrix::{POINTS, Point, trials};
use crate::support::skip::Skip;

const TABLE: &str = "
                 deploy        abort         rollback      resume
preparing        (0:four)      (0:two)       (0:one)       (0:two)
started          (0:four)      (0:two)       (0:one)       (0:two)
probing          0:four        (0:two)       (0:one)       0:two
prepared         (4:two+three) 0:two         (4:two+three) (0:two+three)
swapping         (0:four)      0:two         (0:two)       (0:two)
swapped          (0:four)      (0:two)       0:two         (0:two)
reloaded         0:four        (0:two)       (0:two)       0:two
handing          (0:four+two)  (0:two)       0:two         (0:two)
handed           0:four+two    (0:two)       (0:two)       (0:two)
switched         0:four        (0:three+two) 0:two         (0:three+two)
gone-back        0:four        (0:two)       (0:one)       (0:two)
going-back-begun (0:four)      (0:two)       (0:one)       (0:two)
going-back       (0:four)      (0:two)       0:one         (0:two)
went-to-one      0:four        (0:one+two)   (0:two)       (0:one+two)
going-back-soon  (0:four)      (0:three+two) 0:two         (0:three+two)
adopting         (3:two)       (0:two)       (3:two)       (3:two)
adopt-swapping   (3:two)       (0:two)       (3:two)       3:two
";

/// Points that 0.1.0 does not reach in this way.
const OWN_POINTS: [Point; 4] = [
    // The proxy's file is swapped, and not loaded.
    Point {
        name: "swapped",
        app: "hello",
        kill: |host| host.kill_at("deploy", Hold::BeforeReload),
    },
    // `verify` has failed. The release of 0.1.0 serves again.
    Point {
        name: "gone-back",
        app: "hello",
        kill: |host| {
            host.stage_with("three", "--broken /profile");
            host.kill_at("deploy", Hold::Journal("phase=returning "));
        },
    },
    // Somebody has edited the fragment of a color that 0.1.0 started.
    Point {
        name: "adopting",
        app: "hello",
        kill: |host| {
            host.edit_fragment();
            host.kill_at("adopt", Hold::Journal("phase=adopting "));
        },
    },
    Point {
        name: "adopt-swapping",
        app: "hello",
        kill: |host| {
            host.edit_fragment();
            host.kill_at("adopt", Hold::AfterReload);
        },
    },
];

pub fn tests() -> Vec<Trial> {
    let points: Vec<_> = POINTS.into_iter().chain(OWN_POINTS).collect();
    trials("killed_upgrading", TABLE, &points, upgrading, By::Today)
}

/// Makes a host to which only 0.1.0 has deployed. Today's script is there now.
pub fn upgrading(app: &'static str) -> Result<Upgrade, Skip> {
    Ok(Upgrade::of(app)?.put(By::Today))
}
