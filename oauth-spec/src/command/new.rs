//! `new`, which creates a spec, and `add`, which copies one that is shipped with this command.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use oauth_spec::shipped;

use super::{Done, Stop, example, print, read};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The provider's id: lower-case letters, digits and underscores, beginning with a letter
    id: String,
    /// The folder to write to
    #[arg(long, default_value = "specs")]
    into: PathBuf,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// The provider's id, as `oauth-spec list` prints it
    id: String,
    /// The folder to write to
    #[arg(long, default_value = "specs")]
    into: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let id = &arguments.id;
    let is_id = id.starts_with(|first: char| first.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_id {
        return Err(Stop::Usage(format!(
            "`{id}` is not a valid id: use lower-case letters, digits and underscores, and begin with a letter"
        )));
    }
    let text = format!(
        r#"language = 1

[provider]
id = "{id}"
name = "{id}"
docs = "https://{id}.example/docs/oauth"

[app]
console = "https://{id}.example/apps"
steps = ["Register an app"]

[authorize]
url = "https://{id}.example/oauth/authorize"

[token]
url = "https://{id}.example/oauth/token"

# An absent key has the value that the standard defines. Add one key for each difference, for instance:
# scopes.separator, scopes.known, token.auth, token.body, token.refresh_token, tokens.access.lifetime, revoke.
# `oauth-spec check` then lists the sources and examples that are missing.
"#
    );
    write(&arguments.into, id, &text)
}

pub(crate) fn copy(arguments: &Copy) -> Done {
    let id = &arguments.id;
    let text = shipped::text(id).ok_or_else(|| {
        let help = match shipped::nearest(id) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`oauth-spec list` lists them".to_owned(),
        };
        Stop::Usage(format!("there is no shipped spec `{id}`; {help}"))
    })?;
    let version = env!("CARGO_PKG_VERSION");
    let is_reported = shipped::reported().any(|own| own == id);
    let folder = if is_reported {
        "specs/reported"
    } else {
        "specs"
    };
    let text = format!("# From oauth-spec {version}: {folder}/{id}.toml\n{text}");
    write(&arguments.into, id, &text)?;
    if is_reported {
        let path = arguments.into.join(format!("{id}.toml"));
        example::fix(&read(&path)?, &path)?;
        print(
            "Other projects report these facts. They were not looked up. Compare them with the provider's documentation, and \
             test the login.\n",
        );
    }
    Ok(())
}

/// Writes a spec, and never overwrites an existing file.
fn write(folder: &Path, id: &str, text: &str) -> Done {
    let path = folder.join(format!("{id}.toml"));
    let told = |error: std::io::Error| Stop::Usage(format!("{}: {error}", path.display()));
    if path.exists() {
        return Err(Stop::Usage(format!("{} already exists", path.display())));
    }
    fs::create_dir_all(folder).map_err(told)?;
    fs::write(&path, text).map_err(told)?;
    print(&format!("wrote {}\n", path.display()));
    Ok(())
}
