//! `expect color`: the color is proved by what nginx says of the request, not by a text in nginx's files.

use crate::support::nginx::Nginx;
use crate::support::site::Site;
use crate::support::skip::Skip;

crate::tests![
    nginx_says_which_color_has_answered,
    without_a_sign_of_the_color_the_switch_goes_back,
    a_site_that_ignores_the_file_of_the_script_is_no_proof,
    an_error_page_is_no_proof,
    the_answer_of_another_service_is_no_proof,
    a_file_of_0_1_0_that_sends_the_color_is_a_warning,
];

/// The line that lets nginx say which server has answered, and with which status.
const SIGN: &str = "add_header X-Upstream \"$upstream_addr $upstream_status\" always;";

/// Replaces the site's server block, which gets these lines, and reloads nginx.
fn serve(site: &Site, lines: &str) {
    let server = format!("server {{\n  listen 127.0.0.1:80;\n{lines}\n}}\n");
    site.host.write("/etc/nginx/sites-enabled/default", server);
    Nginx::running(&site.host).reload();
}

fn nginx_says_which_color_has_answered() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    serve(
        &site,
        &format!("{SIGN}\nlocation / {{ proxy_pass http://hello; }}"),
    );
    site.deploy().ok();
    let first = site.serves();
    site.deploy().ok();
    assert_ne!(site.serves(), first);
    Ok(())
}

/// The reason names all signs, so that a person knows what to add. It is seen after three tries, not after `within`.
fn without_a_sign_of_the_color_the_switch_goes_back() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    serve(
        &site,
        &format!("{SIGN}\nlocation / {{ proxy_pass http://hello; }}"),
    );
    site.deploy().ok();
    let live = site.serves();
    serve(&site, "location / { proxy_pass http://hello; }");
    site.deploy()
        .exits(1)
        .says("no header X-Deploy-Color of the app, no header X-Upstream of the proxy");
    site.assert_serves_only(&live);
    Ok(())
}

/// The file sets a variable, and the site does not use it: all users still get the old color, whatever the file says.
fn a_site_that_ignores_the_file_of_the_script_is_no_proof() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    site.install("color_sign/set");
    let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    site.host.write("/etc/nginx/hello.conf", blue);
    let uses = |address: &str| {
        serve(
            &site,
            &format!(
                "include /etc/nginx/hello.conf;\n{SIGN}\nlocation / {{ proxy_pass {address}; }}"
            ),
        );
    };
    uses("$hello");
    site.deploy().ok();
    let live = site.serves();
    let port = if live == "blue" { 8081 } else { 8082 };
    uses(&format!("http://127.0.0.1:{port}"));
    site.deploy().exits(1).says(&format!("answered by {live}"));
    site.assert_serves_only(&live);
    Ok(())
}

/// nginx sends a page with status 200 in place of the app's error. The status behind it is the app's.
fn an_error_page_is_no_proof() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    let lines = "error_page 500 502 =200 /sorry;\n\
                 location = /sorry { internal; return 200 'back soon'; }\n\
                 location / { proxy_pass http://hello; proxy_intercept_errors on; }";
    serve(&site, &format!("{SIGN}\n{lines}"));
    site.deploy().ok();
    let live = site.serves();
    site.stage("--broken /json");
    site.deploy().exits(1).says("itself answered 500");
    site.assert_serves_only(&live);
    Ok(())
}

/// The site sends the requests for `api` to `web`. The color is right, but nobody has asked `api`.
fn the_answer_of_another_service_is_no_proof() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    site.install("color_sign/services");
    let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    site.host.write("/etc/nginx/conf.d/hello.conf", blue);
    let api = |upstream: &str| {
        let lines = format!(
            "location / {{ proxy_pass http://hello_web; }}\nlocation /health {{ proxy_pass http://{upstream}; }}"
        );
        serve(&site, &format!("{SIGN}\n{lines}"));
    };
    api("hello_api");
    site.deploy().ok();
    let live = site.serves();
    api("hello_web");
    site.deploy()
        .exits(1)
        .says("which is no address of api of ");
    assert_eq!(site.serves(), live);
    Ok(())
}

/// In 0.1.0 the file of `set` sent the color as a text, and nothing else did. The live release is made to look like one of
/// 0.1.0: its file sends the header, and its metadata has no protocol.
fn a_file_of_0_1_0_that_sends_the_color_is_a_warning() -> Result<(), Skip> {
    let site = Site::with("color_sign/upstream")?;
    site.install("color_sign/set");
    let blue = site.host.read("/srv/hello/deploy/nginx/blue.conf");
    site.host.write("/etc/nginx/hello.conf", blue);
    let uses = |sign: &str| {
        serve(
            &site,
            &format!("include /etc/nginx/hello.conf;\n{sign}\nlocation / {{ proxy_pass $hello; }}"),
        );
    };
    uses(SIGN);
    site.deploy().ok();
    let live = site.serves();
    let release = "/var/lib/deployc/hello/live";
    let old = format!(
        "cd -P {release} && echo 'add_header X-Deploy-Color {live} always;' >>fragment && cp fragment /etc/nginx/hello.conf && \
         sed -i '/^protocol=/d' meta"
    );
    site.host.bash(&old).ok();
    uses("");
    let warning = "Today only the proxy's file sends one, the header X-Deploy-Color";
    site.run("doctor").says(warning);
    site.deploy()
        .exits(1)
        .says(warning)
        .says("without a sign of a color");
    site.assert_serves_only(&live);
    // With the line that the advice shows it passes.
    uses(SIGN);
    site.deploy().ok().never_says(warning);
    assert_ne!(site.serves(), live);
    Ok(())
}
