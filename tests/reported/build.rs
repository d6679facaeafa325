//! Compiles the reported specs, the fixtures of the census, and the unusual combinations of keys.

fn main() {
    let mut specs: Vec<String> = ["../../specs/reported", "../documents/census/fixtures", "../compiler/combinations"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the folder is there"))
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    specs.sort();
    let names: Vec<&str> = specs.iter().map(String::as_str).collect();
    oauth_spec::build::modules(&names);
}
