#!/usr/bin/env bash
# Runs a newcomer's first hour: from an empty directory to the first token at a real server, and from `new` to the spec of a
# provider that has none. Writes README.md in this folder, with the real output of each command.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cargo build --quiet --manifest-path "$root/Cargo.toml" --package oauth-spec --features cli
PATH="$root/target/debug:$PATH"
port=$("$root/tests/servers/oidc-provider/start.sh" 0 | sed -n 's|^READY http://127.0.0.1:||p')
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"; "$root/tests/servers/oidc-provider/stop.sh" "$port"' EXIT
cd "$work"
page="$work/page"

tell() { printf '%s\n' "$@" >>"$page"; }
file() { # NAME LANGUAGE: writes a file to the page
  tell "" "\`$1\`:" ""
  { echo "\`\`\`$2" && cat "$1" && echo '```'; } >>"$page"
}
run() { # COMMAND ...: writes the command and its output to the page; the command may fail
  { echo && echo '```console' && echo "$ $*"; } >>"$page"
  "$@" >"$work/said" 2>&1 || true
  sed -e "s|$work|.|g; s|$root|…|g; s|127.0.0.1:$port|127.0.0.1:9101|g" "$work/said" >>"$page"
  echo '```' >>"$page"
}

tell "<!-- Written by tests/newcomer/run.sh: what each command really said. -->" "" \
  "# The first hour" "" \
  "From an empty directory to the first token at a real authorization server (npm oidc-provider, on loopback), with a" \
  "spec that nobody has written yet. Its documentation says: endpoints \`/auth\`, \`/token\` and \`/token/revocation\`;" \
  "PKCE is required; a refresh token works once." "" "## A spec"

run cargo --quiet new app
cd app
run oauth-spec new bank

tell "" "It begins with guesses. Say what the documentation says, with three slips of the kind that everybody makes:"
cat >specs/bank.toml <<EOF
language = 1

[provider]
id = "bank"
name = "A bank nobody has heard of"
docs = "https://bank.example/developers"

[authorize]
url = "http://127.0.0.1:$port/auth"
pcke = "required"

[scopes]
always = ["openid"]
known.openid = "Know who the user is"

[token]
url = "http://127.0.0.1:$port/token?tenant=1"

[token.refresh_token]
rotation = "always"
idle = "60"
EOF
run oauth-spec show specs/bank.toml
tell "" "Structure first: two findings, each with what to type."
sed -i 's/pcke/pkce/; s/idle = "60"/idle = "60d"/' specs/bank.toml
run oauth-spec show specs/bank.toml
tell "" "Then meaning: what stood in the URL would have been dropped by a client that sets a query."
sed -i 's/?tenant=1//' specs/bank.toml
cat >>specs/bank.toml <<EOF

[revoke]
url = "http://127.0.0.1:$port/token/revocation"
EOF
run oauth-spec show specs/bank.toml
tell "" "That is what will be sent, and \`check\` says what a shared spec would still need: sources and examples."
run oauth-spec check specs/bank.toml

tell "" "## A program"
cat >Cargo.toml <<EOF
[package]
name = "app"
version = "0.1.0"
edition = "2024"

[dependencies]
oauth-runtime = { path = "$root/oauth-runtime" }
tokio = { version = "1", features = ["rt", "macros"] }

[workspace]
EOF
cat >src/main.rs <<'EOF'
use oauth_runtime::{Http, oauth_provider};

#[oauth_provider("specs/bank.toml")]
mod bank {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    const REDIRECT_URI: bank::RedirectUri = bank::RedirectUri::constant("http://127.0.0.1:8765/callback");
    let app = bank::App::new("app-basic", "basic-secret-0123456789", REDIRECT_URI);
    let login = bank::login(&app, &[]);
    println!("{}", login.url());

    let mut callback = String::new();
    std::io::stdin().read_line(&mut callback)?;
    let code = login.callback(callback.trim())?;
    let http = Http::new()?;
    let mut tokens = http.send(bank::exchange(&app, code)).await?;
    println!("a token, with an end: {}", tokens.access.expires_at().is_some());

    if let Some(refresh_token) = tokens.access.take_refresh_token() {
        let mut renewed = http.send(bank::refresh(&app, refresh_token)).await?;
        println!("refreshed: {}", renewed.access_token() != tokens.access.access_token());
        if let Some(refresh_token) = renewed.take_refresh_token() {
            http.send(bank::revoke(&app, &refresh_token)).await?;
            println!("revoked");
        }
    }
    Ok(())
}
EOF
file src/main.rs rust
export CARGO_TARGET_DIR="$root/target/newcomer"
run cargo check --quiet
tell "" "Nothing to say is good news. One slip more, a scope that the provider does not have:"
sed -i 's/bank::login(&app, &\[\])/bank::login(\&app, \&[bank::Scope::ACCOUNTS])/' src/main.rs
run cargo check --quiet
sed -i 's/bank::login(&app, &\[bank::Scope::ACCOUNTS\])/bank::login(\&app, \&[])/' src/main.rs

tell "" "## The first token" "" \
  "The program prints where to send the browser, and waits for the address that it comes back to. The browser here is" \
  "\`curl\`, which logs in and follows to the callback."
cat >browser.sh <<'EOF'
# Follows a login until it comes back to the callback, and prints that address.
next=$1
for _ in 1 2 3 4 5 6 7 8; do
  next=$(curl --silent --output /dev/null --cookie jar --cookie-jar jar --write-out '%{redirect_url}' "$next")
  case $next in http://127.0.0.1:8765/*) echo "$next" && exit ;; esac
done
EOF
cargo build --quiet
cat >login.sh <<'EOF'
mkfifo answer
"$CARGO_TARGET_DIR/debug/app" <answer | {
  exec 3>answer
  read -r url
  echo "$url"
  sh browser.sh "$url" >&3
  cat
}
EOF
run bash login.sh
sed -i -E 's/(state|code_challenge|nonce)=[A-Za-z0-9_-]+/\1=…/g' "$page"
tell "" "State, nonce and PKCE were drawn, the issuer's answer was held to them, and the refresh token was taken by value:" \
  "using it twice would not have compiled."
cp "$page" "$here/README.md"
